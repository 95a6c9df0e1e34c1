"""What engines with a thread of their own share: admission, the way of tokens into asyncio, cancelling,
counting.

A subclass generates in its thread and calls `post`; the coroutines that wait are woken once for each batch of
events. It knows no model.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from itertools import count

from ganglion.errors import EngineError, UsageError
from ganglion_miner.engine.base import (
    EngineBusy,
    EngineDead,
    EngineStats,
    FinishEvent,
    GenerationRequest,
    TokenEvent,
)

Event = TokenEvent | FinishEvent
COUNTED = {"stop": "finished", "length": "finished", "cancelled": "cancelled", "error": "failed"}
WATCH_SECONDS = 1.0


@dataclass
class _Answer:
    """Events on their way to one coroutine; at most max_tokens + 1 of them.

    The thread knows an answer by its ticket, which is never used twice: events of a cancelled answer that are
    still on their way can not reach another one that has taken its request id.
    """

    ticket: str
    moved: float  # monotonic seconds of its last event
    queue: asyncio.Queue[Event] = field(default_factory=asyncio.Queue)
    finished: bool = False


class ThreadedEngine(ABC):
    """Base of engines whose loop runs in a thread.

    Args:
        max_in_flight: answers in work or waiting for their turn; one more is EngineBusy.
        stall_seconds: an answer that moves by no token for so long has failed.
    """

    context_length: int = 0
    vocab_size: int = 0

    def __init__(self, *, max_in_flight: int = 64, stall_seconds: float = 120.0) -> None:
        self._max_in_flight = max_in_flight
        self._stall_seconds = stall_seconds
        self._answers: dict[str, _Answer] = {}  # by request id
        self._tickets: dict[str, _Answer] = {}
        self._next_ticket = count()
        self._counts = {"tokens": 0, "finished": 0, "failed": 0, "cancelled": 0}
        self._watcher: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._death: EngineError | None = None

    @abstractmethod
    def _submit(self, request: GenerationRequest) -> None:
        """Hand an admitted request to the thread; its request id is the ticket."""

    @abstractmethod
    def _abort(self, ticket: str) -> None:
        """Make the thread forget an answer; harmless when it has finished."""

    @property
    def healthy(self) -> bool:
        """Whether the engine was started and its loop lives."""
        return self._loop is not None and self._death is None

    def _begin(self) -> None:
        """Belong to the running loop, alive; the first thing that `start` does."""
        self._loop, self._death = asyncio.get_running_loop(), None
        self._watcher = asyncio.create_task(self._watch())

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Event]:
        """See Engine.generate."""
        self._admit(request)
        answer = _Answer(str(next(self._next_ticket)), time.monotonic())
        self._answers[request.request_id] = self._tickets[answer.ticket] = answer
        try:
            self._submit(replace(request, request_id=answer.ticket))
            while True:
                event = await answer.queue.get()
                yield event
                if isinstance(event, FinishEvent):
                    return
        finally:
            self.cancel(request.request_id)
            del self._answers[request.request_id], self._tickets[answer.ticket]

    async def _watch(self) -> None:
        """Fail answers that stall. One task for all: a timer for each token costs more than the token's way."""
        while self._death is None:
            await asyncio.sleep(min(WATCH_SECONDS, self._stall_seconds / 4))
            limit = time.monotonic() - self._stall_seconds
            stalled = [a for a in self._answers.values() if not a.finished and a.moved < limit]
            for answer in stalled:
                self._abort(answer.ticket)
                error = EngineError(f"no token came for {self._stall_seconds:.0f} s")
                self._put([(answer.ticket, FinishEvent("error", error))])

    def cancel(self, request_id: str) -> None:
        """See Engine.cancel."""
        answer = self._answers.get(request_id)
        if answer is not None and not answer.finished:
            self._abort(answer.ticket)
            self._put([(answer.ticket, FinishEvent("cancelled"))])

    def stats(self) -> EngineStats:
        """See Engine.stats."""
        return EngineStats(running=len(self._answers), **self._counts)

    def post(self, events: Iterable[tuple[str, Event]]) -> None:
        """Deliver (ticket, event) of any answers, in order; from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, list(events))

    def die(self, error: EngineError) -> None:
        """The loop has ended: fail all that is in flight and refuse what comes. From any thread."""
        self._death = error
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._fail_all, error)

    def _put(self, events: list[tuple[str, Event]]) -> None:
        now = time.monotonic()
        for ticket, event in events:
            answer = self._tickets.get(ticket)
            if answer is not None and not answer.finished:
                answer.moved, answer.finished = now, isinstance(event, FinishEvent)
                self._counts[COUNTED[event.reason] if isinstance(event, FinishEvent) else "tokens"] += 1
                answer.queue.put_nowait(event)

    def _fail_all(self, error: EngineError) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
        self._put([(ticket, FinishEvent("error", error)) for ticket in list(self._tickets)])

    def _admit(self, request: GenerationRequest) -> None:
        if self._loop is None:
            raise EngineDead("the engine is not running", recoverable=False)
        if not self.healthy:
            reason = str(self._death or "the engine's loop ended")
            raise EngineDead(reason, recoverable=False) from self._death
        check_request(request, self.context_length, self.vocab_size)
        if request.request_id in self._answers:
            raise UsageError(f"request id {request.request_id} is in use")
        if len(self._answers) >= self._max_in_flight:
            raise EngineBusy(f"{len(self._answers)} answers are in flight", hint="try again later")


def check_request(request: GenerationRequest, context: int, vocab: int) -> None:
    """Refuse what no engine could answer.

    Raises:
        UsageError: an id outside the vocabulary, lengths beyond the context, no seed.
    """
    if not request.prompt_ids:
        raise UsageError("the prompt is empty")
    if not all(0 <= i < vocab for i in request.prompt_ids):
        raise UsageError(f"a prompt id is outside the vocabulary of {vocab}")
    if request.max_tokens < 1 or len(request.prompt_ids) + request.max_tokens > context:
        raise UsageError(
            f"{len(request.prompt_ids)} prompt tokens and max_tokens {request.max_tokens} "
            f"do not fit {context} tokens"
        )
    if len(request.seed) != 32:
        raise UsageError(f"a seed has 32 bytes, not {len(request.seed)}")
