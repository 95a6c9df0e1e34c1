"""The devnet's dishonest miner: the real daemon around an engine that answers with random tokens, very fast.

It exists so that a newcomer sees what happens to such a miner. Nothing in the product can be configured to
use it.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ganglion_miner.config import MinerConfig
from ganglion_miner.daemon import run as run_miner
from ganglion_miner.engine.base import EngineDead, EngineStats, FinishEvent, GenerationRequest, TokenEvent

BURST = 16  # tokens between two turns of the event loop

__all__ = ["GarbageEngine", "run"]


class GarbageEngine:
    """Random tokens of the vocabulary up to max_tokens; everything but the work of a model is in order."""

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_bytes())
        self.context_length = int(config["max_position_embeddings"])
        self._vocab = int(config["vocab_size"])
        self._stats = EngineStats()
        self._open: dict[str, bool] = {}
        self._running = False

    @property
    def healthy(self) -> bool:
        """Whether it was started."""
        return self._running

    async def start(self) -> None:
        """There is no model to load: that is its advantage."""
        self._running = True

    async def stop(self) -> None:
        """End what is in flight."""
        self._running = False
        self._open = dict.fromkeys(self._open, False)

    async def generate(self, request: GenerationRequest) -> AsyncIterator[TokenEvent | FinishEvent]:
        """Random tokens, none of them a stop token."""
        if not self._running:
            raise EngineDead("the engine is not running", recoverable=False)
        draw = random.Random(request.seed)
        self._open[request.request_id] = True
        try:
            for count in range(request.max_tokens):
                if count % BURST == 0:
                    await asyncio.sleep(0)
                if not self._open[request.request_id]:
                    yield FinishEvent("cancelled")
                    return
                yield TokenEvent(self._token(draw, request.stop_token_ids))
            self._stats = replace(self._stats, finished=self._stats.finished + 1)
            yield FinishEvent("length")
        finally:
            del self._open[request.request_id]

    def _token(self, draw: random.Random, stops: tuple[int, ...]) -> int:
        self._stats = replace(self._stats, tokens=self._stats.tokens + 1)
        while (token := draw.randrange(self._vocab)) in stops:
            pass
        return token

    def cancel(self, request_id: str) -> None:
        """See Engine.cancel."""
        if request_id in self._open:
            self._open[request_id] = False

    def stats(self) -> EngineStats:
        """See Engine.stats."""
        return replace(self._stats, running=len(self._open))


def _make_engine(config: MinerConfig, folder: Path) -> Any:
    return GarbageEngine(folder)


async def run(config: MinerConfig) -> None:
    """Run it like a miner."""
    await run_miner(config, make_engine=_make_engine)
