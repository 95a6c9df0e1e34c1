"""Calibration: bounds, records, fit and report on made-up answers, and a small real run that resumes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ganglion.errors import UsageError
from ganglion.model.profile import read_profile
from ganglion.model.spec import Thresholds
from ganglion.verification.calibration import measure, records
from ganglion.verification.calibration.fit import fit_likelihood, fit_thresholds
from ganglion.verification.calibration.intervals import at_least, lower_bound, upper_bound
from ganglion.verification.calibration.pages import page
from ganglion.verification.calibration.records import Record
from ganglion.verification.calibration.report import report
from ganglion.verification.calibration.requests import bucket_of, read_text
from ganglion.verification.calibration.run import apply_to, evaluated
from ganglion.verification.cheats import SUBTLEST
from ganglion.verification.lanes import LaneRules

RULES = LaneRules.of("strict", Thresholds())


@pytest.mark.parametrize(
    ("hits", "of", "lower", "upper"),
    [
        (0, 3000, 0.0, 0.000998),
        (100, 100, 0.970487, 1.0),
        (5, 10, 0.222441, 0.777559),
        (1, 20, 0.002561, 0.216107),
    ],
)
def test_clopper_pearson(hits, of, lower, upper):
    assert lower_bound(hits, of) == pytest.approx(lower, abs=2e-6)
    assert upper_bound(hits, of) == pytest.approx(upper, abs=2e-6)
    if hits:
        assert at_least(hits, of, lower_bound(hits, of)) == pytest.approx(0.05, abs=1e-9)


def answer(run, index, n=256, margins=(), leaves=((1e-6, 2e-6),), **more):
    return Record(run, index, n, n, margins=tuple(margins), leaves=leaves, **more)


def test_records_survive_a_crash_in_the_middle_of_a_line(tmp_path):
    path, some = tmp_path / "r.jsonl", [answer("honest, a", 0, margins=[(3, 1e-5)]), answer("x, 16", 1, 16)]
    records.append(path, some)
    with path.open("a") as file:
        file.write('{"run": "x, 16", "ind')
    assert records.read(path) == some
    records.append(path, some[1:])
    assert records.read(path) == [*some, some[1]]
    path.write_text("[]\n")
    with pytest.raises(UsageError, match="records"):
        records.read(path)


def test_answers_that_were_measured_otherwise_are_never_added(tmp_path):
    path, here = tmp_path / "r.jsonl", {"lane": "strict", "dtype": "float32", "leaves": True}
    assert records.begin(path, here) == []
    some = [answer("honest, a", 0, margins=[(3, 1e-5)]), answer("x, 16", 1, 16)]
    records.append(path, some)
    assert records.begin(path, dict(reversed(here.items()))) == some == records.read(path)
    for now, said in (
        (here | {"dtype": "bfloat16"}, "dtype was float32, is bfloat16"),
        (here | {"leaves": False, "lane": "statistical"}, "lane was strict, is statistical; leaves was True"),
        (here | {"processor": "x"}, "processor was not noted, is x"),
        ({"lane": "strict", "dtype": "float32"}, "leaves was True, is not noted"),
    ):
        with pytest.raises(UsageError, match=said) as raised:
            records.begin(path, now)
        assert "another file" in raised.value.hint
    assert records.read(path) == some  # nothing was changed


def test_a_file_that_does_not_say_how_it_was_measured_is_not_continued(tmp_path):
    path = tmp_path / "r.jsonl"
    records.append(path, [answer("honest, a", 0)])
    with pytest.raises(UsageError, match="does not say how") as raised:
        records.begin(path, {"lane": "strict"})
    assert raised.value.hint and len(records.read(path)) == 1
    for text in ("[]\n", "{}\n", "no json\n", '{"format": 99, "conditions": {}}\n'):
        path.write_text(text)
        with pytest.raises(UsageError, match="records"):
            records.begin(path, {"lane": "strict"})
    path.write_text('{"format": 1, "condi')  # a crash while it was begun
    assert records.begin(path, {"lane": "strict"}) == [] and records.begin(path, {"lane": "strict"}) == []


def test_a_calibration_is_not_gone_on_with_under_other_conditions(tmp_path, monkeypatch):
    profile, path = read_profile(Path(measure.resolve_model("ganglion-tiny"))), tmp_path / "c.records.jsonl"
    text = tmp_path / "text"
    text.write_text("words that nobody else asks about " * 1000)
    spec = profile.spec

    def begin(answers=40, sibling=None, prompts=None, **changed):
        other = replace(profile, spec=replace(spec, **changed))
        return measure.Measuring("ganglion-tiny", other, path, answers, sibling, prompts)

    begin()
    begin(thresholds=replace(spec.thresholds, margin_hard=7))  # judged afterwards: what is measured stays
    for changed, said in (
        ({"lane": "statistical"}, "lane was strict"),
        ({"dtype": "bfloat16"}, "dtype was float32, is bfloat16"),
        ({"attention": "eager"}, "attention was sdpa"),
        ({"thresholds": replace(spec.thresholds, cut_slack=5)}, "slack of cuts was 1000, is 5"),
        ({"thresholds": replace(spec.thresholds, leaf_hard=0)}, "leaves was True"),
        ({"files": spec.files[1:]}, "files of the model"),
        ({"answers": 80}, "honest requests was 40, is 80"),
        ({"prompts": text}, "prompts was"),
        ({"sibling": "ganglion-tiny"}, "files of the sibling was none"),
    ):
        with pytest.raises(UsageError, match=said):
            begin(**changed)
    monkeypatch.setattr(measure, "measuring_code", lambda: [text])
    with pytest.raises(UsageError, match="code was"):
        begin()


def test_strict_thresholds_stand_far_above_the_worst_honest_answer_of_the_fitted_half():
    quiet = [answer("honest, a", i) for i in range(40)]
    assert fit_thresholds(quiet, "strict") == Thresholds()
    loud = [*quiet, answer("honest, a", 40, margins=[(7, 5e-4)], leaves=((1e-5, 3e-5),))]
    fitted = fit_thresholds(loud, "strict")
    assert (fitted.margin_hard, fitted.leaf_soft, fitted.leaf_hard) == (5000, 150, 600)
    other_half = [*quiet, answer("honest, a", 41, margins=[(7, 5e-4)])]
    assert fit_thresholds(other_half, "strict") == Thresholds()
    with pytest.raises(ValueError, match="no honest"):
        fit_thresholds([answer("8-bit, 256", 0)], "strict")


def test_statistical_thresholds_judge_no_fitted_answer():
    noisy = [
        answer("honest, a", i, margins=[(i % 256, 0.05), (9, 0.02)], leaves=((0.003, 0.006), (0.004, 0.008)))
        for i in range(40)
    ]
    fitted = fit_thresholds(noisy, "statistical")
    rules = LaneRules.of("statistical", fitted)
    assert all(one.judged(rules).ok for one in noisy)
    assert fitted.margin_hard == 200_000 and fitted.mean_soft < fitted.mean_hard
    assert fitted.leaf_soft < fitted.leaf_hard
    assert replace(noisy[0], margins=tuple((i, 0.1) for i in range(0, 256, 3))).judged(rules).hard


def test_the_report_counts_what_was_not_fitted_on():
    found = [answer("honest, a", i) for i in range(100)]
    found += [answer("honest, b", i, 12, margins=[(k, 1e-5) for k in range(4)]) for i in range(4)]  # soft
    found += [answer(f"{SUBTLEST}, 256", i, margins=[(5, 0.02)] if i % 4 == 1 else []) for i in range(80)]
    found += [answer("padding, 256", i, error="goes on") for i in range(10)]
    said = report(found, RULES)
    assert said["honest"]["all"]["answers"] == 52 and said["honest"]["all"]["soft"] == 2
    assert said["honest"]["by_length"]["<=16"]["soft"] == 2 and said["honest"]["all"]["hard"] == 0
    assert said["honest"]["measured"]["answers"] == 104 and said["honest"]["measured"]["soft"] == 4
    subtle = said["cheats"][SUBTLEST]
    assert subtle["by_length"]["<=256"]["answers"] == 40 and subtle["by_length"]["<=256"]["caught"] == 0.5
    assert subtle["together"]["1"]["caught"] == 0.5 and subtle["together"]["4"]["caught"] == 1.0
    assert subtle["by_length"]["<=256"]["auc"] == pytest.approx(0.75)
    assert said["cheats"]["padding"]["by_length"]["<=256"]["caught"] == 1.0
    assert fit_likelihood(found[:104]) is None
    assert fit_likelihood([*found, answer(f"{SUBTLEST}, 256", 100, margins=[(5, 0.02)])]) is not None


def test_buckets_and_texts(tmp_path):
    assert [bucket_of(n) for n in (1, 16, 17, 64, 256, 257)] == [
        "<=16",
        "<=16",
        "<=64",
        "<=64",
        "<=256",
        ">256",
    ]
    assert len(read_text(None)) > 100_000
    (tmp_path / "short").write_text("too short")
    with pytest.raises(UsageError, match="too few"):
        read_text(tmp_path / "short")
    with pytest.raises(UsageError, match="can't be read"):
        read_text(tmp_path / "none")


def test_a_small_calibration_goes_on_where_it_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(measure, "CHEAT_LENGTHS", {16: 1.0})
    monkeypatch.setattr(measure, "SETTINGS", (replace(measure.SETTINGS[0], part=0.5), measure.SETTINGS[2]))
    monkeypatch.setattr(measure, "BLOCK", 3)
    monkeypatch.setattr("ganglion.verification.calibration.requests.HONEST_LENGTHS", (8, 20))
    profile = read_profile(Path(measure.resolve_model("ganglion-tiny")))
    names, path, said = ("replay", "temperature", "forged leaves: zero"), tmp_path / "c.records.jsonl", []

    def run(note=said.append):
        one = measure.Measuring("ganglion-tiny", profile, path, 8, note=note)
        one.honest()
        one.cheats(4, names=names)

    def stop(text):
        if text.startswith("replay") and "3 of" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(stop)
    before = len(records.read(path))
    run()
    found = records.read(path)
    assert before == 11 and len(found) == 18 and len({(r.run, r.index) for r in found}) == 18
    assert not any(text.startswith("honest") for text in said)
    result = evaluated(profile, found)
    assert result["honest"]["all"]["hard"] == result["honest"]["all"]["soft"] == 0
    assert all(found["by_length"]["<=16"]["caught"] == 1.0 for found in result["cheats"].values())
    assert result["thresholds"]["margin_hard"] == 1000
    text = page(json.loads(json.dumps(result)))
    assert "# Calibration of ganglion-tiny" in text and all(f"| {name} |" in text for name in names)


def test_applying_keeps_what_else_a_card_says(tmp_path):
    (tmp_path / "profile.json").write_text('{"licence": "MIT", "thresholds": {"margin_hard": 5}}')
    said = evaluated_model(tmp_path)
    apply_to(tmp_path, said)
    card = json.loads((tmp_path / "profile.json").read_text())
    assert card["licence"] == "MIT" and card["thresholds"]["margin_hard"] == 1000 and card["lane"] == "strict"


def evaluated_model(folder):
    profile = read_profile(Path(measure.resolve_model("ganglion-tiny")))
    return evaluated(profile, [answer("honest, a", i) for i in range(4)])
