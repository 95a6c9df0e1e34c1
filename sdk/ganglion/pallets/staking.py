"""Pallet Staking: pools, nominators, unbonding, moves, takes, and what a nominator can lose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ganglion.balance import Balance
from ganglion.chain.calls import ApiCall, Call, Query

PALLET = "Staking"
EVERYTHING = 2**128 - 1

__all__ = [
    "EVERYTHING",
    "Exposure",
    "Position",
    "add_stake",
    "complete_move",
    "credit",
    "exposure",
    "move_stake",
    "pools",
    "positions",
    "remove_stake",
    "set_take",
    "take",
    "total_stake",
    "transfer_stake",
    "withdraw_unbonded",
]


@dataclass(frozen=True)
class Position:
    """What a coldkey holds in one pool.

    Attributes:
        staked: value of its shares.
        unbonding: (epoch at whose end it can be withdrawn, value), ascending by epoch.
        release_blocks: for each of these, the block from which it can be withdrawn even before its epoch.
        destinations: for each of these, the (netuid, hotkey) where it is to be staked then; None for free tokens.
        locked: part of the staked value that is locked for votes.
    """

    hotkey: str
    netuid: int
    staked: Balance
    unbonding: tuple[tuple[int, Balance], ...]
    release_blocks: tuple[int, ...]
    destinations: tuple[tuple[int, str] | None, ...]
    locked: Balance

    @property
    def total(self) -> Balance:
        """Staked and unbonding."""
        return Balance(self.staked + sum(amount for _, amount in self.unbonding))

    def moving(self, epoch: int) -> tuple[int, str] | None:
        """Where what is released at ``epoch`` is to be staked."""
        where = dict(zip((due for due, _ in self.unbonding), self.destinations, strict=True))
        return where.get(epoch)

    def released(self, epoch: int, block: int) -> tuple[int, ...]:
        """Release epochs of what can be withdrawn once ``epoch`` epochs are completed, at ``block``."""
        pairs = zip(self.unbonding, self.release_blocks, strict=True)
        return tuple(due for (due, _), by in pairs if due <= epoch or by <= block)

    @classmethod
    def decode(cls, value: dict[str, Any]) -> Position:
        """From the codec's plain value."""
        unbonding = tuple((epoch, Balance(amount)) for epoch, amount in value["unbonding"])
        blocks = tuple(value["release_blocks"])
        places = tuple(None if place is None else tuple(place) for place in value["destinations"])
        staked, locked = Balance(value["staked"]), Balance(value["locked"])
        return cls(value["hotkey"], value["netuid"], staked, unbonding, blocks, places, locked)


@dataclass(frozen=True)
class Exposure:
    """What delegating ``amount`` to a hotkey in a subnet risks.

    Attributes:
        operator_stake: the operator's own stake, which a slash takes first.
        per_epoch: most that can be lost in one epoch.
        until_released: most that can be lost between the decision to leave and the release, a slash in each epoch.
        take: the operator's part of dividends, 65,535 = 1.0.
        unbonding_epochs: epochs till a removal is released, at most.
        unbonding_blocks: the same in blocks, at the present tempo.
    """

    amount: Balance
    operator_stake: Balance
    per_epoch: Balance
    until_released: Balance
    take: int
    unbonding_epochs: int
    unbonding_blocks: int

    @classmethod
    def decode(cls, value: dict[str, Any]) -> Exposure:
        """From the codec's plain value."""
        money = ("amount", "operator_stake", "per_epoch", "until_released")
        return cls(**{name: Balance(one) if name in money else int(one) for name, one in value.items()})


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


def transfer_stake(hotkey: str, netuid: int, to: str, amount: int = EVERYTHING) -> Call:
    """Give ``amount`` nano of staked value to another coldkey, at once (default everything); it stays in the pool."""
    arguments = {"hotkey": hotkey, "netuid": netuid, "to": to, "amount": amount}
    return Call(PALLET, "transfer_stake", arguments)


def move_stake(hotkey: str, netuid: int, to_hotkey: str, to_netuid: int, amount: int = EVERYTHING) -> Call:
    """Let ``amount`` nano unbond (default everything) and be staked elsewhere when released, by ``complete_move``."""
    arguments = {
        "hotkey": hotkey,
        "netuid": netuid,
        "to_hotkey": to_hotkey,
        "to_netuid": to_netuid,
        "amount": amount,
    }
    return Call(PALLET, "move_stake", arguments)


def complete_move(coldkey: str, hotkey: str, netuid: int, release_epoch: int) -> Call:
    """Stake what ``coldkey`` was moving from (hotkey, netuid) and is released; anybody can sign it."""
    arguments = {"coldkey": coldkey, "hotkey": hotkey, "netuid": netuid, "release_epoch": release_epoch}
    return Call(PALLET, "complete_move", arguments)


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


def exposure(netuid: int, hotkey: str, amount: int) -> ApiCall[Exposure]:
    """The most that delegating ``amount`` nano can lose, and on what terms."""
    return ApiCall("StakingApi", "exposure", (netuid, hotkey, amount), Exposure.decode)


def total_stake(hotkey: str) -> ApiCall[Balance]:
    """Value of all pools of a hotkey, over all subnets."""
    return ApiCall("StakingApi", "total_stake", (hotkey,), Balance)


def take(hotkey: str) -> ApiCall[int]:
    """Take of a hotkey, 65,535 = 1.0."""
    return ApiCall("StakingApi", "take", (hotkey,), int)


def credit(coldkey: str) -> Query[Balance]:
    """Pay that is carried because it is below the existential deposit."""
    return Query(PALLET, "Credits", (coldkey,), Balance)
