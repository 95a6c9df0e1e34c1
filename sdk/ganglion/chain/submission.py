"""From a signed transaction to the block that has it, whatever happens to the connection in between.

The node is asked to watch the transaction. When the connection breaks, or the node says that it knows the
transaction already, or that its nonce is used, the blocks since its signing are searched for it (confirmation.py),
and the same bytes are submitted again only if it is in none of them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ganglion.chain.confirmation import Confirmation
from ganglion.chain.dispatch_errors import pool_error
from ganglion.chain.search import BlockSearch, Place
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
MAYBE_INCLUDED = {"Stale", "AlreadyImported", "Banned", "AncientBirthBlock", "PriorityTooLow"}

__all__ = ["Submission"]


class _Reconnect(Exception):
    """The watch ended without an answer."""


class Submission:
    """One wait for inclusion.

    Attributes:
        sent: whether a node may have the transaction, so that nothing else may be signed in its place.
    """

    def __init__(self, chain: Chain, signed: Signed) -> None:
        self._chain = chain
        self._signed = signed
        self._search = BlockSearch(chain, signed.data, signed.height)
        self.sent = False

    async def run(self, limit: float) -> Place:
        """The block of the best chain that has it.

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

    async def _watch(self) -> Place:
        before, self.sent = self.sent, True  # until a refusal says that it was not taken
        try:
            subscription = await self._chain.rpc.subscribe(
                "author_submitAndWatchExtrinsic",
                ["0x" + self._signed.data.hex()],
                "author_unwatchExtrinsic",
                resumable=False,
            )
        except RpcError as error:
            self.sent = before
            return await self._refused(pool_error(error, feeless=self._signed.call.feeless), error)
        async with subscription:
            while True:
                try:
                    status = await subscription.next()
                except ConnectionLost as error:
                    raise _Reconnect from error
                block = await self._follow(status)
                if block is not None:
                    return await self._place(block)

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

    async def _refused(self, refusal: ChainError, cause: RpcError) -> Place:
        """A refusal is final unless the transaction may be somewhere already, perhaps by another node."""
        reason = refusal.reason if isinstance(refusal, InvalidTransaction) else None
        if not self.sent and reason not in MAYBE_INCLUDED:
            raise refusal from cause
        found = await self._search.find()
        if found is not None:
            return found
        if not self.sent and reason != "AlreadyImported":
            raise refusal from cause
        self.sent = True
        return await Confirmation(self._chain, self._signed).run(None, final=False)

    async def _search_patiently(self) -> Place | None:
        """Search as soon as the node can be reached again; the caller's deadline bounds it."""
        while True:
            try:
                return await self._search.find()
            except (RequestTimeout, ConnectionLost):
                await asyncio.sleep(POLL)

    async def _place(self, block: str) -> Place:
        index = await self._search.index_in(block)
        if index is None:  # read from another node, which has other blocks
            raise _Reconnect
        return Place(block, (await self._chain.heads.header(block)).number, index)
