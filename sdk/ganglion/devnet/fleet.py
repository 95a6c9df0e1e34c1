"""Processes of the devnet: started, watched, restarted after a crash, ended together.

Daemons are forked from one server process that has imported torch and transformers once, before any thread
exists; where fork is not safe they are spawned. Knows nothing of chains or miners: a daemon is a name, a
function and its options.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from ganglion.errors import GanglionError

PRELOAD = ("torch", "transformers", "ganglion.devnet.preload")
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
STOP_SECONDS = 10.0
CHECK_SECONDS = 0.2
BACKOFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
MAX_CRASHES = 20
CRASH_WINDOW_SECONDS = 120.0

__all__ = ["CrashLoop", "Daemon", "DaemonSpec", "Fleet"]


class CrashLoop(GanglionError):
    """A daemon ended again and again."""


@dataclass(frozen=True)
class DaemonSpec:
    """What to run.

    Attributes:
        name: of the process and of its log file.
        target: a module-level function of one argument, imported by the child.
        options: picklable argument.
        preloaded: fork from the server that has imported torch; otherwise a fresh interpreter.
    """

    name: str
    target: Callable[[dict[str, Any]], None]
    options: dict[str, Any]
    preloaded: bool = True


@dataclass
class Daemon:
    """A running daemon and the history of its ends."""

    spec: DaemonSpec
    process: BaseProcess
    crashes: list[float] = field(default_factory=list)
    restart_at: float | None = None

    @property
    def pid(self) -> int:
        """Of the present process."""
        return self.process.pid or 0


def _end_with_parent() -> None:
    """Ask this process to end when the supervisor is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


def _child(log: str, target: Callable[[dict[str, Any]], None], options: dict[str, Any]) -> None:
    os.setsid()  # Ctrl-C in the terminal is the supervisor's; it ends its daemons in order
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    target(options)


def _fork_context() -> BaseContext:
    """Fork server on Linux; elsewhere fork after imports is not safe."""
    if not sys.platform.startswith("linux"):
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOAD))
    return context


class Fleet:
    """All daemons of one devnet.

    Args:
        log_dir: folder of the log files, one per daemon.
        on_crash: told (name, exit code) when a daemon has ended by itself.
        on_change: told after a daemon was started, for the first time or again.
    """

    def __init__(
        self, log_dir: Path, on_crash: Callable[[str, int], None], on_change: Callable[[], None]
    ) -> None:
        self.log_dir = log_dir
        self.daemons: dict[str, Daemon] = {}
        self._on_crash = on_crash
        self._on_change = on_change
        self._forked = _fork_context()
        self._spawned = multiprocessing.get_context("spawn")

    def start(self, spec: DaemonSpec) -> Daemon:
        """Start a daemon that has never run."""
        daemon = self.daemons[spec.name] = Daemon(spec, self._launch(spec))
        self._on_change()
        return daemon

    def preload(self) -> None:
        """Start the fork server now, so that its imports run while something else is waited for.

        Numeric libraries start threads at import unless told not to; forking is safe only without threads.
        """
        os.environ.update(ONE_THREAD)
        if self._forked.get_start_method() == "forkserver":
            from multiprocessing import forkserver

            forkserver.ensure_running()

    def _launch(self, spec: DaemonSpec) -> BaseProcess:
        context = self._forked if spec.preloaded else self._spawned
        log = str(self.log_dir / f"{spec.name}.log")
        process = context.Process(  # type: ignore[attr-defined]
            target=_child, name=spec.name, args=(log, spec.target, spec.options), daemon=False
        )
        process.start()
        return process

    async def supervise(self) -> None:
        """Restart what crashes, until cancelled.

        Raises:
            CrashLoop: a daemon ended more than ``MAX_CRASHES`` times within ``CRASH_WINDOW_SECONDS``.
        """
        while True:
            for daemon in self.daemons.values():
                self._tend(daemon, time.monotonic())
            await asyncio.sleep(CHECK_SECONDS)

    def _tend(self, daemon: Daemon, now: float) -> None:
        if daemon.restart_at is None and not daemon.process.is_alive():
            self._schedule(daemon, now)
        if daemon.restart_at is not None and now >= daemon.restart_at:
            daemon.restart_at = None
            daemon.process = self._launch(daemon.spec)
            self._on_change()

    def _schedule(self, daemon: Daemon, now: float) -> None:
        daemon.crashes = [at for at in daemon.crashes if now - at < CRASH_WINDOW_SECONDS] + [now]
        if len(daemon.crashes) > MAX_CRASHES:
            raise CrashLoop(
                f"{daemon.spec.name} ended {len(daemon.crashes)} times in {CRASH_WINDOW_SECONDS:.0f} s",
                hint=f"its last words are in {self.log_dir / daemon.spec.name}.log",
            )
        daemon.restart_at = now + BACKOFF_SECONDS[min(len(daemon.crashes), len(BACKOFF_SECONDS)) - 1]
        self._on_crash(daemon.spec.name, daemon.process.exitcode or 0)

    async def stop(self) -> None:
        """End daemons in reverse order of their start: politely, then for sure."""
        daemons = list(self.daemons.values())[::-1]
        for daemon in daemons:
            if daemon.process.is_alive():
                daemon.process.terminate()
        await asyncio.to_thread(_join, [daemon.process for daemon in daemons], STOP_SECONDS)
        for daemon in daemons:
            if daemon.process.is_alive():
                daemon.process.kill()
            daemon.process.join(STOP_SECONDS)
        self.daemons.clear()
        _stop_fork_server()

    def pids(self) -> dict[str, int]:
        """Process of each daemon."""
        return {name: daemon.pid for name, daemon in self.daemons.items()}

    def memory_bytes(self) -> dict[str, int]:
        """Proportional set size of each daemon, where the system tells it."""
        pids = self.pids() | {"fork-server": _fork_server_pid()}
        sizes = {name: pss(pid) for name, pid in pids.items()}
        return {name: size for name, size in sizes.items() if size is not None}


def _join(processes: list[BaseProcess], seconds: float) -> None:
    """Wait for all of them to end, at most so long in total."""
    deadline = time.monotonic() + seconds
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))


def _stop_fork_server() -> None:
    from multiprocessing import forkserver

    forkserver._forkserver._stop()  # type: ignore[attr-defined]  # there is no public way; it is idempotent


def _fork_server_pid() -> int:
    from multiprocessing import forkserver

    return forkserver._forkserver._forkserver_pid or 0  # type: ignore[attr-defined]


def pss(pid: int) -> int | None:
    """Proportional set size of a process in bytes; None where it can't be read."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), None)
