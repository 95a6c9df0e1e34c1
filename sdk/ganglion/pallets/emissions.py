"""Pallet Emissions: the epoch clock, what is emitted, and why a slot was paid what it was. It has no calls."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from ganglion.balance import Balance
from ganglion.chain.calls import ApiCall, Query

PALLET = "Emissions"
API = "EmissionsApi"

__all__ = [
    "BondShare",
    "Clock",
    "EmissionSummary",
    "EpochReport",
    "Explanation",
    "MechanismColumns",
    "MechanismShare",
    "Vote",
    "clock",
    "explain",
    "mechanism",
    "next_epoch_block",
    "pending",
    "report",
    "summary",
]


@dataclass(frozen=True)
class Clock:
    """A subnet's epoch clock.

    Attributes:
        epoch: epochs completed.
        last_block: block of the last one (of the subnet's creation before the first).
        since: unpaused block (number less paused ones) at which the present epoch began.
        due: unpaused block at which it ends.
        mechanisms: of the last epoch.
    """

    epoch: int
    last_block: int
    since: int
    due: int
    mechanisms: int

    @classmethod
    def decode(cls, value: dict[str, Any]) -> Clock:
        """From the codec's plain value."""
        return cls(**{one.name: value[one.name] for one in fields(cls)})


@dataclass(frozen=True)
class EmissionSummary:
    """Emission of the whole network.

    Attributes:
        issued: tokens that exist.
        pending: emitted, but not paid by an epoch yet.
        burned_for_ever: never emitted again; the three together never exceed ``cap``.
        block_emission: of the next block.
        emitted: since the first block.
        units: units of share of all subnets.
    """

    issued: Balance
    pending: Balance
    burned_for_ever: Balance
    cap: Balance
    block_emission: Balance
    emitted: Balance
    units: int

    @classmethod
    def decode(cls, value: dict[str, Any]) -> EmissionSummary:
        """From the codec's plain value."""
        return cls(**{**_money(value, fields(cls)), "units": value["units"]})


@dataclass(frozen=True)
class EpochReport:
    """An epoch's money: accrued + carried == owner + miners + validators + dropped + left, to the nano.

    Attributes:
        epoch: its number.
        block: its block.
        last_block: block of the epoch before, or of the subnet's creation.
        units: the subnet's units of share at its end.
        all_units: those of all subnets.
        accrued: emission since the epoch before: the gross emission.
        carried: what epochs before could not pay, and what slashes left to be paid with this one.
        owner: paid to the owner.
        miners: paid to miners.
        validators: paid to validators and their nominators.
        dropped: neither minted nor kept, the miners' half of mechanisms without incentive.
        left: carried to the next epoch.
    """

    netuid: int
    epoch: int
    block: int
    last_block: int
    units: int
    all_units: int
    accrued: Balance
    carried: Balance
    owner: Balance
    miners: Balance
    validators: Balance
    dropped: Balance
    left: Balance

    @classmethod
    def decode(cls, value: dict[str, Any]) -> EpochReport:
        """From the codec's plain value."""
        return cls(**_money(value, fields(cls)))


@dataclass(frozen=True)
class MechanismShare:
    """What one mechanism gave a slot. Proportions have 65,535 = 1.0.

    Attributes:
        part: of the subnet's emission.
        emission: of the mechanism.
        dropped: of it neither minted nor kept.
        to_miners: of it to all miners.
        to_validators: of it to all validators.
        as_miner: due to the slot for its work.
        as_validator: due to the slot for its weights.
    """

    mechanism: int
    part: int
    emission: Balance
    dropped: Balance
    to_miners: Balance
    to_validators: Balance
    consensus: int
    validator_trust: int
    incentive: int
    dividends: int
    as_miner: Balance
    as_validator: Balance

    @classmethod
    def decode(cls, value: dict[str, Any]) -> MechanismShare:
        """From the codec's plain value."""
        return cls(**_money(value, fields(cls)))


@dataclass(frozen=True)
class Vote:
    """A validator's weight on a slot. Proportions have 65,535 = 1.0.

    Attributes:
        uid: of the validator.
        stake: its part of all stake whose weights counted.
        weight: as a share of its row.
        counted: what the consensus left of it.
        changed: its row is another one than the epoch saw; weight and counted are those of the row now.
    """

    mechanism: int
    uid: int
    stake: int
    weight: int
    counted: int
    changed: bool


@dataclass(frozen=True)
class BondShare:
    """A validator's bond with a miner, after the epoch. Proportions have 65,535 = 1.0.

    Attributes:
        uid: of the miner.
        bond: the slot's bond.
        all: bonds of all validators with the miner.
        incentive: the miner's.
    """

    mechanism: int
    uid: int
    bond: int
    all: int
    incentive: int


@dataclass(frozen=True)
class Explanation:
    """Why a slot was paid what it was in the last epoch.

    ``emission`` is the sum of what all mechanisms gave, less what could not be paid, to the nano.

    Attributes:
        report: the epoch.
        active: it had set weights within the activity cutoff.
        permit: it may set weights until the next epoch.
        stake_weight: its share of all stake that counted, 65,535 = 1.0.
        stake: behind it now.
        own_stake: the operator's own part of it now.
        mechanisms: what it gets from each.
        unpaid_as_miner: due, but nobody could receive it.
        unpaid_as_validator: the same.
        emission: what it was paid.
        votes: weights on it.
        bonds: its own.
    """

    uid: int
    hotkey: str
    report: EpochReport
    active: bool
    permit: bool
    stake_weight: int
    stake: Balance
    own_stake: Balance
    mechanisms: list[MechanismShare]
    unpaid_as_miner: Balance
    unpaid_as_validator: Balance
    emission: Balance
    votes: list[Vote]
    bonds: list[BondShare]

    @classmethod
    def decode(cls, value: dict[str, Any]) -> Explanation:
        """From the codec's plain value."""
        known = _money(value, fields(cls))
        known["report"] = EpochReport.decode(value["report"])
        known["mechanisms"] = [MechanismShare.decode(one) for one in value["mechanisms"]]
        known["votes"] = [Vote(**one) for one in value["votes"]]
        known["bonds"] = [BondShare(**one) for one in value["bonds"]]
        return cls(**known)

    def total(self) -> Balance:
        """All lines, added up: the same as ``emission``."""
        due = sum(one.as_miner + one.as_validator for one in self.mechanisms)
        return Balance(due - self.unpaid_as_miner - self.unpaid_as_validator)


@dataclass(frozen=True)
class MechanismColumns:
    """A mechanism in the last epoch by column; index = uid, zero where the occupant came later. Proportions have
    65,535 = 1.0, ``miners`` and ``validators`` are nano that were due.
    """

    part: int
    emission: Balance
    consensus: list[int] = field(repr=False)
    validator_trust: list[int] = field(repr=False)
    incentive: list[int] = field(repr=False)
    dividends: list[int] = field(repr=False)
    miners: list[int] = field(repr=False)
    validators: list[int] = field(repr=False)

    @classmethod
    def decode(cls, value: dict[str, Any]) -> MechanismColumns:
        """From the codec's plain value."""
        return cls(**_money(value, fields(cls)))


def _money(value: dict[str, Any], known: Any) -> dict[str, Any]:
    """The fields that a record knows, amounts as Balance."""
    kinds = {one.name: one.type for one in known}
    return {name: Balance(value[name]) if kind == "Balance" else value[name] for name, kind in kinds.items()}


def clock(netuid: int) -> Query[Clock]:
    """Epoch clock of a subnet, None if there is no such subnet."""
    return Query(PALLET, "Clocks", (netuid,), Clock.decode)


def pending(netuid: int) -> ApiCall[Balance]:
    """Emission that waits for the subnet's next epoch."""
    return ApiCall(API, "pending", (netuid,), Balance)


def next_epoch_block(netuid: int) -> ApiCall[int]:
    """Block of a subnet's next epoch, if nothing is paused meanwhile; None if there is no such subnet."""
    return ApiCall(API, "next_epoch_block", (netuid,))


def summary() -> ApiCall[EmissionSummary]:
    """Emission of the whole network."""
    return ApiCall(API, "summary", (), EmissionSummary.decode)


def report(netuid: int) -> ApiCall[EpochReport]:
    """Money of a subnet's last epoch; None before the first."""
    return ApiCall(API, "report", (netuid,), EpochReport.decode)


def mechanism(netuid: int, mechanism: int = 0) -> ApiCall[MechanismColumns]:
    """Columns of a mechanism in the last epoch; None where it was not part of it."""
    return ApiCall(API, "mechanism", (netuid, mechanism), MechanismColumns.decode)


def explain(netuid: int, uid: int) -> ApiCall[Explanation]:
    """Why a slot was paid what it was in the last epoch; None where its occupant came after it."""
    return ApiCall(API, "explain", (netuid, uid), Explanation.decode)
