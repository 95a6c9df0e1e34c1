"""Ending early saves the rest: with a stop token that was not chosen, or by saying nothing at all about why."""

from __future__ import annotations

from dataclasses import replace

from .redteam.attacks import ATTACKS
from .redteam.lab import Lab, caught


def test_a_forged_stop_token_is_caught(lab: Lab):
    claims = ATTACKS["early stop at a quarter"].make(lab, lab.requests(8, 64))
    verdicts = lab.verdicts(claims)
    assert len(claims) >= 4 and caught(verdicts) == 1.0
    assert all(one.position == 15 for one in verdicts), "the stop token itself is what shows"


def test_an_end_without_a_reason_is_caught(lab: Lab):
    (claim,) = lab.served(lab.requests(1, 32))
    for reason in ("stop", "length", "complete"):
        short = replace(
            claim, output_ids=claim.output_ids[:16], finish_reason=reason, leaves=None, trace_root=None
        )
        (verdict,) = lab.verdicts([short])
        assert verdict.hard, reason
