"""Activation leaves: what a miner commits to of the model's inside, and how far it is from the truth.

For each chunk of 32 output tokens, the hidden states that enter the model's head (after the final norm, at the
positions that *predict* the chunk's tokens) are projected on 32 directions that only this request's seed gives:
the chunk's mean, and 3 positions that the chunk's own tokens draw (all of them where there are fewer). A
validator has the same states from its one teacher-forced pass, and compares. NumPy alone: knows no model, HTTP or
chain.

Directions: w0..w3 = blake2b(seed, digest_size=16, person="st-1/trace") as four u32, little-endian. Word i mod 4 of
    Philox4x32-10 with counter (i div 4, 0, w2, w3) and key (w0, w1) belongs to dimension i of the state; its bit
    j (least first) is the sign of direction j there: 0 is +1, 1 is -1. All is divided by sqrt(width).

Positions: words = blake2b-256("ganglion/trace/draw/1", seed, chunk u32, hash of its token ids) as u32. Three
    times, with the positions that are left in ascending order: take number word mod (how many are left) out. In
    ascending order they are what is projected.

Leaf: "ganglion/trace/1" and SCALE of (chunk u32, hash of its token ids, precision u8, Vec<u8>): the vectors, mean
    first, as little-endian floats; precision 0 is float32, 1 is float16. The hash is blake2b-256 of
    "ganglion/trace/tokens/1" and the ids as u32, little-endian.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ganglion.errors import ReceiptError
from ganglion.protocol.hashing import blake2_256
from ganglion.protocol.merkle import merkle_root
from ganglion.protocol.st1 import philox4x32
from ganglion.scale import compact

CHUNK = 32
DIMENSIONS = 32
DRAWN = 3
LEAF_DOMAIN = b"ganglion/trace/1"
DRAW_DOMAIN = b"ganglion/trace/draw/1"
TOKENS_DOMAIN = b"ganglion/trace/tokens/1"
PERSON = b"st-1/trace"

Float32 = NDArray[np.float32]

_HEAD = struct.Struct(f"<{len(LEAF_DOMAIN)}sI32sB")
MAX_LEAF = _HEAD.size + 4 + (1 + DRAWN) * DIMENSIONS * 4


class Precision(IntEnum):
    """How the vectors of a leaf are written: float32 in the strict lane, float16 in the statistical one."""

    FLOAT32 = 0
    FLOAT16 = 1


_DTYPES = {Precision.FLOAT32: np.dtype("<f4"), Precision.FLOAT16: np.dtype("<f2")}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf as it was read.

    Attributes:
        chunk: its index, from 0.
        tokens: hash of the chunk's token ids.
        precision: how its vectors are written.
        vectors: float32 [1 + drawn positions, 32]; the mean comes first.
    """

    chunk: int
    tokens: bytes
    precision: Precision
    vectors: Float32

    def encode(self) -> bytes:
        """The leaf's bytes."""
        body = self.vectors.astype(_DTYPES[self.precision]).tobytes()
        return _HEAD.pack(LEAF_DOMAIN, self.chunk, self.tokens, self.precision) + compact(len(body)) + body

    @classmethod
    def decode(cls, raw: bytes) -> Leaf:
        """Read a leaf's bytes. Raises ReceiptError."""
        if not _HEAD.size < len(raw) <= MAX_LEAF or not raw.startswith(LEAF_DOMAIN):
            raise ReceiptError(f"these {len(raw)} bytes are not an activation leaf", fault="peer")
        _, chunk, tokens, precision = _HEAD.unpack_from(raw)
        body = _vec(raw[_HEAD.size :])
        if precision not in _DTYPES or len(body) % (DIMENSIONS * _DTYPES[Precision(precision)].itemsize):
            raise ReceiptError(f"activation leaf {chunk} is malformed", fault="peer")
        vectors = np.frombuffer(body, _DTYPES[Precision(precision)]).reshape(-1, DIMENSIONS)
        return cls(chunk, tokens, Precision(precision), vectors.astype(np.float32))


