"""From a signed transaction to the block that has it, whatever happens to the connection in between.

The node is asked to watch the transaction. When the connection breaks, or the node says that it knows the
transaction already, or that its nonce is used, the blocks since its signing are searched for it, and it is
submitted again only if it is in none of them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ganglion.chain.dispatch_errors import pool_error
from ganglion.errors import (
    ChainError,
    ConnectionLost,
    InvalidTransaction,
    RequestTimeout,
    RpcError,
    TransportError,
)

if TYPE_CHECKING:
    from ganglion.chain.context import Chain
    from ganglion.chain.extrinsics import Signed

POLL = 0.5
SEARCHED_BLOCKS = 4096
MAYBE_INCLUDED = {"Stale", "AlreadyImported", "Banned", "AncientBirthBlock", "PriorityTooLow"}

__all__ = ["Submission"]


class _Reconnect(Exception):
    """The watch ended without an answer."""


class Submission:
    """One wait for inclusion."""

    def __init__(self, chain: Chain, signed: Signed) -> None:
        self._chain = chain
        self._signed = signed
        self._hex = "0x" + signed.data.hex()
        self._searched = max(signed.height - 1, 0)

    async def run(self, limit: float) -> tuple[str, int]:
        """Hash of the block and position in it.

        Raises:
            InvalidTransaction: refused.
            RequestTimeout: not included within ``limit`` seconds.
        """
        try:
            async with asyncio.timeout(limit):
                while True:
                    try:
                        return await self._watch()
                    except (_Reconnect, TransportError):
                        found = await self._search_patiently()
                        if found is not None:
                            return found
        except TimeoutError as error:
            from ganglion.chain.extrinsics import not_included

            raise not_included(self._signed, limit) from error

    async def _watch(self) -> tuple[str, int]:
        try:
            subscription = await self._chain.rpc.subscribe(
                "author_submitAndWatchExtrinsic", [self._hex], "author_unwatchExtrinsic", resumable=False
            )
        except RpcError as error:
            return await self._refused(pool_error(error, feeless=self._signed.call.feeless), error)
        async with subscription:
            while True:
                try:
                    status = await subscription.next()
                except ConnectionLost as error:
                    raise _Reconnect from error
                block = await self._follow(status)
                if block is not None:
                    return block, await self._position(block)

    async def _follow(self, status: Any) -> str | None:
        """Block that a status names; None to go on waiting.

        Raises:
            InvalidTransaction: the pool gave the transaction up.
        """
        kind, detail = next(iter(status.items())) if isinstance(status, dict) else (status, None)
        if kind in {"inBlock", "finalized"}:
            return detail
        if kind == "usurped":
            raise self._given_up("another transaction with the same nonce took its place", "Usurped", True)
        if kind == "invalid":
            raise self._given_up("the pool found the transaction invalid", "Invalid", False)
        if kind == "dropped":
            raise self._given_up("the node's pool dropped the transaction", "Dropped", True)
        if kind == "finalityTimeout":
            raise _Reconnect
        return None

    def _given_up(self, message: str, reason: str, retryable: bool) -> InvalidTransaction:
        return InvalidTransaction(message, reason=reason, retryable=retryable, hint="sign it again")

    async def _refused(self, refusal: ChainError, cause: RpcError) -> tuple[str, int]:
        """A refusal is final unless it says no more than that the transaction is known."""
        if not isinstance(refusal, InvalidTransaction) or refusal.reason not in MAYBE_INCLUDED:
            raise refusal from cause
        found = await self._search()
        if found is not None:
            return found
        if refusal.reason != "AlreadyImported":
            raise refusal from cause
        while found is None:  # it is in the pool, and somebody else watches it
            await asyncio.sleep(POLL)
            found = await self._search()
        return found

    async def _search_patiently(self) -> tuple[str, int] | None:
        """Search as soon as the node can be reached again; the caller's deadline bounds it."""
        while True:
            try:
                return await self._search()
            except (RequestTimeout, ConnectionLost):
                await asyncio.sleep(POLL)

    async def _search(self) -> tuple[str, int] | None:
        """Look into the blocks that were not looked into yet."""
        head = (await self._chain.heads.header()).number
        for number in range(max(self._searched + 1, head - SEARCHED_BLOCKS), head + 1):
            block = await self._chain.heads.hash(number)
            position = await self._index_in(block)
            if position is not None:
                return block, position
            self._searched = number
        return None

    async def _position(self, block: str) -> int:
        position = await self._index_in(block)
        if position is None:
            raise ChainError(f"the node says that block {block} has the transaction, and it has not")
        return position

    async def _index_in(self, block: str) -> int | None:
        extrinsics = await self._chain.heads.extrinsics(block)
        return extrinsics.index(self._signed.data) if self._signed.data in extrinsics else None
