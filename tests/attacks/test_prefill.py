"""Pre-fill: generate with a cheap model, then compute the true model's states for its tokens, so that every leaf is
true. Only the margins are left to show it.
"""

from __future__ import annotations

import pytest

from .redteam.attacks import ATTACKS
from .redteam.lab import Lab, caught


@pytest.mark.parametrize("name", ["pre-fill, smaller sibling", "pre-fill, 4-bit copy"])
def test_a_cheap_model_is_caught_in_one_answer(lab: Lab, name: str):
    claims = ATTACKS[name].make(lab, lab.requests(8))
    found = lab.measured(claims)
    assert max(one.leaves.largest for one in found) < lab.verifier.rules.limits.leaf_soft, "leaves are true"
    assert caught([lab.judged(one) for one in found]) == 1.0


def test_an_8_bit_copy_is_caught_within_four_answers(lab: Lab):
    verdicts = lab.verdicts(ATTACKS["pre-fill, 8-bit copy"].make(lab, lab.requests(8)))
    groups = [verdicts[:4], verdicts[4:]]
    assert all(any(one.hard for one in group) for group in groups)
    assert sum(one.llr for one in verdicts) > lab.verifier.rules.limits.llr_limit, (
        "and it adds up to a conviction"
    )
