"""Pallet Subnets: lifecycle, lock, hyperparameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ganglion.balance import Balance
from ganglion.chain.calls import ApiCall, Call
from ganglion.errors import UsageError

PALLET = "Subnets"
MAX_CHANGES = 40
MONEY_FIELDS = {"min_validator_stake", "registration_price_min", "registration_price_max"}

__all__ = [
    "Subnet",
    "activate",
    "create",
    "deactivate",
    "lock_price",
    "registration_price",
    "set_hyperparameters",
    "subnet",
    "subnets",
]


@dataclass(frozen=True)
class Subnet:
    """One subnet.

    Attributes:
        owner: coldkey.
        active: whether it earns emission.
        created_at: block.
        lock: what the owner locked.
        neurons: slots in use.
        registration_price: of a neuron, now.
        epoch: epochs completed.
        last_epoch_block: block of the last one.
        pending_emission: for the next one.
        hyperparameters: by name; money in nano, u16 proportions with 65,535 = 1.0.
    """

    netuid: int
    owner: str
    active: bool
    created_at: int
    lock: Balance
    neurons: int
    registration_price: Balance
    epoch: int
    last_epoch_block: int
    pending_emission: Balance
    hyperparameters: dict[str, Any]

    @classmethod
    def decode(cls, value: dict[str, Any]) -> Subnet:
        """From the codec's plain value of a SubnetSummary."""
        money = {name: Balance(value[name]) for name in ("lock", "registration_price", "pending_emission")}
        known = {name: value[name] for name in cls.__dataclass_fields__ if name not in money}
        return cls(**known, **money)

    @property
    def tempo(self) -> int:
        """Blocks between epochs."""
        return self.hyperparameters["tempo"]


def create(owner_hotkey: str, max_lock: int) -> Call:
    """Create a subnet; signed by the coldkey, which locks the current price, at most ``max_lock`` nano."""
    return Call(PALLET, "create", {"owner_hotkey": owner_hotkey, "max_lock": max_lock})


def activate(netuid: int) -> Call:
    """Let a subnet earn emission; root only."""
    return Call(PALLET, "activate", {"netuid": netuid})


def deactivate(netuid: int) -> Call:
    """Stop a subnet's emission; root only."""
    return Call(PALLET, "deactivate", {"netuid": netuid})


def set_hyperparameters(netuid: int, changes: dict[str, Any]) -> Call:
    """Change hyperparameters; signed by the owner, or root.

    Args:
        changes: new value by name, such as ``{"tempo": 20}``.
    """
    if not changes or len(changes) > MAX_CHANGES:
        raise UsageError(f"give 1 to {MAX_CHANGES} changes, not {len(changes)}")
    encoded = [{_variant(name): value} for name, value in changes.items()]
    return Call(PALLET, "set_hyperparameters", {"netuid": netuid, "changes": encoded})


def subnets() -> ApiCall[list[Subnet]]:
    """All subnets, ascending."""
    return ApiCall("SubnetsApi", "subnets", (), lambda found: [Subnet.decode(one) for one in found])


def subnet(netuid: int) -> ApiCall[Subnet]:
    """One subnet, None if there is none."""
    return ApiCall("SubnetsApi", "subnet", (netuid,), Subnet.decode)


def lock_price() -> ApiCall[Balance]:
    """What creating a subnet locks now."""
    return ApiCall("SubnetsApi", "lock_price", (), Balance)


def registration_price(netuid: int) -> ApiCall[Balance]:
    """What registering a neuron costs now, None if there is no such subnet."""
    return ApiCall("SubnetsApi", "registration_price", (netuid,), Balance)


def _variant(name: str) -> str:
    """``commit_reveal_on`` is the variant ``CommitRevealOn``."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
