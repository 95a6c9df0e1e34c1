"""What parties of a dispute exchange: the bytes of a step, how far two are apart, and what is pinned."""

from __future__ import annotations

import hashlib
import struct

import numpy as np
import pytest

from ganglion.model.errors import ModelError
from ganglion.model.profile import Replay
from ganglion.protocol.sampling import SamplingParams
from ganglion.verification.canonical import Opening, Question, difference, pinned_environment
from ganglion.verification.wheels import Wheel, installed_wheels, wheels_hash


def values(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("opening", [Opening(0, values(3, 4)), Opening(6, values(9), 2**32 - 1)], ids=str)
def test_an_opening_is_read_back_and_hashed(opening):
    data = opening.encode()
    again = Opening.decode(data)
    assert (again.step, again.margin) == (opening.step, opening.margin)
    assert np.array_equal(again.values, opening.values) and again.hash() == opening.hash()
    assert opening.hash() == hashlib.blake2b(b"ganglion/canonical/1" + data, digest_size=32).digest()


def test_the_bytes_of_an_opening():
    opening = Opening(2, np.array([[1.0, -0.5]], np.float32), 7)
    head = b"\x02\x00" + b"\x02" + b"\x01\0\0\0" + b"\x02\0\0\0" + b"\x01" + b"\x07\0\0\0"
    assert opening.encode() == head + struct.pack("<ff", 1.0, -0.5)


def test_what_is_no_opening():
    good = Opening(1, values(2, 3)).encode()
    endless = struct.pack("<HB4I", 1, 4, *[2**32 - 1] * 4) + b"\0"
    for wrong in (b"", good[:2], good[:-1], good + b"\0", struct.pack("<HB", 1, 0) + b"\0", endless):
        with pytest.raises(ModelError):
            Opening.decode(wrong)


def test_everything_of_a_step_changes_its_hash():
    one = Opening(1, values(2, 3))
    other = values(2, 3)
    other[1, 2] = np.nextafter(other[1, 2], 9)
    different = [
        Opening(2, one.values),
        Opening(1, one.values.reshape(3, 2)),
        Opening(1, one.values, 0),
        Opening(1, other),
    ]
    assert len({o.hash() for o in (one, *different)}) == 5


def test_how_far_two_results_are_apart():
    base = Opening(1, values(4, 8))
    near = Opening(1, base.values * np.float32(1 + 1e-5))
    assert difference(base, base) == 0
    assert 9_000 < difference(near, base) < 11_000  # billionths
    assert difference(Opening(1, -base.values), base) == 2_000_000_000
    most = 2**32 - 1
    assert difference(Opening(1, base.values[:3]), base) == most
    assert difference(Opening(1, np.full((4, 8), np.nan, np.float32)), base) == most
    assert difference(base, Opening(1, np.zeros((4, 8), np.float32))) == most
    # The smallest difference that there is does not vanish in rounding.
    assert difference(Opening(1, np.nextafter(base.values, np.float32(9))), base) > 0


def test_a_question_is_about_a_token_of_the_answer():
    question = Question((1, 2), (3, 4, 5), 2, SamplingParams(0.7, 0.9, 5, 1.1), bytes(range(32)))
    assert Question.from_json(question.to_json()) == question
    for position in (-1, 3):
        with pytest.raises(ModelError):
            Question((1,), (3, 4, 5), position, SamplingParams(1.0), bytes(32))
    with pytest.raises(ModelError):
        Question((), (3,), 0, SamplingParams(1.0), bytes(32))


def test_the_environment_is_pinned_and_the_rest_inherited():
    said = pinned_environment(
        Replay(aten="avx2", mkl="AVX2", onednn="AVX2"), {"HOME": "/h", "MKL_CBWR": "AUTO"}
    )
    assert (said["ATEN_CPU_CAPABILITY"], said["MKL_CBWR"], said["ONEDNN_MAX_CPU_ISA"]) == (
        "avx2",
        "AVX2",
        "AVX2",
    )
    assert said["OMP_NUM_THREADS"] == said["MKL_NUM_THREADS"] == "1" and said["HOME"] == "/h"


def test_wheels_are_hashed_by_name_version_and_contents():
    wheels = installed_wheels()
    assert [wheel.name for wheel in wheels] == ["numpy", "safetensors", "tokenizers", "torch", "transformers"]
    assert wheels == installed_wheels() and len({wheel.sha256 for wheel in wheels}) == 5
    changed = Wheel(wheels[0].name, wheels[0].version + "1", wheels[0].sha256)
    assert wheels_hash(wheels) == wheels_hash(wheels[::-1]) != wheels_hash((changed, *wheels[1:]))
    with pytest.raises(ModelError, match="not installed"):
        installed_wheels(("no-such-package-here",))
