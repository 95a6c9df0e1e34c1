"""The rules that need no model: shape and ending."""

from dataclasses import replace

import pytest

from ganglion.protocol.sampling import SamplingParams
from ganglion.verification.replay import MAX_BATCH, MAX_BATCH_TOKENS, batches
from ganglion.verification.rules import Claim, finish_error, structure_error

CLAIM = Claim((1, 5), (7, 8, 9), bytes(32), SamplingParams(1.0), "length", 3, stop_token_ids=(2,))


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
        ({"output_ids": (7, 1 << 70, 9)}, {}, "outside the vocabulary"),
        ({"output_ids": (7, 8.5, 9)}, {}, "outside the vocabulary"),
        ({"prompt_ids": (1, 100)}, {}, "outside the vocabulary"),
        ({"prompt_ids": ()}, {}, "prompt has no tokens"),
        ({"seed": bytes(31)}, {}, "the seed has 31 bytes"),
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


def test_batches_hold_every_answer_once_within_their_bounds():
    claims = [replace(CLAIM, prompt_ids=(1,) * n) for n in (900, 3, 4000, 17, 8000, *range(1, 40))]
    groups = list(batches(claims, list(range(100, 100 + len(claims)))))
    assert sorted(i for g in groups for i in g) == list(range(100, 100 + len(claims)))
    for group in groups:
        longest = max(len(claims[i - 100].prompt_ids) + 3 for i in group)
        assert len(group) <= MAX_BATCH and (len(group) == 1 or longest * len(group) <= MAX_BATCH_TOKENS)
