"""What a run's results must show: the promises about attacks and about honest miners, one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .attacks import ATTACKS

__all__ = ["GATES", "unmet"]

GATES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "pre-fill by the sibling: at least 99 % caught at 256 tokens in one answer": lambda said: (
        said["attacks"]["pre-fill, smaller sibling"]["by_prefix"]["256"]["caught"] >= 0.99
    ),
    "pre-fill by a 4-bit copy: at least 99 % caught at 256 tokens in one answer": lambda said: (
        said["attacks"]["pre-fill, 4-bit copy"]["by_prefix"]["256"]["caught"] >= 0.99
    ),
    "pre-fill by an 8-bit copy: at least 99 % caught in four answers": lambda said: (
        said["attacks"]["pre-fill, 8-bit copy"]["together"]["caught"] >= 0.99
    ),
    "these three surely: the lower ends of their 95 % intervals are 99 % or more": lambda said: (
        min(
            said["attacks"]["pre-fill, smaller sibling"]["by_prefix"]["256"]["at_least"],
            said["attacks"]["pre-fill, 4-bit copy"]["by_prefix"]["256"]["at_least"],
            said["attacks"]["pre-fill, 8-bit copy"]["together"]["at_least"],
        )
        >= 0.99
    ),
    "every other attack: at least 99 % caught at 256 tokens in one answer": lambda said: all(
        found["by_prefix"]["256"]["caught"] >= 0.99
        for name, found in said["attacks"].items()
        if name != "pre-fill, 8-bit copy"
    ),
    "no free answer: nothing passes that is taken from a store, a list or another miner": lambda said: all(
        said["attacks"][one.name]["by_prefix"]["256"]["caught"] == 1.0 for one in ATTACKS.values() if one.free
    ),
    "honest miners: at most 0.5 % soft failures": lambda said: (
        said["honest"]["soft"] <= 0.005 * said["honest"]["answers"]
    ),
    "honest miners: no hard failure": lambda said: said["honest"]["hard"] == 0,
    "honest miners: all answers together convict nobody": lambda said: (
        said["honest"]["highest_llr"] < said["honest"]["llr_limit"]
    ),
}


def unmet(said: dict[str, Any]) -> list[str]:
    """The gates that a run does not pass."""
    return [name for name, holds in GATES.items() if not holds(said)]
