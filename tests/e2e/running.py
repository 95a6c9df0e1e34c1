"""A devnet as a user starts it: the command in a process of its own, found through its state file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests

COMMAND = str(Path(sys.executable).parent / "ganglion")
READY_SECONDS = 180
ANY_PORTS = ("--rpc-port", "0", "--gateway-port", "0", "--miner-port", "0")


@dataclass
class RunningDevnet:
    """A running devnet.

    Attributes:
        folder: its folder.
        process: its supervisor.
    """

    folder: Path
    process: subprocess.Popen
    log: Path

    def status(self) -> dict:
        """What its state file says."""
        return json.loads((self.folder / "devnet.json").read_text())

    @property
    def rpc(self) -> str:
        return self.status()["rpc"]

    @property
    def gateways(self) -> list[str]:
        return self.status()["gateways"]

    def pid(self, name: str) -> int:
        """Present process of a daemon."""
        return self.status()["processes"][name]

    def wait(self, what: str, holds: Callable[[], bool], seconds: float) -> float:
        """Seconds until something holds; fails after ``seconds``."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            assert self.process.poll() is None, f"the devnet ended:\n{self.log.read_text()[-3000:]}"
            if _quietly(holds):
                return time.monotonic() - began
            time.sleep(0.2)
        raise AssertionError(f"{what}: not within {seconds} s\n{self.log.read_text()[-3000:]}")


def _quietly(holds: Callable[[], bool]) -> bool:
    try:
        return bool(holds())
    except (OSError, ValueError, KeyError, requests.RequestException):
        return False


def start(folder: Path, log: Path) -> RunningDevnet:
    """Start a devnet and wait until it has paid its first work."""
    with log.open("w") as out:
        words = [COMMAND, "devnet", "up", "--dir", str(folder), *ANY_PORTS]
        process = subprocess.Popen(words, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    devnet = RunningDevnet(folder, process, log)
    devnet.wait("the devnet is ready", lambda: devnet.status()["ready"], READY_SECONDS)
    return devnet


def stop(devnet: RunningDevnet) -> None:
    """End it as a user does, from another terminal."""
    run = subprocess.run(
        [COMMAND, "devnet", "down", "--dir", str(devnet.folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    devnet.process.wait(30)
    assert run.returncode == 0, run.stderr


def is_alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def kill(pid: int) -> None:
    """kill -9."""
    os.kill(pid, 9)
