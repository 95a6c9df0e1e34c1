"""Pallet Subnets: lifecycle, lock, hyperparameters, names and what owners say of their subnets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ganglion.balance import Balance
from ganglion.chain.calls import ApiCall, Call
from ganglion.errors import UsageError

PALLET = "Subnets"
MAX_CHANGES = 40
MONEY_FIELDS = {"min_validator_stake", "registration_price_min", "registration_price_max"}

MAX_NAME, MAX_SYMBOL, MAX_TEXT, MAX_DESCRIPTION = 32, 8, 256, 1_024
EARNING = {
    "Created": "it earns nothing: neither its owner has started it nor has root activated it",
    "Started": "it earns nothing: root has not activated it",
    "Activated": "it earns nothing: its owner has not started it",
    "Active": "it earns emission",
}

__all__ = [
    "EARNING",
    "DissolvingSubnet",
    "OwnerLimit",
    "Subnet",
    "SubnetIdentity",
    "activate",
    "create",
    "deactivate",
    "dissolve",
    "dissolving",
    "identity",
    "lock_price",
    "owner_limits",
    "registration_price",
    "set_hyperparameters",
    "set_identity",
    "set_name",
    "set_owner_hotkey",
    "start",
    "subnet",
    "subnet_by_name",
    "subnets",
    "trigger_epoch",
]


@dataclass(frozen=True)
class Subnet:
    """One subnet.

    Attributes:
        owner: coldkey.
        name: unique, or empty.
        symbol: unique, or empty.
        active: whether it earns emission.
        state: which of the two conditions of that it has: Created (none), Started (by its owner),
            Activated (by root), Active (both).
        start_block: first block in which its owner can start it.
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
    name: str
    symbol: str
    active: bool
    state: str
    start_block: int
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


@dataclass(frozen=True)
class SubnetIdentity:
    """What a subnet says of itself; every text may be empty, addresses are https."""

    description: str = ""
    url: str = ""
    github: str = ""
    discord: str = ""
    logo: str = ""
    contact: str = ""


@dataclass(frozen=True)
class OwnerLimit:
    """When an owner can change something next.

    Attributes:
        name: of the hyperparameter, or trigger_epoch, trim, name, owner_hotkey.
        active: False where setting it is refused because nothing reads it.
        root_only: only root can set it, at any block.
        next_block: first block in which the owner can.
    """

    name: str
    active: bool
    root_only: bool
    next_block: int


@dataclass(frozen=True)
class DissolvingSubnet:
    """A subnet that does not exist any more and whose data is being removed.

    Attributes:
        lock: on hold until the end.
        refund: what the owner gets back of it then; the rest is burned.
        since: block at which it began.
    """

    netuid: int
    owner: str
    lock: Balance
    refund: Balance
    since: int

    @classmethod
    def decode(cls, value: dict[str, Any]) -> DissolvingSubnet:
        """From the codec's plain value."""
        return cls(**{**value, "lock": Balance(value["lock"]), "refund": Balance(value["refund"])})


def create(owner_hotkey: str, max_lock: int) -> Call:
    """Create a subnet; signed by the coldkey, which locks the current price, at most ``max_lock`` nano."""
    return Call(PALLET, "create", {"owner_hotkey": owner_hotkey, "max_lock": max_lock})


def start(netuid: int) -> Call:
    """Start a subnet, once; signed by its owner. It earns emission while root has it activated."""
    return Call(PALLET, "start", {"netuid": netuid})


def dissolve(netuid: int) -> Call:
    """Dissolve a subnet; root only. The lock comes back, less what the owner earned, when its data is removed."""
    return Call(PALLET, "dissolve", {"netuid": netuid})


def trigger_epoch(netuid: int) -> Call:
    """Have the next epoch earlier; signed by the owner, or root. Not with commit-reveal."""
    return Call(PALLET, "trigger_epoch", {"netuid": netuid})


def set_identity(netuid: int, identity: SubnetIdentity | None) -> Call:
    """Say what a subnet is, None removes it; signed by the owner, or root.

    Raises:
        UsageError: a text is too long.
    """
    said = None
    if identity is not None:
        said = {name: _text(name, value) for name, value in vars(identity).items()}
    return Call(PALLET, "set_identity", {"netuid": netuid, "identity": said})


def set_name(netuid: int, name: str, symbol: str = "") -> Call:
    """Give a subnet a name and a symbol that no other has, empty for none; signed by the owner, or root.

    Args:
        name: 3 to 32 lower-case letters, digits and inner hyphens, beginning with a letter.
        symbol: 2 to 8 upper-case letters and digits, beginning with a letter.

    Raises:
        UsageError: they are too long.
    """
    if len(name.encode()) > MAX_NAME or len(symbol.encode()) > MAX_SYMBOL:
        raise UsageError(f"a name has at most {MAX_NAME} characters, a symbol {MAX_SYMBOL}")
    return Call(PALLET, "set_name", {"netuid": netuid, "name": name.encode(), "symbol": symbol.encode()})


def set_owner_hotkey(netuid: int, hotkey: str) -> Call:
    """Name another hotkey of the owner's as the one with the owner's privileges; signed by the owner, or root."""
    return Call(PALLET, "set_owner_hotkey", {"netuid": netuid, "hotkey": hotkey})


def activate(netuid: int) -> Call:
    """Let a subnet earn emission once its owner has started it; root only."""
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


def identity(netuid: int) -> ApiCall[SubnetIdentity]:
    """What a subnet says of itself, None if nothing."""
    return ApiCall("SubnetsApi", "identity", (netuid,), lambda found: SubnetIdentity(**found))


def subnet_by_name(name: str) -> ApiCall[int]:
    """Netuid of the subnet with this name, None if none has it."""
    return ApiCall("SubnetsApi", "subnet_by_name", ("0x" + name.encode().hex(),))


def owner_limits(netuid: int) -> ApiCall[list[OwnerLimit]]:
    """When the owner can change each hyperparameter next, and do what else is limited; None if there is no
    such subnet."""
    return ApiCall(
        "SubnetsApi", "owner_limits", (netuid,), lambda found: [OwnerLimit(**one) for one in found]
    )


def dissolving() -> ApiCall[list[DissolvingSubnet]]:
    """Subnets that are being dissolved, in the order in which they will be gone."""
    return ApiCall(
        "SubnetsApi", "dissolving", (), lambda found: [DissolvingSubnet.decode(one) for one in found]
    )


def _text(name: str, text: str) -> bytes:
    encoded, limit = text.encode(), MAX_DESCRIPTION if name == "description" else MAX_TEXT
    if len(encoded) > limit:
        raise UsageError(f"{name} has {len(encoded)} bytes, at most {limit} fit")
    return encoded


def _variant(name: str) -> str:
    """``commit_reveal_on`` is the variant ``CommitRevealOn``."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
