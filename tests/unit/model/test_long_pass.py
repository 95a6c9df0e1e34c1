"""Kernels for long passes: the same numbers but for rounding, in every length."""

import pytest
import torch

from ganglion.model import long_pass
from ganglion.model.loading import load_causal_lm


@pytest.fixture(scope="module")
def models():
    plain, fast = load_causal_lm("ganglion-tiny"), load_causal_lm("ganglion-tiny")
    if not long_pass.can_hasten(fast):
        assert not torch.backends.mkldnn.is_available() or not hasattr(torch.ops.mkldnn, "_linear_pointwise")
        return plain, plain
    assert long_pass.hasten(fast)
    return plain, fast


@torch.inference_mode()
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (3, 64), (2, 333)])
def test_states_and_logits_are_the_same_but_for_rounding(models, shape):
    ids = torch.randint(6, 2048, shape, generator=torch.Generator().manual_seed(1))
    plain, fast = (model(input_ids=ids, use_cache=False).logits for model in models)
    assert torch.allclose(plain, fast, atol=2e-4, rtol=1e-5)


def test_layers_with_an_offset():
    linear = torch.nn.Linear(24, 40).requires_grad_(False)
    model = torch.nn.Sequential(linear, torch.nn.ReLU())
    x = torch.randn(5, 3, 24)
    before = model(x)
    if long_pass.can_hasten(model):
        assert long_pass.pack_linears(model) == 1
        assert torch.allclose(model(x), before, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_only_float32_is_exchanged(dtype):
    assert not long_pass.can_hasten(torch.nn.Linear(8, 8).to(dtype))


def test_a_model_that_would_compute_something_else_is_refused(monkeypatch):
    model = load_causal_lm("ganglion-tiny")
    if long_pass.can_hasten(model):
        real = long_pass.PackedLinear.forward
        monkeypatch.setattr(long_pass.PackedLinear, "forward", lambda self, x: 1.01 * real(self, x))
        assert not long_pass.hasten(model)
