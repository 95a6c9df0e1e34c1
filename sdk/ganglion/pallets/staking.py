"""Pallet Staking: pools, nominators, unbonding, takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ganglion.balance import Balance
from ganglion.chain.calls import ApiCall, Call, Query

PALLET = "Staking"
EVERYTHING = 2**128 - 1

__all__ = [
    "EVERYTHING",
    "Position",
    "add_stake",
    "credit",
    "pools",
    "positions",
    "remove_stake",
    "set_take",
    "take",
    "withdraw_unbonded",
]


@dataclass(frozen=True)
class Position:
    """What a coldkey holds in one pool.

    Attributes:
        staked: value of its shares.
        unbonding: (epoch at whose end it can be withdrawn, value), ascending by epoch.
        release_blocks: for each of these, the block from which it can be withdrawn even before its epoch.
    """

    hotkey: str
    netuid: int
    staked: Balance
    unbonding: tuple[tuple[int, Balance], ...]
    release_blocks: tuple[int, ...]

    def released(self, epoch: int, block: int) -> tuple[int, ...]:
        """Release epochs of what can be withdrawn once ``epoch`` epochs are completed, at ``block``."""
        pairs = zip(self.unbonding, self.release_blocks, strict=True)
        return tuple(due for (due, _), by in pairs if due <= epoch or by <= block)

    @classmethod
    def decode(cls, value: dict[str, Any]) -> Position:
        """From the codec's plain value."""
        unbonding = tuple((epoch, Balance(amount)) for epoch, amount in value["unbonding"])
        blocks = tuple(value["release_blocks"])
        return cls(value["hotkey"], value["netuid"], Balance(value["staked"]), unbonding, blocks)


def add_stake(hotkey: str, netuid: int, amount: int) -> Call:
    """Stake ``amount`` nano with a hotkey; signed by the coldkey that pays."""
    return Call(PALLET, "add_stake", {"hotkey": hotkey, "netuid": netuid, "amount": amount})


def remove_stake(hotkey: str, netuid: int, amount: int = EVERYTHING) -> Call:
    """Begin to unbond a value of ``amount`` nano (default everything)."""
    return Call(PALLET, "remove_stake", {"hotkey": hotkey, "netuid": netuid, "amount": amount})


def withdraw_unbonded(hotkey: str, netuid: int, release_epoch: int) -> Call:
    """Take out what has finished unbonding."""
    return Call(
        PALLET,
        "withdraw_unbonded",
        {"hotkey": hotkey, "netuid": netuid, "release_epoch": release_epoch},
    )


def set_take(hotkey: str, take: int) -> Call:
    """Set the owner's part of the pool's dividends, 65,535 = 1.0; signed by the hotkey's coldkey."""
    return Call(PALLET, "set_take", {"hotkey": hotkey, "take": take})


def positions(coldkey: str) -> ApiCall[list[Position]]:
    """Everything that a coldkey holds in pools."""
    return ApiCall(
        "StakingApi", "positions", (coldkey,), lambda found: [Position.decode(one) for one in found]
    )


def pools(netuid: int) -> ApiCall[dict[str, Balance]]:
    """Value of each pool of a subnet by hotkey."""
    return ApiCall(
        "StakingApi", "pools", (netuid,), lambda found: {hotkey: Balance(value) for hotkey, value in found}
    )


def take(hotkey: str) -> ApiCall[int]:
    """Take of a hotkey, 65,535 = 1.0."""
    return ApiCall("StakingApi", "take", (hotkey,), int)


def credit(coldkey: str) -> Query[Balance]:
    """Pay that is carried because it is below the existential deposit."""
    return Query(PALLET, "Credits", (coldkey,), Balance)
