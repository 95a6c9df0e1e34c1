"""Blocks in memory, the newest few thousand. Nothing outlives the process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from ganglion_devnode.chain.block import Block
from ganglion_devnode.chain.history import Undo
from ganglion_devnode.state import State
from ganglion_devnode.storage.store import Stored

KEPT_BLOCKS = 4096  # the longest mortal era, so that a client finds the birth block of any extrinsic


class MemoryStore:
    """Genesis and the newest `kept` blocks."""

    def __init__(self, kept: int = KEPT_BLOCKS) -> None:
        self.kept: int | None = kept
        self._limit = kept
        self._genesis: Block | None = None
        self._by_number: OrderedDict[int, Block] = OrderedDict()
        self._numbers: dict[bytes, int] = {}
        self._facts: dict[str, str] = {}

    def load(self) -> Stored | None:
        """Always None: memory is empty at the start."""
        return None

    def create(self, genesis: Block, state: State, facts: Mapping[str, str]) -> None:
        """Keep the genesis block for good."""
        self._genesis = genesis
        self._facts = dict(facts)

    def facts(self) -> dict[str, str]:
        """The facts given to `create`."""
        return dict(self._facts)

    def commit(self, block: Block, new: Undo, old: Undo) -> None:
        """Keep the block and let go of the oldest."""
        self._by_number[block.number] = block
        self._numbers[block.hash] = block.number
        while len(self._by_number) > self._limit:
            _, oldest = self._by_number.popitem(last=False)
            del self._numbers[oldest.hash]

    def rewind(self, head: Block, state: State) -> None:
        """Forget the blocks after `head`; keep `head` itself even if it had been let go."""
        for number in [number for number in self._by_number if number >= head.number]:
            del self._numbers[self._by_number.pop(number).hash]
        if head.number:
            self.commit(head, {}, {})

    def block(self, block_hash: bytes) -> Block | None:
        """A kept block by hash."""
        if self._genesis is not None and block_hash == self._genesis.hash:
            return self._genesis
        number = self._numbers.get(block_hash)
        return None if number is None else self._by_number[number]

    def block_hash(self, number: int) -> bytes | None:
        """A kept block's hash by number."""
        if number == 0 and self._genesis is not None:
            return self._genesis.hash
        block = self._by_number.get(number)
        return None if block is None else block.hash

    def overwritten(self, after: int, until: int) -> Undo:
        """Nothing: the history in memory keeps what blocks overwrote."""
        return {}

    def close(self) -> None:
        """Nothing to release."""
