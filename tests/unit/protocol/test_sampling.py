"""Sampling parameters: what all parties compute with is what a receipt can carry."""

import struct

import pytest

from ganglion.errors import UsageError
from ganglion.protocol.sampling import SamplingParams


def test_values_are_float32():
    params = SamplingParams(0.7, 0.9, 40, 1.1)
    assert (params.temperature, params.top_p, params.repetition_penalty) == (0.7, 0.9, 1.1), (
        "as they were said"
    )
    read = [struct.unpack("<f", struct.pack("<f", v))[0] for v in (0.7, 0.9, 1.1)]
    assert SamplingParams(read[0], read[1], 40, read[2]) == params, "and as a receipt carries them"
    assert SamplingParams(0.7000000001, 0.9, 40, 1.1) == params


@pytest.mark.parametrize(
    "bad",
    [
        {"temperature": float("nan")},
        {"temperature": -0.1},
        {"temperature": 101.0},
        {"temperature": float("inf")},
        {"top_p": 0.0},
        {"top_p": 1e-60},
        {"top_p": 1.01},
        {"top_k": -1},
        {"repetition_penalty": 0.99},
        {"repetition_penalty": 2.01},
    ],
)
def test_what_is_out_of_range(bad):
    with pytest.raises(UsageError, match=next(iter(bad))):
        SamplingParams(**{"temperature": 1.0} | bad)


def test_what_cuts():
    assert not SamplingParams(1.0).cuts and not SamplingParams(1.0, repetition_penalty=1.3).cuts
    assert SamplingParams(1.0, top_p=0.9).cuts and SamplingParams(1.0, top_k=1).cuts
    assert not SamplingParams(0.0, top_p=0.1, top_k=5).cuts, "the largest logit is always in the set"
