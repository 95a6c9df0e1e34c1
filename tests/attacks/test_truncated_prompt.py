"""Half of the prompt, silently: the other half's prefill is saved."""

from __future__ import annotations

from .redteam.attacks import ATTACKS
from .redteam.lab import Lab, caught


def test_half_a_prompt_is_caught(lab: Lab):
    claims = ATTACKS["half the prompt"].make(lab, lab.requests(6, 64))
    assert caught(lab.verdicts(claims)) == 1.0
