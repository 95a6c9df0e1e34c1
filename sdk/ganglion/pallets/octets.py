"""Bytes as scalecodec shows them: as text where they happen to be UTF-8, else as 0x-hex.

Anybody chooses the bytes of his own names, keys and commitments, so also such that look like the one and are the
other: what begins with 0x and is no hex is text. Never raises on what came from the chain.
"""

from __future__ import annotations

from typing import Any

__all__ = ["octets", "text_of"]


def octets(value: Any) -> bytes:
    """The bytes of a `Vec<u8>` or of an array of them. Text that reads like hex is taken for hex: the codec tells them
    apart no more."""
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
    """The same for people; what is not UTF-8 becomes replacement characters."""
    return octets(value).decode(errors="replace")
