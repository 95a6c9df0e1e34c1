"""Pallet Delegation: stake that votes through other hotkeys, and where miners' pay is staked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganglion.balance import Balance
from ganglion.chain.calls import ApiCall, Call
from ganglion.errors import UsageError

PALLET = "Delegation"
API = "DelegationApi"
ONE = 65_535
MAX_CHILDREN = 5

__all__ = [
    "MAX_CHILDREN",
    "Family",
    "auto_stake",
    "drop_parent",
    "family",
    "set_auto_stake",
    "set_child_take",
    "set_children",
    "set_refusing",
]


@dataclass(frozen=True)
class Family:
    """A hotkey's children and parents in a subnet. Parts and takes have 65,535 = 1.0.

    Attributes:
        children: part of the hotkey's pool that votes through each.
        next_epoch: epoch at whose end the children change, None where no change waits.
        next_children: into these.
        parents: what of each one's pool votes through the hotkey.
        take: what the hotkey keeps of the dividends of its parents' stake.
        pool: value of its pool.
        counts: stake that counts for it in epochs.
    """

    children: dict[str, int]
    next_epoch: int | None
    next_children: dict[str, int]
    parents: dict[str, Balance]
    take: int
    pool: Balance
    counts: Balance

    @classmethod
    def decode(cls, value: dict[str, Any]) -> Family:
        """From the codec's plain value."""
        epoch, coming = value["next"] or (None, [])
        return cls(
            dict(value["children"]),
            epoch,
            dict(coming),
            {hotkey: Balance(amount) for hotkey, amount in value["parents"]},
            value["take"],
            Balance(value["pool"]),
            Balance(value["counts"]),
        )


def set_children(netuid: int, hotkey: str, children: Mapping[str, int]) -> Call:
    """Let other hotkeys vote with parts of a hotkey's stake; signed by its coldkey. It comes some epochs later,
    where a child gets less than before as late as unbonding stake.

    Args:
        children: part of the hotkey's pool by child, 65,535 = 1.0; empty ends it.

    Raises:
        UsageError: too many children, or parts that add up to more than all.
    """
    if len(children) > MAX_CHILDREN:
        raise UsageError(f"a hotkey has at most {MAX_CHILDREN} children, not {len(children)}")
    if sum(children.values()) > ONE:
        raise UsageError("the parts of all children add up to more than 100 %")
    args = {"netuid": netuid, "hotkey": hotkey, "children": [list(one) for one in children.items()]}
    return Call(PALLET, "set_children", args)


def set_child_take(netuid: int, hotkey: str, take: int) -> Call:
    """Set what a hotkey keeps of the dividends of its parents' stake, 65,535 = 1.0; signed by its coldkey."""
    return Call(PALLET, "set_child_take", {"netuid": netuid, "hotkey": hotkey, "take": take})


def set_auto_stake(netuid: int, hotkey: str | None) -> Call:
    """Have the pay of the signer's miners staked with a hotkey, or with None paid out; signed by their coldkey."""
    return Call(PALLET, "set_auto_stake", {"netuid": netuid, "hotkey": hotkey})


def drop_parent(netuid: int, hotkey: str, parent: str) -> Call:
    """Let a parent of a hotkey go, as late as if it had left; signed by the hotkey's coldkey."""
    return Call(PALLET, "drop_parent", {"netuid": netuid, "hotkey": hotkey, "parent": parent})


def set_refusing(netuid: int, hotkey: str, refuses: bool) -> Call:
    """Refuse to be the child of other coldkeys' hotkeys, or not any more; signed by the hotkey's coldkey."""
    return Call(PALLET, "set_refusing", {"netuid": netuid, "hotkey": hotkey, "refuses": refuses})


def family(netuid: int, hotkey: str) -> ApiCall[Family]:
    """A hotkey's children and parents."""
    return ApiCall(API, "family", (netuid, hotkey), Family.decode)


def auto_stake(netuid: int, coldkey: str) -> ApiCall[str]:
    """The hotkey with which the pay of a coldkey's miners is staked; None where it is paid out."""
    return ApiCall(API, "auto_stake", (netuid, coldkey))
