"""Pallet Neurons: slots, registration, ownership of hotkeys, endpoints. The metagraph is in
ganglion.metagraph.
"""

from __future__ import annotations

from ganglion.chain.calls import ApiCall, Call, Query
from ganglion.pallets.endpoint import EndpointAddress

PALLET = "Neurons"

__all__ = ["coldkey", "count", "endpoint", "register", "reset_bonds", "serve", "trim", "uid"]


def register(netuid: int, hotkey: str, max_price: int) -> Call:
    """Register a hotkey; signed by the coldkey, which pays the current price, at most ``max_price`` nano."""
    return Call(PALLET, "register", {"netuid": netuid, "hotkey": hotkey, "max_price": max_price})


def serve(netuid: int, endpoint: EndpointAddress) -> Call:
    """Publish where a neuron serves; signed by its hotkey, free when it succeeds."""
    return Call(PALLET, "serve", {"netuid": netuid, "endpoint": endpoint.encode()}, feeless=True)


def trim(netuid: int, max_uids: int) -> Call:
    """Lower a subnet's number of slots and remove the lowest emitters above it; by its owner, or root."""
    return Call(PALLET, "trim", {"netuid": netuid, "max": max_uids})


def reset_bonds(netuid: int) -> Call:
    """Give up all bonds to the signing hotkey, where the subnet lets it; free when it succeeds."""
    return Call(PALLET, "reset_bonds", {"netuid": netuid}, feeless=True)


def uid(netuid: int, hotkey: str) -> Query[int]:
    """Slot of a hotkey, None if it is not registered."""
    return Query(PALLET, "Uids", (netuid, hotkey), int)


def count(netuid: int) -> Query[int]:
    """Slots in use."""
    return Query(PALLET, "NeuronCount", (netuid,), int)


def coldkey(hotkey: str) -> Query[str]:
    """Coldkey that owns a hotkey, None if nobody does."""
    return Query(PALLET, "Coldkeys", (hotkey,))


def endpoint(netuid: int, hotkey: str) -> ApiCall[EndpointAddress]:
    """Where a hotkey serves, with its published keys; None if it does not."""
    return ApiCall("MetagraphApi", "endpoint", (netuid, hotkey), EndpointAddress.decode)
