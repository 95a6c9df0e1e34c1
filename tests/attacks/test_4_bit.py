"""Weights rounded to 4 bits."""

from __future__ import annotations

from .redteam.attacks import ATTACKS
from .redteam.lab import Lab, caught


def test_a_4_bit_copy_is_caught(lab: Lab):
    found = lab.measured(ATTACKS["4-bit copy"].make(lab, lab.requests(6, 64)))
    assert caught([lab.judged(one) for one in found]) == 1.0
    margins_alone = [lab.verifier.rules.judge(one.margins, None) for one in found]
    assert caught(margins_alone) == 1.0, "and would be without leaves"
