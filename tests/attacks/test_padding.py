"""More tokens than the model gave: repeated text, or text after its end."""

from __future__ import annotations

from dataclasses import replace

from .redteam.attacks import ATTACKS
from .redteam.lab import Lab, caught


def test_repetition_is_caught(lab: Lab):
    assert caught(lab.verdicts(ATTACKS["padding by repetition"].make(lab, lab.requests(6, 64)))) == 1.0


def test_going_on_after_the_end_is_caught(lab: Lab):
    (claim,) = lab.served(lab.requests(1, 32))
    ended = replace(claim, stop_token_ids=(claim.output_ids[10],), leaves=None, trace_root=None)
    (verdict,) = lab.verdicts([ended])
    assert verdict.hard and "after a stop token" in verdict.reason


def test_more_than_was_asked_for_is_caught(lab: Lab):
    (claim,) = lab.served(lab.requests(1, 32))
    (verdict,) = lab.verdicts([replace(claim, max_tokens=31, leaves=None, trace_root=None)])
    assert verdict.hard and "31 were asked for" in verdict.reason
