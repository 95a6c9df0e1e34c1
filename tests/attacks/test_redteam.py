"""The gates: on a small run here, and on the full run whose results are committed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ganglion.errors import UsageError
from ganglion.verification.calibration import records

from .redteam.__main__ import HONEST, PAGE, RESULTS
from .redteam.attacks import ATTACKS
from .redteam.gates import GATES, unmet
from .redteam.lab import Lab
from .redteam.measure import measured_under, run
from .redteam.report import BEGIN, END, table


@pytest.fixture(scope="module")
def committed() -> dict:
    return json.loads(RESULTS.read_text())


def test_the_full_run_passes_every_gate(committed: dict):
    assert unmet(committed) == [] and len(GATES) == 9
    assert committed["honest"]["answers"] >= HONEST and committed["honest"]["hard"] == 0
    assert set(committed["attacks"]) == set(ATTACKS)


def test_the_full_run_was_of_the_model_that_is_bundled(lab: Lab, committed: dict):
    files = {path: digest.hex() for path, digest in lab.verifier.profile.spec.files}
    assert committed["files"] == files, "run `make redteam`"
    limits = lab.verifier.rules.limits
    assert committed["limits"] == {"margin": limits.margin_hard, "leaf": limits.leaf_hard}, (
        "run `make redteam`"
    )


def test_the_page_shows_these_results(committed: dict):
    text = PAGE.read_text()
    shown = text[text.index(BEGIN) : text.index(END)]
    assert table(committed) in shown, "run `python -m tests.attacks.redteam --render`"


def test_gates_can_fail(committed: dict):
    for name in ("pre-fill, smaller sibling", "pre-fill, 4-bit copy"):
        worse = json.loads(json.dumps(committed))
        worse["attacks"][name]["by_prefix"]["256"]["caught"] = 0.98
        assert len(unmet(worse)) == 2
    accused = json.loads(json.dumps(committed))
    accused["honest"] |= {"hard": 1, "soft": 16, "highest_llr": 99.0}
    assert len(unmet(accused)) == 3
    unsure = json.loads(json.dumps(committed))
    unsure["attacks"]["pre-fill, 8-bit copy"]["together"]["at_least"] = 0.97
    assert len(unmet(unsure)) == 1


def test_a_small_run_says_the_same(lab: Lab):
    """Four answers of each attack and some honest ones, the whole way to the table."""
    said = run(lab, honest=24, answers=1)
    assert said["honest"]["hard"] == said["honest"]["soft"] == 0
    assert all(found["together"]["caught"] == 1.0 for found in said["attacks"].values())
    assert table(said).count("\n") == len(ATTACKS) + 2


def test_what_was_measured_otherwise_is_not_gone_on_with(lab: Lab, tmp_path: Path):
    work = tmp_path / "work.jsonl"
    records.begin(work, measured_under(lab, 24) | {"code": "another verifier"})
    with pytest.raises(UsageError, match="code was another verifier"):
        run(lab, 24, 2, work=work)
