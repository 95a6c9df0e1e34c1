"""st-1's noise once more, one token at a time and from the text of its definition: Python's integers and 50 decimal
digits, no NumPy. `python tests/conformance/st1_scalar.py` writes the vectors.
"""

import hashlib
import json
import struct
from decimal import Decimal, getcontext
from pathlib import Path

VECTORS = Path(__file__).parent / "vectors" / "st1.json"
SEEDS = (bytes(32), bytes(range(32)), hashlib.sha256(b"st-1").digest())
PLACES = ((0, 0), (0, 1), (0, 31), (0, 32), (7, 63), (3, 2047), (1023, 50_256), (0, 151_935))

getcontext().prec = 50


def words_of(seed: bytes) -> tuple[int, ...]:
    return struct.unpack("<4I", hashlib.blake2b(seed, digest_size=16, person=b"st-1/noise").digest())


def philox(counter: tuple[int, ...], key: tuple[int, int]) -> tuple[int, ...]:
    c, (k0, k1), mask = list(counter), key, 0xFFFFFFFF
    for _ in range(10):
        a, b = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [(b >> 32) ^ c[1] ^ k0, b & mask, (a >> 32) ^ c[3] ^ k1, a & mask]
        k0, k1 = (k0 + 0x9E3779B9) & mask, (k1 + 0xBB67AE85) & mask
    return tuple(c)


def exponential(x: int) -> Decimal:
    return -((Decimal(x) + Decimal("0.5")) / 2**32).ln()


def gumbel(seed: bytes, position: int, token: int) -> float:
    """The noise before it is rounded to float32; wrong in no digit that a float64 has."""
    w0, w1, w2, w3 = words_of(seed)

    def words(counter: int) -> tuple[int, ...]:
        return philox((counter, position, w2, w3), (w0, w1))

    group, place = divmod(token, 32)
    shared = words(2**31 + group // 2)[2 * (group % 2) :][:2]
    least = exponential(shared[0]) / 32
    own = 0 if shared[1] % 32 == place else exponential(words(token // 4)[token % 4])
    return float(-(least + own).ln())


def float32_bits(value: float) -> str:
    return struct.pack(">f", value).hex()


def noise_case(seed: bytes, position: int, token: int) -> dict[str, object]:
    return {
        "seed": seed.hex(),
        "words": [f"{w:08x}" for w in words_of(seed)],
        "position": position,
        "token": token,
        "gumbel_float32_bits": float32_bits(gumbel(seed, position, token)),
    }


def main() -> None:
    vectors = json.loads(VECTORS.read_text())
    vectors["noise"] = [noise_case(seed, *place) for seed in SEEDS for place in PLACES]
    vectors["noise"].append(first_least(SEEDS[1]))
    VECTORS.write_text(json.dumps(vectors, indent=1) + "\n")


def first_least(seed: bytes) -> dict[str, object]:
    """The token that has the least exponential of the first group, at position 0."""
    w = words_of(seed)
    return noise_case(seed, 0, philox((2**31, 0, *w[2:]), w[:2])[1] % 32)


if __name__ == "__main__":
    main()
