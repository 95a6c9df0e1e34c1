"""Stock pallet Multisig: accounts of several keys, of which so many have to agree."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ganglion.chain.calls import Call, Query
from ganglion.errors import UsageError
from ganglion.keys import ss58

PALLET = "Multisig"
MAX_MEMBERS = 100

__all__ = ["Pending", "address", "as_multi", "cancel_as_multi", "pending"]


@dataclass(frozen=True)
class Pending:
    """A call that some have agreed to.

    Attributes:
        height, index: where the first agreement stands in the chain.
        depositor: who began it, and can cancel it.
        approvals: who agreed.
        deposit: nano that are reserved until it is made or cancelled.
    """

    height: int
    index: int
    depositor: str
    approvals: tuple[str, ...]
    deposit: int

    @classmethod
    def decode(cls, value: dict[str, Any]) -> Pending:
        """From the codec's plain value."""
        when = value["when"]
        approvals = tuple(value["approvals"])
        return cls(when["height"], when["index"], value["depositor"], approvals, value["deposit"])

    @property
    def timepoint(self) -> dict[str, int]:
        """As later calls name it."""
        return {"height": self.height, "index": self.index}


def address(members: Sequence[str], threshold: int) -> str:
    """The account of these members, of which ``threshold`` have to agree.

    Raises:
        UsageError: fewer than 2 members, or a threshold that is not between 1 and their number.
    """
    keys = sorted({ss58.decode(one) for one in members})
    if not 2 <= len(keys) <= MAX_MEMBERS or not 1 <= threshold <= len(keys):
        raise UsageError(f"a multisig has 2 to {MAX_MEMBERS} members and a threshold of 1 to their number")
    count = bytes([len(keys) << 2]) if len(keys) < 64 else ((len(keys) << 2) | 1).to_bytes(2, "little")
    preimage = b"modlpy/utilisuba" + count + b"".join(keys) + threshold.to_bytes(2, "little")
    return ss58.encode(hashlib.blake2b(preimage, digest_size=32).digest())


def as_multi(
    others: Sequence[str], threshold: int, call: Call, pending: Pending | None, max_weight: dict[str, int]
) -> Call:
    """Agree to a call, and make it where enough have; signed by a member that is not among ``others``."""
    if threshold == 1:
        return Call(PALLET, "as_multi_threshold_1", {"other_signatories": _sorted(others), "call": call})
    return Call(
        PALLET,
        "as_multi",
        {
            "threshold": threshold,
            "other_signatories": _sorted(others),
            "maybe_timepoint": pending.timepoint if pending else None,
            "call": call,
            "max_weight": max_weight,
        },
    )


def cancel_as_multi(others: Sequence[str], threshold: int, pending: Pending, call_hash: str) -> Call:
    """Give up a call that the signer began; its deposit comes back."""
    return Call(
        PALLET,
        "cancel_as_multi",
        {
            "threshold": threshold,
            "other_signatories": _sorted(others),
            "timepoint": pending.timepoint,
            "call_hash": call_hash,
        },
    )


def pending(account: str, call_hash: str) -> Query[Pending]:
    """A call that some members of an account have agreed to, None where there is none."""
    return Query(PALLET, "Multisigs", (account, call_hash), Pending.decode)


def _sorted(members: Sequence[str]) -> list[str]:
    """In the order that the chain asks for: by public key."""
    return sorted(members, key=ss58.decode)
