"""How an answer's tokens are to be chosen: the parameters that requester, miner and verifier share.

Values are rounded to float32 when they are set, because a receipt carries float32 bits: what one party computes
with must be what another one reads. They are kept as the shortest decimal that rounds to that float32 (0.7, not
0.699999988), so that they are written as they were said. Knows neither the sampler (st1.py) nor OpenAI's bodies.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganglion.errors import ReceiptError, UsageError
from ganglion.scale import compact

__all__ = [
    "MAX_PENALTY",
    "MAX_TEMPERATURE",
    "MAX_TOP_K",
    "MIN_PENALTY",
    "SamplingParams",
    "SamplingTerms",
    "float32",
]

TERMS_DOMAIN = b"ganglion/sampling/1"
MAX_TERM_STOPS, MAX_TERM_STOP = 16, 4096
MAX_TEMPERATURE = 100.0
_FLOAT32 = struct.Struct("<f")
MAX_TOP_K = 1 << 20
# Below 1 it would enlarge the rounding noise of an honest miner's logits, beyond what thresholds were measured with.
MIN_PENALTY, MAX_PENALTY = 1.0, 2.0


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """One answer's parameters; the defaults change nothing.

    Attributes:
        temperature: factor of the noise, 0 for none.
        top_p: smallest set of tokens with at least this probability may be chosen from; 1 is all.
        top_k: so many tokens of the largest logits may be chosen from; 0 is all.
        repetition_penalty: logits of tokens in prompt and answer are divided by it above 0, else multiplied.

    Raises:
        UsageError: a value out of range.
    """

    temperature: float
    top_p: float = 1.0
    top_k: int = 0
    repetition_penalty: float = 1.0

    def __post_init__(self) -> None:
        for name in ("temperature", "top_p", "repetition_penalty"):
            object.__setattr__(self, name, float32(getattr(self, name), name))
        _check(0 <= self.temperature <= MAX_TEMPERATURE, "temperature", self.temperature)
        _check(0 < self.top_p <= 1, "top_p", self.top_p)
        _check(0 <= self.top_k <= MAX_TOP_K, "top_k", self.top_k)
        penalty = self.repetition_penalty
        _check(MIN_PENALTY <= penalty <= MAX_PENALTY, "repetition_penalty", penalty)

    @property
    def cuts(self) -> bool:
        """Whether tokens are excluded by top-p or top-k; at temperature 0 neither excludes the choice."""
        return self.temperature > 0 and (self.top_p < 1 or self.top_k > 0)


@dataclass(frozen=True, slots=True)
class SamplingTerms:
    """All that an answer's tokens and its end were chosen by; its hash stands in the receipt.

    Attributes:
        max_tokens: what the server granted; it is told where the request named none.
        stops: texts that end the answer, in the request's order.
    """

    params: SamplingParams
    max_tokens: int
    stops: tuple[str, ...] = ()

    def encode(self) -> bytes:
        """SCALE bytes: temperature, top_p (float32 bits as u32), top_k u32, repetition_penalty (bits), max_tokens
        u32, Vec<String>.
        """
        p = self.params
        fixed = struct.pack("<ffIfI", p.temperature, p.top_p, p.top_k, p.repetition_penalty, self.max_tokens)
        texts = [stop.encode() for stop in self.stops]
        return fixed + compact(len(texts)) + b"".join(compact(len(text)) + text for text in texts)

    def digest(self) -> bytes:
        """The receipt's `sampling`: blake2b-256 of "ganglion/sampling/1" and the SCALE bytes."""
        return hashlib.blake2b(TERMS_DOMAIN + self.encode(), digest_size=32).digest()

    def to_json(self) -> dict[str, Any]:
        """As an answer tells them, in `x_ganglion.sampling`."""
        p = self.params
        return {
            "temperature": p.temperature,
            "top_p": p.top_p,
            "top_k": p.top_k,
            "repetition_penalty": p.repetition_penalty,
            "max_tokens": self.max_tokens,
            "stop": list(self.stops),
        }

    @classmethod
    def from_json(cls, value: Any) -> SamplingTerms:
        """Read them. Raises ReceiptError."""
        if not isinstance(value, Mapping) or set(value) != _TERMS:
            raise ReceiptError(f"x_ganglion.sampling must be an object with {', '.join(sorted(_TERMS))}")
        stops = value["stop"]
        if not isinstance(stops, list) or len(stops) > MAX_TERM_STOPS or not all(map(_is_stop, stops)):
            raise ReceiptError("x_ganglion.sampling.stop must be a list of texts")
        if not all(
            type(value[name]) is int and 0 <= value[name] < 1 << 32 for name in ("top_k", "max_tokens")
        ):
            raise ReceiptError("x_ganglion.sampling's top_k and max_tokens must be numbers")
        floats = [value[name] for name in ("temperature", "top_p", "repetition_penalty")]
        if not all(type(number) in (int, float) for number in floats):
            raise ReceiptError("x_ganglion.sampling must hold numbers")
        try:
            params = SamplingParams(floats[0], floats[1], value["top_k"], floats[2])
        except (UsageError, OverflowError) as error:
            raise ReceiptError(f"x_ganglion.sampling: {error}") from error
        return cls(params, value["max_tokens"], tuple(stops))


_TERMS = {"temperature", "top_p", "top_k", "repetition_penalty", "max_tokens", "stop"}


def _is_stop(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TERM_STOP and _is_text(value)


def _is_text(value: str) -> bool:
    """JSON can write down half of a surrogate pair, which has no bytes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def float32(value: float, name: str = "value") -> float:
    """The shortest decimal of the nearest float32. Raises UsageError for what is no finite number."""
    if not math.isfinite(value) or abs(value) > 1e30:
        raise UsageError(f"a {name} of {value} is out of range")
    bits = _FLOAT32.pack(value)
    (exact,) = _FLOAT32.unpack(bits)
    shortened = (float(f"{exact:.{digits}g}") for digits in range(1, 10))
    return next((short for short in shortened if _FLOAT32.pack(short) == bits), exact)


def _check(holds: bool, name: str, value: float) -> None:
    if not holds:
        raise UsageError(f"a {name} of {value} is out of range")
