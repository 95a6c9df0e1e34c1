"""Translation of epoch steps: strict about keys, exact about values."""

import json
from pathlib import Path

import pytest

from ganglion.errors import UsageError
from ganglion.pallets import yuma

VECTORS = json.loads((Path(__file__).parents[2] / "conformance" / "vectors" / "yuma.json").read_text())
STEPS = [step for test in VECTORS["epochs"] for step in test["steps"]]


def step(**changes):
    """A valid step; changes with None remove a key of the state."""
    state = {**STEPS[0]["state"], **changes}
    return {"emission_in": 1, "state": {key: value for key, value in state.items() if value is not None}}


def test_all_steps_of_the_vectors_are_understood(runtime):
    for one in yuma.parse_steps(STEPS):
        assert len(runtime.encode_api_params("YumaApi", "run_epoch", [one])) > 80


def test_defaults_are_those_of_the_vectors():
    (found,) = yuma.parse_steps(step())
    assert {
        name: found[name] for name in ("owner", "threshold", "yuma3", "liquid_alpha", "commit_blocks")
    } == {
        "owner": None,
        "threshold": 0,
        "yuma3": False,
        "liquid_alpha": False,
        "commit_blocks": None,
    }
    assert (found["last_step_block"], found["alpha_low"], found["alpha_high"]) == (None, 45875, 58982)
    assert found["steepness"] == 1000


def test_liquid_alpha_is_that_of_the_vectors_unless_said_otherwise():
    (legacy,) = yuma.parse_steps(step())
    assert (legacy["liquid_alpha_legacy"], legacy["previous_consensus"]) == (True, None)
    size = step()["state"]["n"]
    (ours,) = yuma.parse_steps(step(liquid_legacy=False, previous_consensus=[65535] * size))
    assert (ours["liquid_alpha_legacy"], ours["previous_consensus"]) == (False, [65535] * size)


def test_one_object_is_a_list_of_one():
    assert yuma.parse_steps(step()) == yuma.parse_steps([step()])
    assert yuma.parse_steps([]) == []


@pytest.mark.parametrize("key", sorted(yuma._REQUIRED))
def test_a_missing_key_is_named(key):
    with pytest.raises(UsageError, match=f"'{key}' is missing"):
        yuma.parse_steps(step(**{key: None}))


def test_unknown_keys_are_errors():
    with pytest.raises(UsageError, match=r"step 1, state: unknown key 'kapa'") as caught:
        yuma.parse_steps([step(), step(kapa=1)])
    assert "kappa" in caught.value.hint
    with pytest.raises(UsageError, match="unknown key 'emission'"):
        yuma.parse_steps({**step(), "emission": 1})
    with pytest.raises(UsageError, match="'emission_in' is missing"):
        yuma.parse_steps({"state": step()["state"]})


@pytest.mark.parametrize(
    "changes",
    [
        {"kappa": "x"},
        {"kappa": 1.5},
        {"kappa": True},
        {"kappa": -1},
        {"n": 70000},
        {"stake": [1, 2]},
        {"stake": "1"},
        {"stake": [2**64]},
        {"permits": [1]},
        {"yuma3": 1},
        {"weights": [[0, 1]]},
        {"weights": {"x": []}},
        {"weights": {"0": [[0]]}},
        {"weights": {"0": [[0, 65536]]}},
        {"weights": {"0": 7}},
        {"weights": {"70000": []}},
        {"steepness": 40000},
        {"commit_blocks": []},
        {"liquid_legacy": 1},
        {"previous_consensus": [1] * 9},
        {"previous_consensus": [65536]},
    ],
    ids=str,
)
def test_values_of_the_wrong_form_are_named(changes):
    with pytest.raises(UsageError, match=next(iter(changes))):
        yuma.parse_steps(step(**changes))


@pytest.mark.parametrize("document", [1, "x", None, [1], {"emission_in": 1, "state": []}])
def test_documents_of_the_wrong_form(document):
    with pytest.raises(UsageError):
        yuma.parse_steps(document)


def test_a_uid_without_a_commitment_can_be_null():
    (found,) = yuma.parse_steps(step(commit_blocks=[None]))
    assert found["commit_blocks"] == [2**64 - 1]


def test_output_has_the_keys_of_the_vectors():
    columns = {name: [1] for name in STEPS[0]["full_output_model"] if name != "bonds"}
    shown = yuma.to_output({**columns, "bonds": [(3, [(4, 5)])]})
    assert set(shown) == set(STEPS[0]["full_output_model"]) and shown["bonds"] == {"3": [[4, 5]]}
