"""Transactions as a sequence of states: Draft -> Signed -> InBlock -> Finalized.

    draft = client.balances.transfer(to, Balance.parse("1 GNG"))
    signed = await draft.sign(keypair)      # needs the network for nonce and era, sends nothing
    in_block = await signed.submit()        # raises DispatchError when it failed there
    final = await in_block.finalized()      # perhaps in another block, after a reorganisation

Each state is a value of its own; submitting the same Signed again is safe, because the chain takes a nonce
once and ``submit`` finds a transaction that is in a block already. Something else is signed in place of a
transaction only when final blocks say that the first can't be executed any more (confirmation.py).
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, Literal

from ganglion.balance import Balance
from ganglion.chain.calls import Call
from ganglion.chain.confirmation import Confirmation
from ganglion.chain.context import DEFAULT_PERIOD, Chain
from ganglion.chain.dispatch_errors import decode_dispatch_error
from ganglion.chain.events import Event, parse
from ganglion.chain.search import Place
from ganglion.chain.submission import Submission
from ganglion.errors import ChainError, InvalidTransaction, RequestTimeout
from ganglion.keys import Keypair

SIGN_ATTEMPTS = 3
LONGEST_PERIOD = 4096
WaitFor = Literal["in_block", "finalized"]

__all__ = ["Draft", "Finalized", "InBlock", "Signed", "WaitFor"]


@dataclass(frozen=True)
class Draft:
    """A call that nobody has signed."""

    chain: Chain = field(repr=False)
    call: Call

    async def encode(self) -> bytes:
        """SCALE bytes of the call, as polkadot-js shows them under "encoded call data".

        Raises:
            UsageError: the arguments do not fit the call.
        """
        runtime = await self.chain.runtimes.current()
        call = runtime.call(self.call.pallet, self.call.function, self.call.arguments())
        return bytes(call.data.data)

    async def fee(self, address: str) -> Balance:
        """What inclusion costs ``address`` now; 0 for a call that is free when it succeeds."""
        if self.call.feeless:
            await self.encode()
            return Balance(0)
        return await self.chain.fee(self.call, address)

    async def sign(
        self, keypair: Keypair, *, nonce: int | None = None, tip: int = 0, period: int | None = DEFAULT_PERIOD
    ) -> Signed:
        """Sign for the current runtime.

        Args:
            nonce: default the account's next, counting what is signed here and not yet submitted.
            tip: nano.
            period: blocks in which it is valid, a power of two from 4 to 65,536; None = for ever. Counted from the
                last final block; the default grows where finality lags far behind.

        Raises:
            UsageError: the arguments do not fit the call.
            KeystoreError: the key is watch-only.
        """
        runtime = await self.chain.runtimes.current()
        call = runtime.call(self.call.pallet, self.call.function, self.call.arguments())
        height = (await self.chain.heads.final()).number
        if period == DEFAULT_PERIOD:
            period = await self._period(height)
        era, hashes = await self._era(runtime, period, height)
        reserved = await self.chain.nonces.reserve(keypair.ss58) if nonce is None else nonce
        try:
            data = runtime.sign(call, keypair, nonce=reserved, tip=tip, era=era, block_hashes=hashes)
        except BaseException:
            self.chain.nonces.release(keypair.ss58, reserved)
            raise
        signed = Signed(self.chain, self.call, data, keypair.ss58, reserved, height, period)
        weakref.finalize(signed, self.chain.nonces.release, keypair.ss58, reserved)
        return signed

    async def _period(self, final: int) -> int:
        """Long enough for the best chain, which may be far ahead of the last final block."""
        ahead = await self.chain.heads.height() - final
        period = DEFAULT_PERIOD
        while period < min(2 * ahead, LONGEST_PERIOD):
            period *= 2
        return period

    async def _era(
        self, runtime: Any, period: int | None, height: int
    ) -> tuple[dict[str, int] | None, dict[int, str]]:
        if period is None:
            return None, {}
        birth = runtime.era_birth(period, height)
        return {"period": period, "current": height}, {birth: await self.chain.heads.hash(birth)}

    async def submit(
        self, keypair: Keypair, *, tip: int = 0, timeout: float | None = None, wait_for: WaitFor = "in_block"
    ) -> InBlock:
        """Sign, submit and wait; signs again (at most twice) when another took the nonce for good.

        Args:
            timeout: seconds until inclusion, default ``timeouts.inclusion``.
            wait_for: "in_block": it is in the best chain, and a reorganisation may move it or drop it.
                "finalized": it stays where it is; ``timeouts.finality`` bounds that wait.

        Raises:
            DispatchError: included, and failed there.
            InvalidTransaction: refused.
            RequestTimeout, ConnectionLost: unknown; ``Signed.submit`` could be repeated safely.
        """
        for attempt in range(SIGN_ATTEMPTS):
            signed = await self.sign(keypair, tip=tip)
            try:
                return await signed.submit(timeout=timeout, wait_for=wait_for)
            except InvalidTransaction as error:
                again = error.reason in {"Stale", "AncientBirthBlock", "PriorityTooLow"}
                if not again or attempt == SIGN_ATTEMPTS - 1:
                    raise
        raise AssertionError("the loop returns or raises")


@dataclass(frozen=True, eq=False)
class Signed:
    """A signed transaction.

    Attributes:
        data: SCALE bytes.
        signer: address.
        nonce: the account's nonce that it uses.
        height: of the last final block when it was signed; it can't be in an earlier block.
        period: blocks in which it is valid, None = for ever.
    """

    chain: Chain = field(repr=False)
    call: Call
    data: bytes = field(repr=False)
    signer: str
    nonce: int
    height: int
    period: int | None

    @property
    def hash(self) -> str:
        """Hash by which the network names it, 0x-hex."""
        return "0x" + blake2b(self.data, digest_size=32).hexdigest()

    async def submit(self, *, timeout: float | None = None, wait_for: WaitFor = "in_block") -> InBlock:
        """Send it and wait until it is in a block, or in a final one. Safe to repeat.

        Args:
            timeout: seconds until inclusion, default ``timeouts.inclusion``.
            wait_for: "in_block", or "finalized", which takes up to ``timeouts.finality`` more.

        Raises:
            DispatchError: included, and failed there.
            InvalidTransaction: refused.
            RequestTimeout: not included in time; it may still be.
        """
        limit = self.chain.timeouts.inclusion if timeout is None else timeout
        try:
            place = await Submission(self.chain, self).run(limit)
        finally:
            self.chain.nonces.release(self.signer, self.nonce)
        done = await _included(self, place)
        return done if wait_for == "in_block" else (await done.finalized()).in_block

    async def confirm(self, *, timeout: float | None = None) -> Finalized:
        """Wait until it is final, wherever it is now; what is in no block is sent again.

        Args:
            timeout: seconds, default ``timeouts.finality``.

        Raises:
            DispatchError: final, and failed there.
            InvalidTransaction: ``Stale`` or ``AncientBirthBlock``: it will never be executed; sign anew.
            RequestTimeout: not known in time; to repeat this is safe.
        """
        limit = self.chain.timeouts.finality if timeout is None else timeout
        place = await Confirmation(self.chain, self).run(limit, final=True)
        return Finalized(await _included(self, place, final=True))


@dataclass(frozen=True)
class InBlock:
    """A transaction that succeeded in a block.

    Attributes:
        block: hash, 0x-hex.
        number: height.
        index: position in the block.
        events: its events, in order.
        fee: what the signer paid.
        final: whether the block can't be replaced any more.
    """

    signed: Signed = field(repr=False)
    block: str
    number: int
    index: int
    events: tuple[Event, ...]
    fee: Balance
    final: bool = False

    @property
    def hash(self) -> str:
        """The transaction's hash, 0x-hex."""
        return self.signed.hash

    def event(self, pallet: str, name: str) -> Event:
        """Its first event of that name.

        Raises:
            ChainError: it has none.
        """
        for event in self.events:
            if (event.pallet, event.name) == (pallet, name):
                return event
        raise ChainError(f"the transaction {self.hash} has no event {pallet}.{name}")

    async def finalized(self, *, timeout: float | None = None) -> Finalized:
        """Wait until it is final: in this block, or in another one when a reorganisation dropped this one.

        Args:
            timeout: seconds, default ``timeouts.finality``.

        Raises:
            DispatchError: it failed in the block that became final.
            InvalidTransaction: it was dropped, and can't be executed any more.
            RequestTimeout: not final in time.
        """
        chain = self.signed.chain
        limit = chain.timeouts.finality if timeout is None else timeout
        known = Place(self.block, self.number, self.index)
        place = await Confirmation(chain, self.signed, known).run(limit, final=True)
        if place == known:
            return Finalized(replace(self, final=True))
        return Finalized(await _included(self.signed, place, final=True))


