"""What thresholds catch and whom they wrong, counted on answers that they were not fitted on. NumPy alone: no model.

Cheats other than the one that likelihoods are fitted against had no part in the fit, so all of their answers count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ganglion.verification import likelihood
from ganglion.verification.calibration.fit import honest_of
from ganglion.verification.calibration.intervals import lower_bound, upper_bound
from ganglion.verification.calibration.records import Record
from ganglion.verification.calibration.requests import BUCKETS, bucket_of
from ganglion.verification.cheats import SUBTLEST
from ganglion.verification.lanes import LaneRules
from ganglion.verification.rules import Verdict

TOGETHER = (1, 2, 4, 10)
ROC_POINTS = 40
NAMES = (*(f"<={bound}" for bound in BUCKETS), f">{BUCKETS[-1]}")

__all__ = ["report", "score"]


def report(found: Sequence[Record], rules: LaneRules) -> dict[str, Any]:
    """Counts by run and bucket of length, as plain JSON."""
    held_out = [r for r in found if not r.fitted_on or not _was_fitted(r)]
    honest = [(r, r.judged(rules)) for r in honest_of(held_out)]
    cheats: dict[str, list[tuple[Record, Verdict]]] = {}
    for record in held_out:
        if not record.run.startswith("honest"):
            cheats.setdefault(record.run.rpartition(", ")[0], []).append((record, record.judged(rules)))
    return {
        "honest": _honest(honest, rules)
        | {"measured": _wronged([(r, r.judged(rules)) for r in honest_of(found)])},
        "cheats": {name: _cheat(pairs, honest, rules) for name, pairs in cheats.items()},
    }


def score(verdict: Verdict, rules: LaneRules) -> float:
    """How far an answer is from honest: 1 is at a hard threshold. For ROC curves; verdicts look at more."""
    limits = rules.limits
    parts = [verdict.max_margin / max(limits.margin_hard, 1e-9)]
    if verdict.leaf_max is not None and limits.leaf_hard:
        distance = verdict.leaf_max if rules.lane == "strict" else verdict.leaf_mean
        parts.append((distance or 0.0) / limits.leaf_hard)
    if limits.mean_hard:
        parts.append(verdict.clipped_mean / limits.mean_hard)
    return (
        float("inf") if verdict.hard and verdict.max_margin == 0 and verdict.leaf_max is None else max(parts)
    )


def _was_fitted(record: Record) -> bool:
    return record.run.startswith("honest") or record.run.startswith(f"{SUBTLEST}, ")


def _honest(pairs: Sequence[tuple[Record, Verdict]], rules: LaneRules) -> dict[str, Any]:
    settings: dict[str, list[tuple[Record, Verdict]]] = {}
    for record, verdict in pairs:
        settings.setdefault(record.run.removeprefix("honest, "), []).append((record, verdict))
    return {
        "all": _wronged(pairs),
        "by_length": {
            name: _wronged(some)
            for name in NAMES
            if (some := [p for p in pairs if bucket_of(p[0].n) == name])
        },
        "by_setting": {name: _wronged(some) for name, some in settings.items()},
        "largest_llr": _largest_llr([v.llr for _, v in pairs]),
        "llr_limit": rules.limits.llr_limit,
    }


def _wronged(pairs: Sequence[tuple[Record, Verdict]]) -> dict[str, Any]:
    """How many honest answers fail, and how bad honest numbers are."""
    n = len(pairs)
    soft, hard = sum(v.soft for _, v in pairs), sum(v.hard for _, v in pairs)
    return {
        "answers": n,
        "tokens": sum(r.n for r, _ in pairs),
        "soft": soft,
        "hard": hard,
        "soft_at_most": _rounded(upper_bound(soft, n)),
        "hard_at_most": _rounded(upper_bound(hard, n)),
        "mismatches": sum(v.mismatches for _, v in pairs),
        "largest_margin": _rounded(max((v.max_margin for _, v in pairs), default=0.0)),
        "largest_leaf": _rounded(max((v.leaf_max or 0.0 for _, v in pairs), default=0.0)),
    }


def _largest_llr(values: Sequence[float]) -> float:
    """The highest that a miner's gathered ratio gets if all these answers are its own."""
    total = highest = 0.0
    for value in values:
        total = likelihood.gathered(total, value)
        highest = max(highest, total)
    return _rounded(highest)


def _cheat(
    pairs: Sequence[tuple[Record, Verdict]], honest: Sequence[tuple[Record, Verdict]], rules: LaneRules
) -> dict[str, Any]:
    by_length = {}
    for name in NAMES:
        some = [(r, v) for r, v in pairs if bucket_of(r.asked) == name]
        if some:
            fair = [score(v, rules) for r, v in honest if bucket_of(r.n) == name]
            by_length[name] = _caught([v for _, v in some]) | _roc(fair, [score(v, rules) for _, v in some])
    full = [v for r, v in pairs if bucket_of(r.asked) == f"<={BUCKETS[-1]}"]
    return {
        "by_length": by_length,
        "together": {str(k): _caught_together(full, k) for k in TOGETHER if len(full) >= k},
        "answers_to_the_llr_limit": _answers_to_limit([v.llr for v in full], rules.limits.llr_limit),
    }


def _caught(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    n, hard, soft = len(verdicts), sum(v.hard for v in verdicts), sum(v.soft for v in verdicts)
    return {
        "answers": n,
        "hard": hard,
        "soft": soft,
        "caught": _rounded((hard + soft) / n),
        "caught_at_least": _rounded(lower_bound(hard + soft, n)),
    }


def _caught_together(verdicts: Sequence[Verdict], size: int) -> dict[str, Any]:
    """Groups of answers, each answer in one: a group is caught by one failure or by what is gathered."""
    groups = [verdicts[i : i + size] for i in range(0, len(verdicts) - size + 1, size)]
    caught = sum(any(not v.ok for v in group) for group in groups)
    return {
        "groups": len(groups),
        "caught": _rounded(caught / len(groups)),
        "caught_at_least": _rounded(lower_bound(caught, len(groups))),
    }


def _answers_to_limit(values: Sequence[float], limit: float) -> int | None:
    """After how many answers of 256 tokens what is gathered passes the limit; None if these do not suffice."""
    total = 0.0
    for number, value in enumerate(values, 1):
        total = likelihood.gathered(total, value)
        if total > limit:
            return number
    return None


def _roc(honest: Sequence[float], cheat: Sequence[float]) -> dict[str, Any]:
    """Area under the curve, and points (false alarms, caught) from the strictest score on."""
    if not honest:
        return {}
    fair, liars = np.array(honest), np.array(cheat)
    above = (liars[:, None] > fair[None, :]).mean() + 0.5 * (liars[:, None] == fair[None, :]).mean()
    cuts = np.unique(np.concatenate([fair, liars[np.isfinite(liars)]]))[::-1]
    cuts = cuts[np.unique(np.linspace(0, len(cuts) - 1, ROC_POINTS).astype(int))] if len(cuts) else cuts
    points = [[0.0, float(np.isinf(liars).mean())]]
    points += [[float((fair >= c).mean()), float((liars >= c).mean())] for c in cuts]
    return {
        "auc": _rounded(float(above)),
        "roc": [[_rounded(x), _rounded(y)] for x, y in [*points, [1.0, 1.0]]],
    }


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def flattened(said: dict[str, Any]) -> Iterable[tuple[str, str, dict[str, Any]]]:
    """(cheat, bucket, counts) of a report."""
    for name, found in said["cheats"].items():
        for bucket, counts in found["by_length"].items():
            yield name, bucket, counts
