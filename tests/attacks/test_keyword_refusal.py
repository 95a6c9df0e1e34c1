"""Refusing what one does not like: a sentence from a list instead of the model's answer."""

from __future__ import annotations

from .redteam.attacks import ATTACKS
from .redteam.lab import Lab, caught


def test_a_refusal_that_the_model_did_not_write_is_caught(lab: Lab):
    claims = ATTACKS["refusal by keyword"].make(lab, lab.requests(6))
    verdicts = lab.verdicts(claims)
    assert caught(verdicts) == 1.0 and max(one.n for one in verdicts) < 24, (
        "it is short, and caught all the same"
    )