class Tracer:
    """Makes the leaves of one answer while it is generated. Keeps at most one chunk of states."""

    def __init__(self, seed: bytes, width: int, precision: Precision = Precision.FLOAT32) -> None:
        """`width` is that of the hidden state."""
        self._seed = seed
        self._directions = directions(seed, width)
        self._precision = precision
        self._states: list[Float32] = []
        self._tokens: list[int] = []
        self._closed: list[bytes] = []

    def push(self, token_id: int, state: Float32) -> None:
        """One more output token, with the state [width] that predicted it; kept, so nobody may change it."""
        self._states.append(state)
        self._tokens.append(token_id)
        if len(self._tokens) == CHUNK:
            self._closed.append(self._leaf())
            self._tokens, self._states = [], []

    def leaves(self) -> list[bytes]:
        """Leaves of all tokens till now; the last one may be of a chunk that is not full."""
        return [*self._closed, self._leaf()] if self._tokens else list(self._closed)

    def _leaf(self) -> bytes:
        states = np.array(self._states)
        chunk = len(self._closed)
        vectors = _project(self._directions, states, positions(self._seed, chunk, self._tokens))
        return Leaf(chunk, chunk_hash(self._tokens), self._precision, vectors).encode()


def trace_root(leaves: Sequence[bytes]) -> bytes:
    """What the receipt holds: the Merkle root, 32 zero bytes where there are no leaves."""
    return merkle_root(leaves)


def directions(seed: bytes, width: int) -> Float32:
    """The request's projection: float32 [32, width], entries +-1 / sqrt(width)."""
    return directions_of([seed], width)[0]


