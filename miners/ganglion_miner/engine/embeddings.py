"""The engine of embedding models: one encoder, one thread, a bounded number of callers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ganglion_miner.engine.base import EngineBusy, EngineDead, EngineStats

if TYPE_CHECKING:
    from ganglion.model.embedding import Encoder


@dataclass(frozen=True)
class Embedded:
    """Vectors of some texts in their order, float32 [texts, dimension], and how many tokens the texts had."""

    vectors: NDArray[np.float32]
    tokens: int


class EmbeddingEngine:
    """A sentence-transformers folder behind an asyncio face.

    Args:
        model: folder or id of the model.
        max_in_flight: calls in work or waiting; one more is EngineBusy.
    """

    def __init__(self, model: str | Path, *, max_in_flight: int = 16) -> None:
        self._path = model
        self._max_in_flight = max_in_flight
        self._in_flight = 0
        self._finished = 0
        self._failed = 0
        self._tokens = 0
        self._encoder: Encoder | None = None
        self._pool: ThreadPoolExecutor | None = None

    @property
    def healthy(self) -> bool:
        """Whether it was started and not stopped."""
        return self._pool is not None

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        if self._encoder is None:
            raise EngineDead("the engine is not running", recoverable=False)
        return self._encoder.layout.dimension

    async def start(self) -> None:
        """Load the model. Raises ModelError."""
        from ganglion.model.embedding import Encoder

        self._pool = ThreadPoolExecutor(1, thread_name_prefix="embeddings")
        self._encoder = await asyncio.get_running_loop().run_in_executor(self._pool, Encoder, self._path)

    async def stop(self) -> None:
        """Let the running call end and refuse all others. Idempotent."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Vectors of texts.

        Raises:
            PromptError: nothing to embed, an empty text or one that is too long.
            EngineBusy, EngineDead: as Engine.generate.
        """
        if self._pool is None or self._encoder is None:
            raise EngineDead("the engine is not running", recoverable=False)
        if self._in_flight >= self._max_in_flight:
            raise EngineBusy(f"{self._in_flight} calls are in flight", hint="try again later")
        self._in_flight += 1
        try:
            done = await asyncio.get_running_loop().run_in_executor(self._pool, self._embed, list(texts))
        except BaseException:
            self._failed += 1
            raise
        finally:
            self._in_flight -= 1
        self._finished += 1
        self._tokens += done.tokens
        return done

    def stats(self) -> EngineStats:
        """Calls and tokens since start."""
        return EngineStats(
            running=self._in_flight, finished=self._finished, failed=self._failed, tokens=self._tokens
        )

    def _embed(self, texts: list[str]) -> Embedded:
        rows = self._encoder.tokenize(texts)
        return Embedded(self._encoder.encode_ids(rows), sum(map(len, rows)))
