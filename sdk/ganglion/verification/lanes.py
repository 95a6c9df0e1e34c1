"""What makes an answer right or wrong, given what a replay measured: the rules of the two lanes. NumPy alone.

Strict (float32 on CPUs): an honest margin is 0 but for near-ties (up to 3e-5 logits, once in 1e5 tokens or less), an
honest leaf is off by 2e-6 of its length. Every token and every vector is judged by itself.

Statistical (anything else): honest numbers differ by rounding, so means are judged, of the answer and of each 32
tokens of it: the first 32, a forged middle and an ending stand for themselves and can't hide behind the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ganglion.model.spec import Lane, Thresholds
from ganglion.protocol.trace import CHUNK
from ganglion.verification.leaves import LeafDistances
from ganglion.verification.likelihood import Likelihood, default_for
from ganglion.verification.rules import Verdict

MICRO = 1e-6


@dataclass(frozen=True)
class Limits:
    """Where honest ends: `Thresholds` as numbers that are compared with. Logits, relative distances, nats."""

    margin_hard: float
    margin_clip: float
    mean_soft: float
    mean_hard: float
    free_mismatches: int
    mismatches_per_token: float
    leaf_soft: float
    leaf_hard: float
    cut_slack: float
    min_tokens: int
    llr_limit: float

    @classmethod
    def of(cls, said: Thresholds) -> Limits:
        """From a profile's integers."""
        micro = (
            "margin_hard",
            "margin_clip",
            "mean_soft",
            "mean_hard",
            "leaf_soft",
            "leaf_hard",
            "cut_slack",
        )
        return cls(
            **{name: getattr(said, name) * MICRO for name in micro},
            free_mismatches=said.free_mismatches,
            mismatches_per_token=said.mismatches_per_mille / 1000,
            min_tokens=said.min_tokens,
            llr_limit=said.llr_limit / 1000,
        )


@dataclass(frozen=True)
class LaneRules:
    """How answers of one profile are judged."""

    lane: Lane
    limits: Limits
    likelihood: Likelihood

    @classmethod
    def of(cls, lane: Lane, thresholds: Thresholds, likelihood: Likelihood | None = None) -> LaneRules:
        """From what a profile says."""
        return cls(lane, Limits.of(thresholds), likelihood or default_for(lane))

    def judge(self, margins: NDArray[np.float32], leaves: LeafDistances | None) -> Verdict:
        """The verdict on one answer.

        Args:
            margins: [n] in logits, at least one.
            leaves: None where none are at hand.
        """
        measured = self._measured(margins, leaves)
        if reason := self._hard(margins, leaves, measured):
            return replace(measured, ok=False, hard=True, reason=reason)
        if reason := self._soft(leaves, measured):
            return replace(measured, ok=False, soft=True, reason=reason)
        return measured

    def _measured(self, margins: NDArray[np.float32], leaves: LeafDistances | None) -> Verdict:
        known = np.nan_to_num(margins.astype(np.float64), nan=np.inf, posinf=np.inf)
        return Verdict(
            True,
            max_margin=float(known.max(initial=0.0)),
            mismatches=int((known > 0).sum()),
            n=len(margins),
            position=int(known.argmax()) if len(known) else 0,
            clipped_mean=float(np.minimum(known, self.limits.margin_clip).mean()) if len(known) else 0.0,
            leaf_max=None if leaves is None else leaves.largest,
            leaf_mean=None if leaves is None else leaves.mean,
            llr=self.likelihood.of_answer(margins),
        )

    def _hard(
        self, margins: NDArray[np.float32], leaves: LeafDistances | None, measured: Verdict
    ) -> str | None:
        limits = self.limits
        if not np.isfinite(measured.max_margin):
            return "a margin is not a finite number"
        if measured.max_margin > limits.margin_hard:
            return (
                f"token {measured.position} is {measured.max_margin:.4g} logits from the sampler's choice, "
                f"at most {limits.margin_hard:g} is honest"
            )
        worst, chunk = worst_chunk(margins, limits.margin_clip)
        if limits.mean_hard and worst > limits.mean_hard:
            return (
                f"the tokens from {chunk * CHUNK} on have a mean margin of {worst:.4g}, "
                f"at most {limits.mean_hard:g} is honest"
            )
        if leaves is None or not limits.leaf_hard:
            return None
        distance = leaves.largest if self.lane == "strict" else leaves.worst_chunk
        if not distance <= limits.leaf_hard:
            return f"an activation leaf is off by {distance:.3g} of its length, at most {limits.leaf_hard:g} is honest"
        return None

    def _soft(self, leaves: LeafDistances | None, measured: Verdict) -> str | None:
        limits, n = self.limits, measured.n
        if n < limits.min_tokens:
            return None
        if measured.mismatches > limits.free_mismatches + n * limits.mismatches_per_token:
            return f"{measured.mismatches} of {n} tokens are near-ties that went the other way"
        if limits.mean_soft and measured.clipped_mean > limits.mean_soft:
            return f"the mean margin is {measured.clipped_mean:.4g}, more than {limits.mean_soft:g}"
        if leaves is None or not limits.leaf_soft:
            return None
        distance = leaves.largest if self.lane == "strict" else leaves.mean
        if distance > limits.leaf_soft:
            return (
                f"activation leaves are off by {distance:.3g} of their length, more than {limits.leaf_soft:g}"
            )
        return None


def worst_chunk(margins: NDArray[np.float32], clip: float) -> tuple[float, int]:
    """The largest mean of clipped margins of 32 tokens that stand together, and which 32. A chunk that is not full
    counts as if the rest of it were right.
    """
    clipped = np.minimum(margins.astype(np.float64), clip)
    sums = np.add.reduceat(clipped, np.arange(0, len(clipped), CHUNK)) / CHUNK
    chunk = int(sums.argmax())
    return float(sums[chunk]), chunk
