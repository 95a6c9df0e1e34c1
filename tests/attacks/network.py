"""A simulated network around the validator's real scheduler: real rounds, ladders, draws, records and weights, with
engines whose capacity is modelled, in virtual time.

An engine runs a batch of at most `slots` answers; with n of them it makes `speed(n)` tokens a second, shared
equally. That is how batched inference behaves: more answers at once bring more tokens up to a limit.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ganglion.protocol.receipts import Kind
from ganglion.verification.rules import Verdict
from ganglion_validator.dispatch import Delivery, Identities
from ganglion_validator.jobs import Job
from ganglion_validator.miners import Miner
from ganglion_validator.rounds import Rounds, RoundSettings
from ganglion_validator.sampling import is_audited
from ganglion_validator.scorebook import ScoreBook
from ganglion_validator.scoring import MinerKey
from ganglion_validator.store import Store

SETTINGS = RoundSettings(
    interval=5.0, window=2.0, concurrency=2, max_concurrency=64, background=2.0, audit_rate=0.25
)

Speed = Callable[[int], float]
Choice = Callable[["Seen"], bool]


def cpu(n: int) -> float:
    """Tokens a second of a batch on a CPU, as measured for the tiny model: 790 for one, 3,160 for sixteen."""
    return 3950.0 * n / (n + 4)


def gpu(n: int) -> float:
    """A large model on a GPU: every answer at 30 tokens a second, however many there are."""
    return 30.0 * n


class Engine:
    """One machine. Several UIDs can stand before it.

    Exact, without ticks: each answer is done when the work clock, which runs at a running answer's speed, has
    advanced by its tokens.
    """

    def __init__(self, speed: Speed, slots: int) -> None:
        self._speed = speed
        self._slots = slots
        self._work, self._at = 0.0, 0.0
        self._running: list[tuple[float, int, asyncio.Future[None]]] = []
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._count = 0

    async def generate(self, tokens: int) -> None:
        """Make so many tokens together with whatever else runs."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((tokens, done))
        self._turn()
        try:
            await done
        finally:
            self._turn()

    def _turn(self) -> None:
        """Advance the work clock, end what is done or given up, begin what waits, wait for the next end."""
        loop = asyncio.get_running_loop()
        if self._running:
            self._work += (loop.time() - self._at) * self._speed(len(self._running)) / len(self._running)
        self._at = loop.time()
        for target, _, done in self._running:
            if target <= self._work + 1e-9 and not done.done():
                done.set_result(None)
        self._running = [one for one in self._running if not one[2].done()]
        self._waiting = deque(one for one in self._waiting if not one[1].done())
        while self._waiting and len(self._running) < self._slots:
            tokens, done = self._waiting.popleft()
            self._count += 1
            self._running.append((self._work + tokens, self._count, done))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._running:
            left = min(self._running)[0] - self._work
            pace = self._speed(len(self._running)) / len(self._running)
            self._timer = loop.call_later(max(0.0, left / pace), self._turn)


@dataclass(frozen=True)
class Seen:
    """What a miner can know when a request arrives.

    Attributes:
        at: seconds.
        in_flight: requests of this validator that it has, this one included.
        body: the request's.
        request_id: of the request.
        looks_own: whether the prompt looks like one of the validator's; the attacks below may even know it.
    """

    at: float
    in_flight: int
    body: Any
    request_id: bytes
    looks_own: bool


@dataclass
class Behaviour:
    """A miner: its engine, and when it answers with junk (at once, for free) instead of work."""

    engine: Engine
    cheats: Choice = lambda seen: False
    in_flight: int = 0
    cheated: int = 0
    answered: int = 0


class Audits:
    """Judges as the replay would: junk is caught whenever it is looked at (measured: 200 of 200)."""

    def __init__(self, junk: set[bytes], book: ScoreBook) -> None:
        self._junk = junk
        self._book = book

    async def verify(self, deliveries: Sequence[Delivery]) -> list[Verdict | None]:
        return [self.judge(delivery) for delivery in deliveries]

    def judge(self, delivery: Delivery) -> Verdict:
        if delivery.identity.request_id in self._junk:
            self._book.caught(delivery.key, "generate", "junk")
            return Verdict(False, hard=True)
        if delivery.job.own:
            self._book.passed(delivery.key)
        return Verdict(True)


