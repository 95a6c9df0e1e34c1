"""Metrics: what the daemons' registries hold, and the gauges that other modules add to them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from prometheus_client import Metric

import ganglion_miner
import ganglion_validator
from ganglion_miner.metrics import Metrics as MinerMetrics
from ganglion_validator.metrics import Metrics as ValidatorMetrics
from reference_pages.markdown import code, table

SUFFIXES = {"counter": "_total"}  # a histogram has _bucket, _sum and _count
TITLES = ("metric", "kind", "labels", "what it counts")

__all__ = ["miner", "validator"]


def miner() -> str:
    """A miner's metrics."""
    found = MinerMetrics().registry.collect()
    return table(TITLES, [*_static(found), *_watched(ganglion_miner, "ganglion_miner_")])


def validator() -> str:
    """A validator's metrics, its gateway's included."""
    found = ValidatorMetrics().registry.collect()
    return table(TITLES, [*_static(found), *_watched(ganglion_validator, "ganglion_validator_")])


def _static(found: Iterator[Metric]) -> Iterator[tuple[str, ...]]:
    """Counters and histograms of a registry. Labels are those of the class that made them."""
    for metric in found:
        name = metric.name + SUFFIXES.get(metric.type, "")
        yield code(name), metric.type, ", ".join(map(code, _labels(metric.name))), metric.documentation


def _labels(name: str) -> list[str]:
    """Labels from the source: a metric without a sample does not tell them."""
    for package in (ganglion_miner, ganglion_validator):
        tree = ast.parse(_folder(package).joinpath("metrics.py").read_text())
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            texts = [a.value for a in call.args if isinstance(a, ast.Constant)]
            if texts[:1] == [name]:
                lists = [a for a in call.args if isinstance(a, ast.List)]
                return [ast.literal_eval(one) for one in (lists[0].elts if lists else ())]
    raise SystemExit(f"metrics.py does not make {name} any more")


def _watched(package: ModuleType, prefix: str) -> Iterator[tuple[str, ...]]:
    """Gauges: calls of `watch` with a literal name and text."""
    for path in sorted(_folder(package).rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and _name(call.func) == "watch" and len(call.args) >= 2:
                name, text = (ast.literal_eval(one) for one in call.args[:2])
                yield code(prefix + name), "gauge", "", text


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def _folder(package: ModuleType) -> Path:
    return Path(package.__path__[0])
