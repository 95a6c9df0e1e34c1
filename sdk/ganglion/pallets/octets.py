"""Bytes as scalecodec shows them: as text where they happen to be UTF-8, else as 0x-hex.

Anybody chooses the bytes of his own names, keys and commitments, so also such that look like the one and are the
other: what begins with 0x and is no hex is text. Never raises on what came from the chain.
"""

from __future__ import annotations

from typing import Any

from ganglion.scale import octets

__all__ = ["octets", "text_of"]


def text_of(value: Any) -> str:
    """The same for people; what is not UTF-8 becomes replacement characters."""
    return octets(value).decode(errors="replace")
