"""What a miner asks of an engine, and nothing about how it is done.

An engine turns token ids into token ids with the sampler st-1: no text, no HTTP, no keys. Stop strings are
text, so the server finds them and cancels; an answer stopped that way ends, for the engine, as "cancelled".
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ganglion.errors import EngineError
from ganglion.protocol.sampling import SamplingParams

FinishReason = Literal["stop", "length", "cancelled", "error"]


@dataclass(frozen=True)
class GenerationRequest:
    """One answer. `seed` is st-1's 32 bytes; a stop token ends it and is its last; `trace` asks for states."""

    request_id: str
    prompt_ids: tuple[int, ...]
    max_tokens: int
    sampling: SamplingParams
    seed: bytes
    stop_token_ids: tuple[int, ...] = ()
    trace: bool = False


@dataclass(frozen=True)
class TokenEvent:
    """The next token, and what entered the language head for it, float32 [d] (a row of the step's array)."""

    token_id: int
    state: NDArray[np.float32] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class FinishEvent:
    """The last event: `stop` after a stop token, `length` after max_tokens, `error` with what went wrong."""

    reason: FinishReason
    error: EngineError | None = None


@dataclass(frozen=True)
class EngineStats:
    """Counters since start, and what is in flight now."""

    running: int = 0
    finished: int = 0
    failed: int = 0
    cancelled: int = 0
    tokens: int = 0


class EngineBusy(EngineError):
    """As many answers are in flight as the engine takes."""

    retryable = True


class EngineDead(EngineError):
    """The engine's loop ended; only a new start helps."""

    retryable = False


class Engine(Protocol):
    """A generator of answers; all methods are called from one asyncio loop."""

    context_length: int
    """Tokens of prompt and answer together that a request may have."""

    async def start(self) -> None:
        """Load and warm up. Raises ModelError or EngineError."""

    async def stop(self) -> None:
        """Fail what is in flight and free the model. Idempotent."""

    def generate(self, request: GenerationRequest) -> AsyncIterator[TokenEvent | FinishEvent]:
        """Tokens as they come, then one FinishEvent. Raises EngineBusy or EngineDead before the first event.
        Closing the iterator early cancels the answer.
        """

    def cancel(self, request_id: str) -> None:
        """End an answer soon, with FinishEvent("cancelled"); an unknown id is ignored."""

    def stats(self) -> EngineStats:
        """Cheap enough for every scrape."""

    @property
    def healthy(self) -> bool:
        """Whether the loop runs; False means that the daemon should restart the engine or itself."""
