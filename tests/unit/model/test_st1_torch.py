"""st-1 in torch: the bits of the definition, on whatever device there is."""

import hashlib

import numpy as np
import pytest
import torch

from ganglion.model import st1_torch
from ganglion.protocol import st1
from ganglion.protocol.sampling import SamplingParams
from ganglion.protocol.st1_cuts import cut, penalise
from ganglion.protocol.st1_draws import draws, make_sampler

SEEDS = [hashlib.sha256(b"%d" % i).digest() for i in range(8)]
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


@pytest.mark.parametrize("device", DEVICES)
def test_every_bit_of_the_noise(device):
    for vocab in (1, 33, 2048, 50_257):
        made = st1_torch.gumbel_rows(SEEDS, range(8), vocab, device).cpu().numpy()
        assert np.array_equal(made, st1.gumbel_rows(SEEDS, range(8), vocab))


@pytest.mark.parametrize("device", DEVICES)
def test_two_million_logarithms(device):
    words = np.random.default_rng(8).integers(0, 2**32, 2_000_000, dtype=np.uint64)
    words[:3] = (0, 2**32 - 1, 2**31)
    units = (words.astype(np.float64) + 0.5) * 2.0**-32
    for values in (units, -st1.natural_log(units), -st1.natural_log(units) / 32):
        ours = st1_torch.natural_log(torch.from_numpy(values).to(device)).cpu().numpy()
        assert np.array_equal(ours.view(np.uint64), st1.natural_log(values).view(np.uint64))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    "params",
    [
        SamplingParams(1.0),
        SamplingParams(0.0),
        SamplingParams(0.7, top_p=0.8),
        SamplingParams(1.5, top_k=6),
        SamplingParams(1.0, top_p=0.9, top_k=50, repetition_penalty=1.2),
    ],
    ids=str,
)
def test_the_choice_is_the_kernels(params, device):
    logits = (np.random.default_rng(3).standard_normal((8, 500)) * 3).astype(np.float32)
    seen = [4, 5, 5, 499]
    rows = torch.from_numpy(logits).to(device)
    ids = torch.tensor(seen, device=device)
    rows = torch.stack([st1_torch.penalise(row, ids, params.repetition_penalty) for row in rows])
    for row in logits:
        penalise(row, seen, params.repetition_penalty)
    assert np.array_equal(rows.cpu().numpy(), logits)
    records = np.concatenate([draws(seed, [i], params.temperature) for i, seed in enumerate(SEEDS)])
    if params.cuts:
        records["cut"] = [cut(row, params) for row in logits]
    wanted = make_sampler(500).choose(logits, records)
    assert st1_torch.choose(rows, SEEDS, range(8), [params] * 8).tolist() == wanted.tolist()
