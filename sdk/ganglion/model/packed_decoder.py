"""A decoder of the Llama family for replays: answers lie end to end in one pass, and nothing else is computed.

What transformers computes, in fewer steps: no padding; q, k and v in one product, gains of norms folded into the
matrices behind them; positions turned as complex numbers (rows of q and k are reordered, so that pairs stand together:
their scalar products stay the same); the last layer's feed-forward for wanted positions only. Products go through
oneDNN, as in long_pass.py. Sums are added up in another order, so results differ by rounding: `PackedDecoder.take`
compares before it believes. Needs torch, float32 on a CPU. Does not know what the states are for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ganglion.model.long_pass import TOLERANCE, can_hasten
from ganglion.model.packed_attention import Heads, attend

FAMILY = ("LlamaModel", "Qwen2Model")
STATIC_ROPES = ("default", "linear", "llama3", "yarn")  # angles that do not depend on how long a sequence is
STEP = 32  # passes are padded to a multiple: oneDNN compiles and keeps kernels for each number of positions
ROWS = 256  # positions that layouts are chosen for
TRIALS = ((7, 150), (330, 40))  # lengths of the sequences of each comparison: both kinds of attention

__all__ = ["PackedDecoder"]


@dataclass(frozen=True)
class _Product:
    """y = x W' + b, with W in oneDNN's own layout."""

    weight: torch.Tensor
    offset: torch.Tensor | None

    @classmethod
    def of(cls, weight: torch.Tensor, offset: torch.Tensor | None) -> _Product:
        packed = torch.ops.mkldnn._reorder_linear_weight(weight.detach().contiguous(), ROWS)
        return cls(packed, None if offset is None else offset.detach().clone())

    def __call__(self, x: torch.Tensor, after: str = "none") -> torch.Tensor:
        return torch.ops.mkldnn._linear_pointwise(x, self.weight, self.offset, after, [], "")


@dataclass(frozen=True)
class _Layer:
    turned: _Product
    output: _Product
    gate: _Product
    up: _Product
    down: _Product


class PackedDecoder:
    """See above. Not thread-safe: it keeps nothing between calls but weights.

    Args:
        decoder: of the family, float32 on a CPU. It loses its layers: there is no room for big ones twice.
    """

    def __init__(self, decoder: Any) -> None:
        config, layers = decoder.config, decoder.layers
        groups, width = config.num_key_value_heads, layers[0].self_attn.head_dim
        self._heads = Heads(groups, config.num_attention_heads // groups, width)
        self._epsilon = config.rms_norm_eps
        self._embedding, self._gain = decoder.embed_tokens.weight, decoder.norm.weight
        self._rope = decoder.rotary_emb
        self._layers = [_layer(layers.pop(0), width) for _ in range(len(layers))]

    @classmethod
    def takes(cls, model: Any) -> bool:
        """Whether a causal language model is of the family, on a machine that has the kernels."""
        return can_hasten(model) and _is_of_family(model.get_decoder())

    @classmethod
    def take(cls, model: Any) -> PackedDecoder | None:
        """In the place of the model's decoder, which has no layers then; None if it computes something else."""
        decoder = model.get_decoder()
        trials = _trials(decoder)
        truth = [[_states(decoder, row) for row in rows] for rows in trials]
        packed = cls(decoder)
        return packed if all(map(packed._agrees, trials, truth)) else None

    @torch.inference_mode()
    def __call__(self, rows: Sequence[Sequence[int]], firsts: Sequence[int]) -> list[torch.Tensor]:
        """Last hidden states of token ids `rows`: one [length - first, d] for each, from its position `first` on."""
        places = _places([len(row) for row in rows])
        total = places[-1].stop
        size = -(-total // STEP) * STEP
        ids = torch.zeros(size, dtype=torch.long)
        ids[:total] = torch.tensor([token for row in rows for token in row])
        wanted = [
            torch.arange(place.start + first, place.stop) for place, first in zip(places, firsts, strict=True)
        ]
        states = self._states(ids, places, torch.cat(wanted))
        return list(states.split([len(part) for part in wanted]))

    def _states(self, ids: torch.Tensor, places: list[slice], wanted: torch.Tensor) -> torch.Tensor:
        """States [wanted, d] of one pass."""
        x = torch.nn.functional.embedding(ids, self._embedding)
        turns = self._turns(len(ids), places)
        count = len(wanted)
        for layer in self._layers:
            mixed = attend(layer.turned(self._normal(x)), turns, self._heads, places)
            if layer is self._layers[-1]:
                wanted = torch.nn.functional.pad(wanted, (0, -count % STEP))
                x, mixed = x[wanted], mixed[wanted]
            x.add_(layer.output(mixed))
            normal = self._normal(x)
            x.add_(layer.down(layer.gate(normal, "swish").mul_(layer.up(normal))))
        return self._normal(x[:count]) * self._gain

    def _normal(self, x: torch.Tensor) -> torch.Tensor:
        """Rows at a root mean square of one."""
        lengths = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        width = x.shape[-1]
        return x * lengths.square_().add_(width * self._epsilon).rsqrt_().mul_(width**0.5)

    def _turns(self, size: int, places: list[slice]) -> torch.Tensor:
        """What the pairs of numbers at each position are turned by, complex [size, width / 2]."""
        positions = torch.arange(max(place.stop - place.start for place in places))
        cos, sin = self._rope(self._embedding, positions[None, :])
        half = self._heads.width // 2
        turns = torch.complex(cos[0, :, :half].contiguous(), sin[0, :, :half].contiguous())
        own = torch.cat([positions[: place.stop - place.start] for place in places])
        return turns[torch.nn.functional.pad(own, (0, size - len(own)))]

    def _agrees(self, rows: Sequence[Sequence[int]], truth: Sequence[torch.Tensor]) -> bool:
        firsts = [len(row) // 2 for row in rows]
        pairs = [
            (found, states[first:])
            for found, states, first in zip(self(rows, firsts), truth, firsts, strict=True)
        ]
        return all(
            bool(((found - states).norm(dim=-1) <= TOLERANCE * states.norm(dim=-1)).all())
            for found, states in pairs
        )


def _trials(decoder: Any) -> list[list[list[int]]]:
    longest, vocab = decoder.config.max_position_embeddings, decoder.config.vocab_size
    return [[[(7 * i + n) % vocab for i in range(min(n, longest))] for n in lengths] for lengths in TRIALS]


@torch.inference_mode()
def _states(decoder: Any, row: Sequence[int]) -> torch.Tensor:
    return decoder(input_ids=torch.tensor([row]), use_cache=False).last_hidden_state[0]


def _places(lengths: Sequence[int]) -> list[slice]:
    ends = torch.tensor(lengths).cumsum(0).tolist()
    return [slice(end - length, end) for end, length in zip(ends, lengths, strict=True)]


def _is_of_family(decoder: Any) -> bool:
    config = decoder.config
    rope = getattr(config, "rope_parameters", None) or {}
    return (
        type(decoder).__name__ in FAMILY
        and config.hidden_act == "silu"
        and config._attn_implementation == "sdpa"
        and rope.get("rope_type") in STATIC_ROPES
        and set(getattr(config, "layer_types", None) or ["full_attention"]) == {"full_attention"}
    )


def _layer(layer: Any, width: int) -> _Layer:
    attention, feed = layer.self_attn, layer.mlp
    before, between = layer.input_layernorm.weight, layer.post_attention_layernorm.weight
    order = _pairs(width)
    scale = attention.scaling
    made = [_reordered(attention.q_proj, order, scale), _reordered(attention.k_proj, order, 1.0)]
    made.append((attention.v_proj.weight, attention.v_proj.bias))
    offset = None if made[0][1] is None else torch.cat([bias for _, bias in made])
    return _Layer(
        _Product.of(torch.cat([weight for weight, _ in made]) * before, offset),
        _Product.of(attention.o_proj.weight, attention.o_proj.bias),
        _Product.of(feed.gate_proj.weight * between, feed.gate_proj.bias),
        _Product.of(feed.up_proj.weight * between, feed.up_proj.bias),
        _Product.of(feed.down_proj.weight, feed.down_proj.bias),
    )


def _pairs(width: int) -> torch.Tensor:
    """Old places of a head's numbers, so that what is turned together stands together."""
    return torch.arange(width).view(2, width // 2).T.reshape(-1)


def _reordered(
    linear: torch.nn.Linear, order: torch.Tensor, scale: float
) -> tuple[torch.Tensor, torch.Tensor | None]:
    weight = linear.weight.unflatten(0, (-1, len(order)))[:, order].flatten(0, 1) * scale
    if linear.bias is None:
        return weight, None
    return weight, linear.bias.unflatten(0, (-1, len(order)))[:, order].flatten() * scale
