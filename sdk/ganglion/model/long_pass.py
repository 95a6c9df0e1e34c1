"""Kernels for passes over many positions at once: what a replay does, and generation does not. Needs torch.

Two things are exchanged in a model that only infers, in float32 on a CPU:

- Matrices go through oneDNN. torch uses MKL, which takes a slower path on CPUs that are not Intel's: measured on a
  Zen 5 core, oneDNN is 2.2 times as fast from 256 positions on, and slower below 8.
- In gated feed-forward layers oneDNN multiplies, activates and gates in one go.

Sums are added up in another order, so results differ by rounding. `hasten` compares before it believes.
"""

from __future__ import annotations

import platform
from typing import Any

import torch

ROWS = 256  # positions that layouts are chosen for
TRIAL = 150  # tokens of the comparison
TOLERANCE = 1e-4  # of the states' length

__all__ = ["PackedGate", "PackedLinear", "can_hasten", "hasten", "pack_linears"]


class PackedLinear(torch.nn.Module):
    """y = x W' + b, with W in oneDNN's own layout."""

    def __init__(self, linear: torch.nn.Linear, rows: int = ROWS) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.packed = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), rows)
        self.offset = None if linear.bias is None else linear.bias.detach()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[..., in_features] to [..., out_features]."""
        return torch.ops.mkldnn._linear_pointwise(x.contiguous(), self.packed, self.offset, "none", [], "")


class PackedGate(torch.nn.Module):
    """down(silu(gate(x)) * up(x)), the products fused into the multiplications."""

    def __init__(self, gate: PackedLinear, up: PackedLinear, down: PackedLinear) -> None:
        super().__init__()
        self.gate, self.up, self.down = gate, up, down

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[..., d] to [..., d]."""
        x = x.contiguous()
        gate = torch.ops.mkldnn._linear_pointwise(x, self.gate.packed, self.gate.offset, "swish", [], "")
        return self.down(
            torch.ops.mkldnn._linear_pointwise.binary(x, gate, self.up.packed, self.up.offset, "mul")
        )


def can_hasten(model: torch.nn.Module) -> bool:
    """Whether this build of torch, this machine and the model's type allow it."""
    return (
        platform.machine().lower() in ("x86_64", "amd64")
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
        and all(p.dtype == torch.float32 and p.device.type == "cpu" for p in model.parameters())
    )


@torch.inference_mode()
def hasten(model: Any) -> bool:
    """Exchange kernels in place; False if the model computes something else then, and must be loaded again."""
    ids = torch.arange(TRIAL)[None, :] % model.config.get_text_config().vocab_size
    before = model.get_decoder()(input_ids=ids, use_cache=False).last_hidden_state
    pack_linears(model)
    after = model.get_decoder()(input_ids=ids, use_cache=False).last_hidden_state
    return bool(((after - before).norm(dim=-1) <= TOLERANCE * before.norm(dim=-1)).all())


def pack_linears(model: torch.nn.Module, rows: int = ROWS) -> int:
    """Replace every `torch.nn.Linear`, in place, and what can be fused; how many there were."""
    found = [
        (parent, name, child)
        for parent in model.modules()
        for name, child in parent.named_children()
        if type(child) is torch.nn.Linear
    ]
    for parent, name, child in found:
        setattr(parent, name, PackedLinear(child, rows))
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if _is_gated(child):
                setattr(parent, name, PackedGate(child.gate_proj, child.up_proj, child.down_proj))
    return len(found)


def _is_gated(module: torch.nn.Module) -> bool:
    parts = (getattr(module, name, None) for name in ("gate_proj", "up_proj", "down_proj"))
    silu = (
        isinstance(getattr(module, "act_fn", None), torch.nn.SiLU)
        or "SiLU" in type(getattr(module, "act_fn", None)).__name__
    )
    return silu and all(type(part) is PackedLinear for part in parts)
