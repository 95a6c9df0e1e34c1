"""An engine without a model, for tests of what stands around engines: it answers with the prompt's own
tokens.

No daemon can be configured to use it, and no verifier accepts what it says.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from ganglion_miner.engine.base import (
    EngineBusy,
    EngineDead,
    EngineStats,
    FinishEvent,
    GenerationRequest,
    TokenEvent,
)


class EchoEngine:
    """Repeats the prompt, one token every `delay` seconds, until max_tokens, a stop token or the prompt's
    end.
    """

    def __init__(self, *, context_length: int = 1024, delay: float = 0.0, max_in_flight: int = 64) -> None:
        self.context_length = context_length
        self._delay = delay
        self._max_in_flight = max_in_flight
        self._cancelled: dict[str, bool] = {}
        self._stats = EngineStats()
        self._running = False

    @property
    def healthy(self) -> bool:
        """Whether it was started."""
        return self._running

    async def start(self) -> None:
        """Nothing to load."""
        self._running = True

    async def stop(self) -> None:
        """Ends what is in flight."""
        self._running = False
        self._cancelled = dict.fromkeys(self._cancelled, True)

    async def generate(self, request: GenerationRequest) -> AsyncIterator[TokenEvent | FinishEvent]:
        """See Engine.generate; ends with `stop` when the prompt is used up."""
        if not self._running:
            raise EngineDead("the engine is not running", recoverable=False)
        if len(self._cancelled) >= self._max_in_flight:
            raise EngineBusy(f"{len(self._cancelled)} answers are in flight", hint="try again later")
        self._cancelled[request.request_id] = False
        try:
            for token in request.prompt_ids[: request.max_tokens]:
                await asyncio.sleep(self._delay)
                if self._cancelled[request.request_id]:
                    yield FinishEvent("cancelled")
                    return
                self._stats = replace(self._stats, tokens=self._stats.tokens + 1)
                yield TokenEvent(token)
                if token in request.stop_token_ids:
                    break
            self._stats = replace(self._stats, finished=self._stats.finished + 1)
            yield FinishEvent("length" if len(request.prompt_ids) >= request.max_tokens else "stop")
        finally:
            del self._cancelled[request.request_id]

    def cancel(self, request_id: str) -> None:
        """See Engine.cancel."""
        if request_id in self._cancelled:
            self._cancelled[request_id] = True

    def stats(self) -> EngineStats:
        """See Engine.stats."""
        return replace(self._stats, running=len(self._cancelled))
