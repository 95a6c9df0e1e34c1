"""What an attack came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """One number of one run.

    Attributes:
        attack: id of the threat, and the variant.
        seed: of the run.
        value: what was measured.
        bound: what it must stay below (or at); None where the outcome is only stated.
    """

    attack: str
    metric: str
    seed: int
    value: float
    bound: float | None
    strict: bool = True

    @property
    def defeated(self) -> bool | None:
        """Whether the attack failed; None where nothing is asserted."""
        if self.bound is None:
            return None
        return self.value < self.bound if self.strict else self.value <= self.bound

    def line(self) -> str:
        """One line for people and for grep."""
        outcome = {None: "STATED", True: "DEFEATED", False: "SUCCEEDED"}[self.defeated]
        bound = "" if self.bound is None else f" (bound {self.bound:g})"
        return f"ATTACK {self.attack} {outcome} {self.metric}={self.value:.4f}{bound} seed={self.seed}"


def groups(measurements: Sequence[Measurement]) -> dict[tuple[str, str], list[Measurement]]:
    """Measurements of the same thing, in the order of their first appearance."""
    found: dict[tuple[str, str], list[Measurement]] = {}
    for one in measurements:
        found.setdefault((one.attack, one.metric), []).append(one)
    return found


def spread(runs: Sequence[Measurement]) -> tuple[float, float, float]:
    """Least, middle and largest of what was measured."""
    values = sorted(run.value for run in runs)
    return values[0], values[len(values) // 2], values[-1]


def outcomes(runs: Sequence[Measurement]) -> list[bool]:
    """Whether each run was defeated; of runs that assert nothing, none."""
    return [run.defeated for run in runs if run.defeated is not None]
