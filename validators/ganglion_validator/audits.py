"""Replaying answers in one worker thread, behind a bounded queue.

The event loop offers deliveries; a miner never learns which ones were looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Protocol

import structlog

from ganglion.verification.rules import Claim, Verdict
from ganglion_validator.dispatch import Delivery

log = structlog.get_logger(__name__)

BATCH = 8
MOST_DOUBTS = 8  # answers that a user waits for at once: a batch

__all__ = ["Auditor", "Judge", "ModelJudge"]


class Judge(Protocol):
    """Decides about deliveries; blocking, called from one thread."""

    def judge(self, deliveries: Sequence[Delivery]) -> list[Verdict]:
        """A verdict for each, in order."""


class ModelJudge:
    """Replays with the validator's own copies of the models.

    Args:
        genesis: of the network, 32 bytes.
        verifier: of generated answers, None where none are checked.
        embedding: of embeddings, None where none are checked.
        stop_token_ids: of the model.
    """

    def __init__(
        self, genesis: bytes, verifier: Any, embedding: Any, stop_token_ids: tuple[int, ...]
    ) -> None:
        self._genesis = genesis
        self._verifier = verifier
        self._embedding = embedding
        self._stop_token_ids = stop_token_ids

    def judge(self, deliveries: Sequence[Delivery]) -> list[Verdict]:
        """See Judge."""
        generated = [d for d in deliveries if d.job.task == "generate"]
        verdicts = iter(self._replay(generated))
        return [next(verdicts) if d.job.task == "generate" else self._embed(d) for d in deliveries]

    def _replay(self, deliveries: Sequence[Delivery]) -> list[Verdict]:
        return self._verifier.verify([self.claim(d) for d in deliveries]) if deliveries else []

    def claim(self, delivery: Delivery) -> Claim:
        """What a delivered answer claims, with the seed that it had to use."""
        job, receipt = delivery.job, delivery.receipt.receipt
        seed = delivery.identity.seed(genesis=self._genesis, miner=receipt.miner, profile=receipt.profile)
        return Claim(
            prompt_ids=job.prompt_ids,
            output_ids=delivery.token_ids,
            seed=seed,
            sampling=job.sampling,
            finish_reason=receipt.finish.name.lower(),
            max_tokens=job.max_tokens,
            stop_token_ids=self._stop_token_ids,
            stops=job.stops,
            leaves=delivery.leaves,
            trace_root=receipt.trace,
        )

    def _embed(self, delivery: Delivery) -> Verdict:
        import numpy as np

        if self._embedding is None:
            return Verdict(False, soft=True, reason="no embedding model is configured to check this")
        rows = np.frombuffer(delivery.values, dtype="<f4").reshape(-1, max(1, delivery.dimension))
        return self._embedding.verify(delivery.job.texts, rows)


class _For(Enum):
    """Whom a delivery in the queue is for: nobody, a round, or a user who waits."""

    NOBODY = auto()
    ROUND = auto()
    USER = auto()


@dataclass(slots=True)
class _Waiting:
    """A delivery in the queue."""

    delivery: Delivery
    verdict: asyncio.Future[Verdict | None]
    what_for: _For


@dataclass(slots=True)
class Auditor:
    """The queue and its worker. Half of it is for what is offered and half for rounds, so that neither much traffic
    of users nor a large round keeps the other's answers from being looked at. What users wait for has some places
    besides.

    Attributes:
        judge: decides; None until the model is loaded.
        on_verdicts: told of a batch's verdicts.
        size: deliveries that can wait.
        dropped: offers that found their half full.
    """

    on_verdicts: Callable[[Sequence[tuple[Delivery, Verdict]]], None]
    size: int
    judge: Judge | None = None
    dropped: int = 0
    _queue: asyncio.Queue[_Waiting] = field(default_factory=asyncio.Queue)
    _places: asyncio.Semaphore = field(init=False)
    _offered: int = 0
    _doubted: int = 0

    def __post_init__(self) -> None:
        self._places = asyncio.Semaphore(max(1, self.size - self.size // 2))

    @property
    def waiting(self) -> int:
        """Deliveries in the queue."""
        return self._queue.qsize()

    def offer(self, delivery: Delivery) -> None:
        """Queue a delivery, or drop it when its half of the queue is full: an audit less, never a request less."""
        if self._offered >= max(1, self.size // 2):
            self.dropped += 1
            return
        self._offered += 1
        self._put(delivery, _For.NOBODY)

    async def doubt(self, delivery: Delivery) -> Verdict | None:
        """A verdict for a user who waits for it; None where too many do, or the audit failed."""
        if self._doubted >= MOST_DOUBTS:
            return None
        self._doubted += 1
        return await self._put(delivery, _For.USER)

    def _put(self, delivery: Delivery, what_for: _For) -> asyncio.Future[Verdict | None]:
        one = _Waiting(delivery, asyncio.get_running_loop().create_future(), what_for)
        self._queue.put_nowait(one)
        return one.verdict

    async def verify(self, deliveries: Sequence[Delivery]) -> list[Verdict | None]:
        """Queue these and wait for their verdicts, in order; None where the audit itself failed."""
        waiting = []
        for one in deliveries:
            await self._places.acquire()
            waiting.append(self._put(one, _For.ROUND))
        return list(await asyncio.gather(*waiting))

    async def run(self) -> None:
        """Work until cancelled."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="audit") as pool:
            while True:
                batch = [await self._queue.get()]
                while len(batch) < BATCH and not self._queue.empty():
                    batch.append(self._queue.get_nowait())
                for one in batch:
                    self._leave(one)
                # Whoever waited for a verdict and went has no use for it.
                batch = [one for one in batch if one.what_for is _For.NOBODY or not one.verdict.done()]
                if not batch:
                    continue
                await self._judge(loop, pool, batch)

    def _leave(self, one: _Waiting) -> None:
        if one.what_for is _For.ROUND:
            self._places.release()
        elif one.what_for is _For.USER:
            self._doubted -= 1
        else:
            self._offered -= 1

    async def _judge(
        self,
        loop: asyncio.AbstractEventLoop,
        pool: ThreadPoolExecutor,
        batch: list[_Waiting],
    ) -> None:
        deliveries = [one.delivery for one in batch]
        verdicts = await loop.run_in_executor(pool, judge_all, self.judge, deliveries)
        self.on_verdicts([(d, verdict) for d, verdict in zip(deliveries, verdicts, strict=True) if verdict])
        for one, verdict in zip(batch, verdicts, strict=True):
            if not one.verdict.done():
                one.verdict.set_result(verdict)


def judge_all(judge: Judge | None, deliveries: Sequence[Delivery]) -> list[Verdict | None]:
    """Verdicts of a batch. Where judging fails, each is tried alone: what fails while others can be judged is
    not counted as work; if all fail the reason is here, and nothing is said (None).
    """
    if judge is None:
        return [None] * len(deliveries)
    try:
        return list(judge.judge(deliveries))
    except Exception as error:
        log.error("audit_failed", answers=len(deliveries), exc_info=error)
    alone = [_judge_one(judge, delivery) for delivery in deliveries]
    if not any(alone):
        return [None] * len(deliveries)
    failed = Verdict(False, soft=True, reason="the replay of this answer failed")
    return [verdict or failed for verdict in alone]


def _judge_one(judge: Judge, delivery: Delivery) -> Verdict | None:
    try:
        return judge.judge([delivery])[0]
    except Exception as error:
        log.error("audit_failed", hotkey=delivery.key.hotkey, exc_info=error)
        return None
