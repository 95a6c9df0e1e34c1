"""Secret URIs: ``phrase//hard/soft///password``.

Parsing only; what the parts mean for a key is in keypair.py. Without a phrase the well-known development
phrase is meant (``//Alice``); a phrase can be a 0x-hex seed.

Source: sp_core::crypto::SecretUri and DeriveJunction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import blake2b

from ganglion.errors import UsageError

DEV_PHRASE = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"

_URI = re.compile(r"(?P<phrase>[\w ]+)?(?P<path>(//?[^/]+)*)(///(?P<password>.*))?", re.ASCII | re.DOTALL)
_JUNCTION = re.compile(r"/(/?[^/]+)")
_NUMBER = re.compile(r"\+?[0-9]+", re.ASCII)

__all__ = ["DEV_PHRASE", "Junction", "SecretUri"]


@dataclass(frozen=True)
class Junction:
    """One step of a path.

    Attributes:
        chain_code: 32 bytes.
        hard: whether the child's public key is unlinkable to the parent's.
    """

    chain_code: bytes
    hard: bool

    @classmethod
    def parse(cls, text: str) -> Junction:
        """``"/name"`` is hard (its first slash is the separator's second), ``"name"`` is soft."""
        hard = text.startswith("/")
        return cls(_chain_code(text[1:] if hard else text), hard)


def _chain_code(code: str) -> bytes:
    """A number that fits u64 is its little-endian bytes, all else its SCALE string; long ones are hashed."""
    if _NUMBER.fullmatch(code) and int(code) < 2**64:
        encoded = int(code).to_bytes(8, "little")
    else:
        raw = code.encode()
        encoded = _compact(len(raw)) + raw
    if len(encoded) > 32:
        return blake2b(encoded, digest_size=32).digest()
    return encoded.ljust(32, b"\0")


def _compact(value: int) -> bytes:
    if value < 2**6:
        return bytes([value << 2])
    if value < 2**14:
        return (value << 2 | 1).to_bytes(2, "little")
    return (value << 2 | 2).to_bytes(4, "little")


@dataclass(frozen=True)
class SecretUri:
    """The parts of a secret URI; its repr shows none of them."""

    phrase: str = field(repr=False)
    junctions: tuple[Junction, ...] = field(repr=False, default=())
    password: str = field(repr=False, default="")

    @classmethod
    def parse(cls, uri: str) -> SecretUri:
        """Split a URI.

        Raises:
            UsageError: not of this form; the URI is a secret and is not repeated.
        """
        match = _URI.fullmatch(uri)
        if match is None or not uri:
            raise UsageError(
                "not a secret URI",
                hint="write <phrase>//hard/soft///password, or //Name for a development key",
            )
        junctions = tuple(Junction.parse(part) for part in _JUNCTION.findall(match["path"]))
        return cls(match["phrase"] or DEV_PHRASE, junctions, match["password"] or "")

    @property
    def is_development(self) -> bool:
        """Whether everybody knows the phrase."""
        return self.phrase == DEV_PHRASE
