"""How much answers speak for a cheat: a log-likelihood ratio that is gathered per (miner, profile). NumPy alone.

Each token's margin falls into a class; a class is worth the logarithm of how much likelier it is for the subtlest
cheat (8-bit weights behind a pre-fill) than for an honest miner. Sums of it find what no single answer shows.

It is made so that no accident convicts and no virtue protects: a token is worth at most `TOKEN_BOUND`, an answer at
most `ANSWER_CEILING` (a third of the usual limit ln 10^6: three answers at least), and the gathered sum never falls
below 0, so that nobody saves up honest answers to spend on lies. Activation leaves have no say: who pre-fills has
honest ones.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

EDGES = (0.0, 1e-3, 1e-2, 2e-2, 5e-2, 1e-1, 3e-1)
"""Upper edges of the classes, logits; the last class is what is above all of them."""
TOKEN_BOUND = 3.4  # thirty times as likely
ANSWER_CEILING = math.log(1e6) / 3
ANSWER_FLOOR = -ANSWER_CEILING
LIKELIHOOD_FILE = "likelihood.json"


@dataclass(frozen=True)
class Likelihood:
    """What a token of each class of margins says, in nats: positive speaks for a cheat.

    Attributes:
        ratios: one for each class: len(EDGES) + 1.
    """

    ratios: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.ratios) != len(EDGES) + 1 or not all(abs(r) <= TOKEN_BOUND + 1e-9 for r in self.ratios):
            raise ValueError(
                f"{len(EDGES) + 1} ratios within {TOKEN_BOUND:.3f} are wanted, not {self.ratios}"
            )

    def of_answer(self, margins: NDArray[np.float32]) -> float:
        """What one answer's margins [n] add, in nats, within its bounds. Margins that are no numbers count most."""
        total = float(class_counts(margins) @ np.array(self.ratios))
        return min(max(total, ANSWER_FLOOR), ANSWER_CEILING)

    def to_json(self) -> dict[str, Any]:
        """As a profile.json or a report holds it."""
        return {"edges": list(EDGES), "ratios": [round(r, 4) for r in self.ratios]}

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Likelihood:
        """Raises ValueError for what `to_json` did not write."""
        if tuple(said.get("edges", ())) != EDGES:
            raise ValueError("the likelihood's classes of margins are not those of this version")
        return cls(tuple(float(r) for r in said["ratios"]))


def class_counts(margins: NDArray[np.floating]) -> NDArray[np.int64]:
    """How many margins fall into each class: int64 [len(EDGES) + 1]."""
    known = np.nan_to_num(np.asarray(margins, np.float64), nan=np.inf, posinf=np.inf)
    return np.bincount(np.searchsorted(EDGES, known, side="left"), minlength=len(EDGES) + 1)


def fit(honest: NDArray[np.int64], cheat: NDArray[np.int64]) -> Likelihood:
    """The ratios for class counts of honest and of cheating tokens. One is added to each class of both, so that what
    never happened is rare and not impossible; a wider margin never speaks less for a cheat than a narrower one.
    """
    shares = [(counts + 1) / (counts + 1).sum() for counts in (honest, cheat)]
    ratios = np.log(shares[1] / shares[0])
    ratios[1:] = np.maximum.accumulate(ratios[1:])
    return Likelihood(tuple(float(r) for r in np.clip(ratios, -TOKEN_BOUND, TOKEN_BOUND)))


def gathered(before: float, answer: float) -> float:
    """A miner's sum after one more answer, in nats; never below 0."""
    return max(0.0, before + answer)


STRICT = Likelihood((-0.01, 3.4, 3.4, 3.4, 3.4, 3.4, 3.4, 3.4))
STATISTICAL = Likelihood((-0.013, 0.45, 0.45, 1.3, 1.3, 1.8, 1.8, 1.8))
"""Where nothing was measured: fitted to ganglion-tiny in bfloat16. `ganglion calibrate` fits a model's own."""


def default_for(lane: str) -> Likelihood:
    """Of a lane, for a profile without its own."""
    return STRICT if lane == "strict" else STATISTICAL


def read_likelihood(folder: Path, lane: str, dtype: str) -> Likelihood | None:
    """What `ganglion calibrate` left in a model's folder for profiles of this lane and dtype, or None. It is no part of
    the profile's identity: whoever re-verifies finds the same margins, and may weigh them himself.

    Raises:
        ValueError: the file is damaged.
    """
    path = folder / LIKELIHOOD_FILE
    if not path.is_file():
        return None
    said = json.loads(path.read_bytes())
    if (said.get("lane"), said.get("dtype")) != (lane, dtype):
        return None
    return Likelihood.from_json(said)


def write_likelihood(folder: Path, lane: str, dtype: str, fitted: Likelihood) -> None:
    """For `read_likelihood`."""
    said = {"lane": lane, "dtype": dtype, **fitted.to_json()}
    (folder / LIKELIHOOD_FILE).write_text(json.dumps(said) + "\n")
