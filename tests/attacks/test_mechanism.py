"""The attacks on the mechanism: what docs/explanation/mechanism.md says is what this runtime does."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from .economy.__main__ import ON_MECHANISM, PAGE, RESULTS
from .economy.report import page
from .economy.result import Measurement
from .economy.scenarios import load

ROUNDING = 1e-4  # of weights in 16 bits, over the parts of a split


@pytest.fixture(scope="module")
def stored() -> list[dict[str, Any]]:
    return json.loads(RESULTS.read_text())


@pytest.mark.parametrize("name", ON_MECHANISM)
async def test_the_published_results_are_those_of_this_runtime(
    name: str, stored: list[dict[str, Any]]
) -> None:
    scenarios = load()
    for seed in scenarios.seeds:
        found = [asdict(one) for one in await ON_MECHANISM[name](scenarios, seed)]
        kept = [
            one for one in stored if one["seed"] == seed and one["attack"] in {run["attack"] for run in found}
        ]
        assert found == kept


def test_a_minority_gains_nothing_by_lies_sybils_or_splits(stored: list[dict[str, Any]]) -> None:
    runs = [Measurement(**one) for one in stored]
    assert all(run.defeated for run in runs if run.attack.startswith(("B01", "B03")))
    assert all(run.value <= 1 + ROUNDING for run in runs if run.attack.startswith("B05"))


def test_every_scenario_and_seed_is_published(stored: list[dict[str, Any]]) -> None:
    seeds = set(load().seeds)
    by_attack: dict[tuple[str, str], set[int]] = {}
    for one in stored:
        by_attack.setdefault((one["attack"], one["metric"]), set()).add(one["seed"])
    assert all(found == seeds for found in by_attack.values())
    assert {attack[0].split()[0] for attack in by_attack} >= {"B01", "B02", "B03", "B05", "B06", "B13"}


def test_the_page_shows_these_results(stored: list[dict[str, Any]]) -> None:
    text = PAGE.read_text()
    assert page(text, [Measurement(**one) for one in stored]) == text
