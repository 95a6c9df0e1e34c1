"""Which answers are audited: a secret sample, drawn after the answer came. Pure.

Users' requests and the validator's own are drawn alike, from the request id and a secret that never leaves this
process, so that no miner can know what will be looked at.
"""

from __future__ import annotations

import hashlib

DOMAIN = b"ganglion/audit-draw/1"

__all__ = ["draw", "is_audited"]


def draw(secret: bytes, request_id: bytes) -> float:
    """A number in [0, 1) that only the holder of the secret can compute."""
    digest = hashlib.blake2b(DOMAIN + request_id, key=secret, digest_size=8).digest()
    return int.from_bytes(digest, "little") / 2**64


def is_audited(secret: bytes, request_id: bytes, rate: float) -> bool:
    """Whether an answer is replayed.

    Args:
        secret: at most 64 bytes.
        rate: part of all answers, 0 to 1.
    """
    return draw(secret, request_id) < rate
