"""Checking embeddings: recompute them and compare."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganglion.model.embedding import Encoder
from ganglion.verification.rules import Verdict

# Relative to the vector's length. Kernels and batches differ by some 1e-6, a copy in float16 by 1e-3.
MAX_DISTANCE = 1e-4


class EmbeddingVerifier:
    """An encoder for checking embeddings of one profile. Not thread-safe: one caller at a time.

    Args:
        model: folder or id of the model, the same files that the profile names.
    """

    def __init__(self, model: str | Path) -> None:
        self._encoder = Encoder(model)

    def verify(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> Verdict:
        """The verdict on the vectors that were answered for these texts. `n` counts texts, `max_margin` is the
        largest relative distance.
        """
        return judge_vectors(np.asarray(vectors), self._encoder.encode(texts))


def judge_vectors(claimed: NDArray[np.floating], expected: NDArray[np.float32]) -> Verdict:
    """Compare [texts, dimension] with what they should be: same shape, and within MAX_DISTANCE."""
    n = len(expected)
    if claimed.shape != expected.shape:
        return Verdict(False, hard=True, reason=f"the shape is {claimed.shape}, not {expected.shape}", n=n)
    if not np.isfinite(claimed).all():
        return Verdict(False, hard=True, reason="a value is not a finite number", n=n)
    claimed, expected = claimed.astype(np.float64), expected.astype(np.float64)
    distances = np.linalg.norm(claimed - expected, axis=1) / np.linalg.norm(expected, axis=1)
    worst, wrong = float(distances.max(initial=0.0)), int((distances > MAX_DISTANCE).sum())
    if wrong:
        reason = f"{wrong} of {n} vectors are further than {MAX_DISTANCE:g} off, the worst {worst:.2g}"
        return Verdict(False, hard=True, reason=reason, max_margin=worst, mismatches=wrong, n=n)
    return Verdict(True, max_margin=worst, n=n)
