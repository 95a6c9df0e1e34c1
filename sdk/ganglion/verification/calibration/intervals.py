"""Clopper-Pearson bounds of a share, without a library of statistics."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["lower_bound", "upper_bound"]


def lower_bound(hits: int, of: int, confidence: float = 0.95) -> float:
    """The smallest true share with which `hits` or more of `of` is not rarer than 1 - confidence; one-sided."""
    if hits == 0:
        return 0.0
    return _root(lambda p: at_least(hits, of, p) - (1 - confidence))


def upper_bound(hits: int, of: int, confidence: float = 0.95) -> float:
    """The largest true share with which `hits` or fewer of `of` is not rarer than 1 - confidence; one-sided."""
    return 1.0 - lower_bound(of - hits, of, confidence)


def at_least(hits: int, of: int, share: float) -> float:
    """Probability of `hits` or more of `of`, each with probability `share`."""
    if share <= 0:
        return float(hits <= 0)
    if share >= 1:
        return 1.0
    return math.fsum(_exactly(k, of, share) for k in range(hits, of + 1))


def _exactly(hits: int, of: int, share: float) -> float:
    ways = math.lgamma(of + 1) - math.lgamma(hits + 1) - math.lgamma(of - hits + 1)
    return math.exp(ways + hits * math.log(share) + (of - hits) * math.log1p(-share))


def _root(function: Callable[[float], float]) -> float:
    """Where an increasing function on [0, 1] is 0, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if function(middle) > 0 else (middle, high)
    return (low + high) / 2
