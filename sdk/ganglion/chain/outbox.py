"""A daemon's transactions, each of which must be executed at most once, whatever becomes of blocks, nodes, processes.

A transaction has a label that says what it does, such as ("commit", commitment). While it is not final, a second one
with this label is not signed: the first is waited for, and followed in the background until it is final or can't be
executed any more (confirmation.py). A new process does not know what the former one sent; it waits until neither the
pool nor a block that is not final has one of the account's transactions that it does not know.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from ganglion.chain.context import Chain
from ganglion.chain.extrinsics import Draft, Finalized, InBlock, Signed
from ganglion.errors import (
    ChainError,
    DispatchError,
    GanglionError,
    InvalidTransaction,
    RequestTimeout,
    TransportError,
)
from ganglion.keys import Keypair

MAX_OPEN = 128
MAX_DONE = 64
DONE_SECONDS = 30.0  # a reader of final blocks may not have seen it yet
POLL = 0.5
ALIVE_AFTER = {"Usurped", "Dropped", "Invalid"}  # one pool's word: another node may still include it

log = logging.getLogger(__name__)

__all__ = ["Outbox"]


@dataclass(eq=False)
class _Open:
    """A transaction that is not final."""

    signed: Signed
    included: asyncio.Future[InBlock]
    task: asyncio.Task[None] | None = None


class Outbox:
    """Transactions of one account, one after the other.

    Args:
        settled: told what became of each: final, or the error that says why it never will be.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        chain: Chain,
        keypair: Keypair,
        settled: Callable[[Hashable, Finalized | GanglionError], None] = lambda label, outcome: None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._chain = chain
        self._keypair = keypair
        self._settled = settled
        self._clock = clock
        self._open: dict[Hashable, _Open] = {}
        self._done: OrderedDict[Hashable, float] = OrderedDict()
        self._lock = asyncio.Lock()

    @property
    def open(self) -> int:
        """Transactions that are not final."""
        return len(self._open)

    async def send(self, label: Hashable, draft: Draft, *, timeout: float) -> None:
        """See to it that a transaction with this label is in a block of the best chain. Safe to repeat.

        Args:
            timeout: seconds; what is not in a block by then is followed on.

        Raises:
            DispatchError: included, and failed there.
            InvalidTransaction: refused; or ``Pending``: it was given up by a pool and may still be included.
            RequestTimeout: not in a block in time, or transactions of a former process are not final.
        """
        try:
            async with asyncio.timeout(timeout), self._lock:
                if self._is_done(label):
                    return
                one = self._open.get(label) or await self._begin(label, draft)
                await asyncio.shield(one.included)
        except TimeoutError as error:
            raise RequestTimeout(
                f"{draft.call.pallet}.{draft.call.function} was not in a block within {timeout:g} s",
                hint="it is followed on, and not signed a second time",
            ) from error

    def _is_done(self, label: Hashable) -> bool:
        at = self._done.get(label)
        return at is not None and self._clock() - at < DONE_SECONDS

    async def _begin(self, label: Hashable, draft: Draft) -> _Open:
        if len(self._open) >= MAX_OPEN:
            raise ChainError(
                f"{MAX_OPEN} transactions are not final yet",
                retryable=True,
                hint="is finality standing still?",
            )
        nonce = await self._nonce()
        signed = await draft.sign(self._keypair, nonce=nonce)
        one = _Open(signed, asyncio.get_running_loop().create_future())
        one.included.add_done_callback(lambda future: future.cancelled() or future.exception())
        self._open[label] = one
        one.task = asyncio.create_task(self._follow(label, one), name="ganglion-outbox")
        return one

    async def _nonce(self) -> int:
        """The next one, once every transaction of the account that is not final is known here."""
        address = self._keypair.ss58
        while True:
            following = await self._chain.next_index(address)
            used = await self._chain.nonce_at(address, (await self._chain.heads.final()).hash)
            known = {one.signed.nonce for one in self._open.values()}
            if all(nonce in known for nonce in range(used, following)):
                return following
            await asyncio.sleep(POLL)

    async def _follow(self, label: Hashable, one: _Open) -> None:
        """Until it is final, or never will be."""
        try:
            outcome: Finalized | GanglionError = await self._to_the_end(one)
        except GanglionError as error:
            outcome = error
        del self._open[label]
        if isinstance(outcome, Finalized):
            self._done[label] = self._clock()
            while len(self._done) > MAX_DONE:
                self._done.popitem(last=False)
        elif not one.included.done():
            one.included.set_exception(outcome)
        self._settled(label, outcome)

    async def _to_the_end(self, one: _Open) -> Finalized:
        """Raises DispatchError (final, failed) and InvalidTransaction (will never be executed)."""
        try:
            one.included.set_result(await one.signed.submit())
        except InvalidTransaction as error:
            if error.reason not in ALIVE_AFTER:
                raise
            one.included.set_exception(_pending(error))
        except DispatchError as error:
            one.included.set_exception(error)  # a reorganisation can still change that
        except TransportError as error:
            log.info("%s is followed on: %s", one.signed.hash, error)
        except ChainError as error:
            one.included.set_exception(error)  # proves nothing: final blocks alone exclude these bytes
        except Exception:  # as below
            log.exception("%s is followed on", one.signed.hash)
        while True:
            try:
                final = await one.signed.confirm()
            except (InvalidTransaction, DispatchError):
                raise
            except ChainError:
                await asyncio.sleep(POLL)
                continue
            except Exception:  # a bug must not make it be forgotten: it may be executed all the same
                log.exception("%s is followed on", one.signed.hash)
                await asyncio.sleep(POLL)
                continue
            if not one.included.done():
                one.included.set_result(final.in_block)
            return final

    async def close(self) -> None:
        """Follow nothing any more. Idempotent."""
        tasks = [one.task for one in self._open.values() if one.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._open.clear()


def _pending(error: InvalidTransaction) -> InvalidTransaction:
    return InvalidTransaction(
        f"{error.message}; it is followed on",
        reason="Pending",
        retryable=True,
        hint="another node may still include it: nothing else is signed in its place until final blocks exclude that",
    )
