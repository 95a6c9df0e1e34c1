"""Another model of the same shape: somebody's fine-tuned copy, a few steps of training away."""

from __future__ import annotations

from .redteam.attacks import ATTACKS
from .redteam.lab import Lab, caught


def test_a_fine_tuned_copy_is_caught(lab: Lab):
    claims = ATTACKS["another model (fine-tuned)"].make(lab, lab.requests(6, 64))
    verdicts = lab.verdicts(claims)
    assert caught(verdicts) == 1.0 and all(one.hard for one in verdicts)
    assert min(one.leaf_max for one in verdicts) > lab.verifier.rules.limits.leaf_hard, "one leaf is enough"
