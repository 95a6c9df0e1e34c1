"""The committed calibration is about the model that ships, says what its page says, and passes the gates."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from ganglion.model.loading import bundled_model_path
from ganglion.model.profile import read_profile
from ganglion.verification.calibration.pages import page
from ganglion.verification.likelihood import read_likelihood

REPORT = Path(__file__).parents[3] / "docs" / "reference" / "calibration-ganglion-tiny.json"


@pytest.fixture(scope="module")
def said():
    return json.loads(REPORT.read_text())


def test_it_is_about_the_bundled_model(said):
    spec = read_profile(bundled_model_path()).spec
    assert said["model"]["files"] == {path: digest.hex() for path, digest in spec.files}, (
        "run `ganglion calibrate`"
    )
    assert said["thresholds"] == asdict(spec.thresholds)
    assert read_likelihood(bundled_model_path(), "strict", "float32").to_json() == said["likelihood"]
    assert REPORT.with_suffix(".md").read_text() == page(said)


def test_the_statistical_lanes_page_says_what_was_measured():
    path = REPORT.with_name("calibration-ganglion-tiny-bf16.json")
    said = json.loads(path.read_text())
    assert path.with_suffix(".md").read_text() == page(said) and said["model"]["lane"] == "statistical"
    assert said["honest"]["measured"]["hard"] == 0
    assert said["cheats"]["8-bit, pre-fill"]["answers_to_the_llr_limit"] <= 20
    assert said["cheats"]["4-bit, pre-fill"]["by_length"]["<=256"]["caught"] >= 0.99


def test_honest_answers_do_not_fail(said):
    measured = said["honest"]["measured"]
    assert (
        measured["answers"] >= 3000
        and measured["hard"] == 0
        and measured["soft"] <= 0.005 * measured["answers"]
    )
    assert said["honest"]["largest_llr"] < said["honest"]["llr_limit"] / 2


def test_cheats_are_caught(said):
    for name, found in said["cheats"].items():
        alone = found["by_length"]["<=256"]["caught"]
        assert alone >= 0.99 if name != "8-bit, pre-fill" else alone >= 0.8, name
        assert found["together"]["4"]["caught"] >= 0.99, name
