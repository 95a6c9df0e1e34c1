"""Repetition penalty, top-k, top-p, and margins that forgive rounding at the cut and nothing else."""

import numpy as np
import pytest

from ganglion.protocol.sampling import SamplingParams
from ganglion.protocol.st1_cuts import answer_margins, cut, penalise
from ganglion.protocol.st1_draws import NumpySampler, draws, make_sampler

SEED = bytes(range(32))
VOCAB = 200


def logits_of(rows: int, seed: int = 0, scale: float = 2.0) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal((rows, VOCAB)) * scale).astype(np.float32)


def answer(logits: np.ndarray, params: SamplingParams, prompt=(1, 2, 3)) -> list[int]:
    """What a miner chooses from these rows, one after the other."""
    sampler, out = make_sampler(VOCAB), []
    for position, row in enumerate(logits.copy()):
        if params.repetition_penalty != 1:
            penalise(row, [*prompt, *out], params.repetition_penalty)
        record = draws(SEED, [position], params.temperature)
        if params.cuts:
            record["cut"] = cut(row, params)
        out.append(int(sampler.choose(row[None], record)[0]))
    return out


def judged(logits: np.ndarray, tokens: list[int], params: SamplingParams, **options) -> np.ndarray:
    options = {"prompt_ids": (1, 2, 3), "output_ids": tokens} | options
    return answer_margins(make_sampler(VOCAB), logits.copy(), seed=SEED, params=params, **options)


def test_penalty_is_that_of_the_field():
    row = np.array([2.0, -2.0, 0.0, 1.0], np.float32)
    penalise(row, [0, 1, 2, 0], 2.0)
    assert row.tolist() == [1.0, -4.0, 0.0, 1.0], "once, however often a token occurs"


def test_top_k_and_top_p_as_transformers_has_them():
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    for seed, (k, p, t) in enumerate(
        [(5, 1.0, 1.0), (0, 0.9, 1.0), (40, 0.8, 0.7), (0, 0.5, 2.0), (3, 0.999, 1.0)]
    ):
        row = logits_of(1, seed)
        scores = torch.from_numpy(row / np.float32(t))
        for processor in (
            [transformers.TopKLogitsWarper(k)] if k else [],
            [transformers.TopPLogitsWarper(p)] if p < 1 else [],
        ):
            for one in processor:
                scores = one(None, scores)
        kept = torch.isfinite(scores)[0].numpy()
        assert np.array_equal(row[0] >= cut(row[0], SamplingParams(t, p, k)), kept)


CASES = [
    SamplingParams(1.0),
    SamplingParams(0.0),
    SamplingParams(1.0, top_p=0.8),
    SamplingParams(0.3, top_p=0.95),
    SamplingParams(1.0, top_k=7),
    SamplingParams(2.0, top_p=0.6, top_k=50, repetition_penalty=1.3),
    SamplingParams(0.0, repetition_penalty=1.8),
    SamplingParams(1.0, top_k=1),
]


@pytest.mark.parametrize("params", CASES, ids=str)
def test_an_honest_answer_has_no_margin_and_any_other_has(params):
    logits = logits_of(40)
    tokens = answer(logits, params)
    assert not judged(logits, tokens, params).any()
    assert np.array_equal(judged(logits[17:], tokens, params, start=17), judged(logits, tokens, params)[17:])
    other = list(tokens)
    other[20] = int(logits[20].argmin())
    assert judged(logits, other, params)[20] > 0.5


@pytest.mark.parametrize("params", CASES[2:6], ids=str)
def test_rounding_within_the_slack_is_never_more_than_itself(params):
    slack = 1e-3
    chance = np.random.default_rng(3)
    for seed in range(30):
        logits = logits_of(
            30, seed, scale=0.5
        )  # close together: cuts fall between tokens that differ by little
        tokens = answer(logits, params)
        errors = chance.uniform(-slack, slack, logits.shape).astype(np.float32) / 2
        margins = judged(logits + errors, tokens, params, slack=slack)
        assert margins.max() <= 1.5 * slack * max(1, params.repetition_penalty)


def test_without_slack_the_same_rounding_would_be_a_lie():
    params = SamplingParams(1.0, top_k=5)
    logits = logits_of(100)
    rows, order = np.arange(100), np.argsort(-logits, axis=1)
    last, next_one = order[:, 4], order[:, 5]
    logits[rows, next_one] = logits[rows, last] - np.float32(1e-4)
    tokens = answer(logits, params)
    logits[rows, next_one] += np.float32(2e-4)  # now these two change places at the cut
    assert judged(logits, tokens, params).max() > 0.1
    assert judged(logits, tokens, params, slack=1e-3).max() < 1e-3


def test_a_token_outside_the_cut_is_found_whatever_its_noise():
    params = SamplingParams(1.0, top_k=5)
    logits = logits_of(200)
    free = answer(logits, SamplingParams(1.0))
    margins = judged(logits, free, params, slack=1e-3)
    for row, token, margin in zip(logits, free, margins, strict=True):
        distance = np.sort(row)[-5] - row[token]
        assert margin >= distance if distance > 1e-3 else margin == 0
    assert (margins > 1e-3).sum() > 20


def test_both_samplers_judge_alike():
    params = SamplingParams(1.0, top_p=0.9, repetition_penalty=1.1)
    logits = logits_of(50)
    tokens = [int(t) for t in np.random.default_rng(9).integers(0, VOCAB, 50)]
    options = {"seed": SEED, "params": params, "prompt_ids": (4, 5), "output_ids": tokens, "slack": 1e-3}
    slow = answer_margins(NumpySampler(VOCAB), logits.copy(), **options)
    assert np.array_equal(slow, answer_margins(make_sampler(VOCAB), logits.copy(), **options))
