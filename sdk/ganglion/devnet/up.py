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
from typing import Any, Protocol

from ganglion.devnet import state
from ganglion.devnet.daemons import chain_spec, participant_spec
from ganglion.devnet.fleet import Fleet, pss
from ganglion.devnet.plan import DevnetOptions, Plan, make_plan
from ganglion.devnet.provision import connect, provision
from ganglion.devnet.watch import Checks, Watcher
from ganglion.metagraph import Metagraph

__all__ = ["Devnet", "Limits", "Listener", "Processes", "Report", "Runner", "live", "up"]


@dataclass(frozen=True)
class Limits:
    """Seconds: until the chain answers, until weights are on chain, and within which that is promised."""

    chain: float = 30.0
    weights: float = 180.0
    promised: float = 60.0


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
    api_key: str = ""
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


class Runner(Protocol):
    """What runs the chain and the daemons: processes or containers.

    Attributes:
        project: name by which the container engine knows them; empty for processes.
    """

    project: str

    async def begin(self, progress: Callable[[str], None]) -> None:
        """Start the chain, and whatever can start before it answers."""

    async def join(self) -> None:
        """Start the daemons that are not there yet; the chain answers."""

    async def supervise(self) -> None:
        """Keep them running; raises when that is hopeless."""

    async def stop(self) -> None:
        """End all of it."""

    def pids(self) -> dict[str, int]:
        """Process of each part."""

    async def memory_bytes(self) -> dict[str, int]:
        """What each part uses."""


class Processes:
    """The devnet as processes of this machine: a dev node, and daemons forked from one preloaded process.

    Args:
        crashed: told (name, exit code).
        changed: told when a process was started.
    """

    project = ""

    def __init__(
        self, plan: Plan, crashed: Callable[[str, int | None], None], changed: Callable[[], None]
    ) -> None:
        self.plan = plan
        self.fleet = Fleet(plan.logs, crashed, changed)
        self.supervise = self.fleet.supervise
        self.stop = self.fleet.stop
        self.pids = self.fleet.pids

    async def begin(self, progress: Callable[[str], None]) -> None:
        """The chain; the daemons' imports meanwhile."""
        self.fleet.start(chain_spec(self.plan))
        self.fleet.preload()
        progress("starting the chain; importing torch once for all daemons")

    async def join(self) -> None:
        """Miners and validators."""
        for participant in self.plan.participants:
            self.fleet.start(participant_spec(self.plan, participant))

    async def memory_bytes(self) -> dict[str, int]:
        """Proportional set sizes."""
        return self.fleet.memory_bytes() | {"supervisor": pss(os.getpid()) or 0}


class Devnet:
    """One devnet in one folder.

    Args:
        plan: who takes part.
        make_runner: makes what runs them, given the plan and whom to tell of crashes and changes.
        api_key: that the gateways want; empty = none.
    """

    def __init__(
        self,
        plan: Plan,
        listener: Listener,
        *,
        make_runner: Callable[
            [Plan, Callable[[str, int | None], None], Callable[[], None]], Runner
        ] = Processes,
        limits: Limits | None = None,
        api_key: str = "",
    ) -> None:
        self.plan = plan
        self.options = plan.options
        self.listener = listener
        self.limits = limits or Limits()
        self.report = Report(logs=str(plan.logs), api_key=api_key)
        self._start = time.monotonic() - process_age()
        self._ready = False
        self.runner = make_runner(plan, self._crashed, self._save)

    def elapsed(self) -> float:
        """Seconds since the command started."""
        return time.monotonic() - self._start

    def _progress(self, text: str) -> None:
        self.listener.progress(self.elapsed(), text)

    def _crashed(self, name: str, code: int | None) -> None:
        self.report.restarts.append(name)
        self._progress(f"{name} ended{'' if code is None else f' ({code})'}; starting it again")

    async def run(self) -> Report:
        """Start, watch, and stay until told to end or the epochs are over."""
        tasks: list[asyncio.Task[None]] = []
        try:
            self._save()
            self.plan.logs.mkdir(parents=True, exist_ok=True)
            await self.runner.begin(self._progress)
            tasks += [asyncio.create_task(self.runner.supervise()), asyncio.create_task(self._watch())]
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._end(tasks)
        return self.report

    async def _end(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task
        self._progress("ending all containers" if self.runner.project else "ending all processes")
        await self.runner.stop()

    async def _watch(self) -> None:
        client = await connect(self.plan.rpc, self.limits.chain)
        try:
            watcher = Watcher(client, self.plan, self.elapsed, self._progress, promised=self.limits.promised)
            watcher.milestones.chain = round(self.elapsed(), 1)
            self._progress(f"the chain makes blocks ({self.plan.rpc})")
            await self.runner.join()
            await provision(client, self.plan, self._progress)
            watcher.milestones.registered = round(self.elapsed(), 1)
            await self._follow(watcher)
        finally:
            await client.close()

    async def _follow(self, watcher: Watcher) -> None:
        await watcher.first_weights(self.limits.weights)
        metagraph, checks = await watcher.until_paid()
        await self._fill(watcher, metagraph, checks)
        self._ready = True
        self._save()
        self.listener.ready(self.report)
        wanted = self.options.exit_after_epochs
        while wanted is None or metagraph.epoch - (watcher.weights_epoch or 0) < wanted:
            metagraph = await watcher.next_epoch(metagraph.epoch)
            await self._fill(watcher, metagraph, watcher.check(metagraph))
            self.listener.epoch(self.report)

    def _save(self) -> None:
        """Let other commands find this devnet and its processes."""
        pid = os.getpid()
        gateways = tuple(gateway_url(v.port) for v in self.plan.validators)
        running = state.RunningDevnet(
            pid,
            state.process_start(pid),
            self.plan.rpc,
            gateways,
            self.runner.pids(),
            self._ready,
            self.runner.project,
        )
        state.save(self.options.folder, running)

    async def _fill(self, watcher: Watcher, metagraph: Metagraph, checks: Checks) -> None:
        report = self.report
        report.checks, report.ok = asdict(checks), checks.ok
        report.seconds = asdict(watcher.milestones)
        report.epoch, report.block = metagraph.epoch, metagraph.block
        report.neurons = watcher.rows(metagraph)
        report.memory = await self.runner.memory_bytes()
        report.rpc = self.plan.rpc
        report.gateways = [gateway_url(v.port) for v in self.plan.validators]


def gateway_url(port: int) -> str:
    """Base URL for OpenAI clients."""
    return f"http://127.0.0.1:{port}/v1"


async def up(options: DevnetOptions, listener: Listener) -> Report:
    """Run a devnet of processes until it is over or interrupted.

    Raises:
        AlreadyRunning, ConfigError: it can't start.
        NotInTime, CrashLoop, ChainError: it started and failed.
    """
    return await live(options.folder, lambda: Devnet(make_plan(options), listener))


async def live(folder: Path, make: Callable[[], Devnet]) -> Report:
    """Run a devnet in its own folder, which is deleted afterwards; its logs stay where something went wrong.

    Args:
        make: makes the devnet when the folder is claimed.

    Raises:
        AlreadyRunning: another one uses the folder.
    """
    state.claim(folder)
    keep_logs = False
    try:
        devnet = make()
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
            state.remove(folder)


def _cancel_on_signals(task: asyncio.Task[Any]) -> None:
    loop = asyncio.get_running_loop()
    cancel: Callable[[], object] = task.cancel
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, cancel)
