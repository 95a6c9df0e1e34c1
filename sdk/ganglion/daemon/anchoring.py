"""Batches of accepted receipts go on chain: now and then, when enough of them wait or some wait for long.

A batch is fixed in the daemon's own store before it is sent, and stays the same until it is known to be on chain: a
killed process or a lost transaction anchors nothing twice and forgets nothing. Knows neither SQLite nor the chain's
client; both are the caller's.
"""

from __future__ import annotations

import asyncio
from typing import Protocol, TypeVar

import structlog

from ganglion.errors import GanglionError

log = structlog.get_logger(__name__)

__all__ = ["AT_LEAST", "EVERY", "MOST", "AnchorChain", "Anchoring", "Batches", "ReceiptBatch"]

AT_LEAST = 1_000  # receipts that go without waiting
EVERY = 3600.0  # seconds after which fewer of them go
MOST = 16_384  # receipts of a batch: hashing them takes 0.2 s of the store
LOOK_SECONDS = 30.0
LONGEST_PAUSE = 900.0


class ReceiptBatch(Protocol):
    """Accepted receipts under one root."""

    @property
    def root(self) -> bytes:
        """Merkle root of their leaves, 32 bytes."""

    @property
    def count(self) -> int:
        """Their number."""


B = TypeVar("B", bound=ReceiptBatch)


class Batches(Protocol[B]):
    """Where accepted receipts are kept. Raises GanglionError."""

    async def waiting(self) -> tuple[int, float]:
        """Accepted receipts in no batch, and the age of the oldest, seconds."""

    async def next_batch(self, limit: int) -> B | None:
        """The batch that is not known to be on chain, or else a new one of at most `limit`, durable; None for none."""

    async def anchored(self, batch: B) -> None:
        """The batch is on chain."""


class AnchorChain(Protocol):
    """The chain as anchoring needs it. Raises ChainError."""

    async def is_anchored(self, root: bytes) -> bool:
        """Whether this hotkey anchored the root."""

    async def anchor(self, root: bytes, count: int) -> None:
        """Anchor it; returns once it is in a block."""


class Anchoring:
    """Anchors one hotkey's receipts.

    Args:
        at_least: receipts that are anchored without waiting.
        every: seconds after which fewer are anchored.
    """

    def __init__(
        self, batches: Batches, chain: AnchorChain, *, at_least: int = AT_LEAST, every: float = EVERY
    ) -> None:
        self.batches = batches
        self.chain = chain
        self.receipts = 0
        self._at_least = at_least
        self._every = every

    async def step(self) -> int:
        """Anchor a batch if one is due; receipts in it, 0 for none. Raises GanglionError."""
        batch = await self.batches.next_batch(MOST if await self._due() else 0)
        if batch is None:
            return 0
        if not await self.chain.is_anchored(batch.root):
            await self.chain.anchor(batch.root, batch.count)
        await self.batches.anchored(batch)
        self.receipts += batch.count
        log.info("receipts_anchored", root=batch.root.hex(), receipts=batch.count)
        return batch.count

    async def run(self) -> None:
        """For ever; what fails is tried again, ever more rarely."""
        look = pause = min(LOOK_SECONDS, self._every)
        while True:
            try:
                await self.step()
                pause = look
            except GanglionError as error:
                log.warning("receipts_not_anchored", error=str(error), hint=error.hint, again_in=pause)
                pause = min(LONGEST_PAUSE, pause * 2)
            await asyncio.sleep(pause)

    async def _due(self) -> bool:
        count, age = await self.batches.waiting()
        return count >= self._at_least or (count > 0 and age >= self._every)
