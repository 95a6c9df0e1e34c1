"""Weights cover every measured point, with no coefficient below zero; what was not measured stays estimated."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("measure_weights", TOOLS / "measure_weights.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["measure_weights"] = module
    spec.loader.exec_module(module)
    return module


def charged(terms, row):
    return sum(term.coefficient * (row[term.argument] if term.argument else 1) for term in terms)


@given(
    rows=st.lists(
        st.fixed_dictionaries({"n": st.integers(1, 4096), "v": st.integers(1, 256)}), min_size=1, max_size=12
    ),
    data=st.data(),
)
def test_a_fit_covers_every_point(tool, rows, data):
    values = [float(data.draw(st.integers(0, 10**12))) for _ in rows]
    terms = tool.fit(["n", "v"], rows, values)
    assert all(term.coefficient >= 0 for term in terms)
    assert all(charged(terms, row) >= value * (1 - 1e-9) - 1 for row, value in zip(rows, values, strict=True))


def test_a_line_is_found(tool):
    rows = [{"n": n, "v": v} for n in (10, 100, 1000) for v in (1, 50)]
    values = [7_000.0 + 3 * row["n"] + 11 * row["v"] for row in rows]
    assert tool.fit(["n", "v"], rows, values) == [
        tool.Term(7_000, None),
        tool.Term(3, "n"),
        tool.Term(11, "v"),
    ]


def test_what_was_not_measured_is_the_pallets_estimate(tool):
    text = tool.body("pallet_weights", "set", ["d"], None)
    assert "EstimatedWeight<T> as pallet_weights::WeightInfo>::set(d)" in text
    measured = tool.body("pallet_weights", "set", ["d"], [tool.Point({"d": 1}, 1000.0, 3, 2)])
    assert "weight::<T>(" in measured and "Estimated" not in measured


def test_a_failed_benchmark_is_an_error_and_the_least_time_counts(tool):
    row = {"pallet": "p", "benchmark": "b", "components": {"N": 5}, "ns": [9, 4, 7], "reads": 1, "writes": 2}
    assert tool.read_points([json.dumps(row)]) == {("p", "b"): [tool.Point({"n": 5}, 4, 1, 2)]}
    with pytest.raises(SystemExit, match="went wrong"):
        tool.read_points([json.dumps({"error": "p::b went wrong"})])
