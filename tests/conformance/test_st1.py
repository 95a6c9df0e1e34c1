"""st-1 against fixed vectors: Random123's known answers, and noise and seeds from an independent scalar
program.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from ganglion.protocol import st1

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
    expected = np.array([int(case["gumbel_float32_bits"], 16)], np.uint32).view(np.float32)[0]
    # Logarithms of two maths libraries may differ in the last bit of a double: here in one ulp at most.
    assert row[case["token"]] == pytest.approx(expected, abs=float(np.spacing(np.abs(expected))))


@pytest.mark.parametrize("case", VECTORS["request_seed"], ids=lambda c: c["seed"][:8])
def test_request_seed(case):
    fields = {k: bytes.fromhex(case[k]) for k in ("genesis", "nonce", "miner", "profile")}
    assert st1.request_seed(request_id=case["request_id"], **fields).hex() == case["seed"]
