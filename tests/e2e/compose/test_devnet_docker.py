"""`ganglion devnet up --docker`: the devnet's report, from containers; nothing of them stays."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from ganglion.devnet.docker import composefile
from ganglion.devnet.docker.network import project_of

from ..running import COMMAND
from .composing import ROOT, remains, run, wait

pytestmark = [pytest.mark.e2e, pytest.mark.docker]


def devnet(*words: str, env: dict[str, str], timeout: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "devnet", *words],
        cwd=ROOT,
        env=os.environ | env,
        timeout=timeout,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_file_is_read_as_compose_reads_it(images: dict[str, str]) -> None:
    text = run("docker", "compose", "config", "--format", "json", env=images)
    theirs = json.loads(text)["services"]
    ours = composefile.load(ROOT / "docker-compose.yml", os.environ | images).services
    assert set(ours) == set(theirs)
    for name, service in ours.items():
        their = theirs[name]
        assert service.image == their["image"]
        assert list(service.command) == their["command"]
        assert service.environment == their.get("environment", {})
        assert service.needs == {n: how["condition"] for n, how in their.get("depends_on", {}).items()}
        assert (service.memory, service.cpus) == (int(their["mem_limit"]), their["cpus"])
        ports = [(p["host_ip"], int(p["published"]), p["target"]) for p in their.get("ports", [])]
        assert [(p.address, p.host, p.container) for p in service.ports] == ports
        mounts = [(v["source"], v["target"], v.get("read_only", False)) for v in their.get("volumes", [])]
        assert [(m.source, m.target, m.read_only) for m in service.mounts] == mounts
        same = ("restart", "init", "read_only", "logging")
        assert [getattr(service, key) for key in same] == [their[key] for key in same]
        assert f"{service.stop_seconds}s" == their["stop_grace_period"]


def test_the_report_is_that_of_every_devnet(images: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "net"
    ports = ("--rpc-port", "0", "--gateway-port", "0")
    done = devnet(
        *("up", "--docker", "--exit-after-epochs", "1", "--json", "--dir", str(folder), *ports),
        env=images,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)  # standard output is the result and nothing else
    assert report["ok"] and all(report["checks"].values())
    assert len(report["neurons"]) == 6
    assert {row["name"] for row in report["neurons"] if row["emission"]} >= {"miner-1", "miner-2", "miner-3"}
    assert set(report["memory"]) > {"node-alice", "node-dave", "miner-1", "validator-2"}
    assert all(size < 1 << 30 for size in report["memory"].values())
    assert report["restarts"] == []
    assert remains(f"ganglion.devnet={project_of(folder)}") == []
    assert not folder.exists()


def test_down_removes_what_a_killed_supervisor_left(images: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "net"
    words = [
        COMMAND,
        "devnet",
        "up",
        "--docker",
        "--dir",
        str(folder),
        "--rpc-port",
        "0",
        "--gateway-port",
        "0",
    ]
    log = tmp_path / "log"
    with log.open("w") as out:
        supervisor = subprocess.Popen(words, cwd=ROOT, env=os.environ | images, stdout=out, stderr=out)
    label = f"ganglion.devnet={project_of(folder)}"
    try:
        wait("containers run", lambda: len(remains(label)) > 10, 60)
    finally:
        supervisor.kill()
        supervisor.wait()
        done = devnet("down", "--json", "--dir", str(folder), env=images, timeout=120)
    assert done.returncode == 0 and json.loads(done.stdout) == {"ended": True}, log.read_text()
    assert remains(label) == []
    assert not folder.exists()
