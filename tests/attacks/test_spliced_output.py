"""An honest beginning, for those who look at beginnings, and a cheap rest."""

from __future__ import annotations

from .redteam.attacks import ATTACKS
from .redteam.lab import Lab, caught


def test_a_cheap_second_half_is_caught(lab: Lab):
    found = lab.measured(ATTACKS["second half by the sibling"].make(lab, lab.requests(6, 64)))
    assert caught([lab.judged(one) for one in found]) == 1.0
    assert caught([lab.judged(one, 32) for one in found]) == 0.0, "the first half is honest"
