"""What a model profile says, and its identity: the same fields, bounds and SCALE bytes as the chain's own type.

A profile is everything that an answer depends on. Its identity is blake2b-256 over a domain and the SCALE bytes
below, so anybody can compute it from files alone; the chain computes the same. This file knows no folder, no
JSON and no chain: reading a folder is `ganglion.model.profile`.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Literal

from ganglion.model.errors import ModelError

DOMAIN = b"ganglion/model-profile/2"
PROTOCOL = "st-1"
TASKS = ("generate", "embed")
LANES = ("strict", "statistical")
MAX_FILES = 64
MAX_PATH = 128  # bytes
MAX_LABEL = 64  # bytes
NO_HASH = bytes(32)

Task = Literal["generate", "embed"]
Lane = Literal["strict", "statistical"]


@dataclass(frozen=True)
class Thresholds:
    """Where honest ends. Margins are in millionths of a logit, distances in millionths of a vector's length.

    The defaults are those of the strict lane (float32 on CPUs), where replay gives the miner's own numbers.
    """

    margin_hard: int = 1_000  # a larger margin of one token is a hard failure
    margin_clip: int = 1_000_000  # margins are clipped here before their mean is taken
    mean_soft: int = 0  # a larger mean of clipped margins is a soft failure; 0: not judged
    mean_hard: int = 0  # the same, hard
    free_mismatches: int = 2  # margins above 0 that are never a failure
    mismatches_per_mille: int = 1  # and so many more for each thousand tokens; beyond is soft
    leaf_soft: int = 20  # a larger distance of an activation leaf is soft
    leaf_hard: int = 100  # and hard
    cut_slack: int = 1_000  # slack at the edge of top-p and top-k, millionths of a logit
    min_tokens: int = 0  # below, only structure and strict rules judge, and evidence is gathered
    llr_limit: int = 13_816  # gathered log-likelihood ratio, thousandths: ln(1e6)
    tolerance: int = 10_000  # relative difference of a recomputed layer, billionths

    def encode(self) -> bytes:
        """SCALE bytes."""
        return b"".join(
            _unsigned(getattr(self, name), 2 if name in _THRESHOLDS_U16 else 4, name)
            for name in (f.name for f in fields(self))
        )


_THRESHOLDS_U16 = ("free_mismatches", "mismatches_per_mille", "min_tokens")

STATISTICAL = Thresholds(
    margin_hard=500_000,
    margin_clip=300_000,
    mean_soft=1_200,
    mean_hard=20_000,
    free_mismatches=2,
    mismatches_per_mille=40,
    leaf_soft=12_000,
    leaf_hard=50_000,
    cut_slack=100_000,
    min_tokens=128,
    tolerance=0,
)
"""Where nothing was measured for a statistical profile: the bf16 lane's first bars."""


@dataclass(frozen=True)
class Replay:
    """How a dispute's canonical replay is pinned; zero hashes where there is no strict lane.

    `aten`, `mkl` and `onednn` are the values of ATEN_CPU_CAPABILITY, MKL_CBWR and ONEDNN_MAX_CPU_ISA.
    """

    self_test: bytes = NO_HASH
    wheels: bytes = NO_HASH
    aten: str = "default"
    mkl: str = "COMPATIBLE"
    onednn: str = "SSE41"

    def encode(self) -> bytes:
        """SCALE bytes."""
        labels = b"".join(_label(getattr(self, name), name) for name in ("aten", "mkl", "onednn"))
        return _hash(self.self_test, "self_test") + _hash(self.wheels, "wheels") + labels


@dataclass(frozen=True)
class ProfileSpec:
    """Everything that an answer depends on. `files` are (relative path, sha2-256), ascending by the path's bytes."""

    files: tuple[tuple[str, bytes], ...]
    layers: int
    task: Task = "generate"
    lane: Lane = "strict"
    dtype: str = "float32"
    attention: str = "sdpa"
    engine: str = "transformers"
    protocol: str = PROTOCOL
    thresholds: Thresholds = field(default_factory=Thresholds)
    replay: Replay = field(default_factory=Replay)

    def encode(self) -> bytes:
        """SCALE bytes.

        Raises:
            ModelError: something is longer or larger than the chain takes, or files are not in order.
        """
        labels = b"".join(_label(getattr(self, n), n) for n in ("dtype", "attention", "engine", "protocol"))
        return b"".join(
            (
                _choice(self.task, TASKS, "task"),
                _choice(self.lane, LANES, "lane"),
                self._encoded_files(),
                labels,
                _unsigned(self.layers, 2, "layers"),
                self.thresholds.encode(),
                self.replay.encode(),
            )
        )

    def digest(self) -> bytes:
        """The profile's identity: blake2b-256 of the domain and the SCALE bytes."""
        return hashlib.blake2b(DOMAIN + self.encode(), digest_size=32).digest()

    def _encoded_files(self) -> bytes:
        paths = [path.encode() for path, _ in self.files]
        if not paths or len(paths) > MAX_FILES:
            raise ModelError(f"a profile has 1 to {MAX_FILES} files, this one {len(paths)}")
        if any(a >= b for a, b in pairwise(paths)):
            raise ModelError("a profile's files are not in ascending order of their paths")
        rows = (
            _bytes(p, MAX_PATH, "path") + _hash(h, "sha256")
            for p, (_, h) in zip(paths, self.files, strict=True)
        )
        return compact(len(paths)) + b"".join(rows)


def compact(value: int) -> bytes:
    """SCALE's compact form of 0 <= value < 2**30."""
    if not 0 <= value < 1 << 30:
        raise ModelError(f"{value} is not a length")
    if value < 1 << 6:
        return bytes([value << 2])
    return struct.pack("<H", value << 2 | 1) if value < 1 << 14 else struct.pack("<I", value << 2 | 2)


def _unsigned(value: int, size: int, name: str) -> bytes:
    if not isinstance(value, int) or not 0 <= value < 1 << 8 * size:
        raise ModelError(f"{name} is {value!r}, which is no number of {8 * size} bits")
    return value.to_bytes(size, "little")


def _bytes(value: bytes, most: int, name: str) -> bytes:
    if not value or len(value) > most:
        raise ModelError(f"{name} has {len(value)} bytes, 1 to {most} are possible")
    return compact(len(value)) + value


def _label(value: str, name: str) -> bytes:
    return _bytes(value.encode(), MAX_LABEL, name)


def _hash(value: bytes, name: str) -> bytes:
    if len(value) != 32:
        raise ModelError(f"{name} has {len(value)} bytes, a hash has 32")
    return value


def _choice(value: str, known: tuple[str, ...], name: str) -> bytes:
    if value not in known:
        raise ModelError(f"{name} is {value!r}, known are {', '.join(known)}")
    return bytes([known.index(value)])
