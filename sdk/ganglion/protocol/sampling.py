"""How an answer's tokens are to be chosen: the parameters that requester, miner and verifier share.

Values are rounded to float32 when they are set, because a receipt carries float32 bits: what one party computes
with must be what another one reads. They are kept as the shortest decimal that rounds to that float32 (0.7, not
0.699999988), so that they are written as they were said. Knows neither the sampler (st1.py) nor OpenAI's bodies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ganglion.errors import UsageError

__all__ = ["MAX_PENALTY", "MAX_TEMPERATURE", "MAX_TOP_K", "MIN_PENALTY", "SamplingParams", "float32"]

MAX_TEMPERATURE = 100.0
MAX_TOP_K = 1 << 20
MIN_PENALTY, MAX_PENALTY = 0.1, 10.0


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
        low, high = float32(MIN_PENALTY), MAX_PENALTY
        _check(low <= self.repetition_penalty <= high, "repetition_penalty", self.repetition_penalty)

    @property
    def cuts(self) -> bool:
        """Whether tokens are excluded by top-p or top-k; at temperature 0 neither excludes the choice."""
        return self.temperature > 0 and (self.top_p < 1 or self.top_k > 0)


def float32(value: float, name: str = "value") -> float:
    """The shortest decimal of the nearest float32. Raises UsageError for what is no finite number."""
    if not math.isfinite(value) or abs(value) > 1e30:
        raise UsageError(f"a {name} of {value} is out of range")
    return float(str(np.float32(value)))


def _check(holds: bool, name: str, value: float) -> None:
    if not holds:
        raise UsageError(f"a {name} of {value} is out of range")
