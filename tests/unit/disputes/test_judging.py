"""What this machine says of a disputed answer, with the bundled model: with leaves, without, and near to a limit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ganglion.disputes.agent import Rechecked
from ganglion.disputes.judging import BANDS, Judging, scaled
from ganglion.model.loading import load_causal_lm
from ganglion.protocol.dispute_evidence import Evidence
from ganglion.protocol.merkle import merkle_root
from ganglion.protocol.receipt_checks import seed_of
from ganglion.protocol.receipts import Finish, output_hash, sign_receipt
from ganglion.protocol.sampling import SamplingParams, SamplingTerms
from ganglion.verification.generation import Request, generate, leaves_of

from .support import MINER, evidence

TERMS = SamplingTerms(SamplingParams(0.0), 40)
SAMPLING = TERMS.params


@pytest.fixture(scope="module")
def judging() -> Judging:
    return Judging("ganglion-tiny")


@pytest.fixture(scope="module")
def honest() -> Evidence:
    """Forty of the model's own tokens, with their leaves."""
    said = evidence(TERMS)
    seed = seed_of(said.receipt)
    request = Request(said.prompt_ids, 40, SAMPLING, seed)
    (answer,) = generate(load_causal_lm("ganglion-tiny"), [request])
    leaves = leaves_of(seed, answer.tokens, answer.states)
    return signed(said, answer.tokens, leaves)


def signed(said: Evidence, output: tuple[int, ...], leaves: tuple[bytes, ...]) -> Evidence:
    receipt = replace(
        said.receipt,
        output=output_hash(output),
        output_tokens=len(output),
        finish=Finish.LENGTH,
        trace=merkle_root(leaves) if leaves else bytes(32),
    )
    return Evidence(sign_receipt(MINER, receipt), said.prompt_ids, output, said.terms, leaves)


def test_an_honest_answer_is_found_honest_with_its_leaves_and_without(judging: Judging, honest: Evidence):
    honest.check()
    assert len(honest.leaves) == 2
    assert judging.compare(honest) == Rechecked(False, leaves_shown=True)
    assert judging.compare(replace(honest, leaves=())) == Rechecked(False, leaves_shown=False)


def test_leaves_of_another_request_are_found_and_only_with_them(judging: Judging, honest: Evidence):
    other = seed_of(replace(honest.receipt, nonce=b"\7" * 16))
    states = np.ones((len(honest.output_ids), load_causal_lm("ganglion-tiny").config.hidden_size), np.float32)
    for leaves in (
        leaves_of(other, honest.output_ids, states),
        leaves_of(seed_of(honest.receipt), honest.output_ids, states),
    ):
        forged = signed(honest, honest.output_ids, leaves)
        assert judging.compare(forged) == Rechecked(True, leaves_shown=True)
        assert judging.compare(replace(forged, leaves=())) == Rechecked(False, leaves_shown=False)


def test_a_receipt_that_commits_to_no_leaves_is_hard_as_it_is_for_validators(
    judging: Judging, honest: Evidence
):
    assert judging.compare(signed(honest, honest.output_ids, ())) == Rechecked(True, leaves_shown=True)


def test_other_tokens_are_hard_whatever_the_leaves(judging: Judging, honest: Evidence):
    made = (*honest.output_ids[:-1], (honest.output_ids[-1] + 1) % 256)
    found = judging.compare(replace(signed(honest, made, honest.leaves), leaves=()))
    assert found.hard and not found.near


@pytest.mark.parametrize("factor", [0.5, 0.95, 1.05, 2.0])
def test_what_stands_within_a_tenth_of_a_limit_is_near(judging: Judging, factor: float):
    """The strict lane's limits, and a margin beside them."""
    rules = judging._load().rules
    margins = np.array([0.0, rules.limits.margin_hard * factor], np.float32)
    hard = rules.judge(margins, None).hard
    both = {scaled(rules, 1 + sign * BANDS["strict"]).judge(margins, None).hard for sign in (-1, 1)}
    assert hard is (factor > 1) and (len(both) == 2) is (factor in (0.95, 1.05))
