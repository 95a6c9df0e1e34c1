"""The benchmarks' figures, their page, and the merging of results; the cheapest benchmark is really run."""

from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs" / "reference"


def load(path: Path) -> ModuleType:
    """A module by its path, with its folder importable as when it is run."""
    sys.path.insert(0, str(path.parent))
    try:
        spec = importlib.util.spec_from_file_location(f"loaded_{path.stem}", path)
        assert spec and spec.loader
        module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(path.parent))


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    return load(ROOT / "tools" / "bench.py")


@pytest.fixture(scope="module")
def page() -> ModuleType:
    return load(ROOT / "tools" / "bench_page.py")


@pytest.fixture(scope="module")
def measuring() -> ModuleType:
    return load(ROOT / "tests" / "bench" / "measuring.py")


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return json.loads((DOCS / "benchmarks.json").read_text())


def test_the_page_is_rendered_from_the_json(page, results):
    text = (DOCS / "benchmarks.md").read_text()
    assert page.page(text, results) == text, "run `python tools/bench.py --render`"


def test_the_committed_figures_are_complete_and_consistent(bench, page, results):
    assert list(results["subjects"]) == list(bench.SUBJECTS)
    for name, found in results["subjects"].items():
        for figure in found["figures"].values():
            values = sorted(figure["values"])
            assert values and all(map(math.isfinite, values)) and values[0] > 0
            assert (figure["min"], figure["max"]) == (values[0], values[-1])
            assert values[0] <= figure["median"] <= values[-1]
            assert len(values) >= 5 or figure["unit"] == "MB", f"{name}: {figure['what']}"
        assert set(page.SUMMARY.get(name, ())) <= set(found["figures"])


def test_every_benchmark_is_known(bench):
    shared = {"measuring", "processes", "populated", "generating"}
    programs = {
        path.stem for path in bench.BENCHES.glob("*.py") if "def run(quick: bool)" in path.read_text()
    }
    assert programs == set(bench.SUBJECTS) and not programs & shared


def test_figures_and_ratios(measuring):
    subject = measuring.Subject("about", quick=False)
    for over, under in ((2.0, 1.0), (9.0, 3.0), (8.0, 2.0)):
        subject.figure("over", "ms", "over").add(over)
        subject.figure("under", "ms", "under").add(under)
    subject.ratio("ratio", "over / under", "over", "under")
    figures = subject.to_json()["figures"]
    assert figures["ratio"]["values"] == [2.0, 3.0, 4.0], "paired by repetition, not by size"
    assert (figures["over"]["median"], figures["over"]["min"], figures["over"]["max"]) == (8.0, 2.0, 9.0)
    subject.figure("under", "ms", "under").add(5.0)
    with pytest.raises(ValueError):
        subject.ratio("unequal", "repetitions are missing", "over", "under")
    subject.figure("never", "ms", "never measured")
    with pytest.raises(RuntimeError, match="never"):
        subject.to_json()


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.0123456, "0.0123"), (1.0, "1"), (12.345, "12.3"), (1234.5, "1,230"), (98765, "98,800")],
)
def test_numbers(page, value, text):
    assert page.number(value) == text


def test_what_people_wrote_stays_and_a_page_without_marks_is_refused(page, results):
    written = f"# Title\n\nwords\n\n{page.BEGIN}\nold\n{page.END}\n\nmore words\n"
    rendered = page.page(written, results)
    assert rendered.startswith("# Title\n\nwords\n") and rendered.endswith("\n\nmore words\n")
    assert "\nold\n" not in rendered and page.page(rendered, results) == rendered
    with pytest.raises(ValueError, match="lacks"):
        page.page("# Title\n", results)


def test_results_of_another_machine_are_not_kept(bench, capsys):
    old = {"machine": {"cpu": "a"}, "subjects": {"chain": {"n": 1}, "epoch": {"n": 1}}}
    same = bench.merged(old, {"cpu": "a"}, {"epoch": {"n": 2}})
    assert same["subjects"] == {"chain": {"n": 1}, "epoch": {"n": 2}}
    other = bench.merged(old, {"cpu": "b"}, {"epoch": {"n": 2}})
    assert other == {"machine": {"cpu": "b"}, "subjects": {"epoch": {"n": 2}}}
    assert "another machine" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["protocol", "devnode_core"])
def test_cheap_benchmarks_run(name):
    words = [sys.executable, str(ROOT / "tools" / "bench.py"), "--quick", "--only", name]
    before = (DOCS / "benchmarks.json").read_bytes()
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["subjects"][name]
    assert found["figures"] and all(figure["min"] > 0 for figure in found["figures"].values())
    assert (DOCS / "benchmarks.json").read_bytes() == before, "a try-out writes no file"


def test_a_benchmark_that_fails_is_said_and_keeps_what_was_there(bench, tmp_path, monkeypatch, capsys):
    (tmp_path / "chain.py").write_text("raise SystemExit('no chain here')")
    monkeypatch.setattr(bench, "BENCHES", tmp_path)
    assert bench.measure_all(["chain"], True, "make bench") == ({}, ["chain"])
    assert "FAILED" in capsys.readouterr().err
