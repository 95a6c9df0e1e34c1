"""The compiled kernel against the definition in NumPy: the same bits, whatever it leaves out."""

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from ganglion.protocol import st1
from ganglion.protocol.st1_draws import NO_TOKEN, NumpySampler, draws, make_sampler
from ganglion.protocol.st1_kernel import KernelSampler

ROOT = Path(__file__).resolve().parents[3]
SEEDS = [hashlib.sha256(b"%d" % i).digest() for i in range(16)]


def records(
    rows: int, temperature: float, *, first: int = 0, cut: object = -np.inf, token: object = NO_TOKEN
):
    """One record a row, each of another seed and position."""
    out = np.concatenate([draws(SEEDS[i % 16], [first + i], temperature) for i in range(rows)])
    out["cut"], out["token"] = cut, token
    return out


def rows_of_logits(kind: str, rows: int, vocab: int) -> np.ndarray:
    chance = np.random.default_rng(vocab)
    normal = chance.standard_normal((rows, vocab))
    shapes = {
        "flat": normal * 0,
        "usual": normal * 3,
        "steep": normal * 40,
        "rounded": np.round(normal * 2),  # many are equal
        "far": normal + 1e4,
        "one": np.where(np.arange(vocab) == vocab // 2, 30.0, normal),
    }
    return shapes[kind].astype(np.float32)


def test_every_bit_of_the_noise():
    for vocab in (1, 31, 32, 33, 2048, 50_257):
        kernel = KernelSampler(vocab)
        made = records(6, 1.0, first=1000)
        assert np.array_equal(kernel.noise(made), st1.gumbel_rows(SEEDS[:6], range(1000, 1006), vocab))


def test_two_million_tokens_of_noise():
    kernel = KernelSampler(1 << 18)
    made = records(8, 1.0, first=7)
    assert np.array_equal(kernel.noise(made), st1.gumbel_rows(SEEDS[:8], range(7, 15), 1 << 18))


def test_the_logarithm_is_one_for_all_and_right():
    words = np.random.default_rng(2).integers(0, 2**32, 3_000_000, dtype=np.uint64)
    words[:6] = (0, 1, 2**31, 2**32 - 1, 2**32 - 2, 0x5A82799A)
    units = (words.astype(np.float64) + 0.5) * 2.0**-32
    smallest, one = float(-st1.natural_log(units.max(keepdims=True))[0]), np.nextafter(1.0, 0)
    extremes = [smallest, smallest / 32, 22.9, 45.8, 1.0, one, np.nextafter(1.0, 2), 2.0**-0.5, 2.0**0.5, 2.0]
    for values in (units, -np.log(units), np.array(extremes)):
        ours = st1.natural_log(values)
        assert np.array_equal(KernelSampler(2048).logarithms(values).view(np.uint64), ours.view(np.uint64))
        assert (np.abs(ours - np.log(values)) <= 2 * np.spacing(np.abs(np.log(values)))).all()


@pytest.mark.parametrize("vocab", [1, 3, 32, 37, 255, 2048, 20_011])
@pytest.mark.parametrize("kind", ["flat", "usual", "steep", "rounded", "far", "one"])
def test_the_choice_and_the_margins_are_those_of_the_whole_row(kind, vocab):
    kernel, reference = KernelSampler(vocab, rows=5), NumpySampler(vocab)
    logits = rows_of_logits(kind, 12, vocab)  # more rows than the kernel holds
    tokens = np.random.default_rng(1).integers(0, vocab, 12)
    for temperature in (1.0, 0.0, 1e-6, 0.3, 2.0, 100.0):
        for cut in (-np.inf, np.median(logits, axis=1)):
            if temperature == 0 and not np.isscalar(cut):
                continue
            made = records(12, temperature, cut=cut, token=tokens)
            chosen = reference.choose(logits, made)
            assert np.array_equal(kernel.choose(logits, made), chosen)
            assert np.array_equal(kernel.margins(logits, made), reference.margins(logits, made))
            made["token"] = chosen
            assert not kernel.margins(logits, made).any()


def test_the_choice_is_that_of_the_definition():
    logits = rows_of_logits("usual", 8, 500)
    noise = st1.gumbel_rows(SEEDS[:8], range(8), 500)
    for temperature in (0.0, 0.7, 1.0):
        wanted = [st1.select(row, n, temperature) for row, n in zip(logits, noise, strict=True)]
        assert KernelSampler(500).choose(logits, records(8, temperature)).tolist() == wanted
        asked = np.arange(8) * 7
        margins = st1.margins(logits, asked, noise, temperature)
        assert np.array_equal(
            KernelSampler(500).margins(logits, records(8, temperature, token=asked)), margins
        )


@pytest.mark.parametrize("make", [KernelSampler, NumpySampler])
def test_logits_that_are_no_numbers_and_endless_ones(make):
    logits = np.zeros((4, 100), np.float32)
    logits[0, 77] = np.nan
    logits[1, 50] = np.inf
    logits[2] = -np.inf
    logits[3, :99] = -np.inf
    for temperature in (0.0, 1.0):
        assert make(100).choose(logits, records(4, temperature)).tolist() == [-1, 50, 0, 99]
        margins = make(100).margins(logits[[0, 3]], records(2, temperature, token=[5, 5]))
        assert np.isnan(margins[0]) and margins[1] == np.inf


def test_nothing_below_the_cut_is_chosen():
    logits = rows_of_logits("usual", 10, 300)
    for count in (1, 2, 10):
        cut = np.sort(logits, axis=1)[:, -count]
        made = records(10, 5.0)
        made["cut"] = cut
        chosen = KernelSampler(300).choose(logits, made)
        assert (logits[np.arange(10), chosen] >= cut).all()
    assert np.array_equal(chosen, NumpySampler(300).choose(logits, made))


def test_logits_in_the_buffer_are_not_copied():
    kernel = KernelSampler(64, rows=4)
    logits = rows_of_logits("usual", 3, 64)
    kernel.buffer(3)[:] = logits
    made = records(3, 1.0)
    assert np.array_equal(kernel.choose(kernel.buffer(3), made), NumpySampler(64).choose(logits, made))
    assert kernel.buffer(5).shape == (5, 64), "more rows than it holds: an array of its own"


@pytest.mark.parametrize("make", [KernelSampler, NumpySampler])
def test_choosing_from_what_lies_there(make):
    sampler, logits, made = make(64, 4), rows_of_logits("usual", 4, 64), records(4, 1.0)
    sampler.buffer(4)[:], sampler.records(4)[:] = logits, made
    for rows in (4, 3, 1):
        wanted = NumpySampler(64).choose(logits[:rows], made[:rows])
        assert sampler.choose_here(rows) == wanted.tolist()
    sampler.buffer(4)[1, 5] = np.nan
    assert sampler.choose_here(2)[1] == -1


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="logits of"):
        KernelSampler(64).choose(np.zeros((2, 63), np.float32), records(2, 1.0))
    with pytest.raises(ValueError, match="logits of"):
        KernelSampler(64).choose(np.zeros((2, 64)), records(2, 1.0))
    for vocab in (0, st1.MAX_VOCAB + 1):
        with pytest.raises(ValueError, match="out of range"):
            KernelSampler(vocab)


