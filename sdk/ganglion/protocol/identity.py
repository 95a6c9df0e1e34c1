"""Request id and nonce: what the requester fixes before it knows the answer, and what the sampler's seed is
made of.

They travel in the signed body as ``x_ganglion: {"request_id": <32 hex>, "nonce": <32 hex>}``. A miner takes
them as they are and adds what it knows itself (genesis, its hotkey, its profile), so neither side can
choose the noise.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganglion.protocol.st1 import request_seed

ID_BYTES = 16
SEEDED_DOMAIN = b"ganglion/seeded-request/1"
NONCE_DOMAIN = b"ganglion/audit-nonce/1"
NOT_SAMPLING = frozenset({"x_ganglion", "stream", "stream_options", "user", "metadata"})


@dataclass(frozen=True, slots=True)
class Identity:
    """Request id and nonce, 16 bytes each."""

    request_id: bytes
    nonce: bytes

    def to_json(self) -> dict[str, str]:
        """The `x_ganglion` object of a request."""
        return {"request_id": self.request_id.hex(), "nonce": self.nonce.hex()}

    def seed(self, *, genesis: bytes, miner: bytes, profile: bytes) -> bytes:
        """st-1's seed of the answer that `miner` (public key) gives with `profile` (hash)."""
        return request_seed(
            genesis=genesis, request_id=self.request_id, nonce=self.nonce, miner=miner, profile=profile
        )


def random_identity() -> Identity:
    """For requests that will never be audited."""
    return Identity(os.urandom(ID_BYTES), os.urandom(ID_BYTES))


def audit_identity(secret: bytes, counter: int) -> Identity:
    """Of request number `counter` under an epoch's secret; anybody can check it once the secret is
    revealed.
    """
    raw = hashlib.blake2b(NONCE_DOMAIN + struct.pack("<I", len(secret)) + secret + struct.pack("<Q", counter))
    return Identity(raw.digest()[:ID_BYTES], raw.digest()[ID_BYTES : 2 * ID_BYTES])


def seeded_identity(seed: int, body: Mapping[str, Any]) -> Identity:
    """Of a request with OpenAI's `seed`: derived from it and the body, so that the same miner repeats itself.

    Whether and how the answer is streamed, and what does not reach the sampler, makes no difference.
    """
    asked = {key: value for key, value in body.items() if key not in NOT_SAMPLING}
    text = json.dumps(
        asked, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    ).encode()
    raw = hashlib.blake2b(SEEDED_DOMAIN + struct.pack("<q", seed) + text).digest()
    return Identity(raw[:ID_BYTES], raw[ID_BYTES : 2 * ID_BYTES])
