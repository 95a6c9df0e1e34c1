"""Noise rows for one answer, drawn a few positions ahead because a block of rows costs much less than its
rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ganglion.protocol.st1 import gumbel_rows

ROWS_AHEAD = 16
MAX_BLOCK_VALUES = 1 << 17  # 512 KiB of float32 an answer, whatever the vocabulary


class NoiseRows:
    """`row(t)` for the positions of one answer; made for t that grows by one.

    Args:
        seed: the answer's 32 bytes.
        vocab: width of the logits.
        temperature: what the rows are multiplied by.
    """

    def __init__(self, seed: bytes, vocab: int, temperature: float) -> None:
        self._seed = seed
        self._vocab = vocab
        self._temperature = np.float32(temperature)
        self._ahead = max(1, min(ROWS_AHEAD, MAX_BLOCK_VALUES // vocab))
        self._start = 0
        self._block: NDArray[np.float32] = np.empty((0, vocab), np.float32)

    def row(self, position: int) -> NDArray[np.float32]:
        """T * g of one output position: float32 [vocab]."""
        if not self._start <= position < self._start + len(self._block):
            positions = range(position, position + self._ahead)
            self._block = gumbel_rows([self._seed] * self._ahead, positions, self._vocab) * self._temperature
            self._start = position
        return self._block[position - self._start]
