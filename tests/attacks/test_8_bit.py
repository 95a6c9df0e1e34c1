"""Weights rounded to 8 bits, answers sent as they come: nobody sees a difference in the text, a leaf does."""

from __future__ import annotations

from .redteam.attacks import ATTACKS
from .redteam.lab import Lab, caught


def test_one_leaf_shows_an_8_bit_copy(lab: Lab):
    found = lab.measured(ATTACKS["8-bit copy"].make(lab, lab.requests(6, 64)))
    assert caught([lab.judged(one, 32) for one in found]) == 1.0
    assert min(one.leaves.largest for one in found) > 10 * lab.verifier.rules.limits.leaf_hard
