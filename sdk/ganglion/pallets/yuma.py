"""One epoch of the consensus function over given values, answered by the runtime's own code.

Translates between the steps of tests/conformance/vectors/yuma.json and the runtime API ``YumaApi_run_epoch``.
Does no arithmetic: what an epoch decides is decided by the chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ganglion.chain.calls import ApiCall
from ganglion.errors import UsageError

API, METHOD = "YumaApi", "run_epoch"
MAX_STEPS = 10_000
NO_COMMIT = 2**64 - 1

# The vectors' name of a state key, the API's name of it, and the default where it can be left out. The vectors' liquid
# alpha is Bittensor's, a new subnet's is not: a step that says nothing is read as one of the vectors.
_REQUIRED = {
    "n": "n",
    "block": "block",
    "stake": "stake",
    "last_update": "last_update",
    "reg": "registered_at",
    "cutoff": "activity_cutoff",
    "permits": "permits",
    "max_val": "max_validators",
    "kappa": "kappa",
    "bonds_penalty": "bonds_penalty",
    "tempo": "tempo",
    "bma": "bonds_moving_average",
    "weights": "weights",
    "bonds_in": "bonds",
}
_OPTIONAL = {
    "owner": ("owner", None),
    "threshold": ("threshold", 0),
    "yuma3": ("yuma3", False),
    "liquid": ("liquid_alpha", False),
    "commit_blocks": ("commit_blocks", None),
    "lms": ("last_step_block", None),
    "alpha_low": ("alpha_low", 45875),
    "alpha_high": ("alpha_high", 58982),
    "steepness": ("steepness", 1000),
    "liquid_legacy": ("liquid_alpha_legacy", True),
    "previous_consensus": ("previous_consensus", None),
}
_STEP_KEYS = {"emission_in", "state"}
_ANNOTATIONS = {"label", "note", "asserted", "full_output_model", "stated_in_test_comment", "trace_model"}
_ROWS = {"weights", "bonds_in"}
_LISTS = {"stake", "last_update", "reg", "permits", "commit_blocks", "previous_consensus"}
_FLAGS = {"yuma3", "liquid", "liquid_legacy"}

__all__ = ["parse_steps", "run_epoch", "to_input", "to_output"]


def parse_steps(document: Any) -> list[dict[str, Any]]:
    """One step or a list of steps, as the API's inputs.

    Raises:
        UsageError: a key is unknown or missing, or a value has the wrong form.
    """
    steps = document if isinstance(document, list) else [document]
    if len(steps) > MAX_STEPS:
        raise UsageError(f"at most {MAX_STEPS} steps at a time, not {len(steps)}")
    return [to_input(step, f"step {index}") for index, step in enumerate(steps)]


def run_epoch(step: Mapping[str, Any]) -> ApiCall[dict[str, Any]]:
    """One step, in the vectors' form, as a call of the runtime."""
    return ApiCall(API, METHOD, (to_input(step),), to_output)


def to_input(step: Any, where: str = "the step") -> dict[str, Any]:
    """A step in the vectors' form as the API's EpochInput."""
    if not isinstance(step, Mapping):
        raise UsageError(
            f"{where} is not an object", hint="give an object with emission_in and state, or a list"
        )
    _check_keys(step, _STEP_KEYS, _ANNOTATIONS, where)
    state = step["state"]
    if not isinstance(state, Mapping):
        raise UsageError(f"{where}: state is not an object")
    _check_keys(state, set(_REQUIRED), set(_OPTIONAL), f"{where}, state")
    size = _integer(state["n"], f"{where}, state.n", 0xFFFF)
    values = {name: _value(key, state[key], size, f"{where}, state.{key}") for key, name in _REQUIRED.items()}
    for key, (name, default) in _OPTIONAL.items():
        given = state.get(key, default)
        values[name] = None if given is None else _value(key, given, size, f"{where}, state.{key}")
    values["emission"] = _integer(step["emission_in"], f"{where}, emission_in", 2**64 - 1)
    return values


def to_output(value: dict[str, Any]) -> dict[str, Any]:
    """The API's EpochOutput with the keys and forms of the vectors' ``full_output_model``."""
    bonds = {str(uid): [list(entry) for entry in row] for uid, row in value["bonds"]}
    columns = {name: list(column) for name, column in value.items() if name != "bonds"}
    return {**columns, "bonds": bonds}


def _check_keys(given: Mapping[str, Any], required: set[str], optional: set[str], where: str) -> None:
    unknown = sorted(set(given) - required - optional)
    if unknown:
        raise UsageError(
            f"{where}: unknown key {unknown[0]!r}", hint=f"known: {', '.join(sorted(required | optional))}"
        )
    missing = sorted(required - set(given))
    if missing:
        raise UsageError(f"{where}: the key {missing[0]!r} is missing")


def _value(key: str, given: Any, size: int, where: str) -> Any:
    if key in _ROWS:
        return _rows(given, where)
    if key in _LISTS:
        return _column(key, given, size, where)
    if key in _FLAGS:
        return _flag(given, where)
    if key == "steepness":
        return _integer(given, where, 2**15 - 1, -(2**15))
    return _integer(given, where, 2**64 - 1)


def _column(key: str, given: Any, size: int, where: str) -> list[Any]:
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) != size:
        raise UsageError(f"{where} is not a list of n = {size} values")
    if key == "permits":
        return [_flag(one, where) for one in given]
    empty = NO_COMMIT if key == "commit_blocks" else None
    most = 0xFFFF if key == "previous_consensus" else 2**64 - 1
    return [_integer(empty if one is None else one, where, most) for one in given]


def _rows(given: Any, where: str) -> list[tuple[int, list[tuple[int, int]]]]:
    if not isinstance(given, Mapping):
        raise UsageError(f"{where} is not an object of rows by uid")
    return [(_row_uid(uid, where), _row(row, where)) for uid, row in given.items()]


def _row_uid(uid: Any, where: str) -> int:
    try:
        return _integer(int(uid), where, 0xFFFF)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{where}: {uid!r} is not a uid") from error


def _row(row: Any, where: str) -> list[tuple[int, int]]:
    try:
        return [(_integer(uid, where, 0xFFFF), _integer(value, where, 0xFFFF)) for uid, value in row]
    except (TypeError, ValueError) as error:
        raise UsageError(f"{where}: a row is a list of [uid, value] pairs") from error


def _flag(given: Any, where: str) -> bool:
    if not isinstance(given, bool):
        raise UsageError(f"{where} must be true or false, not {given!r}")
    return given


def _integer(given: Any, where: str, most: int, least: int = 0) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise UsageError(f"{where} must be an integer from {least} to {most}, not {given!r}")
    return given
