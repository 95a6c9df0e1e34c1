"""SCALE's compact integers, for what is encoded without a chain's metadata. Standard library only."""

from __future__ import annotations

import struct

__all__ = ["compact"]


def compact(number: int) -> bytes:
    """A compact integer below 2^30: a length or a count."""
    if number < 1 << 6:
        return bytes([number << 2])
    return struct.pack("<H", number << 2 | 1) if number < 1 << 14 else struct.pack("<I", number << 2 | 2)
