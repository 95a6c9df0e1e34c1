"""A sibling with a third of the parameters: it writes the same kind of text for a third of the work."""

from __future__ import annotations

from .redteam.attacks import ATTACKS
from .redteam.lab import Lab, caught


def test_the_sibling_is_caught(lab: Lab):
    found = lab.measured(ATTACKS["smaller sibling"].make(lab, lab.requests(6, 64)))
    assert caught([lab.judged(one) for one in found]) == 1.0
    margins_alone = [lab.verifier.rules.judge(one.margins, None) for one in found if not one.error]
    assert caught(margins_alone) == 1.0, "and would be without leaves"
