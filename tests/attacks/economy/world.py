"""Miners whose quality walks, and what honest validators measure of it."""

from __future__ import annotations

import random
from collections.abc import Sequence

from .scenarios import Quality

FULL = 65_535
Row = list[tuple[int, int]]


class Miners:
    """Qualities in [0, 1] that change each epoch; measuring them has a random source of its own."""

    def __init__(self, count: int, quality: Quality, seed: int) -> None:
        self._rules = quality
        self._walk = random.Random(f"walk {seed}")
        self._seed = seed
        self.epoch = 0
        self.now = [self._draw() for _ in range(count)]

    def _draw(self) -> float:
        return self._walk.uniform(self._rules.lowest, self._rules.highest)

    def advance(self) -> None:
        """One epoch later."""
        self.epoch += 1
        self.now = [self._next(quality) for quality in self.now]

    def _next(self, quality: float) -> float:
        jumps, step = self._walk.random() < self._rules.jump, self._walk.gauss(0, self._rules.step)
        fresh = self._draw()
        return fresh if jumps else min(max(quality + step, self._rules.lowest), self._rules.highest)

    def measured(self, validator: int) -> list[float]:
        """What this validator sees this epoch: quality with noise, never below 0."""
        source = random.Random(f"measure {self._seed} {self.epoch} {validator}")
        return [max(0.0, quality + source.gauss(0, self._rules.noise)) for quality in self.now]

    def weights(self, validator: int) -> list[float]:
        """What an honest validator gives each miner."""
        return [seen**self._rules.exponent for seen in self.measured(validator)]


def row(weights: Sequence[float], first: int) -> Row:
    """Weights of miners as a row of the chain; the largest becomes 65,535, zeros are left out.

    Args:
        first: uid of the first miner.
    """
    largest = max(weights, default=0.0)
    if largest <= 0:
        return []
    scaled = [round(weight / largest * FULL) for weight in weights]
    return [(first + i, value) for i, value in enumerate(scaled) if value > 0]
