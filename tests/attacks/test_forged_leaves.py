"""True tokens with made-up activations, for miners that generate with something else and compute no states."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ganglion.protocol.trace import trace_root
from ganglion.verification.cheats import FORGERIES

from .redteam.attacks import ATTACKS
from .redteam.lab import Lab, caught


@pytest.mark.parametrize("name", list(FORGERIES))
def test_forged_leaves_are_caught(lab: Lab, name: str):
    found = lab.measured(ATTACKS[name].make(lab, lab.requests(4, 64)))
    assert max(float(one.margins.max()) for one in found) == 0.0, "the tokens are the model's own"
    assert caught([lab.judged(one) for one in found]) == 1.0


def test_leaves_of_another_root_fewer_leaves_and_none_are_caught(lab: Lab):
    one, other = lab.served(lab.requests(2, 64))
    for wrong in (
        replace(one, trace_root=other.trace_root),
        replace(one, leaves=one.leaves[:-1], trace_root=trace_root(one.leaves[:-1])),
        replace(one, leaves=one.leaves[::-1], trace_root=trace_root(one.leaves[::-1])),
        replace(one, leaves=other.leaves, trace_root=other.trace_root),
        replace(one, leaves=(), trace_root=bytes(32)),
    ):
        (verdict,) = lab.verdicts([wrong])
        assert verdict.hard, verdict
    assert lab.verdicts([one])[0].ok
