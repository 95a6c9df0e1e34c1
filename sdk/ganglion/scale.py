"""SCALE where it is read or written without a chain's metadata: compact integers, and bytes as the codec shows them.
Standard library only."""

from __future__ import annotations

import struct
from typing import Any

__all__ = ["compact", "octets", "text_of"]


def compact(number: int) -> bytes:
    """A compact integer below 2^30: a length or a count."""
    if number < 1 << 6:
        return bytes([number << 2])
    return struct.pack("<H", number << 2 | 1) if number < 1 << 14 else struct.pack("<I", number << 2 | 2)


def octets(value: Any) -> bytes:
    """The bytes of a `Vec<u8>`, or of an array of them. The codec shows them as text where they are UTF-8, else
    as 0x-hex. Anybody chooses his own bytes: what begins with 0x and is no hex is text, so this never raises; text that
    reads like hex is taken for hex, because the codec tells them apart no more.
    """
    if not isinstance(value, str):
        return bytes(value)
    if value.startswith("0x"):
        try:
            found = bytes.fromhex(value[2:])
        except ValueError:
            return value.encode()
        if found.hex() == value[2:]:  # fromhex takes capitals and spaces, too, which the codec never writes
            return found
    return value.encode()


def text_of(value: Any) -> str:
    """What `octets` gives, for people; what is not UTF-8 becomes replacement characters."""
    return octets(value).decode(errors="replace")
