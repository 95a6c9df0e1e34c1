"""A key-value cache with one row for each running answer, whose rows may have any lengths.

Rows 0..n-1 are in use and stay together: when an answer leaves, the last row moves into its place. A model
sees the cache through transformers' own Cache; which row a forward pass writes to is set beforehand on the
shared `SlotTable`. Memory grows with the longest answer, in steps, up to the context.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from transformers.cache_utils import Cache, CacheLayerMixin

GROWTH = 256  # tokens


@dataclass
class SlotTable:
    """What the next forward pass does: prefill one row, or add a token to each of the first n rows."""

    slots: int
    most: int | None = None  # positions that a row may ever have
    prefill_row: int | None = None
    lengths: torch.Tensor = field(
        default_factory=lambda: torch.zeros(0, dtype=torch.long)
    )  # [n] before the step
    width: int = 0  # longest length after the step

    def prefill(self, row: int, tokens: int) -> None:
        """The next pass writes `tokens` positions into an empty row."""
        self.prefill_row, self.width = row, tokens

    def decode(self, lengths: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """The next pass adds one token to each row. Returns position ids [n, 1] and a mask [n, 1, 1,
        width].
        """
        self.prefill_row = None
        self.lengths, self.width = torch.tensor(lengths), max(lengths) + 1
        visible = torch.arange(self.width)[None, :] <= self.lengths[:, None]
        return self.lengths[:, None], visible[:, None, None, :]


def bytes_per_token(model: Any) -> int:
    """Memory that one position of one answer takes in all layers."""
    config = model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return 2 * config.num_hidden_layers * heads * width * model.dtype.itemsize


class SlotLayer(CacheLayerMixin):
    """Keys and values of one layer: [slots, heads, capacity, d]."""

    def __init__(self, table: SlotTable) -> None:
        super().__init__()
        self.table = table

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        self.keys = key_states.new_zeros(self.table.slots, key_states.shape[1], 0, key_states.shape[3])
        self.values = value_states.new_zeros(
            self.table.slots, value_states.shape[1], 0, value_states.shape[3]
        )
        self.is_initialized = True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write this pass's keys and values [n, heads, tokens, d]; returns all that the pass may look at."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        self._grow(self.table.width)
        if (row := self.table.prefill_row) is not None:
            self.keys[row, :, : self.table.width] = key_states[0]
            self.values[row, :, : self.table.width] = value_states[0]
            return key_states, value_states
        rows = torch.arange(len(key_states))
        self.keys[rows, :, self.table.lengths] = key_states[:, :, 0]
        self.values[rows, :, self.table.lengths] = value_states[:, :, 0]
        return self.keys[: len(rows), :, : self.table.width], self.values[: len(rows), :, : self.table.width]

    def move(self, source: int, target: int) -> None:
        """Copy a whole row."""
        if self.is_initialized:
            self.keys[target] = self.keys[source]
            self.values[target] = self.values[source]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return query_length, 0

    def get_seq_length(self) -> int:
        return 0  # positions are always given explicitly

    def get_max_length(self) -> int:
        return -1

    def _grow(self, width: int) -> None:
        capacity = self.keys.shape[2]
        if width > capacity:
            more = -(-(width - capacity) // GROWTH) * GROWTH
            if self.table.most is not None:
                more = max(width, min(capacity + more, self.table.most)) - capacity
            self.keys = torch.nn.functional.pad(self.keys, (0, 0, 0, more))
            self.values = torch.nn.functional.pad(self.values, (0, 0, 0, more))


class SlotCache(Cache):
    """The cache of all layers.

    Args:
        layers: layers of the model.
        slots: rows, the most answers that run at once.
        most: positions that a row may ever have.
    """

    def __init__(self, layers: int, slots: int, most: int | None = None) -> None:
        self.table = SlotTable(slots, most)
        super().__init__(layers=[SlotLayer(self.table) for _ in range(layers)])

    @torch.inference_mode()
    def move(self, source: int, target: int) -> None:
        """Move an answer to another row."""
        for layer in self.layers:
            layer.move(source, target)
