"""One full run: every attack, and honest miners.

What was measured is kept in a file of records as it comes, so that a run that was interrupted goes on where it was. The
file says how it was measured; a run of another model, verifier, engine or machine does not go on with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import ganglion_miner.engine
from ganglion.model.profile import read_profile
from ganglion.protocol.trace import CHUNK
from ganglion.verification.calibration import records, requests
from ganglion.verification.calibration.conditions import conditions, digest_of_files, measuring_code
from ganglion.verification.calibration.intervals import lower_bound, upper_bound
from ganglion.verification.calibration.records import Record
from ganglion.verification.calibration.report import score
from ganglion.verification.generation import Request
from ganglion.verification.likelihood import gathered
from ganglion.verification.rules import Claim, Verdict

from .attacks import ATTACKS, Attack
from .lab import SIBLING, Lab, Outcome

PREFIXES = (16, 64, 256)
TOGETHER = 4
ONE_SIDE = 0.975  # the lower end of a 95 % interval is a one-sided bound of so much
BLOCK = 64  # answers that are made, judged and written down at once: two full batches
CURVE_POINTS = 40
CURVES = (
    "pre-fill, smaller sibling",
    "pre-fill, 4-bit copy",
    "pre-fill, 8-bit copy",
    "8-bit copy",
    "hidden system prompt",
    "early stop at a quarter",
    "second half by the sibling",
)
"""Attacks whose whole curves are kept and drawn."""

Note = Callable[[str], None]

__all__ = ["CURVES", "PREFIXES", "run"]


def run(
    lab: Lab, honest: int, answers: int, note: Note = lambda _: None, work: Path | None = None
) -> dict[str, Any]:
    """All measurements.

    Args:
        honest: distinct honest requests.
        answers: of each attack; some get more, some fewer.
        work: file of records; what it holds already is not measured again.

    Raises:
        UsageError: the file's records were measured under other conditions.
    """
    here = measured_under(lab, honest)
    known = _known(records.begin(work, here) if work is not None else ())
    tried = {}
    gated_first = sorted(ATTACKS.values(), key=lambda one: -one.answers)
    for attack in gated_first:
        some = lab.requests(max(TOGETHER, round(answers * attack.answers)))
        tried[attack.name] = _outcomes(lab, attack.name, some, partial(attack.make, lab), known, work, note)
    fair = _outcomes(lab, "honest", lab.honest_requests(honest), lab.served, known, work, note)
    found = {name: _attack(lab, attack, tried[name], fair) for name, attack in ATTACKS.items()}
    return {
        "model": lab.verifier.profile.name,
        "lane": lab.verifier.rules.lane,
        "files": {path: digest.hex() for path, digest in lab.verifier.profile.spec.files},
        "limits": {
            "margin": lab.verifier.rules.limits.margin_hard,
            "leaf": lab.verifier.rules.limits.leaf_hard,
        },
        "conditions": here,
        "honest": _of_honest(lab, fair),
        "attacks": found,
    }


def measured_under(lab: Lab, honest: int) -> dict[str, Any]:
    """What decides the numbers beside thresholds: models, requests, code of verifier and engine, machine."""
    here, engine = Path(__file__).parent, Path(ganglion_miner.engine.__file__).parent
    code = [
        *measuring_code(),
        Path(requests.__file__),
        *sorted(engine.glob("*.py")),
        here / "attacks.py",
        here / "lab.py",
    ]
    sibling = digest_of_files(read_profile(SIBLING).spec.files)
    more = {"honest requests": honest, "files of the sibling": sibling}
    return conditions(lab.verifier.profile, code, more)


def _known(found: Iterable[Record]) -> dict[str, list[Outcome]]:
    """Outcomes by block."""
    known: dict[str, list[Outcome]] = {}
    for one in found:
        known.setdefault(one.run, []).append(Outcome(one.error, one.all_margins(), one.distances()))
    return known


def _outcomes(
    lab: Lab,
    name: str,
    wanted: Sequence[Request],
    make: Callable[[Sequence[Request]], list[Claim]],
    known: dict[str, list[Outcome]],
    work: Path | None,
    note: Note,
) -> list[Outcome]:
    """Make and measure answers, block by block, those blocks that are not known; what is new is known afterwards."""
    found: list[Outcome] = []
    for start in range(0, len(wanted), BLOCK):
        block = wanted[start : start + BLOCK]
        run = f"{name}, {start} to {start + len(block)}"
        if run not in known:
            note(f"{run} of {len(wanted)}")
            known[run] = lab.measured(make(block))
            if work is not None:
                records.append(work, [_record(run, i, one) for i, one in enumerate(known[run])])
        found += known[run]
    return found


def _record(run: str, index: int, one: Outcome) -> Record:
    margins = np.nan_to_num(one.margins, nan=np.inf)
    return Record(
        run,
        index,
        one.n,
        one.n,
        one.error,
        tuple((int(i), float(margins[i])) for i in np.flatnonzero(margins)),
        () if one.leaves is None else tuple(tuple(map(float, row)) for row in one.leaves.chunks),
    )


def _of_honest(lab: Lab, fair: Sequence[Outcome]) -> dict[str, Any]:
    verdicts = [lab.judged(one) for one in fair]
    n, soft, hard = len(fair), sum(v.soft for v in verdicts), sum(v.hard for v in verdicts)
    total = highest = 0.0
    for verdict in verdicts:
        total = gathered(total, verdict.llr)
        highest = max(highest, total)
    return {
        "answers": n,
        "tokens": sum(one.n for one in fair),
        "soft": soft,
        "hard": hard,
        "soft_at_most": _short(upper_bound(soft, n)),
        "hard_at_most": _short(upper_bound(hard, n)),
        "near_ties": sum(v.mismatches for v in verdicts),
        "largest_margin": _short(max(v.max_margin for v in verdicts)),
        "largest_leaf": _short(max(v.leaf_max or 0.0 for v in verdicts)),
        "highest_llr": _short(highest),
        "llr_limit": _short(lab.verifier.rules.limits.llr_limit),
    }


def _attack(lab: Lab, attack: Attack, found: Sequence[Outcome], fair: Sequence[Outcome]) -> dict[str, Any]:
    whole = [lab.judged(one) for one in found]
    return {
        "test": attack.file,
        "true_leaves": attack.leaves,
        "answers": len(found),
        "tokens": sum(one.n for one in found),
        "by_prefix": {str(n): _at(lab, attack, found, fair, n) for n in PREFIXES},
        "first_alarm": _alarms(lab, found),
        "together": _groups(whole),
        "answers_to_the_llr_limit": _convicted(lab, whole),
    }


def _at(
    lab: Lab, attack: Attack, found: Sequence[Outcome], fair: Sequence[Outcome], prefix: int
) -> dict[str, Any]:
    """How many are caught by their first tokens, and how scores part them from honest answers of that length."""
    verdicts = [lab.judged(one, prefix) for one in found]
    caught = sum(not v.ok for v in verdicts)
    rules = lab.verifier.rules
    honest = [score(lab.judged(one, prefix), rules) for one in fair if one.n >= min(prefix, 64)]
    liars = [float("inf") if one.error else score(v, rules) for one, v in zip(found, verdicts, strict=True)]
    return {
        "caught": _short(caught / len(found)),
        "at_least": _short(lower_bound(caught, len(found), ONE_SIDE)),
        **_curve(np.array(honest), np.array(liars), attack.name in CURVES),
    }


def _curve(honest: np.ndarray, liars: np.ndarray, drawn: bool) -> dict[str, Any]:
    """Area under the curve, and if it is drawn what is caught when so many honest answers may be accused: exact at
    every number that is kept, from none on.
    """
    ranked = np.sort(honest)
    below = np.searchsorted(ranked, liars, "left") + np.searchsorted(ranked, liars, "right")
    area = {"auc": _short(float(below.mean() / (2 * len(ranked))))}
    if not drawn:
        return area
    allowed = np.unique(np.geomspace(1, len(ranked), CURVE_POINTS).astype(int) - 1)
    points = [(k / len(ranked), float((liars > ranked[-1 - k]).mean())) for k in allowed]
    return {**area, "roc": [[_short(x), _short(y)] for x, y in [*points, (1.0, 1.0)]]}


def _alarms(lab: Lab, found: Sequence[Outcome]) -> dict[str, Any]:
    """The token with which an answer is caught; a leaf speaks at the end of its 32 tokens."""
    limits, alarms = lab.verifier.rules.limits, []
    for one in found:
        first = 1 if one.error else np.inf
        if (wide := np.flatnonzero(one.margins > limits.margin_hard)).size:
            first = min(first, int(wide[0]) + 1)
        for number, row in enumerate(one.leaves.chunks if one.leaves is not None else ()):
            if float(row.max()) > limits.leaf_hard:
                first = min(first, min(one.n, (number + 1) * CHUNK))
                break
        alarms.append(first)
    ranked = np.sort(np.array(alarms, float))
    return {
        name: _token(ranked[int(part * (len(ranked) - 1))]) for name, part in (("p50", 0.5), ("p99", 0.99))
    }


def _token(value: float) -> int | None:
    return int(value) if np.isfinite(value) else None


def _groups(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Answers of a miner four at a time, each in one group: one failure is enough."""
    groups = [verdicts[i : i + TOGETHER] for i in range(0, len(verdicts) - TOGETHER + 1, TOGETHER)]
    caught = sum(any(not v.ok for v in group) for group in groups)
    return {
        "groups": len(groups),
        "caught": _short(caught / max(1, len(groups))),
        "at_least": _short(lower_bound(caught, max(1, len(groups)), ONE_SIDE)),
    }


def _convicted(lab: Lab, verdicts: Sequence[Verdict]) -> int | None:
    """After how many answers what is gathered takes the miner for a cheat."""
    total = 0.0
    for number, verdict in enumerate(verdicts, 1):
        total = gathered(total, verdict.llr)
        if total > lab.verifier.rules.limits.llr_limit:
            return number
    return None


def _short(value: float) -> float:
    return float(f"{value:.4g}")
