"""A user's answer that failed its audit is asked for again, from another miner, and kept for who has its request id.

Answers are usable at once and audited afterwards, so a failure is found when the user has read it; this is where he
finds what it should have been. In memory alone, bounded, for an hour: it is the user's text.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from ganglion.errors import GanglionError
from ganglion_validator.dispatch import Delivery, Dispatcher, response_of

log = structlog.get_logger(__name__)

MOST_WAITING, MOST_KEPT, KEPT_SECONDS = 64, 256, 3600.0

__all__ = ["Rerun", "Reruns"]


@dataclass(slots=True)
class Rerun:
    """What became of a failed answer. `answer`: OpenAI's object by another miner, None while there is none."""

    reason: str
    since: float
    asked_by: str = ""
    answer: dict[str, Any] | None = None


@dataclass(slots=True)
class Reruns:
    """Asks again, one at a time.

    Attributes:
        pick: another miner than this one. Raises RequestError.
        done: answers that were given again.
    """

    dispatcher: Dispatcher
    pick: Callable[[Delivery], Any]
    clock: Callable[[], float] = time.monotonic
    done: int = 0
    kept: dict[bytes, Rerun] = field(default_factory=dict)
    _queue: asyncio.Queue[Delivery] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))

    def failed(self, delivery: Delivery, reason: str) -> None:
        """An answer failed its audit. Own prompts and embeddings need no other answer."""
        if delivery.job.own or delivery.job.task != "generate" or self._queue.full():
            return
        self._forget_old()
        self.kept[delivery.identity.request_id] = Rerun(reason, self.clock(), delivery.job.asked_by)
        self._queue.put_nowait(delivery)

    def find(self, request_id: bytes) -> Rerun | None:
        """What is known of a failed answer."""
        self._forget_old()
        return self.kept.get(request_id)

    def _forget_old(self) -> None:
        oldest = self.clock() - KEPT_SECONDS
        recent = [(key, one) for key, one in self.kept.items() if one.since > oldest]
        self.kept = dict(recent[-MOST_KEPT + 1 :])

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self.once(await self._queue.get())

    async def once(self, delivery: Delivery) -> None:
        """Ask another miner; what fails stays without another answer."""
        rerun = self.kept.get(delivery.identity.request_id)
        if rerun is None:
            return
        try:
            job = replace(delivery.job, streamed=False)
            found = await self.dispatcher.complete(self.pick(delivery), job)
        except GanglionError as error:
            log.info("rerun_failed", reason=str(error))
            return
        rerun.answer = response_of(found, job.body["model"])
        self.done += 1
