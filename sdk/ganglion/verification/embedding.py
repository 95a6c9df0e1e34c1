"""Checking embeddings: recompute them and compare directions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganglion.model.embedding import Encoder
from ganglion.verification.rules import Verdict

MIN_COSINE = 0.9999
LENGTH_TOLERANCE = 1e-3


class EmbeddingVerifier:
    """An encoder for checking embeddings of one profile. Not thread-safe: one caller at a time.

    Args:
        model: folder or id of the model, the same files that the profile names.
    """

    def __init__(self, model: str | Path) -> None:
        self._encoder = Encoder(model)

    def verify(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> Verdict:
        """The verdict on the vectors that were answered for these texts. `n` counts texts, `max_margin` is 1
        - cosine.
        """
        return judge_vectors(np.asarray(vectors), self._encoder.encode(texts))


def judge_vectors(claimed: NDArray[np.floating], expected: NDArray[np.float32]) -> Verdict:
    """Compare [texts, dimension] with what they should be: same shape, same length, cosine at least
    MIN_COSINE.
    """
    n = len(expected)
    if claimed.shape != expected.shape:
        return Verdict(False, hard=True, reason=f"the shape is {claimed.shape}, not {expected.shape}", n=n)
    if not np.isfinite(claimed).all():
        return Verdict(False, hard=True, reason="a value is not a finite number", n=n)
    claimed, expected = claimed.astype(np.float64), expected.astype(np.float64)
    lengths, wanted = np.linalg.norm(claimed, axis=1), np.linalg.norm(expected, axis=1)
    if (np.abs(lengths - wanted) > LENGTH_TOLERANCE * wanted).any():
        return Verdict(False, hard=True, reason="a vector has the wrong length", n=n)
    cosines = (claimed * expected).sum(axis=1) / (lengths * wanted)
    worst, wrong = 1.0 - float(cosines.min(initial=1.0)), int((cosines < MIN_COSINE).sum())
    if wrong:
        reason = f"{wrong} of {n} vectors have a cosine below {MIN_COSINE}, the worst {1 - worst:.5f}"
        return Verdict(False, hard=True, reason=reason, max_margin=worst, mismatches=wrong, n=n)
    return Verdict(True, max_margin=worst, n=n)
