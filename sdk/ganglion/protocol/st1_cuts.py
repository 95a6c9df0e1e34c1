"""What happens to logits before st-1's noise: repetition penalty, top-k and top-p; and the margins of an answer.

Penalty: the logit of every token that occurs in the prompt or in the answer so far is divided by the penalty if it
    is above 0, else multiplied, in float32; before everything else.
Cut: the allowed tokens are those whose logit reaches the cut. Top-k puts it at the k-th largest logit. Top-p then
    takes the softmax of (l / T) over what is left, and puts it at the logit with which the largest first reach p.
    The sampler chooses among the allowed; ties at the cut are all allowed.
Slack: a verifier's logits differ by rounding, and at the cut that decides. With a slack d (logits), a token y may
    have been chosen if l[y] >= c1 - d, where c1 is the cut at p + d/T: no logits within d of these exclude it.
    Tokens at or above c2 + d, with c2 the cut at p - d/T, were surely allowed: the margin of y is measured against
    the best of them. (A change of all logits by at most d changes a share of the softmax by at most d/(2T).) A
    token that could not have been chosen has a margin of at least its distance from c1, which is above d.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ganglion.protocol.sampling import SamplingParams
from ganglion.protocol.st1 import Float32
from ganglion.protocol.st1_draws import Sampler, draws

__all__ = ["answer_margins", "cut", "penalise"]


def penalise(row: Float32, seen: Sequence[int] | NDArray[np.int64], penalty: float) -> None:
    """Apply the repetition penalty to one row of logits [vocab], in place; `seen` may name a token twice."""
    ids = np.unique(np.asarray(seen, np.int64))
    row[ids] = _penalised(row[ids], penalty)


def cut(row: Float32, params: SamplingParams, p_shift: float = 0.0) -> np.float32:
    """The lowest logit that may be chosen from one row [vocab]; `p_shift` is added to top_p."""
    count = min(params.top_k or len(row), len(row))
    top_p = params.top_p + p_shift if params.top_p < 1 else 1.0
    if top_p >= 1:
        return np.partition(row, len(row) - count)[len(row) - count] if params.top_k else np.float32(-np.inf)
    largest = np.sort(row)[: -count - 1 : -1]
    weights = np.exp((largest.astype(np.float64) - largest[0]) / params.temperature)
    share = np.cumsum(weights)
    return largest[min(int((share < top_p * share[-1]).sum()), count - 1)]


def answer_margins(
    sampler: Sampler,
    logits: Float32,
    *,
    seed: bytes,
    params: SamplingParams,
    prompt_ids: Sequence[int],
    output_ids: Sequence[int],
    start: int = 0,
    slack: float = 0.0,
) -> Float32:
    """Margins of the tokens of an answer from `start` on, in logits: float32 [rows], 0 where honest.

    Args:
        logits: float32 [rows, vocab], those that predict each token; changed in place by a repetition penalty.
        prompt_ids: the whole prompt. output_ids: the whole answer.
        slack: of the cut, in logits.
    """
    tokens = np.asarray(output_ids[start : start + len(logits)], np.int64)
    if params.repetition_penalty != 1:
        _penalise_answer(logits, prompt_ids, output_ids, start, params.repetition_penalty)
    records = draws(seed, np.arange(start, start + len(logits)), params.temperature)
    records["token"] = tokens
    if not params.cuts:
        return sampler.margins(logits, records)
    shift = slack / params.temperature
    surely = np.array([cut(row, params, -shift) for row in logits], np.float32) + np.float32(slack)
    records["cut"] = np.minimum(surely, logits.max(axis=1))
    margins = sampler.margins(logits, records)
    below = np.array([cut(row, params, shift) for row in logits], np.float32)
    below -= logits[np.arange(len(logits)), tokens]
    return np.where(below > slack, np.maximum(margins, below), margins)


def _penalise_answer(
    logits: Float32, prompt_ids: Sequence[int], output_ids: Sequence[int], start: int, penalty: float
) -> None:
    """Each row by what came before its token: all of the prompt, and the answer up to there."""
    first_row = dict.fromkeys(prompt_ids, 0)
    for position, token in enumerate(output_ids[: start + len(logits) - 1]):
        first_row.setdefault(token, max(0, position + 1 - start))
    ids = np.array(list(first_row), np.int64)
    rows = np.arange(len(logits))[:, None] >= np.array(list(first_row.values()))[None, :]
    values = logits[:, ids]
    logits[:, ids] = np.where(rows, _penalised(values, penalty), values)


def _penalised(values: Float32, penalty: float) -> Float32:
    factor = np.float32(penalty)
    return np.where(values > 0, values / factor, values * factor)
