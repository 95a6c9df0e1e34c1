"""Start the whole network, watch it keep its promises, keep it running, end it cleanly."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ganglion.devnet import state
from ganglion.devnet.daemons import chain_spec, participant_spec
from ganglion.devnet.fleet import Fleet, pss
from ganglion.devnet.plan import DevnetOptions, Plan, make_plan
from ganglion.devnet.provision import connect, provision
from ganglion.devnet.watch import Checks, Watcher
from ganglion.metagraph import Metagraph

CHAIN_START_SECONDS = 30.0
FIRST_WEIGHTS_TIMEOUT = 180.0

__all__ = ["Devnet", "Listener", "Report", "up"]


@dataclass
class Report:
    """What happened, for ``--json``. Seconds since the command started, memory in bytes."""

    ok: bool = False
    checks: dict[str, bool] = field(default_factory=dict)
    seconds: dict[str, float | None] = field(default_factory=dict)
    epoch: int = 0
    block: int = 0
    neurons: list[dict[str, Any]] = field(default_factory=list)
    memory: dict[str, int] = field(default_factory=dict)
    restarts: list[str] = field(default_factory=list)
    rpc: str = ""
    gateways: list[str] = field(default_factory=list)
    logs: str = ""


class Listener:
    """Told what happens; the command line shows it. The methods here do nothing."""

    def progress(self, seconds: float, text: str) -> None:
        """Something was reached."""

    def epoch(self, report: Report) -> None:
        """An epoch was completed."""

    def ready(self, report: Report) -> None:
        """The network is up and paid its first work."""


def process_age() -> float:
    """Seconds since this process started, so that the time of imports counts too; 0 where it can't be told."""
    try:
        started = int(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
        uptime = float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, IndexError, ValueError):
        return 0.0
    return max(0.0, uptime - started / os.sysconf("SC_CLK_TCK"))


class Devnet:
    """One devnet in one folder."""

    def __init__(self, options: DevnetOptions, listener: Listener) -> None:
        self.options = options
        self.listener = listener
        self.plan: Plan = make_plan(options)
        self.report = Report(logs=str(self.plan.logs))
        self._start = time.monotonic() - process_age()
        self._ready = False
        self.fleet = Fleet(self.plan.logs, self._crashed, self._save)

    def elapsed(self) -> float:
        """Seconds since the command started."""
        return time.monotonic() - self._start

    def _progress(self, text: str) -> None:
        self.listener.progress(self.elapsed(), text)

    def _crashed(self, name: str, code: int) -> None:
        self.report.restarts.append(name)
        self._progress(f"{name} ended ({code}); starting it again")

    async def run(self) -> Report:
        """Start, watch, and stay until told to end or the epochs are over."""
        supervisor = asyncio.create_task(self.fleet.supervise())
        try:
            self._start_processes()
            watching = asyncio.create_task(self._watch())
            done, _ = await asyncio.wait({supervisor, watching}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._end(supervisor, locals().get("watching"))
        return self.report

    def _start_processes(self) -> None:
        self.plan.logs.mkdir(parents=True, exist_ok=True)
        self.fleet.start(chain_spec(self.plan))
        self.fleet.preload()
        self._progress("starting the chain; importing torch once for all daemons")

    async def _end(self, *tasks: asyncio.Task[None] | None) -> None:
        for task in filter(None, tasks):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task
        self._progress("ending all processes")
        await self.fleet.stop()

    async def _watch(self) -> None:
        client = await connect(self.plan.rpc, CHAIN_START_SECONDS)
        try:
            watcher = Watcher(client, self.plan, self.elapsed, self._progress)
            watcher.milestones.chain = round(self.elapsed(), 1)
            self._progress(f"the chain makes blocks ({self.plan.rpc})")
            for participant in self.plan.participants:
                self.fleet.start(participant_spec(self.plan, participant))
            await provision(client, self.plan, self._progress)
            watcher.milestones.registered = round(self.elapsed(), 1)
            await self._follow(watcher)
        finally:
            await client.close()

    async def _follow(self, watcher: Watcher) -> None:
        await watcher.first_weights(FIRST_WEIGHTS_TIMEOUT)
        metagraph, checks = await watcher.until_paid()
        self._fill(watcher, metagraph, checks)
        self._ready = True
        self._save()
        self.listener.ready(self.report)
        wanted = self.options.exit_after_epochs
        while wanted is None or metagraph.epoch - (watcher.weights_epoch or 0) < wanted:
            metagraph = await watcher.next_epoch(metagraph.epoch)
            self._fill(watcher, metagraph, watcher.check(metagraph))
            self.listener.epoch(self.report)

    def _save(self) -> None:
        """Let other commands find this devnet and its processes."""
        pid = os.getpid()
        gateways = tuple(gateway_url(v.port) for v in self.plan.validators)
        running = state.RunningDevnet(
            pid, state.process_start(pid), self.plan.rpc, gateways, self.fleet.pids(), self._ready
        )
        state.save(self.options.folder, running)

    def _fill(self, watcher: Watcher, metagraph: Metagraph, checks: Checks) -> None:
        report = self.report
        report.checks, report.ok = asdict(checks), checks.ok
        report.seconds = asdict(watcher.milestones)
        report.epoch, report.block = metagraph.epoch, metagraph.block
        report.neurons = watcher.rows(metagraph)
        report.memory = self.fleet.memory_bytes() | {"supervisor": pss(os.getpid()) or 0}
        report.rpc = self.plan.rpc
        report.gateways = [gateway_url(v.port) for v in self.plan.validators]


def gateway_url(port: int) -> str:
    """Base URL for OpenAI clients."""
    return f"http://127.0.0.1:{port}/v1"


async def up(options: DevnetOptions, listener: Listener) -> Report:
    """Run a devnet until it is over or interrupted.

    Raises:
        AlreadyRunning, ConfigError: it can't start.
        NotInTime, CrashLoop, ChainError: it started and failed.
    """
    state.claim(options.folder)
    keep_logs = False
    try:
        devnet = Devnet(options, listener)
        task = asyncio.create_task(devnet.run())
        _cancel_on_signals(task)
        try:
            await task
        except asyncio.CancelledError:
            pass
        except BaseException:
            keep_logs = True
            raise
        keep_logs = not devnet.report.ok
        return devnet.report
    finally:
        if not keep_logs:
            state.remove(options.folder)


def _cancel_on_signals(task: asyncio.Task[Any]) -> None:
    loop = asyncio.get_running_loop()
    cancel: Callable[[], object] = task.cancel
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, cancel)
