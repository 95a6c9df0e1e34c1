"""st-1 inside vLLM's process: which rows of a batch are whose, and the choice for each. Needs torch, not vLLM.

vLLM keeps a batch of requests in numbered rows and says at each step which were removed, added and moved. Each
request brings what vllm.py's `arguments` wrote; a row without that is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ganglion.model import st1_torch
from ganglion.protocol.sampling import SamplingParams
from ganglion.protocol.st1 import SEED_BYTES

__all__ = ["SeededRow", "SeededRows", "read_arguments"]

SEED = "st1_seed"


@dataclass(frozen=True)
class SeededRow:
    """One request. vLLM goes on appending to `output`."""

    seed: bytes
    params: SamplingParams
    prompt: Sequence[int]
    output: Sequence[int]


def read_arguments(values: Mapping[str, Any] | None) -> tuple[bytes, SamplingParams] | None:
    """Seed and parameters of a request, None for one that carries none. Raises ValueError for wrong ones."""
    if not values or SEED not in values:
        return None
    seed = bytes.fromhex(str(values[SEED]))
    if len(seed) != SEED_BYTES:
        raise ValueError(f"{SEED} must have {SEED_BYTES} bytes in hex")
    return seed, SamplingParams(
        float(values["st1_temperature"]),
        float(values["st1_top_p"]),
        int(values["st1_top_k"]),
        float(values["st1_repetition_penalty"]),
    )


class SeededRows:
    """The rows of vLLM's batch that st-1 chooses for."""

    def __init__(self) -> None:
        self._rows: dict[int, SeededRow] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def remove(self, rows: Iterable[int]) -> None:
        """Requests that are finished."""
        for row in rows:
            self._rows.pop(row, None)

    def add(
        self, row: int, values: Mapping[str, Any] | None, prompt: Sequence[int] | None, output: list[int]
    ) -> None:
        """A request takes a row, whoever had it before."""
        self._rows.pop(row, None)
        if (read := read_arguments(values)) is not None:
            self._rows[row] = SeededRow(*read, prompt or (), output)

    def move(self, source: int, target: int, swap: bool) -> None:
        """A request changes its row, or two change theirs with each other."""
        moved, other = self._rows.pop(source, None), self._rows.pop(target, None)
        if moved is not None:
            self._rows[target] = moved
        if swap and other is not None:
            self._rows[source] = other

    def choose(self, logits: torch.Tensor) -> torch.Tensor:
        """Leave nothing but st-1's choice in the rows that are ours: [rows, vocab], in place."""
        if not self._rows:
            return logits
        numbers = sorted(self._rows)
        rows = [self._rows[number] for number in numbers]
        index = torch.tensor(numbers, device=logits.device)
        ours = self._penalised(logits[index].float(), rows)
        tokens = st1_torch.choose(
            ours, [r.seed for r in rows], [len(r.output) for r in rows], [r.params for r in rows]
        )
        logits[index] = -torch.inf
        logits[index, tokens] = 0.0
        return logits

    @staticmethod
    def _penalised(logits: torch.Tensor, rows: Sequence[SeededRow]) -> torch.Tensor:
        for number, row in enumerate(rows):
            if row.params.repetition_penalty != 1:
                seen = torch.tensor([*row.prompt, *row.output], device=logits.device)
                logits[number] = st1_torch.penalise(logits[number], seen, row.params.repetition_penalty)
        return logits
