"""``ganglion yuma run``: the compiled runtime answers, exactly as the conformance vectors say."""

import json
from pathlib import Path

import pytest

VECTORS = json.loads((Path(__file__).parents[2] / "conformance" / "vectors" / "yuma.json").read_text())
EPOCHS = [step for test in VECTORS["epochs"] for step in test["steps"]]
RANDOM = [step for case in VECTORS["derived_random_epochs"]["cases"] for step in case["steps"]]


@pytest.mark.parametrize("steps", [EPOCHS, RANDOM], ids=["epochs", "derived_random_epochs"])
def test_the_vectors_come_out_of_the_compiled_runtime(run, home, steps):
    (home / "steps.json").write_text(json.dumps(steps))
    ran = run("yuma", "run", home / "steps.json")
    assert ran.code == 0, ran.err
    for step, answer in zip(steps, ran.json, strict=True):
        assert answer == step["full_output_model"], step["label"]


def test_one_object_is_enough_and_json_is_the_same(run, home):
    (home / "step.json").write_text(json.dumps(EPOCHS[0]))
    plain, as_json = run("yuma", "run", home / "step.json"), run("yuma", "run", home / "step.json", "--json")
    assert plain.json == as_json.json == [EPOCHS[0]["full_output_model"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("7", "not an object"),
        ('{"emission_in": 1, "state": {}, "extra": 1}', "unknown key 'extra'"),
        (json.dumps({**EPOCHS[0], "state": {**EPOCHS[0]["state"], "kapa": 1}}), "unknown key 'kapa'"),
        (json.dumps({"emission_in": 1}), "'state' is missing"),
    ],
)
def test_wrong_files_are_usage_errors(run, home, text, message):
    (home / "steps.json").write_text(text)
    ran = run("yuma", "run", home / "steps.json")
    assert ran.code == 2 and message in ran.err and ran.out == ""


def test_a_missing_file(run, home):
    ran = run("yuma", "run", home / "none.json")
    assert ran.code == 2 and "none.json" in ran.err
