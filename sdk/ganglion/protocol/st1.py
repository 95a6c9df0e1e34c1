"""The seeded sampler "st-1": which token a seed chooses from a row of logits, and how far another choice is
from it.

A miner draws y_t = argmax_v(l[t, v] + T * g[t, v]) with noise g that anybody can recompute from (seed,
position, token id); a validator recomputes it and judges the *margin* max(s) - s[y], which is 0 for an honest
token. Judge margins, never equal indices: near-ties are honest. This file is the definition, in NumPy alone;
st1_kernel.py gives the same choices without drawing most of the noise, st1_cuts.py has penalty, top-p and top-k.

Words: w0..w3 = blake2b(seed, digest_size=16, person="st-1/noise") as four u32, little-endian; Philox4x32-10
    (Salmon et al., SC'11; the generator of Random123) under the key (w0, w1) with the counter (c, t, w2, w3) at
    output position t. The word of token v is lane v mod 4 of c = v div 4. Each 32 tokens are a group; group G has
    the lanes 2 (G mod 2) and 2 (G mod 2) + 1 of c = 2^31 + G div 2.
Noise: e(x) = -ln((x + 1/2) 2^-32), an exponential. Let m = e(first lane of the group) / 32: the least of 32
    exponentials, and second lane mod 32 the place in the group that has it. X_v = m there and m + e(word of v)
    elsewhere: independent exponentials, because they have no memory. g_v = -ln X_v, in float64, rounded once to
    float32: independent Gumbel noise whose largest value in a group is known from one word.
ln: fdlibm's, as the sequence of float64 operations in `natural_log`: every operation is IEEE 754's, so that
    NumPy, torch and the kernel agree in every bit, whatever their mathematics libraries do.

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

_MULTIPLIERS = np.array([0xD2511F53, 0xCD9E8D57], np.uint64)
_WEYL = np.array([0x9E3779B9, 0xBB67AE85], np.uint64)
_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_TOKENS_AT_ONCE = 1 << 15  # worked on together: the scratch arrays stay inside the second-level cache

GROUP = 32
GROUP_COUNTERS = 1 << 31
MAX_VOCAB = 1 << 20

_TO_LOW = np.uint64((0x3FF00000 - 0x3FE6A09E) << 32)
_FROM_LOW = np.uint64(0x3FE6A09E << 32)
_FRACTION, _EXPONENT, _BIAS = np.uint64(0x000FFFFFFFFFFFFF), np.uint64(52), 0x3FF
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
EVEN = (3.999999999940941908e-01, 2.222219843214978396e-01, 1.531383769920937332e-01)
ODD = (
    6.666666666666735130e-01,
    2.857142874366239149e-01,
    1.818357216161805012e-01,
    1.479819860511658591e-01,
)

Float32 = NDArray[np.float32]
UInt32 = NDArray[np.uint32]
UInt64 = NDArray[np.uint64]
Float64 = NDArray[np.float64]


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
    even, odd = (np.stack(np.broadcast_arrays(*lanes[i::2])) for i in (0, 1))
    keys = np.stack(np.broadcast_arrays(k0, k1)).astype(np.uint64)
    shape = (2,) + (1,) * (even.ndim - 1)
    multipliers, weyl = _MULTIPLIERS.reshape(shape), _WEYL.reshape(shape)
    keys = keys.reshape(keys.shape[:1] + (1,) * (even.ndim - keys.ndim) + keys.shape[1:])
    for _ in range(ROUNDS):
        products = (even * multipliers)[::-1]
        even = (products >> _HALF) ^ odd ^ keys
        odd = products & _MASK
        keys = (keys + weyl) & _MASK
    return [even[0], odd[0], even[1], odd[1]]


def natural_log(x: Float64) -> Float64:
    """ln of positive normal numbers, within 1 ulp: float64 of the shape of `x`."""
    bits = x.view(np.uint64) + _TO_LOW
    k = ((bits >> _EXPONENT).astype(np.int64) - _BIAS).astype(np.float64)
    f = ((bits & _FRACTION) + _FROM_LOW).view(np.float64) - 1.0
    half = 0.5 * f * f
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (EVEN[0] + w * (EVEN[1] + w * EVEN[2]))
    odd = z * (ODD[0] + w * (ODD[1] + w * (ODD[2] + w * ODD[3])))
    return s * (half + (odd + even)) + k * LN2_LOW - half + f + k * LN2_HIGH


def exponentials(words: UInt64) -> Float64:
    """-ln((x + 1/2) 2^-32) of 32-bit words, of their shape."""
    return -natural_log((words.astype(np.float64) + 0.5) * 2.0**-32)


def gumbel_rows(seeds: Sequence[bytes], positions: Sequence[int], vocab: int) -> Float32:
    """Noise of row i for seed i at output position i: float32 [rows, vocab].

    Args:
        seeds: one 32-byte seed a row. Rows may share a seed.
        positions: index of the output token, 0 for the first one after the prompt.
        vocab: width of the logits, at most 2^20.
    """
    if len(seeds) != len(positions):
        raise ValueError(f"{len(seeds)} seeds for {len(positions)} positions")
    known = {seed: noise_words(seed) for seed in set(seeds)}
    words = np.array([known[s] for s in seeds], np.uint64).reshape(-1, 4)
    return gumbel_of(words, np.asarray(positions, np.uint64).reshape(-1), vocab)


def gumbel_of(words: UInt64, steps: UInt64, vocab: int) -> Float32:
    """The same for rows whose seeds' words [rows, 4] are known."""
    if not 0 < vocab <= MAX_VOCAB:
        raise ValueError(f"a vocabulary of {vocab} is out of range")
    groups = -(-vocab // GROUP)
    out = np.empty((len(words), vocab), np.float32)
    at_once = max(1, _TOKENS_AT_ONCE // (groups * GROUP))
    for start in range(0, len(words), at_once):
        part = slice(start, start + at_once)
        out[part] = _gumbel_block(words[part], steps[part], groups)[:, :vocab]
    return out


def _gumbel_block(words: UInt64, steps: UInt64, groups: int) -> Float32:
    """Noise of whole groups: float32 [rows, groups * GROUP]."""
    rows = len(words)
    own = exponentials(_words(words, steps, 0, groups * GROUP // 4)).reshape(rows, groups, GROUP)
    shared = _words(words, steps, GROUP_COUNTERS, -(-groups // 2)).reshape(rows, -1, 2)[:, :groups]
    least = exponentials(np.ascontiguousarray(shared[..., 0])) / GROUP
    own += least[..., None]
    places = (shared[..., 1] % np.uint64(GROUP)).astype(np.int64)
    np.put_along_axis(own, places[..., None], least[..., None], axis=2)
    return (-natural_log(own)).astype(np.float32).reshape(rows, groups * GROUP)


def _words(words: UInt64, steps: UInt64, first: int, counters: int) -> UInt64:
    """Words of consecutive counters in their order: [rows, counters * 4]."""
    w = [words[:, i, None] for i in range(4)]
    counter = np.arange(first, first + counters, dtype=np.uint64)[None, :]
    lanes = _rounds([counter, steps[:, None], w[2], w[3]], w[0], w[1])
    return np.stack(np.broadcast_arrays(*lanes), axis=-1).reshape(len(words), counters * 4)


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
