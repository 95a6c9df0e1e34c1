"""The data that a block's author gives the runtime, from which it makes the inherent extrinsics."""

from __future__ import annotations

from ganglion_devnode.chain.clock import Tick
from ganglion_devnode.scale import byte_string, compact

TIMESTAMP = b"timstap0"
AURA_SLOT = b"auraslot"


def inherent_data(tick: Tick) -> bytes:
    """SCALE `InherentData` for one slot: a map from 8-byte identifiers, sorted, to encoded values."""
    entries = {AURA_SLOT: tick.slot.to_bytes(8, "little"), TIMESTAMP: tick.timestamp.to_bytes(8, "little")}
    return compact(len(entries)) + b"".join(key + byte_string(entries[key]) for key in sorted(entries))
