"""Blocks: heights, hashes, heads, and waiting for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ganglion.chain.following import follow
from ganglion.chain.head import Head
from ganglion.chain.transport import Rpc
from ganglion.errors import RequestTimeout, UsageError

__all__ = ["Head", "Heads"]


class Heads:
    """The chain as a sequence of blocks."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._genesis: str | None = None

    async def genesis(self) -> str:
        """Hash of block 0, 0x-hex; it names the chain."""
        if self._genesis is None:
            self._genesis = await self._rpc.request("chain_getBlockHash", [0])
        return self._genesis

    @property
    def known_genesis(self) -> str:
        """Genesis hash without asking the node, once it was asked.

        Raises:
            UsageError: the client was never connected.
        """
        if self._genesis is None:
            raise UsageError("the client is not connected yet", hint="use it as `async with Client(...)`")
        return self._genesis

    async def height(self) -> int:
        """Height of the best block."""
        return (await self.header()).number

    async def hash(self, number: int | None = None) -> str:
        """Hash of a block by height, default the best one.

        Raises:
            UsageError: there is no such block.
        """
        found = await self._rpc.request("chain_getBlockHash", [] if number is None else [number])
        if found is None:
            raise UsageError(f"the chain has no block {number}")
        return found

    async def header(self, block: str | None = None) -> Head:
        """Header by hash, default the best block's.

        Raises:
            UsageError: the node does not know the block.
        """
        header = await self._rpc.request("chain_getHeader", [] if block is None else [block])
        if header is None:
            raise UsageError(f"the node does not know the block {block}")
        return Head.parse(header)

    async def finalized(self) -> str:
        """Hash of the last final block."""
        return await self._rpc.request("chain_getFinalizedHead", [])

    async def final(self) -> Head:
        """Header of the last final block."""
        return await self.header(await self.finalized())

    async def is_final(self, number: int, block: str) -> bool | None:
        """Whether a block is final; None while neither it nor another one of its height is."""
        if (await self.final()).number < number:
            return None
        return await self.hash(number) == block

    async def extrinsics(self, block: str) -> list[bytes]:
        """SCALE bytes of a block's transactions, in order.

        Raises:
            UsageError: the node does not know the block.
        """
        answer = await self._rpc.request("chain_getBlock", [block])
        if answer is None:
            raise UsageError(f"the node does not know the block {block}")
        return [bytes.fromhex(item[2:]) for item in answer["block"]["extrinsics"]]

    @asynccontextmanager
    async def subscribe(self, *, finalized: bool = False) -> AsyncIterator[AsyncIterator[Head]]:
        """Blocks from the current one on, each once, also across lost connections and nodes.

        Args:
            finalized: blocks as they become final, whose heights only grow. Otherwise blocks as they become part
                of the best chain; after a reorganisation the blocks of the new branch come with their own heights.

        >>> async with client.chain.subscribe() as heads:  # doctest: +SKIP
        ...     async for head in heads: ...
        """
        kind = "Finalized" if finalized else "New"
        subscription = await self._rpc.subscribe(
            f"chain_subscribe{kind}Heads", [], f"chain_unsubscribe{kind}Heads"
        )
        try:
            yield follow(subscription, self.header, finalized=finalized)
        finally:
            await subscription.aclose()

    async def wait_for(self, number: int, *, timeout: float, finalized: bool = False) -> Head:
        """The first head at or above a height.

        Raises:
            RequestTimeout: the chain did not get there within ``timeout`` seconds.
        """
        try:
            async with asyncio.timeout(timeout), self.subscribe(finalized=finalized) as heads:
                async for head in heads:
                    if head.number >= number:
                        return head
        except TimeoutError:
            pass
        raise RequestTimeout(
            f"the chain did not reach block {number} within {timeout:g} s", hint="is it still making blocks?"
        )
