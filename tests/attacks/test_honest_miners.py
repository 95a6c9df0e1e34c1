"""The other half of every gate: honest miners, whatever is asked of them and however they batch, are never caught."""

from __future__ import annotations

from .redteam.lab import Lab, caught


def test_honest_answers_pass(lab: Lab):
    wanted = lab.honest_requests(60, lengths=(4, 16, 32, 64))
    claims = lab.served(wanted)
    verdicts = lab.verdicts(claims)
    assert caught(verdicts) == 0.0
    assert len({one.prompt_ids for one in wanted}) == 60
    assert max(one.max_margin for one in verdicts) < lab.verifier.rules.limits.margin_hard / 10


def test_alone_or_in_a_batch_is_the_same(lab: Lab):
    wanted = lab.honest_requests(6, lengths=(24,))
    assert [one.output_ids for one in lab.served(wanted, 1)] == [
        one.output_ids for one in lab.served(wanted, 4)
    ]


def test_gathered_evidence_never_convicts_the_honest(lab: Lab):
    total = highest = 0.0
    for verdict in lab.verdicts(lab.served(lab.honest_requests(40, lengths=(64,)))):
        total = max(0.0, total + verdict.llr)
        highest = max(highest, total)
    assert highest < lab.verifier.rules.limits.llr_limit / 2
