"""What all benchmarks share: figures with their repetitions, ratios within one run, the command line.

A figure keeps every repetition; readers get median, least and largest. Ratios pair what was measured in the same
repetition, so that a machine that is busy for a while slows both sides. Knows nothing of what is measured.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

ROUNDS = 7
QUICK_ROUNDS = 1


@dataclass
class Figure:
    """One measured quantity."""

    name: str
    unit: str
    what: str
    values: list[float] = field(default_factory=list)

    def add(self, value: float) -> None:
        """Record one repetition."""
        self.values.append(value)

    def to_json(self) -> dict[str, Any]:
        """Median, range, and every repetition in order."""
        if not self.values:
            raise RuntimeError(f"{self.name} was declared and never measured")
        return {
            "what": self.what,
            "unit": self.unit,
            "median": significant(statistics.median(self.values)),
            "min": significant(min(self.values)),
            "max": significant(max(self.values)),
            "values": [significant(value) for value in self.values],
        }


class Subject:
    """The figures of one benchmark, in the order in which they were declared.

    Args:
        about: how they were measured, for people.
        quick: whether this is only a try-out.
    """

    def __init__(self, about: str, quick: bool) -> None:
        self.about = about
        self.quick = quick
        self.rounds = QUICK_ROUNDS if quick else ROUNDS
        self._figures: dict[str, Figure] = {}
        self._workload: dict[str, Any] = {}

    def figure(self, name: str, unit: str, what: str) -> Figure:
        """A figure by name; declared at its first use."""
        return self._figures.setdefault(name, Figure(name, unit, what))

    def ratio(self, name: str, what: str, over: str, under: str) -> None:
        """Figure `over` divided by figure `under`, repetition by repetition."""
        pairs = zip(self._figures[over].values, self._figures[under].values, strict=True)
        self.figure(name, "ratio", what).values = [a / b for a, b in pairs]

    def workload(self, **facts: Any) -> None:
        """What was done, for whoever wants to do it again."""
        self._workload |= facts

    def to_json(self) -> dict[str, Any]:
        """Everything, ready to be written."""
        figures = {name: figure.to_json() for name, figure in self._figures.items()}
        return {"about": self.about, "rounds": self.rounds, "workload": self._workload, "figures": figures}


def significant(value: float, digits: int = 5) -> float:
    """A value without digits that mean nothing."""
    return float(f"{value:.{digits}g}")


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """Mean wall seconds of one run of `work`."""
    started = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - started) / times


async def seconds_async(work: Callable[[], Awaitable[object]], times: int = 1) -> float:
    """The same for a coroutine function."""
    started = time.perf_counter()
    for _ in range(times):
        await work()
    return (time.perf_counter() - started) / times


def main(run: Callable[[bool], dict[str, Any]], argv: Sequence[str] | None = None) -> int:
    """Command line of one benchmark: runs it and prints its JSON."""
    parser = argparse.ArgumentParser(description=sys.modules[run.__module__].__doc__)
    parser.add_argument("--quick", action="store_true", help="try everything once, with little work")
    json.dump(run(parser.parse_args(argv).quick), sys.stdout, indent=1)
    print()
    return 0
