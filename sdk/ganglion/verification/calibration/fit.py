"""Thresholds and likelihood from half of the measured answers. NumPy alone: no model.

Every threshold stands at a multiple of the worst honest answer, never between honest and cheating ones: what no honest
miner does is judged, whatever cheats will do next. The strict lane's floors are those of other CPUs' rounding, of
which one machine knows nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ganglion.model.spec import STATISTICAL, Lane, Thresholds
from ganglion.verification.calibration.records import Record
from ganglion.verification.cheats import SUBTLEST
from ganglion.verification.lanes import worst_chunk
from ganglion.verification.likelihood import EDGES, Likelihood, class_counts, fit

MICRO = 1_000_000
HARD_FACTOR, SOFT_FACTOR = 2.0, 1.25
"""How far a statistical lane's bars stand from the worst honest answer."""
STRICT_FACTOR = 10.0

__all__ = ["fit_likelihood", "fit_thresholds", "honest_of"]


def honest_of(found: Sequence[Record]) -> list[Record]:
    """Those of honest runs."""
    return [one for one in found if one.run.startswith("honest")]


def fit_thresholds(found: Sequence[Record], lane: Lane) -> Thresholds:
    """Thresholds from the honest records of the half to fit on.

    Raises:
        ValueError: there are none.
    """
    honest = [one for one in honest_of(found) if one.fitted_on]
    if not honest:
        raise ValueError("no honest answers were measured")
    return _strict(honest) if lane == "strict" else _statistical(honest)


def fit_likelihood(found: Sequence[Record]) -> Likelihood | None:
    """What margins say, honest against the subtlest cheat; None where it was not measured."""
    empty = np.zeros(len(EDGES) + 1, np.int64)
    honest = sum(
        (class_counts(r.all_margins()) for r in honest_of(found) if r.fitted_on and not r.error), empty
    )
    cheats = [r for r in found if r.run.startswith(f"{SUBTLEST}, ") and r.fitted_on and not r.error]
    cheat = sum((class_counts(r.all_margins()) for r in cheats), empty)
    return fit(honest, cheat) if cheats else None


def _strict(honest: Sequence[Record]) -> Thresholds:
    base = Thresholds()
    margin = max((m for one in honest for _, m in one.margins), default=0.0)
    leaf = max((d.largest for one in honest if (d := one.distances())), default=0.0)
    return replace(
        base,
        margin_hard=max(base.margin_hard, _micro(margin * STRICT_FACTOR)),
        leaf_soft=max(base.leaf_soft, _micro(leaf * STRICT_FACTOR / 2)),
        leaf_hard=max(base.leaf_hard, _micro(leaf * STRICT_FACTOR * 2)),
        cut_slack=max(base.cut_slack, _micro(margin * STRICT_FACTOR)),
        mismatches_per_mille=max(base.mismatches_per_mille, math.ceil(2000 * _rate(honest))),
    )


def _statistical(honest: Sequence[Record]) -> Thresholds:
    base = STATISTICAL
    clip = base.margin_clip / MICRO
    margin = max((m for one in honest for _, m in one.margins), default=0.0)
    long = [one for one in honest if one.n >= base.min_tokens] or list(honest)
    mean = max(float(np.minimum(one.all_margins(), clip).mean()) for one in long)
    chunk = max(worst_chunk(one.all_margins(), clip)[0] for one in honest)
    leaves = [(one, d) for one in honest if (d := one.distances())]
    leaf_mean = max((d.mean for one, d in leaves if one.n >= base.min_tokens), default=0.0)
    leaf_chunk = max((d.worst_chunk for _, d in leaves), default=0.0)
    least = Thresholds()  # never stricter than the strict lane
    return replace(
        base,
        margin_hard=max(least.margin_hard, _micro(margin * HARD_FACTOR * 2)),
        mean_soft=max(1, _micro(mean * SOFT_FACTOR)),
        mean_hard=max(10, _micro(chunk * HARD_FACTOR)),
        mismatches_per_mille=math.ceil(1000 * SOFT_FACTOR * max(len(one.margins) / one.n for one in long)),
        leaf_soft=max(least.leaf_soft, _micro(leaf_mean * SOFT_FACTOR)),
        leaf_hard=max(least.leaf_hard, _micro(leaf_chunk * HARD_FACTOR)),
        cut_slack=max(base.cut_slack, _micro(margin)),  # margins were measured under the base's
    )


def _rate(honest: Sequence[Record]) -> float:
    return sum(len(one.margins) for one in honest) / max(1, sum(one.n for one in honest))


def _micro(value: float) -> int:
    return math.ceil(value * MICRO)
