"""The chain's hash. Standard library only."""

from __future__ import annotations

import hashlib

__all__ = ["blake2_256"]


def blake2_256(data: bytes) -> bytes:
    """blake2b of 32 bytes, without key and person."""
    return hashlib.blake2b(data, digest_size=32).digest()
