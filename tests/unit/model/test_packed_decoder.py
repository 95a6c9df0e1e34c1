"""The decoder that packs sequences: the same states but for rounding, whatever lies beside a sequence."""

import pytest
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from ganglion.model.loading import load_causal_lm
from ganglion.model.long_pass import can_hasten
from ganglion.model.packed_decoder import PackedDecoder
from ganglion.verification import replay

KERNELS = can_hasten(torch.nn.Linear(8, 8))
LENGTHS = [(1,), (32,), (5, 64, 17), (255, 256), (300, 3, 129, 31), (1024,)]


def qwen(**changes):
    """A small model with offsets in q, k and v, and random weights."""
    torch.manual_seed(5)
    config = Qwen2Config(
        vocab_size=96,
        hidden_size=64,
        intermediate_size=80,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        **changes,
    )
    model = Qwen2ForCausalLM(config).eval().requires_grad_(False)
    for name, parameter in model.named_parameters():
        if "bias" in name or "norm" in name:
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model


@pytest.fixture(
    scope="module", params=[lambda: load_causal_lm("ganglion-tiny"), qwen], ids=["llama", "qwen2"]
)
def pair(request):
    """A model, and what takes the place of another like it."""
    model = request.param()
    assert PackedDecoder.takes(model) == KERNELS
    return model, PackedDecoder.take(request.param()) if KERNELS else None


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_states_are_the_same_but_for_rounding(pair, lengths):
    model, packed = pair
    if packed is None:
        return
    draw = torch.Generator().manual_seed(sum(lengths))
    rows = [torch.randint(0, model.config.vocab_size, (n,), generator=draw).tolist() for n in lengths]
    firsts = [n // 3 for n in lengths]
    for row, first, found in zip(rows, firsts, packed(rows, firsts), strict=True):
        with torch.inference_mode():
            truth = model.get_decoder()(input_ids=torch.tensor([row]), use_cache=False).last_hidden_state[
                0, first:
            ]
        assert found.shape == truth.shape
        assert ((found - truth).norm(dim=-1) <= 1e-5 * truth.norm(dim=-1)).all()


@pytest.mark.parametrize(
    "changes",
    [
        {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 0},
        {"hidden_act": "gelu"},
        {"rope_parameters": {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_computes_otherwise_is_not_taken(changes):
    assert not PackedDecoder.takes(qwen(**changes))
    assert not PackedDecoder.takes(qwen().to(torch.bfloat16))


def test_a_verifier_falls_back_when_states_differ(monkeypatch):
    real = PackedDecoder._normal
    monkeypatch.setattr(PackedDecoder, "_normal", lambda self, x: 1.01 * real(self, x))
    model, packed = replay.load_for_replay(replay.resolve_model("ganglion-tiny"))
    assert packed is None
    assert len(model.get_decoder().layers) == model.config.num_hidden_layers


def test_layers_are_not_held_twice():
    model, packed = replay.load_for_replay(replay.resolve_model("ganglion-tiny"))
    assert (packed is not None) == KERNELS
    assert len(model.get_decoder().layers) == (0 if packed else model.config.num_hidden_layers)
