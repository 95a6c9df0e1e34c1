"""The rules that need no model: shape, ending, thresholds."""

from dataclasses import replace

import numpy as np
import pytest

from ganglion.verification.replay import MAX_BATCH, MAX_BATCH_TOKENS, batches
from ganglion.verification.rules import (
    Claim,
    finish_error,
    judge_margins,
    structure_error,
)

CLAIM = Claim((1, 5), (7, 8, 9), bytes(32), 1.0, "length", 3, stop_token_ids=(2,))


def form(claim, *, completed=False, passed=False):
    """The first thing wrong with a claim's form."""
    return structure_error(claim, vocab=100, context=16) or finish_error(
        claim, stop_completed=completed, stop_passed=passed
    )


@pytest.mark.parametrize(
    ("change", "stops"),
    [
        ({}, {}),
        ({"output_ids": (7, 2), "finish_reason": "stop"}, {}),
        ({"output_ids": (7, 8, 2), "finish_reason": "stop"}, {}),
        ({"output_ids": (2,), "finish_reason": "stop"}, {}),
        ({"output_ids": (7,), "finish_reason": "stop", "stops": ("x",)}, {"completed": True}),
        ({"finish_reason": "stop", "stops": ("x",)}, {"completed": True}),
    ],
)
def test_good_forms(change, stops):
    assert form(replace(CLAIM, **change), **stops) is None


@pytest.mark.parametrize(
    ("change", "stops", "message"),
    [
        ({"output_ids": ()}, {}, "no tokens"),
        ({"output_ids": (7, 8, 9, 10)}, {}, "3 were asked for"),
        ({"output_ids": (7, 100, 9)}, {}, "outside the vocabulary"),
        ({"output_ids": (7, -1, 9)}, {}, "outside the vocabulary"),
        ({"prompt_ids": (1,) * 14}, {}, "context is 16"),
        ({"output_ids": (7, 2, 9)}, {}, "after a stop token"),
        ({"output_ids": (7, 8)}, {}, "2 of 3 tokens without a stop"),
        ({"output_ids": (7, 8), "finish_reason": "stop"}, {}, "without a stop"),
        ({"finish_reason": "stop"}, {}, "should be 'length'"),
        ({"output_ids": (7, 2), "finish_reason": "length"}, {}, "should be 'stop'"),
        ({"finish_reason": "error"}, {}, "should be 'length'"),
        ({"finish_reason": "stop"}, {"passed": True}, "after a stop string"),
    ],
)
def test_bad_forms(change, stops, message):
    assert message in form(replace(CLAIM, **change), **stops)


def margins_of(n, *values):
    return np.array([*values, *[0.0] * (n - len(values))], np.float32)


@pytest.mark.parametrize(
    ("margins", "outcome"),
    [
        (margins_of(256), "ok"),
        (margins_of(256, 3e-5), "ok"),
        (margins_of(256, 9e-4, 1e-5), "ok"),
        (margins_of(256, 1e-5, 1e-5, 1e-5), "soft"),
        (margins_of(4000, *[1e-5] * 6), "ok"),
        (margins_of(4000, *[1e-5] * 7), "soft"),
        (margins_of(256, 1.1e-3), "hard"),
        (margins_of(256, *[1e-5] * 9, 8.0), "hard"),
        (margins_of(4, float("nan")), "hard"),
        (margins_of(4, float("inf")), "hard"),
    ],
)
def test_thresholds(margins, outcome):
    verdict = judge_margins(margins)
    assert [k for k in ("ok", "soft", "hard") if getattr(verdict, k)] == [outcome]
    assert verdict.n == len(margins)
    assert bool(verdict.reason) == (outcome != "ok")


def test_batches_hold_every_answer_once_within_their_bounds():
    claims = [replace(CLAIM, prompt_ids=(1,) * n) for n in (900, 3, 4000, 17, 8000, *range(1, 40))]
    groups = list(batches(claims, list(range(100, 100 + len(claims)))))
    assert sorted(i for g in groups for i in g) == list(range(100, 100 + len(claims)))
    for group in groups:
        longest = max(len(claims[i - 100].prompt_ids) + 3 for i in group)
        assert len(group) <= MAX_BATCH and (len(group) == 1 or longest * len(group) <= MAX_BATCH_TOKENS)
