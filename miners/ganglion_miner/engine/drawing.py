"""From a step's logits to its tokens by st-1, for answers that come and go: what engines share.

Penalty and cut are an answer's own business; the noise of all rows is drawn in one call of the sampler. Belongs to
one thread at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ganglion.errors import EngineError
from ganglion.protocol.st1_cuts import cut, penalise
from ganglion.protocol.st1_draws import draws, make_sampler
from ganglion_miner.engine.base import FinishEvent, GenerationRequest

NO_NUMBER = -1

Float32 = NDArray[np.float32]


class Draw:
    """How one answer chooses: its record of the sampler, and the tokens that are penalised."""

    def __init__(self, request: GenerationRequest, vocab: int) -> None:
        self.params = request.sampling
        self.record = draws(request.seed, [0], self.params.temperature)[0]
        self.plain = not self.params.cuts and self.params.repetition_penalty == 1
        self._seen: NDArray[np.bool_] | None = None
        if self.params.repetition_penalty != 1:
            self._seen = np.zeros(vocab, bool)
            self._seen[list(request.prompt_ids)] = True

    def adjust(self, row: Float32) -> np.float32:
        """Apply the penalty to a row of logits, in place; returns the cut."""
        if self._seen is not None:
            penalise(row, np.flatnonzero(self._seen), self.params.repetition_penalty)
        return cut(row, self.params) if self.params.cuts else np.float32(-np.inf)

    def chosen(self, token: int) -> None:
        """Remember a token of an answer that is not plain."""
        if self._seen is not None and token != NO_NUMBER:
            self._seen[token] = True


class Drawing:
    """The sampler of an engine.

    Args:
        vocab: width of the logits.
        rows: answers of a step.
    """

    def __init__(self, vocab: int, rows: int) -> None:
        self._sampler = make_sampler(vocab, rows)
        self._records = self._sampler.records(rows)
        self._positions = self._records["position"]
        self._values = self._sampler.buffer(rows)
        self._answers: list[Draw] = []  # those whose records these are, in order
        self._special: list[tuple[int, Draw]] = []

    @property
    def name(self) -> str:
        """What draws: `wasm` or `numpy`."""
        return self._sampler.name

    def buffer(self) -> Float32:
        """Where logits [rows, vocab] may be written, so that they need not be copied."""
        return self._values

    def choose(self, logits: torch.Tensor, answers: list[Draw], positions: Sequence[int]) -> list[int]:
        """The token of each answer at its output position; NO_NUMBER where a logit is no number.

        Args:
            logits: [answers, vocab]; the first rows of `buffer`, or others.
        """
        rows = len(answers)
        if answers != self._answers:
            self._arrange(answers)
        if logits.data_ptr() != self._values.ctypes.data:
            torch.from_numpy(self._values)[:rows].copy_(logits)
        self._positions[:rows] = positions
        for row, answer in self._special:
            self._records["cut"][row] = answer.adjust(self._values[row])
        tokens = self._sampler.choose_here(rows)
        for row, answer in self._special:
            answer.chosen(tokens[row])
        return tokens

    def _arrange(self, answers: list[Draw]) -> None:
        """Other answers than in the step before, or in another order."""
        self._answers = list(answers)
        self._special = [(row, answer) for row, answer in enumerate(answers) if not answer.plain]
        for row, answer in enumerate(answers):
            self._records[row] = answer.record


def no_number() -> FinishEvent:
    """How an answer ends whose logits are no numbers: its prompt breaks the model, others go on."""
    return FinishEvent("error", EngineError("the model's logits are not numbers"))
