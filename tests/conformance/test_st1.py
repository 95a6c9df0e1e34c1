"""st-1 against fixed vectors: Random123's known answers, and noise and seeds from an independent scalar
program.
"""

import json
import random
from pathlib import Path

import numpy as np
import pytest

from ganglion.protocol import st1
from tests.conformance.st1_scalar import float32_bits, gumbel

VECTORS = json.loads((Path(__file__).parent / "vectors" / "st1.json").read_text())


def _words(hexes: list[str]) -> np.ndarray:
    return np.array([int(h, 16) for h in hexes], np.uint32)


@pytest.mark.parametrize("case", VECTORS["philox4x32_10"], ids=lambda c: c["output"][0])
def test_philox_known_answers(case):
    assert (
        st1.philox4x32(_words(case["counter"]), _words(case["key"])).tolist()
        == _words(case["output"]).tolist()
    )


def test_philox_of_many_counters_is_each_one():
    cases = VECTORS["philox4x32_10"]
    counters = np.stack([_words(c["counter"]) for c in cases])
    keys = np.stack([_words(c["key"]) for c in cases])
    assert st1.philox4x32(counters, keys).tolist() == [_words(c["output"]).tolist() for c in cases]


@pytest.mark.parametrize(
    "case", VECTORS["noise"], ids=lambda c: f"{c['seed'][:2]}-{c['position']}-{c['token']}"
)
def test_noise(case):
    seed = bytes.fromhex(case["seed"])
    assert [f"{w:08x}" for w in st1.noise_words(seed)] == case["words"]
    row = st1.gumbel_rows([seed], [case["position"]], case["token"] + 1)[0]
    assert f"{row[case['token']].view(np.uint32):08x}" == case["gumbel_float32_bits"]
    assert float32_bits(gumbel(seed, case["position"], case["token"])) == case["gumbel_float32_bits"]


def test_noise_of_many_tokens_from_the_definition():
    chance = random.Random(5)
    for _ in range(300):
        seed, position, token = chance.randbytes(32), chance.randrange(4096), chance.randrange(5000)
        row = st1.gumbel_rows([seed], [position], 5000)[0]
        assert f"{row[token].view(np.uint32):08x}" == float32_bits(gumbel(seed, position, token))


@pytest.mark.parametrize("case", VECTORS["request_seed"], ids=lambda c: c["seed"][:8])
def test_request_seed(case):
    fields = {k: bytes.fromhex(case[k]) for k in ("genesis", "nonce", "miner", "profile")}
    assert st1.request_seed(request_id=case["request_id"], **fields).hex() == case["seed"]
