"""Load rounds: all serving miners at the same time, for the same window, at moments that nobody can predict.

Between rounds single own prompts go out, so that a burst is not the only thing that is ever looked at. Users'
answers that fall into a window count like own ones.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from ganglion.errors import GanglionError
from ganglion_validator.audits import Auditor
from ganglion_validator.challenges import Challenges
from ganglion_validator.dispatch import Delivery, Dispatcher
from ganglion_validator.miners import Miner
from ganglion_validator.sampling import draw, is_audited
from ganglion_validator.scoring import MinerKey, RoundResult, Tally
from ganglion_validator.verification.rules import Verdict

log = structlog.get_logger(__name__)

GRACE_SECONDS = 10.0
BACKOFF_SECONDS = 0.2

__all__ = ["Round", "RoundSettings", "Rounds", "results_of"]


@dataclass(frozen=True, slots=True)
class RoundSettings:
    """Seconds, requests in flight at each miner, and the part of the answers that is replayed."""

    interval: float
    window: float
    concurrency: int
    background: float
    audit_rate: float


@dataclass(slots=True)
class Round:
    """One window and what arrived in it. `ends` is in monotonic seconds."""

    ends: float
    tallies: dict[MinerKey, Tally]
    deliveries: list[Delivery] = field(default_factory=list)

    def take(self, delivery: Delivery) -> bool:
        """Count a delivery; False if it is late or not of this round."""
        tally = self.tallies.get(delivery.key)
        if tally is None or delivery.finished > self.ends:
            return False
        tally.tokens += delivery.tokens
        self.deliveries.append(delivery)
        return True

    def sample(self, secret: bytes, rate: float) -> list[Delivery]:
        """The secret sample: by draw, and at least one of each miner."""
        chosen: list[Delivery] = []
        for key in self.tallies:
            own = [d for d in self.deliveries if d.key == key and d.job.seed is None]
            drawn = [d for d in own if is_audited(secret, d.identity.request_id, rate)]
            chosen += drawn or sorted(own, key=lambda d: draw(secret, d.identity.request_id))[:1]
        return chosen

    def judge(self, delivery: Delivery, verdict: Verdict | None) -> None:
        """Count a verdict; None when the audit itself failed."""
        tally = self.tallies[delivery.key]
        if verdict is None:
            return
        tally.passed += verdict.ok
        tally.failed_soft += verdict.soft
        tally.failed_hard += verdict.hard
        if not verdict.ok:
            tally.tokens -= delivery.tokens


def results_of(one: Round, window: float) -> list[RoundResult]:
    """What the round says of each miner of whom it says anything."""
    found = []
    for key, tally in one.tallies.items():
        throughput = tally.throughput(window)
        if throughput is not None:
            found.append(RoundResult(key, throughput, caught=tally.failed_hard > 0))
    return found


class Rounds:
    """Runs rounds and background prompts for one task.

    Args:
        serving: the miners to load.
        on_results: told of each round.
        chance: source of randomness.
    """

    def __init__(
        self,
        task: str,
        settings: RoundSettings,
        dispatcher: Dispatcher,
        challenges: Challenges,
        auditor: Auditor,
        serving: Callable[[], Sequence[Miner]],
        on_results: Callable[[Sequence[RoundResult]], None],
        chance: random.Random | None = None,
    ) -> None:
        self._task = task
        self._settings = settings
        self._dispatcher = dispatcher
        self._challenges = challenges
        self._auditor = auditor
        self._serving = serving
        self._on_results = on_results
        self._chance = chance or random.SystemRandom()
        self._now: Round | None = None

    def delivered(self, delivery: Delivery) -> bool:
        """Whether the running round counts this delivery, and so sees to its audit."""
        return self._now is not None and self._now.take(delivery)

    def broken(self, key: MinerKey) -> None:
        """An exchange failed through the miner's fault."""
        if self._now is not None and key in self._now.tallies:
            self._now.tallies[key].broken += 1

    async def run(self) -> None:
        """Rounds and background prompts, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._run_rounds())
            group.create_task(self._run_background())

    async def _run_rounds(self) -> None:
        while True:
            await asyncio.sleep(self._chance.uniform(0.5, 1.5) * self._settings.interval)
            miners = list(self._serving())
            if miners:
                await self.one(miners)

    async def one(self, miners: Sequence[Miner]) -> list[RoundResult]:
        """One round over these miners."""
        window = self._settings.window
        now = Round(time.monotonic() + window, {miner.key: Tally() for miner in miners})
        self._now = now
        loads = [self._load(miner, now.ends) for miner in miners for _ in range(self._settings.concurrency)]
        tasks = [asyncio.create_task(load) for load in loads]
        try:
            await asyncio.wait(tasks, timeout=window + GRACE_SECONDS)
        finally:
            self._now = None
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        sample = now.sample(self._dispatcher.identities.secret, self._settings.audit_rate)
        for delivery, verdict in zip(sample, await self._auditor.verify(sample), strict=True):
            now.judge(delivery, verdict)
        results = results_of(now, window)
        self._on_results(results)
        return results

    async def _load(self, miner: Miner, until: float) -> None:
        """Keep one request in flight; the last answer may come after the window and does not count then."""
        while time.monotonic() < until:
            if not await self._ask(miner):
                await asyncio.sleep(BACKOFF_SECONDS)

    async def _ask(self, miner: Miner) -> bool:
        job = self._challenges.make(self._task)
        try:
            if job.streamed:
                async with self._dispatcher.stream(miner, job) as blocks:
                    async for _ in blocks:
                        pass
            else:
                await self._dispatcher.complete(miner, job)
        except GanglionError as error:
            log.info("own_prompt_failed", hotkey=miner.key.hotkey, reason=str(error), fault=error.fault)
            return False
        return True

    async def _run_background(self) -> None:
        """Single prompts at random moments; their audits are drawn where users' are."""
        while True:
            await asyncio.sleep(self._chance.expovariate(1.0 / self._settings.background))
            miners = list(self._serving())
            if miners and self._now is None:
                with suppress(GanglionError):
                    await self._ask(self._chance.choice(miners))
