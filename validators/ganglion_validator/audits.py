"""Replaying answers in one worker thread, behind a bounded queue.

The event loop offers deliveries; a miner never learns which ones were looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from ganglion_validator.dispatch import Delivery
from ganglion_validator.verification.rules import Claim, Verdict

log = structlog.get_logger(__name__)

BATCH = 8

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
            temperature=job.temperature,
            finish_reason=receipt.finish.name.lower(),
            max_tokens=job.max_tokens,
            stop_token_ids=self._stop_token_ids,
            stops=job.stops,
        )

    def _embed(self, delivery: Delivery) -> Verdict:
        import numpy as np

        if self._embedding is None:
            return Verdict(False, soft=True, reason="no embedding model is configured to check this")
        rows = np.frombuffer(delivery.values, dtype="<f4").reshape(-1, max(1, delivery.dimension))
        return self._embedding.verify(delivery.job.texts, rows)


@dataclass(slots=True)
class Auditor:
    """The queue and its worker.

    Attributes:
        judge: decides; None until the model is loaded.
        on_verdict: told of each verdict.
        size: deliveries that can wait.
        dropped: offers that found the queue full.
    """

    on_verdict: Callable[[Delivery, Verdict], None]
    size: int
    judge: Judge | None = None
    dropped: int = 0
    _queue: asyncio.Queue[tuple[Delivery, asyncio.Future[Verdict | None]]] = field(init=False)

    def __post_init__(self) -> None:
        self._queue = asyncio.Queue(self.size)

    @property
    def waiting(self) -> int:
        """Deliveries in the queue."""
        return self._queue.qsize()

    def offer(self, delivery: Delivery) -> None:
        """Queue a delivery, or drop it when the queue is full: an audit less, never a request less."""
        try:
            self._queue.put_nowait((delivery, asyncio.get_running_loop().create_future()))
        except asyncio.QueueFull:
            self.dropped += 1

    async def verify(self, deliveries: Sequence[Delivery]) -> list[Verdict | None]:
        """Queue these and wait for their verdicts, in order; None where the audit itself failed."""
        futures = [asyncio.get_running_loop().create_future() for _ in deliveries]
        for pair in zip(deliveries, futures, strict=True):
            await self._queue.put(pair)
        return list(await asyncio.gather(*futures))

    async def run(self) -> None:
        """Work until cancelled."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="audit") as pool:
            while True:
                batch = [await self._queue.get()]
                while len(batch) < BATCH and not self._queue.empty():
                    batch.append(self._queue.get_nowait())
                await self._judge(loop, pool, batch)

    async def _judge(
        self,
        loop: asyncio.AbstractEventLoop,
        pool: ThreadPoolExecutor,
        batch: list[tuple[Delivery, asyncio.Future[Verdict | None]]],
    ) -> None:
        deliveries = [delivery for delivery, _ in batch]
        verdicts = await loop.run_in_executor(pool, judge_all, self.judge, deliveries)
        for (delivery, future), verdict in zip(batch, verdicts, strict=True):
            if not future.done():
                future.set_result(verdict)
            if verdict is not None:
                self.on_verdict(delivery, verdict)


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