def directions_of(seeds: Sequence[bytes], width: int) -> Float32:
    """`directions` of several requests at once, which costs little more than one: [seeds, 32, width]."""
    digests = (hashlib.blake2b(seed, digest_size=16, person=PERSON).digest() for seed in seeds)
    words = np.frombuffer(b"".join(digests), "<u4").reshape(-1, 1, 4)
    quads = -(-width // 4)
    counters = np.zeros((len(words), quads, 4), np.uint32)
    counters[..., 0] = np.arange(quads)
    counters[..., 2:] = words[..., 2:]
    keys = np.broadcast_to(words[..., :2], (len(words), quads, 2))
    drawn = philox4x32(counters, keys).reshape(len(words), 1, -1)[..., :width]
    bits = (drawn >> np.arange(DIMENSIONS, dtype=np.uint32)[:, None]) & np.uint32(1)
    return (1.0 - 2.0 * bits.astype(np.float32)) * np.float32(width**-0.5)


def positions(seed: bytes, chunk: int, token_ids: Sequence[int]) -> list[int]:
    """Which tokens of a chunk have a vector of their own, ascending from 0 in the chunk."""
    left = list(range(len(token_ids)))
    if len(left) <= DRAWN:
        return left
    drawn = blake2_256(DRAW_DOMAIN + seed + struct.pack("<I", chunk) + chunk_hash(token_ids))
    words = struct.unpack("<8I", drawn)
    return sorted(left.pop(words[i] % len(left)) for i in range(DRAWN))


def project(seed: bytes, chunk: int, token_ids: Sequence[int], states: Float32) -> Float32:
    """The vectors that an honest leaf of this chunk holds: float32 [1 + drawn, 32].

    Args:
        token_ids: the chunk's tokens, 1 to 32 of them.
        states: float32 [tokens, width], the state that predicts each.
    """
    return _project(directions(seed, states.shape[1]), states, positions(seed, chunk, token_ids))


def project_answer(
    seed: bytes, token_ids: Sequence[int], states: Float32, across: Float32 | None = None
) -> list[Float32]:
    """`project` of every chunk of an answer. `states` is float32 [tokens, width]; `across` the seed's directions, where
    they are at hand.
    """
    across = directions(seed, states.shape[1]) if across is None else across
    parts = chunks(token_ids)
    drawn = [positions(seed, chunk, ids) for chunk, (_, ids) in enumerate(parts)]
    rows = np.empty((sum(map(len, drawn)) + len(parts), states.shape[1]), np.float32)
    counts, at = [], 0
    for (start, ids), places in zip(parts, drawn, strict=True):
        own = states[start : start + len(ids)]
        rows[at] = own.mean(axis=0, dtype=np.float64)
        rows[at + 1 : at + 1 + len(places)] = own[places]
        at += 1 + len(places)
        counts.append(at)
    return np.split(rows @ across.T, counts[:-1])


def distances(committed: Float32, expected: Float32) -> Float32:
    """Relative L2 distance of each vector of a leaf, mean first: float32 [vectors]; infinite where a committed
    number is not finite.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        gap = np.linalg.norm(committed.astype(np.float64) - expected, axis=1)
        size = np.maximum(np.linalg.norm(expected.astype(np.float64), axis=1), np.finfo(np.float32).tiny)
        relative = gap / size
        return np.where(np.isfinite(relative), relative, np.inf).astype(np.float32)


def read_leaves(
    raws: Sequence[bytes], token_ids: Sequence[int], precision: Precision = Precision.FLOAT32
) -> list[Leaf]:
    """The leaves of an answer, if there is one for each chunk, in order, about these tokens, as precise as the lane
    wants it. Raises ReceiptError, which says what is wrong.
    """
    wanted = list(chunks(token_ids))
    if len(raws) != len(wanted):
        raise ReceiptError(f"{len(raws)} activation leaves, {len(wanted)} chunks of tokens", fault="peer")
    leaves = [Leaf.decode(raw) for raw in raws]
    for chunk, (leaf, (_, ids)) in enumerate(zip(leaves, wanted, strict=True)):
        _check_leaf(leaf, chunk, ids, precision)
    return leaves


def vectors_of(leaf: bytes) -> Float32:
    """The vectors of a leaf: float32 [1 + drawn, 32]. Raises ReceiptError."""
    return Leaf.decode(leaf).vectors


def chunks(token_ids: Sequence[int]) -> list[tuple[int, Sequence[int]]]:
    """(start, token ids) of each chunk of an answer."""
    return [(start, token_ids[start : start + CHUNK]) for start in range(0, len(token_ids), CHUNK)]


def chunk_hash(token_ids: Sequence[int]) -> bytes:
    """How a leaf names its tokens."""
    return blake2_256(TOKENS_DOMAIN + struct.pack(f"<{len(token_ids)}I", *token_ids))


def _project(across: Float32, states: Float32, drawn: Sequence[int]) -> Float32:
    rows = np.vstack([states.mean(axis=0, dtype=np.float64, keepdims=True), states[list(drawn)]])
    return rows.astype(np.float32) @ across.T


def _check_leaf(leaf: Leaf, chunk: int, ids: Sequence[int], precision: Precision) -> None:
    if leaf.chunk != chunk:
        raise ReceiptError(f"activation leaf {leaf.chunk} stands where {chunk} belongs", fault="peer")
    if leaf.tokens != chunk_hash(ids):
        raise ReceiptError(f"activation leaf {chunk} is about other tokens", fault="peer")
    if leaf.precision is not precision:
        raise ReceiptError(f"activation leaf {chunk} is not of the lane's precision", fault="peer")
    if len(leaf.vectors) != 1 + min(DRAWN, len(ids)):
        raise ReceiptError(f"activation leaf {chunk} has {len(leaf.vectors)} vectors", fault="peer")


def _vec(raw: bytes) -> bytes:
    """SCALE's Vec<u8>, all of `raw`."""
    size, head = (raw[0] >> 2, 1) if raw[0] & 3 == 0 else (int.from_bytes(raw[:2], "little") >> 2, 2)
    if raw[0] & 3 > 1 or len(raw) != head + size or raw[:head] != compact(size):
        raise ReceiptError(
            "the vectors of an activation leaf are cut off or followed by something", fault="peer"
        )
    return raw[head:]
