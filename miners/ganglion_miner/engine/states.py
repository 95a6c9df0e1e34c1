"""Running a causal language model for one position a row: the states that enter its head, and its logits.

Every causal language model of transformers has such a head, so a hook before it works for all of them. Where the
head is nothing but a float32 product, it is calculated here, into memory that the sampler reads: logits are large,
and are not copied then.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

ALIKE = 1e-4  # logits

Float32 = NDArray[np.float32]


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

    def last(self) -> Float32:
        """States of the last call, in the order of its rows: float32 [rows, d]."""
        if self._input is None:
            raise RuntimeError("the model has not run")
        return self._input.detach().reshape(-1, self._input.shape[-1]).float().cpu().numpy()


class LastPositions:
    """A model that is asked for the last position of each row.

    Args:
        model: a causal language model of transformers.
        buffer: where logits of so many rows go, float32 [rows, vocab].
    """

    def __init__(self, model: Any, buffer: Float32) -> None:
        self._model = model
        self._buffer = torch.from_numpy(buffer)
        self._weight = plain_head(model)
        self._inputs = HeadInputs(model) if self._weight is None else None
        self._states: torch.Tensor | None = None

    @torch.inference_mode()
    def logits(self, **inputs: Any) -> torch.Tensor:
        """[rows, vocab]; overwritten by the next call."""
        if self._weight is None:
            return self._model(**inputs, use_cache=True, logits_to_keep=1).logits[:, -1]
        hidden = self._model.get_decoder()(**inputs, use_cache=True).last_hidden_state[:, -1]
        self._states = hidden
        return torch.mm(hidden, self._weight, out=self._buffer[: len(hidden)])

    def states(self) -> Float32:
        """What entered the head in the last call: float32 [rows, d]. May be kept."""
        if self._inputs is not None:
            return self._inputs.last()
        if self._states is None:
            raise RuntimeError("the model has not run")
        return self._states.numpy()


@torch.inference_mode()
def plain_head(model: Any) -> torch.Tensor | None:
    """The matrix [d, vocab] that gives a model's logits, if that is all there is to them; tried on four tokens."""
    head = model.get_output_embeddings()
    weight = getattr(head, "weight", None)
    if type(head) is not torch.nn.Linear or head.bias is not None or weight.dtype != torch.float32:
        return None
    ids = torch.arange(4)[None, :]
    whole = model(input_ids=ids, use_cache=False).logits[0]
    states = model.get_decoder()(input_ids=ids, use_cache=False).last_hidden_state[0]
    product = states @ weight.detach().t()
    return weight.detach().t() if torch.allclose(product, whole, atol=ALIKE) else None