def test_the_kernel_is_used_where_it_can_be(monkeypatch):
    assert make_sampler(100).name == "wasm"
    monkeypatch.delitem(sys.modules, "ganglion.protocol.st1_kernel")
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    assert make_sampler(100).name == "numpy"


@dataclass
class Philox:
    """Bounds of the noise of one word, as kernels/st1/src/bound.rs calculates them."""

    least: np.ndarray
    words: np.ndarray

    def bound(self) -> np.ndarray:
        below = (self.least * (1 - 1e-6)).astype(np.float32)
        return self._minus_ln(self._exponential() + below)

    def group_bound(self) -> np.ndarray:
        return self._minus_ln(self._exponential() * np.float32(1 / 32))

    def _exponential(self) -> np.ndarray:
        y = (~self.words).astype(np.float32) * np.float32(2.0**-32)
        return y + y * y * (np.float32(0.5) + y * np.float32(1 / 3))

    def _minus_ln(self, value: np.ndarray) -> np.ndarray:
        ln2 = np.float32(np.log(2))
        bits = value.view(np.int32).astype(np.float32)
        return ln2 * np.float32(127) + np.float32(1e-3) - bits * (ln2 / np.float32(8_388_608))


def test_bounds_are_never_below_the_noise():
    chance = np.random.default_rng(4)
    words = chance.integers(0, 2**32, 4_000_000, dtype=np.uint32)
    ends = np.arange(100_000, dtype=np.uint32)
    words = np.concatenate([words, ends, ~ends, (np.uint32(1) << np.arange(32, dtype=np.uint32)) - 1])
    drawn = st1.exponentials(words.astype(np.uint64))
    group = (-st1.natural_log(drawn / st1.GROUP)).astype(np.float32)
    bounds = Philox(drawn, words)
    assert (bounds.group_bound() >= group).all() and bounds.group_bound().dtype == np.float32
    least = chance.permutation(drawn) / st1.GROUP
    noise = (-st1.natural_log(least + drawn)).astype(np.float32)
    assert (Philox(least, words).bound() >= noise).all()


def test_the_kernel_is_that_of_its_sources():
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "build_kernel.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
