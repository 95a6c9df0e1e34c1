"""The rules of the two lanes, leaves' form, cut margins and the likelihood: no model."""

from dataclasses import replace

import numpy as np
import pytest

from ganglion.model.spec import STATISTICAL, Thresholds
from ganglion.protocol.sampling import SamplingParams
from ganglion.protocol.st1 import gumbel_rows
from ganglion.protocol.st1_cuts import answer_margins, cut
from ganglion.protocol.st1_draws import make_sampler
from ganglion.protocol.trace import Precision, Tracer, trace_root
from ganglion.verification import likelihood
from ganglion.verification.lanes import LaneRules, worst_chunk
from ganglion.verification.leaves import LeafDistances, leaf_distances, leaves_error
from ganglion.verification.rules import Claim

STRICT = LaneRules.of("strict", Thresholds())
LOOSE = LaneRules.of("statistical", STATISTICAL)
SEED = bytes(range(32))


def margins_of(n, *values):
    return np.array([*values, *[0.0] * (n - len(values))], np.float32)


def leaves_of(*values):
    return LeafDistances((np.array(values, np.float32),))


def outcome(verdict):
    return [k for k in ("ok", "soft", "hard") if getattr(verdict, k)]


@pytest.mark.parametrize(
    ("margins", "expected"),
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
def test_strict_margins(margins, expected):
    verdict = STRICT.judge(margins, None)
    assert outcome(verdict) == [expected]
    assert verdict.n == len(margins) and bool(verdict.reason) == (expected != "ok")
    assert verdict.position == int(np.nan_to_num(margins, nan=np.inf).argmax())


@pytest.mark.parametrize(
    ("distances", "expected"),
    [
        ((2e-6, 2e-6), "ok"),
        ((2e-6, 5e-5), "soft"),
        ((2e-6, 2e-4), "hard"),
        ((1.0,), "hard"),
        ((float("inf"), 0), "hard"),
        ((float("nan"), 0), "hard"),
    ],
)
def test_strict_leaves(distances, expected):
    assert outcome(STRICT.judge(margins_of(32), leaves_of(*distances))) == [expected]


@pytest.mark.parametrize(
    ("margins", "distances", "expected"),
    [
        (margins_of(256, 0.1, 0.05), (0.005, 0.011), "ok"),
        (margins_of(256, 0.51), (0.005,), "hard"),
        (margins_of(256, *[0.05] * 8), (0.005,), "soft"),  # the mean is 1.6e-3
        (margins_of(256, *[0.2] * 4), (0.005,), "hard"),  # all of it in the first 32 tokens
        (margins_of(64, *[0.05] * 4), (0.005,), "ok"),  # too short for means: evidence only
        (margins_of(256), (0.013, 0.013), "soft"),
        (margins_of(256), (0.06, 0.06), "hard"),
        (margins_of(256), (0.5, 0.0), "hard"),
    ],
)
def test_statistical(margins, distances, expected):
    assert outcome(LOOSE.judge(margins, leaves_of(*distances))) == [expected]


def test_one_forged_leaf_cannot_hide_among_true_ones():
    rows = tuple(np.array(row, np.float32) for row in ([0.003] * 4,) * 15 + ([0.3] * 4,))
    assert outcome(LOOSE.judge(margins_of(512), LeafDistances(rows))) == ["hard"]


@pytest.mark.parametrize("at", [0, 100, 480])
def test_a_window_of_forged_tokens_cannot_hide_behind_the_rest(at):
    margins = np.zeros(512, np.float32)
    margins[at : at + 16] = 0.1
    assert outcome(LOOSE.judge(margins, None)) == ["hard"]
    assert worst_chunk(margins, 0.3)[1] in (at // 32, at // 32 + 1)


def a_claim(n=70):
    rng = np.random.default_rng(5)
    ids, states = tuple(map(int, rng.integers(0, 99, n))), rng.normal(size=(n, 48)).astype(np.float32)
    tracer = Tracer(SEED, 48)
    for token, state in zip(ids, states, strict=True):
        tracer.push(token, state)
    leaves = tuple(tracer.leaves())
    claim = Claim((1,), ids, SEED, SamplingParams(1.0), "length", n, (), (), leaves, trace_root(leaves))
    return claim, states


def test_true_leaves_have_distance_zero():
    claim, states = a_claim()
    assert leaves_error(claim, Precision.FLOAT32) is None
    found = leaf_distances(claim, states, Precision.FLOAT32)
    assert (
        len(found.chunks) == 3 and found.largest < 1e-6 and found.mean <= found.worst_chunk <= found.largest
    )
    assert outcome(STRICT.judge(margins_of(70), found)) == ["ok"]


def test_leaves_that_are_not_the_answers():
    claim, _ = a_claim()
    other = replace(claim, leaves=a_claim(71)[0].leaves)
    wrong = {
        "3 chunks": replace(claim, leaves=claim.leaves[:2]),
        "stands where": replace(claim, leaves=(claim.leaves[1], claim.leaves[0], claim.leaves[2])),
        "other tokens": other,
        "not an activation leaf": replace(claim, leaves=(b"", *claim.leaves[1:])),
        "not those that the receipt": replace(claim, trace_root=bytes([1] * 32)),
        "commits to no": replace(claim, trace_root=bytes(32)),
        "malformed": replace(claim, leaves=(claim.leaves[0][:-1], *claim.leaves[1:])),
    }
    for message, one in wrong.items():
        error = leaves_error(one, Precision.FLOAT32)
        assert error and (message in error or "cut off" in error), (message, error)
    assert "precision" in leaves_error(claim, Precision.FLOAT16)
    assert leaves_error(replace(claim, leaves=None, trace_root=None), Precision.FLOAT32) is None


def test_values_that_are_no_numbers_are_infinitely_far():
    claim, states = a_claim(8)
    raw = bytearray(claim.leaves[0])
    raw[-4:] = np.float32("nan").tobytes()
    found = leaf_distances(replace(claim, leaves=(bytes(raw),)), states, Precision.FLOAT32)
    assert found.largest == float("inf")
    assert outcome(STRICT.judge(margins_of(8), found)) == ["hard"]


LOGITS = np.random.default_rng(3).normal(scale=3, size=(12, 200)).astype(np.float32)


def sampled(sampling, logits=LOGITS):
    """What an honest sampler chooses from these logits."""
    logits = logits.copy()
    noise = gumbel_rows([SEED] * len(logits), range(len(logits)), logits.shape[1])
    allowed = np.ones_like(logits, bool)
    if sampling.cuts:
        allowed = np.stack([row >= cut(row, sampling) for row in logits])
    return np.where(allowed, logits + np.float32(sampling.temperature) * noise, -np.inf).argmax(axis=1)


def margins_for(sampling, tokens, logits=LOGITS, slack=1e-3):
    return answer_margins(
        make_sampler(logits.shape[1]),
        logits.copy(),
        seed=SEED,
        params=sampling,
        prompt_ids=(),
        output_ids=list(map(int, tokens)),
        slack=slack,
    )


@pytest.mark.parametrize(
    "sampling",
    [
        SamplingParams(0.0),
        SamplingParams(1.0),
        SamplingParams(1.0, top_k=1),
        SamplingParams(0.8, top_k=5),
        SamplingParams(1.3, top_p=0.5),
        SamplingParams(0.7, top_p=0.9, top_k=40),
        SamplingParams(1.0, top_k=10_000, top_p=1e-6),
    ],
)
def test_honest_choices_have_no_margin_and_others_do(sampling):
    tokens = sampled(sampling)
    assert margins_for(sampling, tokens).max() == 0
    rounded = LOGITS + np.random.default_rng(4).uniform(-5e-4, 5e-4, LOGITS.shape).astype(np.float32)
    assert margins_for(sampling, tokens, rounded).max() <= 1e-3
    assert (margins_for(sampling, (tokens + 1) % 200) > 0).all()


def test_a_token_outside_the_cut_is_as_far_as_its_logit():
    sampling = SamplingParams(1.0, top_k=3)
    fourth = np.argsort(-LOGITS, axis=1)[:, 3]
    expected = [cut(row, sampling) - row[token] for row, token in zip(LOGITS, fourth, strict=True)]
    assert (margins_for(sampling, fourth) >= np.array(expected) - 1e-6).all()


def test_a_token_at_the_edge_is_in_for_whoever_rounds_otherwise():
    logits = np.array([[3.0, 1.0, 0.9999, -5.0]], np.float32)
    sampling = SamplingParams(1.0, top_k=2)
    noise = gumbel_rows([SEED], [0], 4)
    third = margins_for(sampling, [2], logits)[0]
    rivals = (logits + noise)[0, :1].max()  # the second is not surely in
    assert third == pytest.approx(max(0.0, rivals - (logits + noise)[0, 2]), abs=1e-6)


def test_the_penalty_is_for_what_was_said_before():
    logits = np.array([[2.0, 1.9, -1.0]] * 3, np.float32)
    sampling = SamplingParams(0.0, repetition_penalty=1.5)
    assert margins_for(sampling, [0, 1, 0], logits).tolist() == [
        0.0,
        0.0,
        0.0,
    ]  # 2.0; 1.9 > 1.33; 1.33 > 1.27
    assert margins_for(sampling, [0, 0, 0], logits)[1] > 0.5


def test_likelihood_of_honest_and_cheating_margins():
    rng = np.random.default_rng(0)
    honest = likelihood.class_counts(np.zeros(50_000))
    cheat = likelihood.class_counts(np.where(rng.random(50_000) < 0.01, rng.exponential(0.02, 50_000), 0))
    fitted = likelihood.fit(honest, cheat)
    assert fitted.of_answer(margins_of(256)) < 0 < fitted.of_answer(margins_of(256, 0.02, 0.01, 0.03))
    assert list(fitted.ratios[1:]) == sorted(fitted.ratios[1:])
    assert likelihood.Likelihood.from_json(fitted.to_json()).of_answer(margins_of(64)) < 0


def test_no_answer_convicts_alone_and_no_virtue_is_saved_up():
    worst = likelihood.STRICT.of_answer(np.full(256, np.nan, np.float32))
    assert worst == pytest.approx(likelihood.ANSWER_CEILING)
    total = 0.0
    for _ in range(1000):
        total = likelihood.gathered(total, likelihood.STRICT.of_answer(margins_of(256)))
    assert total == 0.0
    answers = 0
    while total <= STRICT.limits.llr_limit:
        total, answers = likelihood.gathered(total, worst), answers + 1
    assert answers >= 3


def test_a_likelihood_is_of_one_lane_and_version(tmp_path):
    assert likelihood.read_likelihood(tmp_path, "strict", "float32") is None
    likelihood.write_likelihood(tmp_path, "strict", "float32", likelihood.STRICT)
    assert likelihood.read_likelihood(tmp_path, "strict", "float32") == likelihood.STRICT
    assert likelihood.read_likelihood(tmp_path, "statistical", "float32") is None
    assert likelihood.read_likelihood(tmp_path, "strict", "bfloat16") is None
    text = '{"lane": "strict", "dtype": "float32", "edges": [0], "ratios": [0, 1]}'
    (tmp_path / likelihood.LIKELIHOOD_FILE).write_text(text)
    with pytest.raises(ValueError, match="classes"):
        likelihood.read_likelihood(tmp_path, "strict", "float32")
