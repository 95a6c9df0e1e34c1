"""Blocks: heights, hashes, heads, and waiting for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from ganglion.chain.transport import Rpc, Subscription
from ganglion.errors import DecodeError, RequestTimeout, UsageError

__all__ = ["Head", "Heads"]


@dataclass(frozen=True)
class Head:
    """What a block's header says.

    Attributes:
        number: height.
        parent: hash of the parent, 0x-hex.
        state_root: 0x-hex.
    """

    number: int
    parent: str
    state_root: str

    @classmethod
    def parse(cls, header: Any) -> Head:
        """From the node's JSON."""
        try:
            return cls(int(header["number"], 16), header["parentHash"], header["stateRoot"])
        except (KeyError, TypeError, ValueError) as error:
            raise DecodeError(f"not a block header: {header!r}") from error


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
        """Heads as they come, from the current one; a slow reader misses the oldest.

        >>> async with client.chain.subscribe() as heads:  # doctest: +SKIP
        ...     async for head in heads: ...
        """
        kind = "Finalized" if finalized else "New"
        subscription = await self._rpc.subscribe(
            f"chain_subscribe{kind}Heads", [], f"chain_unsubscribe{kind}Heads"
        )
        try:
            yield _heads(subscription)
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


async def _heads(subscription: Subscription) -> AsyncIterator[Head]:
    async for header in subscription:
        yield Head.parse(header)
