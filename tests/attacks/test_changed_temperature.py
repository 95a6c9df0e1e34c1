"""A cooler answer than was asked for, by the right model: its leaves are true."""

from __future__ import annotations

from .redteam.attacks import ATTACKS
from .redteam.lab import Lab, caught


def test_another_temperature_is_caught_by_margins(lab: Lab):
    found = lab.measured(ATTACKS["temperature 0.7 for 1"].make(lab, lab.requests(6, 64)))
    assert max(one.leaves.largest for one in found) < lab.verifier.rules.limits.leaf_soft
    assert caught([lab.judged(one) for one in found]) == 1.0