@dataclass
class Prompts:
    """Jobs of 24 to 96 tokens, as the validator's own mixture has them."""

    chance: random.Random
    made: set[int] = field(default_factory=set)

    def make(self, task: str) -> Job:
        job = replace(a_job(self.chance), own=True)
        self.made.add(id(job))
        return job


def a_job(chance: random.Random) -> Job:
    """A request of a user or of the validator: there is no difference to see."""
    body = {"max_tokens": chance.randint(24, 96)}
    return Job(Kind.CHAT, body, b"\0" * 32, (1, 2, 3), body["max_tokens"], 1.0, counts=True)


class Network:
    """A validator, its miners, its users."""

    def __init__(
        self, folder: Path, miners: Sequence[Behaviour], *, seed: int = 1, settings=SETTINGS
    ) -> None:
        self.chance = random.Random(seed)
        self.settings = settings
        self.book = ScoreBook(Store(folder / "scores.sqlite"), 0.5)
        self.identities = Identities()
        self.miners = {MinerKey(f"miner-{n}", 1): one for n, one in enumerate(miners)}
        self.peers = [Miner(key, uid, None, None) for uid, key in enumerate(self.miners)]  # type: ignore[arg-type]
        self.junk: set[bytes] = set()
        self.audits = Audits(self.junk, self.book)
        self.prompts = Prompts(self.chance)
        self.history: deque[dict[MinerKey, float]] = deque(maxlen=10_000)
        self.deliveries: list[Delivery] = []
        self.rounds = Rounds(
            "generate",
            settings,
            self,  # type: ignore[arg-type]
            self.prompts,  # type: ignore[arg-type]
            self.audits,
            serving=lambda: self.peers,
            on_results=self._note,
            has_score=self.book.records.__contains__,
            chance=self.chance,
            clock=lambda: asyncio.get_running_loop().time(),
        )

    def _note(self, results: Sequence[Any]) -> None:
        self.book.add(results)
        self.history.append(self.book.scores)

    # the face of Dispatcher

    async def complete(self, miner: Miner, job: Job) -> Delivery:
        """Ask a miner."""
        one, loop = self.miners[miner.key], asyncio.get_running_loop()
        identity, started = self.identities.of(job), loop.time()
        one.in_flight += 1
        try:
            own = id(job) in self.prompts.made
            one.answered += 1
            if one.cheats(Seen(started, one.in_flight, job.body, identity.request_id, own)):
                one.cheated += 1
                self.junk.add(identity.request_id)
                await asyncio.sleep(0.05)
            else:
                await one.engine.generate(job.max_tokens)
        finally:
            one.in_flight -= 1
        tokens = tuple(range(job.max_tokens))
        delivery = Delivery(
            miner.key, job, identity, self.identities.secret, None, started, loop.time(), tokens
        )
        self._delivered(delivery)
        return delivery

    @asynccontextmanager
    async def stream(self, miner: Miner, job: Job) -> AsyncIterator[AsyncIterator[bytes]]:
        raise AssertionError("these jobs are not streamed")
        yield

    def _delivered(self, delivery: Delivery) -> None:
        """As the daemon does it: a round counts it, or the draw decides."""
        self.deliveries.append(delivery)
        if self.rounds.delivered(delivery):
            return
        if is_audited(delivery.secret, delivery.identity.request_id, self.settings.audit_rate):
            self.audits.judge(delivery)

    async def users(self, per_second: float) -> None:
        """Users' requests, to miners by score, as the gateway sends them."""
        async with asyncio.TaskGroup() as group:
            while True:
                await asyncio.sleep(self.chance.expovariate(per_second))
                scores = [self.book.scores.get(peer.key, 1.0) for peer in self.peers]
                weights = scores if any(scores) else None
                (miner,) = self.chance.choices(self.peers, weights=weights)
                group.create_task(self.complete(miner, a_job(self.chance)))

    async def live(self, seconds: float, users: float = 0.0) -> None:
        """Let it run for so many virtual seconds."""
        tasks = [asyncio.create_task(self.rounds.run())]
        if users:
            tasks.append(asyncio.create_task(self.users(users)))
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.book.store.close()

    def mean_scores(self, last: int) -> list[float]:
        """Each miner's score, averaged over the last rounds."""
        rounds = list(self.history)[-last:]
        return [sum(one.get(key, 0.0) for one in rounds) / len(rounds) for key in self.miners]

    def shares(self, last: int) -> list[float]:
        """Parts of the weights over the last rounds."""
        scores = self.mean_scores(last)
        return [score / sum(scores) for score in scores]
