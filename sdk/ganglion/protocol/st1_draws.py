"""Samplers: whatever chooses from rows of logits by st-1, with one interface.

`make_sampler` gives the compiled kernel (st1_kernel.py) where wasmtime is installed, else NumPy; both give the same
bits. What is drawn for a row is written down in a record of `DRAW`. Samplers belong to one thread at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ganglion.protocol.st1 import Float32, gumbel_of, noise_words

__all__ = ["DRAW", "NO_TOKEN", "NumpySampler", "Sampler", "draws", "make_sampler"]

NO_TOKEN = 0xFFFFFFFF
DRAW = np.dtype(
    [
        ("key", "<u4", 2),  # w0, w1
        ("upper", "<u4", 2),  # w2, w3
        ("position", "<u4"),
        ("temperature", "<f4"),
        ("cut", "<f4"),  # tokens of lower logits can not be chosen; at most the largest logit
        ("token", "<u4"),  # whose margin is wanted; not looked at by `choose`
    ]
)
MAX_VALUES_AT_ONCE = 1 << 19  # of noise, in NumPy

Draws = NDArray[np.void]


class Sampler(Protocol):
    """Chooses from rows of logits."""

    name: str

    def buffer(self, rows: int) -> Float32:
        """Where logits may be written beforehand, [rows, vocab]: given to a method, they are not copied."""

    def records(self, rows: int) -> Draws:
        """Where draws may be written beforehand; at most the rows that it was made for."""

    def choose_here(self, rows: int) -> list[int]:
        """`choose` for the first rows of `buffer` and `records`."""

    def choose(self, logits: Float32, draws: Draws) -> NDArray[np.int64]:
        """The token of each row of `logits`, float32 [rows, vocab]; -1 where a logit is no number."""

    def margins(self, logits: Float32, draws: Draws) -> Float32:
        """max(s) - s[token] of each row, over tokens at or above the cut, and 0 where that is negative."""


def draws(seed: bytes, positions: Sequence[int] | NDArray[np.int64], temperature: float) -> Draws:
    """Records for some output positions of one answer, without cut and token."""
    out = np.zeros(len(positions), DRAW)
    words = noise_words(seed)
    out["key"], out["upper"], out["position"] = words[:2], words[2:], positions
    out["temperature"], out["cut"], out["token"] = temperature, -np.inf, NO_TOKEN
    return out


def make_sampler(vocab: int, rows: int = 32) -> Sampler:
    """The fastest sampler that can be had.

    Args:
        vocab: width of the logits.
        rows: rows that will often be given at once.
    """
    try:
        from ganglion.protocol.st1_kernel import KernelSampler
    except ImportError:  # wasmtime is not installed
        return NumpySampler(vocab, rows)
    return KernelSampler(vocab, rows)


class NumpySampler:
    """The definition, row by row; draws all noise."""

    name = "numpy"

    def __init__(self, vocab: int, rows: int = 0) -> None:
        self._vocab = vocab
        self._at_once = max(1, MAX_VALUES_AT_ONCE // vocab)
        self._logits = np.empty((rows, vocab), np.float32)
        self._records = np.zeros(rows, DRAW)

    def buffer(self, rows: int) -> Float32:
        """See Sampler."""
        return self._logits[:rows] if rows <= len(self._logits) else np.empty((rows, self._vocab), np.float32)

    def records(self, rows: int) -> Draws:
        """See Sampler."""
        return self._records[:rows]

    def choose_here(self, rows: int) -> list[int]:
        """See Sampler."""
        return self.choose(self._logits[:rows], self._records[:rows]).tolist()

    def choose(self, logits: Float32, draws: Draws) -> NDArray[np.int64]:
        """See Sampler."""
        out = np.empty(len(logits), np.int64)
        for part, scores in self._scored(logits, draws):
            strange = np.isnan(logits[part]).any(axis=1)
            allowed = np.where(logits[part] < draws["cut"][part, None], np.float32(-np.inf), scores)
            out[part] = np.where(strange, -1, allowed.argmax(axis=1))
        return out

    def margins(self, logits: Float32, draws: Draws) -> Float32:
        """See Sampler."""
        out = np.empty(len(logits), np.float32)
        for part, scores in self._scored(logits, draws):
            own = scores[np.arange(len(scores)), draws["token"][part].astype(np.int64)]
            allowed = np.where(logits[part] < draws["cut"][part, None], np.float32(-np.inf), scores)
            out[part] = _clipped(allowed.max(axis=1), own)
            out[part][np.isnan(logits[part]).any(axis=1)] = np.nan
        return out

    def _scored(self, logits: Float32, draws: Draws):
        """Slices of rows and their scores l + T * g."""
        for start in range(0, len(logits), self._at_once):
            part = slice(start, start + self._at_once)
            rows = draws[part]
            words = np.concatenate([rows["key"], rows["upper"]], axis=1).astype(np.uint64)
            noise = gumbel_of(words, rows["position"].astype(np.uint64), self._vocab)
            yield part, logits[part] + rows["temperature"][:, None] * noise


def _clipped(best: Float32, own: Float32) -> Float32:
    with np.errstate(invalid="ignore"):
        return np.maximum(best - own, np.float32(0))
