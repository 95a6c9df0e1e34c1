"""How far the tokens of an answer lie from the sampler's choices, given the logits of a replay. NumPy alone.

Without top-p and top-k a margin is the sampler's own: max(s) - s[y]. With them, a token near the edge of the
allowed set may be in for the miner and out for the verifier, whose logits differ by rounding. So there are two
edges: a token must not lie below the *loose* one by more than the slack, and it competes only with tokens above the
*tight* one by at least the slack, which the miner must have allowed as well.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ganglion.protocol.sampling import SamplingParams
from ganglion.protocol.st1 import gumbel_rows

Float32 = NDArray[np.float32]


def replay_margins(
    logits: Float32,
    tokens: Sequence[int],
    *,
    seed: bytes,
    start: int,
    sampling: SamplingParams,
    context: Sequence[int],
    slack: float,
) -> Float32:
    """Margins of consecutive tokens of one answer: float32 [T], in logits, 0 for the sampler's choice.

    Args:
        logits: float32 [T, vocab], those that predict each token. May be overwritten.
        tokens: the T tokens.
        seed: of the answer.
        start: output position of the first of them.
        sampling: what was asked for.
        context: prompt, and the answer's tokens before `start`.
        slack: at the edge of top-p and top-k, in logits.
    """
    chosen = np.asarray(tokens, np.int64)
    if sampling.repetition_penalty != 1.0:
        penalise_rows(logits, context, chosen, sampling.repetition_penalty)
    rows = np.arange(len(chosen))
    edges = _edges(logits, chosen, sampling, slack) if sampling.cuts else None
    scores = logits
    if sampling.temperature:
        noise = gumbel_rows([seed] * len(chosen), range(start, start + len(chosen)), logits.shape[1])
        scores = logits + np.float32(sampling.temperature) * noise
    if edges is None:
        return scores.max(axis=1) - scores[rows, chosen]
    rivals, outside = edges
    best = np.where(rivals, scores, -np.inf).max(axis=1)
    return np.maximum(np.maximum(best - scores[rows, chosen], outside), 0).astype(np.float32)


def penalise_rows(logits: Float32, context: Sequence[int], tokens: NDArray[np.int64], penalty: float) -> None:
    """Repetition penalty in place: row t is penalised for the context and tokens[:t], each id once."""
    factor, seen = np.float32(penalty), np.zeros(logits.shape[1], bool)
    seen[np.asarray(context, np.int64)] = True
    for row, token in zip(logits, tokens, strict=True):
        values = row[seen]
        row[seen] = np.where(values > 0, values / factor, values * factor)
        seen[token] = True


def cut_of(logits: Float32, sampling: SamplingParams, shift: float = 0.0) -> Float32:
    """The smallest logit that top-k, then top-p over what is left, allow: float32 [T]. `shift` is added to top-p."""
    ordered = -np.sort(-logits, axis=1)
    cut = ordered[:, -1]
    if 0 < sampling.top_k < logits.shape[1]:
        ordered = ordered[:, : sampling.top_k]
        cut = ordered[:, -1]
    if sampling.top_p < 1:
        scaled = (ordered.astype(np.float64) - ordered[:, :1]) / sampling.temperature
        weights = np.exp(scaled)
        shares = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
        kept = (shares < sampling.top_p + shift).sum(axis=1)  # the first that reaches it is in as well
        cut = np.take_along_axis(ordered, np.minimum(kept, ordered.shape[1] - 1)[:, None], axis=1)[:, 0]
    return cut


def _edges(
    logits: Float32, chosen: NDArray[np.int64], sampling: SamplingParams, slack: float
) -> tuple[NDArray[np.bool_], Float32]:
    """Who certainly competes, bool [T, vocab], and how far each chosen token is outside, float32 [T]."""
    tight, loose = cut_of(logits, sampling, -slack), cut_of(logits, sampling, slack)
    rivals = logits >= (tight + np.float32(slack))[:, None]
    rivals |= logits == logits.max(axis=1, keepdims=True)
    below = loose - logits[np.arange(len(chosen)), chosen]
    return rivals, np.where(below > slack, below, 0).astype(np.float32)
