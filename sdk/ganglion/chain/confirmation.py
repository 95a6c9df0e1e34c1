"""What becomes of a transaction that a node may have: in a block, in a final one, or nothing any more.

A block can be dropped by a reorganisation, a pool can lose a transaction, a connection can break before the answer.
Then the same bytes are submitted again, never others: the chain takes a nonce once, so that they are executed at
most once however often they are sent. That they can't be executed any more is known only from final blocks: their
nonce is used there by another transaction, or their era is over there. Only then is it safe to sign anew.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from ganglion.chain.dispatch_errors import pool_error
from ganglion.chain.head import Head
from ganglion.chain.search import BlockSearch, Place
from ganglion.errors import (
    ChainError,
    InvalidTransaction,
    RequestTimeout,
    RpcError,
    TransportError,
    UsageError,
)

if TYPE_CHECKING:
    from ganglion.chain.context import Chain
    from ganglion.chain.extrinsics import Signed

POLL = 0.5
LONGEST_POLL = 4.0
RESUBMIT_EVERY = 8  # polls

log = logging.getLogger(__name__)

__all__ = ["Confirmation"]


class Confirmation:
    """One transaction on its way to a final block.

    Args:
        place: where it is, as far as known.

    Attributes:
        retracted: how often a block that had it was dropped.
    """

    def __init__(self, chain: Chain, signed: Signed, place: Place | None = None) -> None:
        self._chain = chain
        self._signed = signed
        self._search = BlockSearch(chain, signed.data, signed.height)
        self._place = place
        self._absent = 0
        self._refusal: ChainError | None = None
        self.retracted = 0

    async def run(self, limit: float | None, *, final: bool) -> Place:
        """Wait until it is in a block of the best chain, or in a final block.

        Raises:
            InvalidTransaction: ``Stale`` or ``AncientBirthBlock``, for good: it is safe to sign anew.
            RequestTimeout: neither is known within ``limit`` seconds (None = the caller has a deadline of his
                own); to go on waiting is safe.
        """
        try:
            async with asyncio.timeout(limit):
                pause = POLL
                while True:
                    place = await self._step(final)
                    if place is not None:
                        return place
                    await asyncio.sleep(pause)
                    pause = min(
                        LONGEST_POLL, pause * 1.2
                    )  # while finality stands still there may be many of these
        except TimeoutError as error:
            raise self._not_settled(limit or 0.0, final) from error

    async def _step(self, final: bool) -> Place | None:
        """One look at the chain; a node that is away, or knows less than the last one, is waited for."""
        try:
            last = await self._chain.heads.final()
            place = await self._where(last)
            if place is not None:
                return place if not final or last.number >= place.number else None
            await self._check_alive(last)
            await self._submit_again()
        except (TransportError, RpcError, UsageError) as error:
            log.debug("%s: %s", self._signed.hash, error)
        return None

    async def _where(self, last: Head) -> Place | None:
        """Its block in the best chain."""
        known = self._place
        if known is not None and await self._is_canonical(known):
            return known
        if known is not None:
            self.retracted += 1
            log.info("block %d, which had the transaction %s, was dropped", known.number, self._signed.hash)
        self._place = await self._search.find(last)
        self._absent = 0 if self._place is not None else self._absent + 1
        return self._place

    async def _is_canonical(self, place: Place) -> bool:
        return await self._chain.rpc.request("chain_getBlockHash", [place.number]) == place.block

    async def _check_alive(self, last: Head) -> None:
        """Raises InvalidTransaction when final blocks leave no way in which it could still be included."""
        signed = self._signed
        if await self._chain.nonce_at(signed.signer, last.hash) > signed.nonce:
            if await self._search.find() is None:
                raise InvalidTransaction(
                    f"another transaction of {signed.signer} took the nonce {signed.nonce}",
                    reason="Stale",
                    retryable=True,
                    hint="sign it again",
                )
        elif signed.period is not None and last.number >= signed.height + signed.period:
            raise InvalidTransaction(
                f"the transaction {signed.hash} was in no block while it was valid",
                reason="AncientBirthBlock",
                retryable=True,
                hint="sign it again",
            )

    async def _submit_again(self) -> None:
        """Once it is nowhere: at the first look, and then from time to time."""
        if self._absent % RESUBMIT_EVERY != 1:
            return
        try:
            await self._chain.rpc.request("author_submitExtrinsic", ["0x" + self._signed.data.hex()])
            self._refusal = None
        except RpcError as error:
            self._refusal = pool_error(error, feeless=self._signed.call.feeless)

    def _not_settled(self, limit: float, final: bool) -> RequestTimeout:
        wanted = "final" if final and self._place is not None else "in a block"
        said = (
            f"; the node says: {self._refusal}" if self._refusal is not None and self._place is None else ""
        )
        return RequestTimeout(
            f"the transaction {self._signed.hash} was not {wanted} within {limit:g} s{said}",
            hint="it may still be; submitting the same Signed again is safe",
        )
