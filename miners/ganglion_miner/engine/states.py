"""What enters a model's language head: the states that traces are made of.

Every causal language model of transformers has such a head, so a hook before it works for all of them, and costs a
reference.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray


class HeadInputs:
    """Remembers the input of the last call of a model's head.

    Args:
        model: a causal language model of transformers.
    """

    def __init__(self, model: Any) -> None:
        self._input: torch.Tensor | None = None
        model.get_output_embeddings().register_forward_pre_hook(self._see)

    def _see(self, module: Any, arguments: tuple[torch.Tensor, ...]) -> None:
        self._input = arguments[0]

    def last(self) -> NDArray[np.float32]:
        """States of the last call, in the order of its rows: float32 [rows, d], of its own memory or the model's."""
        if self._input is None:
            raise RuntimeError("the model has not run")
        return self._input.detach().reshape(-1, self._input.shape[-1]).float().cpu().numpy()
