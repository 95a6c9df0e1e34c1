"""The seeded sampler's arithmetic: layout, statistics, choice and margin."""

import numpy as np
import pytest

from ganglion.protocol import st1

SEEDS = [bytes([i]) * 32 for i in range(5)]


def test_rows_are_independent_of_their_company():
    together = st1.gumbel_rows(SEEDS, [0, 1, 7, 255, 4096], 2050)
    alone = [st1.gumbel_rows([s], [t], 2050)[0] for s, t in zip(SEEDS, (0, 1, 7, 255, 4096), strict=True)]
    assert together.dtype == np.float32
    assert np.array_equal(together, np.stack(alone))


def test_a_narrow_row_is_the_beginning_of_a_wide_one():
    wide = st1.gumbel_rows(SEEDS[:1], [3], 40_000)
    assert np.array_equal(st1.gumbel_rows(SEEDS[:1], [3], 37), wide[:, :37])


def test_seed_and_position_change_everything():
    a, b, c = st1.gumbel_rows([SEEDS[0], SEEDS[0], SEEDS[1]], [0, 1, 0], 1000)
    assert not (a == b).any() and not (a == c).any()


def test_noise_is_gumbel():
    noise = st1.gumbel_rows([SEEDS[1]] * 256, range(256), 2048).astype(np.float64)
    assert noise.mean() == pytest.approx(0.57722, abs=0.01)
    assert noise.std() == pytest.approx(np.pi / np.sqrt(6), abs=0.01)
    assert noise.min() > -3.15 and noise.max() < 22.9


def test_choices_follow_the_softmax():
    logits = np.array([0.0, 1.0, 2.0, -1.0], np.float32)
    noise = st1.gumbel_rows([SEEDS[2]] * 20_000, range(20_000), 4)
    picks = np.bincount((logits + noise).argmax(axis=1), minlength=4) / 20_000
    assert picks == pytest.approx(np.exp(logits) / np.exp(logits).sum(), abs=0.01)


@pytest.mark.parametrize("temperature", [0.0, 0.3, 1.0, 2.0])
def test_the_selected_token_has_margin_zero_and_all_others_more(temperature):
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(6, 50)).astype(np.float32)
    noise = st1.gumbel_rows(SEEDS[:1] * 6, range(6), 50)
    chosen = [st1.select(row, n, temperature) for row, n in zip(logits, noise, strict=True)]
    assert st1.margins(logits, chosen, noise, temperature).tolist() == [0.0] * 6
    other = [(c + 1) % 50 for c in chosen]
    assert (st1.margins(logits, other, noise, temperature) > 0).all()


def test_margin_is_the_distance_in_logits():
    logits = np.array([[1.0, 3.5, 3.0]], np.float32)
    assert st1.margins(logits, [2], None, 0.0).tolist() == [0.5]


def test_wrong_sizes_are_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        st1.gumbel_rows([b"short"], [0], 8)
    with pytest.raises(ValueError, match="2 seeds for 1 positions"):
        st1.gumbel_rows(SEEDS[:2], [0], 8)
    with pytest.raises(ValueError, match="noise is needed"):
        st1.select(np.zeros(3, np.float32), None, 1.0)
    with pytest.raises(ValueError, match="miner must have 32 bytes"):
        st1.request_seed(genesis=bytes(32), request_id="r", nonce=b"", miner=b"x", profile=bytes(32))


def test_fields_cannot_be_shifted_into_each_other():
    fields = dict(genesis=bytes(32), miner=bytes(32), profile=bytes(32))
    assert st1.request_seed(request_id="ab", nonce=b"c", **fields) != st1.request_seed(
        request_id="a", nonce=b"bc", **fields
    )
