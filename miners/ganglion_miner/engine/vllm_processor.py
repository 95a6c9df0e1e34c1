"""What vLLM loads: `vllm serve MODEL --logits-processors ganglion_miner.engine.vllm_processor:SeededProcessor`.

Made for the interface of vLLM's V1 model runner (`vllm.v1.sample.logits_processor`; releases that start with another
runner need `VLLM_USE_V2_MODEL_RUNNER=0`). It runs in vLLM's process, where `ganglion` must be installed; everything
that can be tried without vLLM is in vllm_rows.py.
"""

from __future__ import annotations

from typing import Any

import torch
from vllm.v1.sample.logits_processor import LogitsProcessor, MoveDirectionality

from ganglion_miner.engine.vllm_rows import SeededRows, read_arguments


class SeededProcessor(LogitsProcessor):
    """Replaces the sampler of requests that carry a seed of st-1; others are left alone."""

    @classmethod
    def validate_params(cls, params: Any) -> None:
        """Refuse wrong arguments with a 400. Raises ValueError."""
        try:
            read_arguments(params.extra_args)
        except KeyError as error:
            raise ValueError(f"{error} is missing beside st1_seed") from error

    def __init__(self, vllm_config: Any, device: torch.device, is_pin_memory: bool) -> None:
        self._rows = SeededRows()

    def is_argmax_invariant(self) -> bool:
        """It decides what the largest is."""
        return False

    def update_state(self, batch_update: Any) -> None:
        """Follow the batch: what left, what came, what moved, in this order."""
        if batch_update is None:
            return
        self._rows.remove(batch_update.removed)
        for row, params, prompt, output in batch_update.added:
            self._rows.add(row, params.extra_args, prompt, output)
        for source, target, direction in batch_update.moved:
            self._rows.move(source, target, direction == MoveDirectionality.SWAP)

    def apply(self, logits: torch.Tensor) -> torch.Tensor:
        """Choose in all rows that are ours."""
        return self._rows.choose(logits)
