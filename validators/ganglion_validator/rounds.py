"""Load rounds: all serving miners at the same time, for the same window, at moments that nobody can predict.

Between rounds single own prompts go out, so that a burst is not the only thing that is ever looked at. Users'
answers that are begun and ended within a window count like own ones.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from ganglion.errors import GanglionError
from ganglion.verification.rules import Verdict
from ganglion_validator.challenges import Challenges
from ganglion_validator.dispatch import Delivery, Dispatcher
from ganglion_validator.load import Ladder, window_for
from ganglion_validator.miners import Miner
from ganglion_validator.sampling import draw
from ganglion_validator.scoring import MinerKey, RoundResult, Tally

log = structlog.get_logger(__name__)

GRACE_SECONDS = 10.0
MOST_AUDITS = (
    24  # of one miner in one round, so that newcomers, of whom all answers are drawn, don't hold up the rest
)
BACKOFF_SECONDS = 0.2

__all__ = ["Round", "RoundSettings", "Rounds", "results_of"]


class Auditing(Protocol):
    """Who judges answers; see Auditor."""

    async def verify(self, deliveries: Sequence[Delivery]) -> list[Verdict | None]:
        """Verdicts in order; None where the audit itself failed."""


@dataclass(frozen=True, slots=True)
class RoundSettings:
    """Seconds, requests in flight at each miner (fewest, most), and the part of the answers that is replayed where
    nothing is known of a miner.
    """

    interval: float
    window: float
    concurrency: int
    max_concurrency: int
    background: float
    audit_rate: float


@dataclass(slots=True)
class Round:
    """One window and what arrived in it.

    Attributes:
        begins, ends: monotonic seconds.
        trials: miners whose load is only tried out; of them a round tells lies and nothing else.
    """

    task: str
    begins: float
    ends: float
    tallies: dict[MinerKey, Tally]
    trials: frozenset[MinerKey] = frozenset()
    deliveries: list[Delivery] = field(default_factory=list)
    seconds: dict[MinerKey, list[float]] = field(default_factory=dict)

    def take(self, delivery: Delivery) -> bool:
        """Count a delivery; False if it was not begun and ended in this window, or is never audited.

        An answer that was begun before would bring work from outside, or have been held back for this moment. One
        that is never audited proves nothing, not even that the miner was there: it may have been prepared.
        """
        tally, job = self.tallies.get(delivery.key), delivery.job
        if tally is None or job.task != self.task or not delivery.auditable or delivery.started < self.begins:
            return False
        seconds = delivery.finished - delivery.started
        if job.own:
            self.seconds.setdefault(delivery.key, []).append(seconds)
        if delivery.finished > self.ends:
            return False
        tally.answers += 1
        if job.own:
            tally.made += delivery.tokens
            tally.seconds += seconds
            tally.tokens += delivery.tokens if job.counts else 0
        elif job.counts:
            tally.user_tokens += delivery.tokens
            tally.user_seconds += seconds
        self.deliveries.append(delivery)
        return True

    def sample(self, rate: Callable[[MinerKey], float], least: float = 0.0) -> list[Delivery]:
        """The secret sample: by draw, and at least one of each miner.

        Args:
            rate: part of a miner's answers that is drawn.
            least: part that is replayed however many that are; beyond, at most MOST_AUDITS of each miner.
        """
        chosen: list[Delivery] = []
        for key in self.tallies:
            drawn = sorted((_draw(d), at, d) for at, d in enumerate(self.deliveries) if d.key == key)
            wanted = sum(number < rate(key) for number, _, _ in drawn)
            certain = sum(number < least for number, _, _ in drawn)
            count = max(1, min(wanted, max(certain, MOST_AUDITS)))
            chosen += [delivery for _, _, delivery in drawn[:count]]
        return chosen

    def judge(self, delivery: Delivery, verdict: Verdict | None) -> None:
        """Count a verdict; None when the audit itself failed."""
        tally = self.tallies[delivery.key]
        if verdict is None:
            return
        tally.passed += verdict.ok
        tally.failed_soft += verdict.soft
        tally.failed_hard += verdict.hard
        if verdict.ok or not delivery.job.counts:
            return
        if delivery.job.own:
            tally.tokens -= delivery.tokens
        else:
            tally.user_tokens -= delivery.tokens


def _draw(delivery: Delivery) -> float:
    return draw(delivery.secret, delivery.identity.request_id)


def results_of(one: Round, absent: Collection[MinerKey] = ()) -> list[RoundResult]:
    """What the round says of each miner of whom it says anything.

    Nothing if nobody delivered anything: then the failure is rather here than everywhere else.

    Args:
        absent: miners with a score that did not serve.
    """
    if not any(tally.answers for tally in one.tallies.values()):
        return []
    window = one.ends - one.begins
    found = [RoundResult(key, one.task, 0.0) for key in absent if key not in one.tallies]
    for key, tally in one.tallies.items():
        throughput = tally.throughput(window)
        if throughput is not None and (key not in one.trials or tally.failed_hard):
            found.append(RoundResult(key, one.task, throughput, caught=tally.failed_hard > 0))
    return found


class Rounds:
    """Runs rounds and background prompts for one task.

    Args:
        serving: the miners to load, and those to send single prompts to.
        absent: miners with a score that serve no task now.
        has_score: whether a miner was measured before, perhaps by an earlier process.
        on_results: told of each round.
        rate: part of a miner's answers that is replayed; default the settings' for all.
        chance: source of randomness.
        clock: monotonic seconds, the same that deliveries are measured with.
    """

    def __init__(
        self,
        task: str,
        settings: RoundSettings,
        dispatcher: Dispatcher,
        challenges: Challenges,
        auditor: Auditing,
        *,
        serving: Callable[[], Sequence[Miner]],
        on_results: Callable[[Sequence[RoundResult]], None],
        absent: Callable[[], Collection[MinerKey]] = tuple,
        has_score: Callable[[MinerKey], bool] = lambda key: False,
        may_load: Callable[[], bool] = lambda: True,
        rate: Callable[[MinerKey], float] | None = None,
        chance: random.Random | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._task = task
        self._settings = settings
        self._dispatcher = dispatcher
        self._challenges = challenges
        self._auditor = auditor
        self._serving = serving
        self._on_results = on_results
        self._absent = absent
        self._has_score = has_score
        self._may_load = may_load
        self._rate = rate or (lambda _: settings.audit_rate)
        self._chance = chance or random.SystemRandom()
        self._clock = clock
        self._ladders: dict[MinerKey, Ladder] = {}
        self._now: Round | None = None

    def delivered(self, delivery: Delivery) -> bool:
        """Whether the running round counts this delivery, and so sees to its audit."""
        return self._now is not None and self._now.take(delivery)

    async def run(self) -> None:
        """Rounds and background prompts, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._run_rounds())
            group.create_task(self._run_background())

    async def _run_rounds(self) -> None:
        while True:
            await asyncio.sleep(self._chance.uniform(0.5, 1.5) * self._settings.interval)
            miners = list(self._serving())
            if miners and self._may_load():
                await self.one(miners)

    async def one(self, miners: Sequence[Miner]) -> list[RoundResult]:
        """One round over these miners."""
        self._ladders = {m.key: self._ladders.get(m.key) or self._new_ladder(m.key) for m in miners}
        steps = {m.key: self._ladders[m.key].choose(self._chance) for m in miners}
        window = window_for(self._settings.window, self._ladders.values())
        trials = frozenset(key for key, step in steps.items() if self._ladders[key].is_trial(step))
        begins = self._clock()
        now = Round(self._task, begins, begins + window, {miner.key: Tally() for miner in miners}, trials)
        await self._load_all(now, miners, steps, window)
        self._learn(now, steps, window)
        await self._audit(now)
        results = results_of(now, self._absent())
        self._on_results(results)
        return results

    async def _audit(self, now: Round) -> None:
        """Replay the sample: one answer of each first, and the others of those who were not caught by it."""
        sample = now.sample(self._rate, self._settings.audit_rate)
        first = list({delivery.key: delivery for delivery in reversed(sample)}.values())
        await self._judge(now, first)
        done = set(map(id, first))
        rest = [d for d in sample if id(d) not in done and not now.tallies[d.key].failed_hard]
        await self._judge(now, rest)

    async def _judge(self, now: Round, deliveries: Sequence[Delivery]) -> None:
        for delivery, verdict in zip(deliveries, await self._auditor.verify(deliveries), strict=True):
            now.judge(delivery, verdict)

    def _new_ladder(self, key: MinerKey) -> Ladder:
        settings = self._settings
        return Ladder(settings.concurrency, settings.max_concurrency, resumed=self._has_score(key))

    async def _load_all(
        self, now: Round, miners: Sequence[Miner], steps: dict[MinerKey, int], window: float
    ) -> None:
        self._now = now
        loads = [self._load(now, miner) for miner in miners for _ in range(steps[miner.key])]
        tasks = [asyncio.create_task(load) for load in loads]
        try:
            await asyncio.wait(tasks, timeout=window + GRACE_SECONDS)
        finally:
            self._now = None
            for task in tasks:
                task.cancel()
            for ended in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(ended, Exception):  # a mistake of ours: the round goes on, but not in silence
                    log.error("load_failed", exc_info=ended)

    def _learn(self, now: Round, steps: dict[MinerKey, int], window: float) -> None:
        for key, tally in now.tallies.items():
            seconds = now.seconds.get(key)
            took = statistics.fmean(seconds) if seconds else window + GRACE_SECONDS
            self._ladders[key].learn(steps[key], tally.work / window, took)

    async def _load(self, now: Round, miner: Miner) -> None:
        """Keep one request in flight; the last answer may come after the window and does not count then."""
        while self._clock() < now.ends:
            now.tallies[miner.key].asked += 1
            if not await self._ask(miner):
                await asyncio.sleep(BACKOFF_SECONDS)

    async def _ask(self, miner: Miner) -> bool:
        try:
            job = self._challenges.make(self._task)
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
