"""What a running devnet leaves on disk so that other commands find it and can end it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from platformdirs import user_state_path

from ganglion.errors import GanglionError

STATE_FILE = "devnet.json"
STOP_SECONDS = 60.0

__all__ = ["AlreadyRunning", "RunningDevnet", "claim", "default_dir", "down", "load"]


class AlreadyRunning(GanglionError):
    """Another devnet uses the folder."""

    fault = "user"


@dataclass(frozen=True)
class RunningDevnet:
    """Who runs in a folder and where it can be reached.

    Attributes:
        pid, started: the supervisor, and when it started in the system's own unit.
        rpc, gateways: URLs.
        processes: process of each daemon; changes when one is restarted.
        ready: whether the first work has been paid.
        project: name of its containers; empty where it has none.
    """

    pid: int
    started: str
    rpc: str = ""
    gateways: tuple[str, ...] = ()
    processes: dict[str, int] = field(default_factory=dict)
    ready: bool = False
    project: str = ""

    def is_alive(self) -> bool:
        """Whether that very process, not a later one with its number, still runs."""
        return self.started != "" and self.started == process_start(self.pid)


def default_dir() -> Path:
    """Folder of the devnet of this user."""
    return user_state_path("ganglion") / "devnet"


def process_start(pid: int) -> str:
    """When a process started, in the system's own unit; empty when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return "" if fields[0] == "Z" else fields[19]
    except (OSError, IndexError):
        return _alive_without_proc(pid)


def _alive_without_proc(pid: int) -> str:
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(pid, 0)
    except OSError:
        return ""
    return "running"


def load(folder: Path) -> RunningDevnet | None:
    """The devnet that a folder names, alive or not; None without one."""
    try:
        record = json.loads((folder / STATE_FILE).read_text())
        return RunningDevnet(**record | {"gateways": tuple(record["gateways"])})
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return RunningDevnet(pid=0, started="")  # half-written: its writer is gone


def claim(folder: Path) -> None:
    """Make the folder this process's own, empty but for its state file.

    Raises:
        AlreadyRunning: a live devnet owns it.
    """
    running = load(folder)
    if running and running.is_alive():
        raise AlreadyRunning(
            f"a devnet already runs in {folder} (process {running.pid})",
            hint="end it with `ganglion devnet down`, or choose another --dir",
        )
    remove(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    save(folder, RunningDevnet(os.getpid(), process_start(os.getpid())))


def save(folder: Path, running: RunningDevnet) -> None:
    """Write the record so that a reader never sees half of it."""
    temporary = folder / f".{STATE_FILE}.{os.getpid()}"
    temporary.write_text(json.dumps(asdict(running)))
    temporary.replace(folder / STATE_FILE)


def remove(folder: Path) -> None:
    """Delete the folder, but only one that a devnet made."""
    if not folder.exists():
        return
    if not (folder / STATE_FILE).exists() and any(folder.iterdir()):
        raise GanglionError(
            f"{folder} holds files that no devnet made",
            hint="choose an empty folder with --dir",
            fault="user",
        )
    shutil.rmtree(folder)


def down(folder: Path) -> bool:
    """End the devnet of a folder and delete the folder.

    Returns:
        Whether there was one.
    """
    running = load(folder)
    if running is None:
        return False
    if running.is_alive():
        os.kill(running.pid, signal.SIGTERM)
        _wait_for_end(running)
    remove(folder)
    return True


def _wait_for_end(running: RunningDevnet) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while running.is_alive():
        if time.monotonic() > deadline:
            raise GanglionError(f"process {running.pid} does not end", hint=f"kill -9 {running.pid}")
        time.sleep(0.1)
