"""Whatever a claim holds, the verifier answers with a verdict and never with an exception."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from ganglion.model.loading import load_causal_lm
from ganglion.protocol.sampling import SamplingParams
from ganglion.protocol.trace import Leaf, trace_root
from ganglion.verification.cheats import CHEATS, NEEDS_SIBLING, Kitchen
from ganglion.verification.generation import Request, claim_of, generate
from ganglion.verification.replay import Verifier

SEED = hashlib.sha256(b"hostile").digest()


@pytest.fixture(scope="module")
def verifier():
    return Verifier("ganglion-tiny")


@pytest.fixture(scope="module")
def model():
    return load_causal_lm("ganglion-tiny")


@pytest.fixture(scope="module")
def honest(model):
    wanted = Request((1, 300, 301, 302), 40, SamplingParams(1.0), SEED)
    return claim_of(wanted, generate(model, [wanted])[0])


def with_vectors(claim, change):
    leaves = [Leaf.decode(raw) for raw in claim.leaves]
    raws = tuple(replace(leaf, vectors=change(leaf.vectors.copy())).encode() for leaf in leaves)
    return replace(claim, leaves=raws, trace_root=trace_root(raws))


def filled(value):
    return lambda vectors: np.full_like(vectors, value)


CHANGES = {
    "no leaves": lambda c: replace(c, leaves=()),
    "leaves of garbage": lambda c: replace(c, leaves=(b"x" * 64, b"\xff" * 600)),
    "an empty leaf": lambda c: replace(c, leaves=(b"", b"")),
    "a leaf too many": lambda c: replace(c, leaves=(*c.leaves, c.leaves[0])),
    "a root of nothing": lambda c: replace(c, trace_root=bytes(32)),
    "a root that is too short": lambda c: replace(c, trace_root=b"\1"),
    "leaves of no numbers": lambda c: with_vectors(c, filled(np.nan)),
    "leaves of infinities": lambda c: with_vectors(c, filled(np.inf)),
    "leaves of the largest numbers": lambda c: with_vectors(c, filled(3e38)),
    "half the sign of a leaf": lambda c: with_vectors(c, lambda v: -v),
    "a token of 2^63": lambda c: replace(c, output_ids=(1 << 63, *c.output_ids[1:])),
    "a negative token": lambda c: replace(c, output_ids=(-1, *c.output_ids[1:])),
    "no number at all": lambda c: replace(c, output_ids=("a", *c.output_ids[1:])),
    "no answer": lambda c: replace(c, output_ids=(), leaves=()),
    "no prompt": lambda c: replace(c, prompt_ids=()),
    "a prompt of strangers": lambda c: replace(c, prompt_ids=(5_000_000,)),
    "less than nothing asked for": lambda c: replace(c, max_tokens=-1),
    "a context full of it": lambda c: replace(c, prompt_ids=(5,) * 5000),
    "a short seed": lambda c: replace(c, seed=b""),
    "a strange ending": lambda c: replace(c, finish_reason="\0" * 1000),
    "another penalty": lambda c: replace(c, sampling=SamplingParams(1.0, repetition_penalty=2.0)),
    "almost no choice": lambda c: replace(c, sampling=SamplingParams(1.0, top_p=1e-30)),
    "one choice": lambda c: replace(c, sampling=SamplingParams(100.0, top_k=1)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_hostile_claims_fail_hard_and_alone(verifier, honest, name):
    verdicts = verifier.verify([honest, CHANGES[name](honest), honest])
    assert [v.ok for v in verdicts] == [True, False, True], [v.reason for v in verdicts]
    assert verdicts[1].hard and verdicts[1].reason


def test_stop_strings_that_are_strange(verifier, honest):
    for stops in (("\ufffd",), ("\0",), ("",), ("x" * 100_000,)):
        verdict = verifier.verify([replace(honest, stops=stops)])[0]
        assert verdict.ok or verdict.hard


@pytest.mark.parametrize(
    "sampling",
    [
        SamplingParams(0.0, repetition_penalty=1.3),
        SamplingParams(0.8, top_p=0.9),
        SamplingParams(1.2, top_k=20, repetition_penalty=1.1),
        SamplingParams(1.0, top_p=0.5, top_k=7),
    ],
)
def test_honest_answers_with_every_kind_of_sampling(verifier, model, sampling):
    wanted = [Request((1, 40 + i, 90, 7), 48, sampling, hashlib.sha256(b"%d" % i).digest()) for i in range(6)]
    claims = [claim_of(r, a) for r, a in zip(wanted, generate(model, wanted, batch=4), strict=True)]
    verdicts = verifier.verify(claims)
    assert all(v.ok and v.max_margin == 0 and v.leaf_max < 1e-5 for v in verdicts), verdicts
    plain = [replace(c, sampling=SamplingParams(1.0)) for c in claims]
    assert all(
        v.hard for v in verifier.verify(plain)
    )  # the same tokens without penalty and cuts are not the sampler's


@pytest.mark.parametrize(
    "name", [name for name in CHEATS if name not in NEEDS_SIBLING and "8-bit" not in name]
)
def test_every_cheat_is_caught_within_64_tokens(verifier, model, name):
    kitchen = Kitchen(model, verifier.tokenizer)
    wanted = [
        Request((1, 40 + i, 9, 7), 64, SamplingParams(1.0), hashlib.sha256(b"%d" % i).digest())
        for i in range(4)
    ]
    assert all(v.hard for v in verifier.verify(CHEATS[name](kitchen, wanted)))