@dataclass(frozen=True)
class Finalized:
    """A transaction in a block that can't be replaced any more."""

    in_block: InBlock

    @property
    def hash(self) -> str:
        """The transaction's hash, 0x-hex."""
        return self.in_block.hash

    @property
    def block(self) -> str:
        """Hash of its block, 0x-hex."""
        return self.in_block.block

    @property
    def events(self) -> tuple[Event, ...]:
        """Its events, in order."""
        return self.in_block.events


async def _included(signed: Signed, place: Place, *, final: bool = False) -> InBlock:
    """Read what happened to a transaction in its block.

    Raises:
        DispatchError: it failed.
    """
    chain = signed.chain
    records = await chain.storage.get("System", "Events", at=place.block)
    own = [event for event in map(parse, records) if event.extrinsic == place.index]
    for event in own:
        if (event.pallet, event.name) == ("System", "ExtrinsicFailed"):
            raise decode_dispatch_error(
                await chain.runtimes.at(place.block),
                event.fields["dispatch_error"],
                extrinsic_hash=signed.hash,
                block_hash=place.block,
            )
    return InBlock(signed, place.block, place.number, place.index, tuple(own), _fee(own), final)


def _fee(events: list[Event]) -> Balance:
    for event in events:
        if (event.pallet, event.name) == ("TransactionPayment", "TransactionFeePaid"):
            return Balance(int(event.fields["actual_fee"]))
    return Balance(0)


def not_included(signed: Signed, limit: float) -> RequestTimeout:
    """The answer to a wait that took too long."""
    return RequestTimeout(
        f"the transaction {signed.hash} was not in a block within {limit:g} s",
        hint="it may still be; submitting the same Signed again is safe",
    )
