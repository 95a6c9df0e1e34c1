"""One calibration from beginning to end: measure, fit, report, write. Resumable, because measuring takes long."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ganglion.model.loading import resolve_model
from ganglion.model.profile import PROFILE_CARD, ModelProfile, read_profile
from ganglion.model.spec import STATISTICAL
from ganglion.verification.calibration import records
from ganglion.verification.calibration.conditions import cpu, torch_version
from ganglion.verification.calibration.fit import fit_likelihood, fit_thresholds
from ganglion.verification.calibration.pages import page
from ganglion.verification.calibration.report import report
from ganglion.verification.lanes import LaneRules
from ganglion.verification.likelihood import Likelihood, write_likelihood

__all__ = ["Plan", "apply_to", "calibrate", "evaluated"]


@dataclass(frozen=True)
class Plan:
    """What to calibrate and how.

    Attributes:
        model: folder or id.
        out: the JSON report; the page beside it ends in .md, the records in .records.jsonl.
        answers: distinct honest requests.
        cheating: answers of 256 tokens of each cheat.
        prefilled: the same of cheats that pre-fill, None for twice as many; 375 for bounds of 99 %.
        sibling: a smaller model with the same vocabulary, None where there is none.
        prompts: a text to cut prompts from, None for Python's language reference.
        profile: what is calibrated; read from the folder if it is None.
    """

    model: str
    out: Path
    answers: int = 600
    cheating: int = 100
    sibling: str | None = None
    prompts: Path | None = None
    profile: ModelProfile | None = None
    prefilled: int | None = None

    @property
    def records(self) -> Path:
        """Where measured answers are kept."""
        return self.out.with_suffix(".records.jsonl")


def calibrate(plan: Plan, note: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Measure what was not measured yet, write report and page; returns the report."""
    from ganglion.verification.calibration.measure import Measuring

    profile = _measurable(plan.profile or read_profile(resolve_model(plan.model)))
    plan.out.parent.mkdir(parents=True, exist_ok=True)
    run = Measuring(plan.model, profile, plan.records, plan.answers, plan.sibling, plan.prompts, note)
    run.honest()
    run.cheats(plan.cheating, plan.prefilled)
    said = evaluated(profile, records.read(plan.records))
    plan.out.write_text(json.dumps(said, indent=1) + "\n")
    plan.out.with_suffix(".md").write_text(page(said))
    return said


def _measurable(profile: ModelProfile) -> ModelProfile:
    """In the statistical lane, with a slack of the cut that is not the strict lane's: margins are measured under it."""
    spec = profile.spec
    if spec.lane == "strict" or spec.thresholds.cut_slack >= STATISTICAL.cut_slack:
        return profile
    return replace(profile, spec=replace(spec, thresholds=STATISTICAL))


def evaluated(profile: ModelProfile, found: list[records.Record]) -> dict[str, Any]:
    """The report of measured answers."""
    thresholds, fitted = fit_thresholds(found, profile.spec.lane), fit_likelihood(found)
    rules = LaneRules.of(profile.spec.lane, thresholds, fitted)
    spec = replace(profile.spec, thresholds=thresholds)
    return {
        "model": {
            "name": profile.name,
            "lane": spec.lane,
            "dtype": spec.dtype,
            "attention": spec.attention,
            "protocol": spec.protocol,
            "files": {path: digest.hex() for path, digest in spec.files},
        },
        "machine": {"cpu": cpu(), "torch": torch_version()},
        "thresholds": asdict(thresholds),
        "likelihood": rules.likelihood.to_json(),
        **report(found, rules),
    }


def apply_to(folder: Path, said: dict[str, Any]) -> Path:
    """Write a report's thresholds, lane and dtype into a model's profile.json, and its likelihood beside it. The
    folder's profile has another identity afterwards; returns the path of profile.json.
    """
    card = folder / PROFILE_CARD
    known = json.loads(card.read_bytes()) if card.is_file() else {}
    known |= {
        "lane": said["model"]["lane"],
        "dtype": said["model"]["dtype"],
        "thresholds": said["thresholds"],
    }
    card.write_text(json.dumps(known, indent=1) + "\n")
    fitted = Likelihood.from_json(said["likelihood"])
    write_likelihood(folder, said["model"]["lane"], said["model"]["dtype"], fitted)
    return card
