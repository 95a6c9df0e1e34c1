"""What all groups of methods share: looking blocks and states up, and calls in the worker thread."""

from __future__ import annotations

from ganglion_devnode.chain.block import Block
from ganglion_devnode.chain.chain import Chain
from ganglion_devnode.state import State
from ganglion_devnode.worker import Worker


def hex0x(data: bytes) -> str:
    """0x-prefixed hex."""
    return "0x" + data.hex()


def maybe_hex(data: bytes | None) -> str | None:
    """0x-prefixed hex, or null."""
    return None if data is None else "0x" + data.hex()


class Group:
    """A group of methods of one chain."""

    def __init__(self, chain: Chain, worker: Worker) -> None:
        self.chain = chain
        self.worker = worker

    def block_at(self, block_hash: bytes | None) -> Block:
        """A block, the head by default; an unknown one is an error."""
        return self.chain.head if block_hash is None else self.chain.ledger.require(block_hash)

    def state_at(self, block_hash: bytes | None) -> State:
        """The state after a block, the head by default."""
        return self.chain.ledger.state_of(self.block_at(block_hash))

    async def runtime_call(self, block_hash: bytes | None, api: str, data: bytes = b"") -> bytes:
        """A runtime API call in the worker thread, within its deadline. What it writes is dropped."""
        state = self.state_at(block_hash)
        runtime = await self.chain.runtime(state)
        return await self.worker.run(lambda left: runtime.call(state, api, data, seconds=left))
