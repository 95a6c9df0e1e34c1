"""Ports and folders: what is in use, what was left behind, what is not ours."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ganglion.devnet import state
from ganglion.devnet.plan import DevnetOptions, make_plan
from ganglion.errors import ConfigError, GanglionError

ROOT = Path(__file__).parents[3]


def test_a_port_in_use_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} on 127.0.0.1 is in use") as caught:
            make_plan(DevnetOptions(tmp_path, rpc_port=port, gateway_port=0, miner_port=0))
    assert "--rpc-port" in (caught.value.hint or "")


def test_the_command_says_that_a_port_is_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        words = [sys.executable, "-c", "import sys; from ganglion.devnet.cli import main; sys.exit(main())"]
        words += ["up", "--dir", str(tmp_path / "net"), "--rpc-port", str(taken.getsockname()[1])]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "is in use" in done.stderr and "hint:" in done.stderr
    assert not (tmp_path / "net").exists()


def test_free_ports_are_distinct(tmp_path: Path) -> None:
    plan = make_plan(DevnetOptions(tmp_path, rpc_port=0, gateway_port=0, miner_port=0))
    ports = [plan.rpc_port, *(p.port for p in plan.participants)]
    assert len(set(ports)) == len(ports) == 7
    assert [m.role for m in plan.miners] == ["miner", "miner", "miner", "garbage-miner"]


def test_a_devnet_without_miners_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        make_plan(DevnetOptions(tmp_path, miners=0))


def test_two_devnets_do_not_share_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "net"
    state.claim(folder)
    with pytest.raises(state.AlreadyRunning, match=str(os.getpid())):
        state.claim(folder)


def test_what_a_dead_devnet_left_is_taken_over(tmp_path: Path) -> None:
    folder = tmp_path / "net"
    folder.mkdir()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    state.save(folder, state.RunningDevnet(dead.pid, "12345"))
    (folder / "data").mkdir()
    state.claim(folder)
    assert not (folder / "data").exists()


def test_a_number_that_another_process_got_is_not_taken_for_the_devnet(tmp_path: Path) -> None:
    running = state.RunningDevnet(os.getpid(), "1")
    assert not running.is_alive()
    assert state.RunningDevnet(os.getpid(), state.process_start(os.getpid())).is_alive()


@pytest.mark.parametrize(
    "text", ["", "{", '{"pid": 1}', "[]", json.dumps({"pid": 1, "gateways": 3, "started": ""})]
)
def test_a_half_written_state_file_is_no_devnet(tmp_path: Path, text: str) -> None:
    (tmp_path / state.STATE_FILE).write_text(text)
    found = state.load(tmp_path)
    assert found is not None and not found.is_alive()


def test_a_folder_with_files_of_others_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(GanglionError, match="no devnet made"):
        state.claim(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_down_without_a_devnet_says_so(tmp_path: Path) -> None:
    assert state.down(tmp_path / "nothing") is False


def test_too_little_disk_is_said_before_anything_is_installed(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "df").write_text("#!/bin/sh\necho head\necho /dev/x 100 90 1048576 90% /\n")
    (tools / "df").chmod(0o755)
    checkout = tmp_path / "checkout"
    (checkout / "tools").mkdir(parents=True)
    (checkout / "pyproject.toml").touch()
    script = checkout / "tools" / "bootstrap.sh"
    script.write_text((ROOT / "tools" / "bootstrap.sh").read_text())
    env = {"PATH": f"{tools}:/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(
        ["sh", str(script), "python"], env=env, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1
    assert "only 1 GB free" in done.stderr and "8 GB are needed" in done.stderr
    assert not (checkout / ".venv").exists()
