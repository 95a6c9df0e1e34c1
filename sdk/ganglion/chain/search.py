"""Which block of the best chain has a transaction. Reorganisations are taken into account: only final blocks are
looked into once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ganglion.chain.head import Head

if TYPE_CHECKING:
    from ganglion.chain.context import Chain

SEARCHED_BLOCKS = 4096
AT_ONCE = 64

__all__ = ["BlockSearch", "Place"]


@dataclass(frozen=True)
class Place:
    """Where a transaction is.

    Attributes:
        block: hash, 0x-hex.
        number: height.
        index: position in the block.
    """

    block: str
    number: int
    index: int


class BlockSearch:
    """The search for one transaction, resumed where it ended.

    Args:
        data: its SCALE bytes.
        after: height of a final block that does not have it.
    """

    def __init__(self, chain: Chain, data: bytes, after: int) -> None:
        self._chain = chain
        self._data = data
        self._after = max(after, 0)
        self._looked: dict[int, str] = {}

    async def find(self, final: Head | None = None) -> Place | None:
        """The block of the best chain that has it.

        Args:
            final: the last final block, if it is known already.
        """
        final = final or await self._chain.heads.final()
        head = (await self._chain.heads.header()).number
        numbers = range(max(self._after + 1, head - SEARCHED_BLOCKS), head + 1)
        for start in range(0, len(numbers), AT_ONCE):
            place = await self._find_in(numbers[start : start + AT_ONCE])
            if place is not None:
                return place
        self._after = max(self._after, min(final.number, head))
        self._looked = {number: block for number, block in self._looked.items() if number > self._after}
        return None

    async def _find_in(self, numbers: range) -> Place | None:
        calls = [("chain_getBlockHash", [number]) for number in numbers]
        for number, block in zip(numbers, await self._chain.rpc.batch(calls), strict=True):
            if block is None or self._looked.get(number) == block:
                continue
            index = await self.index_in(block)
            if index is not None:
                return Place(block, number, index)
            self._looked[number] = block
        return None

    async def index_in(self, block: str) -> int | None:
        """Its position in a block; None if it is not there."""
        extrinsics = await self._chain.heads.extrinsics(block)
        return extrinsics.index(self._data) if self._data in extrinsics else None
