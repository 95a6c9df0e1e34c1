"""Daemons come back after a crash, but not for ever; none outlives its supervisor."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from pathlib import Path

import pytest

from ganglion.devnet import fleet as fleet_module
from ganglion.devnet.fleet import CrashLoop, DaemonSpec, Fleet

from . import workers


def make_fleet(folder: Path) -> tuple[Fleet, list[tuple[str, int]]]:
    crashed: list[tuple[str, int]] = []
    return Fleet(folder, lambda name, code: crashed.append((name, code)), lambda: None), crashed


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


async def until(holds, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def test_a_killed_daemon_is_started_again(tmp_path: Path) -> None:
    fleet, crashed = make_fleet(tmp_path)
    pid_file = tmp_path / "pid"
    daemon = fleet.start(DaemonSpec("sleeper", workers.sleeps, {"pid_file": str(pid_file)}, preloaded=False))
    supervising = asyncio.create_task(fleet.supervise())
    try:
        await until(pid_file.exists)
        first = daemon.pid
        os.kill(first, 9)
        await until(lambda: daemon.pid != first and alive(daemon.pid))
        assert crashed == [("sleeper", -9)]
    finally:
        supervising.cancel()
        await fleet.stop()
    assert not alive(first)


async def test_a_daemon_that_always_crashes_ends_the_devnet(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(fleet_module, "MAX_CRASHES", 2)
    monkeypatch.setattr(fleet_module, "BACKOFF_SECONDS", (0.01,))
    fleet, crashed = make_fleet(tmp_path)
    fleet.start(DaemonSpec("broken", workers.crashes, {}, preloaded=False))
    with pytest.raises(CrashLoop, match="broken ended 3 times") as caught:
        await asyncio.wait_for(fleet.supervise(), 30)
    assert "broken.log" in (caught.value.hint or "")
    assert crashed == [("broken", 3), ("broken", 3)]
    await fleet.stop()


async def test_a_daemon_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(fleet_module, "STOP_SECONDS", 0.5)
    fleet, _ = make_fleet(tmp_path)
    pid_file = tmp_path / "pid"
    fleet.start(DaemonSpec("deaf", workers.stubborn, {"pid_file": str(pid_file)}, preloaded=False))
    await until(lambda: pid_file.exists() and pid_file.read_text() != "")
    pid = int(pid_file.read_text())
    await fleet.stop()
    assert not alive(pid)


SUPERVISOR = """
    import asyncio, sys
    from pathlib import Path
    from ganglion.devnet.fleet import DaemonSpec, Fleet
    from tests.unit.devnet import workers

    async def main():
        fleet = Fleet(Path(sys.argv[1]), lambda *_: None, lambda: None)
        fleet.start(DaemonSpec("orphan", workers.sleeps, {"pid_file": sys.argv[1] + "/pid"}, preloaded=False))
        await asyncio.sleep(60)

    if __name__ == "__main__":
        asyncio.run(main())
"""


def test_daemons_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "supervisor.py"
    script.write_text(textwrap.dedent(SUPERVISOR))
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    supervisor = subprocess.Popen([sys.executable, str(script), str(tmp_path)], env=env)
    pid_file = tmp_path / "pid"
    asyncio.run(until(lambda: pid_file.exists() and pid_file.read_text() != ""))
    pid = int(pid_file.read_text())
    supervisor.kill()
    supervisor.wait(10)
    try:
        asyncio.run(until(lambda: not alive(pid), 10))
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, 9)
