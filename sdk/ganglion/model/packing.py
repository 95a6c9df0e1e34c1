"""Linear layers with weights laid out for oneDNN's kernels, for passes over many positions at once. Needs torch.

torch multiplies float32 matrices on CPUs through MKL, which takes a slower path on CPUs that are not Intel's. oneDNN
does not ask who made the CPU: measured on a Zen 5 core, 2.2 times as fast from 256 positions on, and slower below 8.
The sums are added up in another order, so results differ by rounding. Knows nothing of what the model is for.
"""

from __future__ import annotations

import platform

import torch

ROWS = 256  # positions that the layout is chosen for

__all__ = ["PackedLinear", "can_pack", "pack_linears"]


class PackedLinear(torch.nn.Module):
    """y = x W' + b, with W in oneDNN's own layout. float32 on a CPU, inference only."""

    def __init__(self, linear: torch.nn.Linear, rows: int = ROWS) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self._weight = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), rows)
        self._bias = None if linear.bias is None else linear.bias.detach()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[..., in_features] to [..., out_features]."""
        return torch.ops.mkldnn._linear_pointwise(x.contiguous(), self._weight, self._bias, "none", [], "")


def can_pack(model: torch.nn.Module) -> bool:
    """Whether this build of torch, this machine and the model's type allow it."""
    return (
        platform.machine().lower() in ("x86_64", "amd64")
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
        and all(p.dtype == torch.float32 and p.device.type == "cpu" for p in model.parameters())
    )


def pack_linears(model: torch.nn.Module, rows: int = ROWS) -> int:
    """Replace every `torch.nn.Linear` of a model that only infers, in place; how many there were."""
    found = [
        (parent, name, child)
        for parent in model.modules()
        for name, child in parent.named_children()
        if type(child) is torch.nn.Linear
    ]
    for parent, name, child in found:
        setattr(parent, name, PackedLinear(child, rows))
    return len(found)
