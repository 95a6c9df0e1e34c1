"""The seeded sampler "st-1": which token a seed chooses from a row of logits, and how far another choice is
from it.

A miner draws y_t = argmax_v(l[t, v] + T * g[t, v]) with noise g that anybody can recompute from (seed,
position, token id); a validator recomputes it and judges the *margin* max(s) - s[y], which is 0 for an honest
token. Judge margins, never equal
indices: near-ties are honest. NumPy alone; this file knows no model, no HTTP and no chain.

Noise: w0..w3 = blake2b(seed, digest_size=16, person="st-1/noise") as four u32, little-endian. The Gumbel
    noise of token v at output position t comes from lane v mod 4 of Philox4x32-10 (Salmon et al., SC'11; the
    generator of Random123) with counter (v div 4, t, w2, w3) and key (w0, w1): u = (x + 1/2) 2^-32, g =
    -ln(-ln u) in float64, rounded once to float32. u has 32 bits, hence g lies in [-3.14, 22.9].

Seed: blake2b-256 over the fields "st-1/seed", genesis, request_id, nonce, miner, profile in this order, each
    written as its length (u32, little-endian) and its bytes. Text is UTF-8.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SEED_DOMAIN = b"st-1/seed"
NOISE_PERSON = b"st-1/noise"
SEED_BYTES = 32
ROUNDS = 10

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_QUADS_AT_ONCE = 8_192  # counters worked on together: the scratch arrays stay inside the second-level cache

Float32 = NDArray[np.float32]
UInt32 = NDArray[np.uint32]
UInt64 = NDArray[np.uint64]


def request_seed(
    *, genesis: bytes, request_id: str | bytes, nonce: bytes, miner: bytes, profile: bytes
) -> bytes:
    """The 32-byte seed of one answer. `genesis`, `miner` (public key) and `profile` (profile hash) have 32
    bytes.
    """
    for name, value in (("genesis", genesis), ("miner", miner), ("profile", profile)):
        if len(value) != 32:
            raise ValueError(f"{name} must have 32 bytes, not {len(value)}")
    text = request_id.encode() if isinstance(request_id, str) else request_id
    fields = (SEED_DOMAIN, genesis, text, nonce, miner, profile)
    return hashlib.blake2b(
        b"".join(struct.pack("<I", len(f)) + f for f in fields), digest_size=SEED_BYTES
    ).digest()


def noise_words(seed: bytes) -> tuple[int, int, int, int]:
    """(w0, w1, w2, w3): two words of key and two of counter, from a 32-byte seed."""
    if len(seed) != SEED_BYTES:
        raise ValueError(f"a seed must have {SEED_BYTES} bytes, not {len(seed)}")
    return struct.unpack("<4I", hashlib.blake2b(seed, digest_size=16, person=NOISE_PERSON).digest())


def philox4x32(counter: UInt32, key: UInt32) -> UInt32:
    """Philox4x32-10 of counters [..., 4] under keys [..., 2]: uint32 [..., 4]."""
    lanes = [np.atleast_1d(counter[..., i].astype(np.uint64)) for i in range(4)]
    words = _rounds(lanes, key[..., 0].astype(np.uint64), key[..., 1].astype(np.uint64))
    return np.stack(words, axis=-1).astype(np.uint32).reshape(counter.shape)


def _rounds(lanes: list[UInt64], k0: UInt64, k1: UInt64) -> list[UInt64]:
    """Ten rounds over 32-bit words kept in uint64 (the high half of a product is then one shift)."""
    c0, c1, c2, c3 = lanes
    for _ in range(ROUNDS):
        p0, p1 = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        high0, high1 = p0 >> _HALF, p1 >> _HALF
        p0 &= _MASK
        p1 &= _MASK
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, p1, high0 ^ c3 ^ k1, p0
        k0, k1 = (k0 + np.uint64(_WEYL[0])) & _MASK, (k1 + np.uint64(_WEYL[1])) & _MASK
    return [c0, c1, c2, c3]


def gumbel_rows(seeds: Sequence[bytes], positions: Sequence[int], vocab: int) -> Float32:
    """Noise of row i for seed i at output position i: float32 [rows, vocab].

    Args:
        seeds: one 32-byte seed a row. Rows may share a seed.
        positions: index of the output token, 0 for the first one after the prompt.
        vocab: width of the logits.
    """
    if len(seeds) != len(positions):
        raise ValueError(f"{len(seeds)} seeds for {len(positions)} positions")
    words = np.array([noise_words(s) for s in seeds], np.uint64).reshape(-1, 4)
    steps = np.asarray(positions, np.uint64).reshape(-1)
    quads = -(-vocab // 4)
    out = np.empty((len(seeds), vocab), np.float32)
    at_once = max(1, _QUADS_AT_ONCE // quads)
    for start in range(0, len(seeds), at_once):
        part = slice(start, start + at_once)
        out[part] = _gumbel_block(words[part], steps[part], quads)[:, :vocab]
    return out


def _gumbel_block(words: UInt64, steps: UInt64, quads: int) -> Float32:
    w = [words[:, i, None] for i in range(4)]
    lanes = [np.arange(quads, dtype=np.uint64)[None, :], steps[:, None], w[2], w[3]]
    u = np.empty((len(words), quads, 4), np.float64)
    for lane, x in enumerate(_rounds(lanes, w[0], w[1])):
        u[:, :, lane] = x
    u += 0.5
    u *= 2.0**-32
    np.log(u, out=u)
    np.negative(u, out=u)
    np.log(u, out=u)
    np.negative(u, out=u)
    return u.reshape(len(words), quads * 4).astype(np.float32)


def scores(logits: Float32, noise: Float32 | None, temperature: float) -> Float32:
    """float32(l + T * g), of the shape of `logits`. At temperature 0 the noise is not needed and may be
    None.
    """
    logits = np.asarray(logits, np.float32)
    if temperature == 0:
        return logits
    if noise is None:
        raise ValueError("noise is needed unless the temperature is 0")
    return logits + np.float32(temperature) * noise


def select(logits_row: Float32, noise_row: Float32 | None, temperature: float) -> int:
    """The token that st-1 chooses from one row of logits [vocab]."""
    return int(np.argmax(scores(logits_row, noise_row, temperature)))


def margins(logits: Float32, tokens: Sequence[int], noise: Float32 | None, temperature: float) -> Float32:
    """max(s) - s[y] of each position, in logits: float32 [T], 0 where the token is the choice.

    Args:
        logits: float32 [T, vocab], those that predict each token.
        tokens: the T token ids that were answered.
        noise: float32 [T, vocab], or None at temperature 0.
    """
    s = scores(logits, noise, temperature)
    return s.max(axis=1) - s[np.arange(len(s)), np.asarray(tokens, np.int64)]
