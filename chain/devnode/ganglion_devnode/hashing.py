"""The hash functions of a Substrate runtime, over bytes.

Knows nothing of storage, tries or wasm. `twox_*` results are cached for short inputs: a runtime hashes the
same few pallet and storage names in every call.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from hashlib import sha256 as _sha256

from Crypto.Hash import keccak as _keccak
from xxhash import xxh64_intdigest

TWOX_CACHED_INPUT = 64  # bytes; names are shorter, values are longer


def blake2_128(data: bytes) -> bytes:
    """BLAKE2b with a 16-byte digest."""
    return blake2b(data, digest_size=16).digest()


def blake2_256(data: bytes) -> bytes:
    """BLAKE2b with a 32-byte digest."""
    return blake2b(data, digest_size=32).digest()


def sha2_256(data: bytes) -> bytes:
    """SHA-256."""
    return _sha256(data).digest()


def keccak_256(data: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it (not SHA3-256)."""
    return _keccak.new(digest_bits=256, data=data).digest()


def keccak_512(data: bytes) -> bytes:
    """Keccak-512 with the original padding."""
    return _keccak.new(digest_bits=512, data=data).digest()


def _twox(data: bytes, words: int) -> bytes:
    return b"".join(xxh64_intdigest(data, seed).to_bytes(8, "little") for seed in range(words))


_twox_cached = lru_cache(maxsize=4096)(_twox)


def twox(data: bytes, words: int) -> bytes:
    """XXH64 of `data` under seeds 0..words, each little-endian, concatenated."""
    return _twox_cached(data, words) if len(data) <= TWOX_CACHED_INPUT else _twox(data, words)


def twox_64(data: bytes) -> bytes:
    """8 bytes."""
    return twox(data, 1)


def twox_128(data: bytes) -> bytes:
    """16 bytes; pallet and storage names are hashed with it."""
    return twox(data, 2)


def twox_256(data: bytes) -> bytes:
    """32 bytes."""
    return twox(data, 4)
