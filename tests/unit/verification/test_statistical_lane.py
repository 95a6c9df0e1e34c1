"""A profile that computes in bfloat16: honest answers in another batch pass, cheaper models fail."""

import hashlib
from dataclasses import replace

import pytest
import torch

from ganglion.model.errors import ModelError
from ganglion.model.loading import load_causal_lm, resolve_model
from ganglion.model.profile import read_profile
from ganglion.model.spec import STATISTICAL
from ganglion.protocol.sampling import SamplingParams
from ganglion.protocol.trace import Leaf, Precision
from ganglion.verification.cheats import CHEATS, Kitchen
from ganglion.verification.generation import Request, claim_of, generate
from ganglion.verification.likelihood import gathered
from ganglion.verification.replay import Verifier


@pytest.fixture(scope="module")
def profile():
    read = read_profile(resolve_model("ganglion-tiny"))
    spec = replace(read.spec, lane="statistical", dtype="bfloat16", thresholds=STATISTICAL)
    return replace(read, spec=spec)


@pytest.fixture(scope="module")
def verifier(profile):
    return Verifier("ganglion-tiny", profile)


@pytest.fixture(scope="module")
def kitchen(verifier):
    model = load_causal_lm("ganglion-tiny").to(torch.bfloat16)
    return Kitchen(model, verifier.tokenizer, precision=Precision.FLOAT16, batch=8)


def asked(count, tokens=160):
    seeds = [hashlib.sha256(b"bf16 %d" % i).digest() for i in range(count)]
    return [
        Request((1, 40 + i, 90, 7, 300), tokens, SamplingParams(1.0), seed) for i, seed in enumerate(seeds)
    ]


def test_honest_answers_pass_although_their_numbers_differ(verifier, kitchen):
    wanted = asked(8)
    answers = generate(kitchen.model, wanted, batch=3)
    claims = [claim_of(r, a, Precision.FLOAT16) for r, a in zip(wanted, answers, strict=True)]
    assert Leaf.decode(claims[0].leaves[0]).precision is Precision.FLOAT16
    verdicts = verifier.verify(claims)
    assert not any(v.hard for v in verdicts), [v.reason for v in verdicts]
    assert sum(v.soft for v in verdicts) <= 2
    assert sum(v.mismatches for v in verdicts) > 0 and max(v.leaf_mean for v in verdicts) > 1e-3
    total = 0.0
    for verdict in verdicts:
        total = gathered(total, verdict.llr)
    assert total < verifier.rules.limits.llr_limit


@pytest.mark.parametrize(
    "name", ["4-bit", "4-bit, pre-fill", "temperature", "replay", "splice", "forged leaves: mean"]
)
def test_cheats_fail(verifier, kitchen, name):
    verdicts = verifier.verify(CHEATS[name](kitchen, asked(3)))
    assert all(v.hard for v in verdicts), [v.reason for v in verdicts]


def test_leaves_of_the_other_lane_are_refused(verifier, kitchen):
    wanted = asked(1, 32)
    claim = claim_of(wanted[0], generate(kitchen.model, wanted)[0], Precision.FLOAT32)
    assert "precision" in verifier.verify([claim])[0].reason


def test_a_dtype_that_nothing_computes_in(profile):
    with pytest.raises(ModelError, match="q4_0"):
        Verifier("ganglion-tiny", replace(profile, spec=replace(profile.spec, dtype="q4_0")))
