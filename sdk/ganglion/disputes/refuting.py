"""Finds in what a validator filed what shows, without a model, that it is false. Pure.

Whatever is found here, the chain decides: it knows names that keys had before, and since when a slot has been whose.
So a receipt that was asked for under another name, or a miner in another slot, is perhaps no flaw; the rest is one for
sure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ganglion.disputes.filed import FiledVerdict, Filing
from ganglion.errors import ReceiptError
from ganglion.keys import ss58
from ganglion.protocol.receipts import SignedReceipt, verify_receipt
from ganglion.protocol.refutations import Foreign, Miscounted, Opening, Refutation, Twice
from ganglion.protocol.verdicts import standing

__all__ = ["Flaw", "Occupant", "flaws_of"]


@dataclass(frozen=True, slots=True)
class Occupant:
    """Who holds a slot now, by its public key, and in which epoch it came."""

    hotkey: bytes
    since: int


@dataclass(frozen=True)
class Flaw:
    """Something false that was filed.

    Attributes:
        kind: miscounted, twice, not answered, other request, other requester or other slot.
        index: place of the verdict.
        told: what is wrong, for people.
        sure: whether the chain can't but agree, as long as the filing is kept and the validator bonded.
        refutation: what shows it.
    """

    kind: str
    index: int
    told: str
    sure: bool
    refutation: Refutation


def flaws_of(
    filing: Filing,
    *,
    network: bytes,
    earlier: Iterable[Filing] = (),
    slots: Mapping[int, Occupant] | None = None,
) -> list[Flaw]:
    """Everything that is found, what is sure first; one flaw a verdict.

    Args:
        network: genesis hash.
        earlier: filings of the same validator, of the same or of earlier epochs.
        slots: who holds which slot now.
    """
    found: dict[int, Flaw] = {}
    for one in (*_miscounted(filing), *_twice(filing, earlier), *_foreign(filing, network, slots or {})):
        known = found.get(one.index)
        if known is None or (one.sure and not known.sure):
            found[one.index] = one
    return sorted(found.values(), key=lambda one: (not one.sure, one.index))


def _miscounted(filing: Filing) -> Iterator[Flaw]:
    if filing.rows is None:
        return
    for one in filing.verdicts:
        said, counted = (one.verdict.uid, one.verdict.outcome), standing(filing.rows, one.proof.index)
        if said != counted:
            told = "nothing" if counted is None else f"{counted[1].name.lower()} of uid {counted[0]}"
            text = f"it says {said[1].name.lower()} of uid {said[0]}, where the rows count {told}"
            refutation = Miscounted(filing.rows, _opening(filing, one))
            yield Flaw("miscounted", one.proof.index, text, True, refutation)


def _twice(filing: Filing, earlier: Iterable[Filing]) -> Iterator[Flaw]:
    """The later one of two is the flaw."""
    seen: dict[bytes, Opening] = {}
    for before in earlier:
        if before.epoch < filing.epoch:
            seen.update((one.verdict.request_id, _opening(before, one)) for one in before.verdicts)
    for one in filing.verdicts:
        opening = _opening(filing, one)
        second = seen.setdefault(one.verdict.request_id, opening)
        if second is not opening:
            text = f"its request has another verdict, {second.proof.index} of epoch {second.epoch}"
            yield Flaw("twice", one.proof.index, text, True, Twice(opening, second))


def _foreign(filing: Filing, network: bytes, slots: Mapping[int, Occupant]) -> Iterator[Flaw]:
    for one in filing.verdicts:
        if one.receipt is None:
            continue
        wrong = _wrong_receipt(filing, one, one.receipt, network) or _wrong_slot(
            filing, one, one.receipt, slots
        )
        if wrong is not None:
            kind, text, sure = wrong
            yield Flaw(kind, one.proof.index, text, sure, Foreign(_opening(filing, one), one.receipt))


def _wrong_receipt(
    filing: Filing, one: FiledVerdict, signed: SignedReceipt, network: bytes
) -> tuple[str, str, bool] | None:
    receipt = signed.receipt
    if receipt.network != network:
        return "not answered", "its receipt is of another network", True
    try:
        verify_receipt(signed)
    except ReceiptError as error:
        return "not answered", f"its receipt is not signed: {error}", True
    if receipt.request_id != one.verdict.request_id:
        return "other request", "its receipt is about another request", True
    if receipt.requester not in (ss58.decode(filing.validator), ss58.decode(filing.filed.author)):
        return "other requester", f"its receipt names {ss58.encode(receipt.requester)} as who asked", False
    return None


def _wrong_slot(
    filing: Filing, one: FiledVerdict, signed: SignedReceipt, slots: Mapping[int, Occupant]
) -> tuple[str, str, bool] | None:
    """Only where the slot has not changed hands since the epoch before the commitment's: its miner may be gone."""
    there = slots.get(one.verdict.uid)
    if there is None or there.since >= filing.epoch - 1 or there.hotkey == signed.receipt.miner:
        return None
    return (
        "other slot",
        f"{ss58.encode(signed.receipt.miner)} answered, who is not in slot {one.verdict.uid}",
        False,
    )


def _opening(filing: Filing, one: FiledVerdict) -> Opening:
    return Opening(filing.epoch, one.verdict, one.proof)
