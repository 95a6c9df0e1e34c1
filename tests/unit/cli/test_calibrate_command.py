"""`ganglion calibrate`: what it asks for and prints. Measuring itself is tested with the verifier."""

import json

import pytest

from ganglion.cli.app import run
from ganglion.verification.calibration import run as calibration
from ganglion.verification.calibration.records import Record
from ganglion.verification.cheats import SUBTLEST


@pytest.fixture
def plans(monkeypatch):
    made = []

    def measured(plan, note):
        made.append(plan)
        note("measuring")
        honest = [Record("honest, batch 1", i, 64, 64, leaves=((1e-6, 1e-6),)) for i in range(8)]
        cheats = [Record(f"{SUBTLEST}, 256", i, 256, 256, margins=((9, 0.02),)) for i in range(8)]
        return calibration.evaluated(plan.profile, [*honest, *cheats])

    monkeypatch.setattr(calibration, "calibrate", measured)
    return made


def test_a_table_and_a_summary(plans, capsys, tmp_path):
    assert (
        run(["calibrate", "--out", str(tmp_path / "c.json"), "--answers", "40", "--lane", "statistical"]) == 0
    )
    said = capsys.readouterr()
    assert SUBTLEST in said.out and "<=256" in said.out
    assert "of 4 honest answers 0 failed softly" in said.err and "measuring" in said.err
    assert plans[0].answers == 40 and plans[0].profile.spec.lane == "statistical"


def test_json_is_the_report(plans, capsys, tmp_path):
    assert run(["calibrate", "--out", str(tmp_path / "c.json"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (
        said["thresholds"]["margin_hard"] == 1000
        and said["cheats"][SUBTLEST]["by_length"]["<=256"]["caught"] == 1
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--lane", "loose"], "no lane"), (["--model", "/nowhere/at-all"], "no model folder")],
)
def test_what_is_wrong_is_said(plans, capsys, arguments, message):
    assert run(["calibrate", *arguments]) != 0
    assert message in capsys.readouterr().err and not plans
