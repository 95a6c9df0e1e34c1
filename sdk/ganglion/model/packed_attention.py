"""Causal attention of sequences that lie end to end, each for itself: float32 on a CPU. Needs torch.

torch's fused kernel multiplies through MKL, at a third of oneDNN's speed on CPUs that are not Intel's, but is one call.
From `LONG` positions on it is faster to multiply through oneDNN block by block: queries that share a key head are rows
of one product, and keys after a block are left out. Blocks may run over the end of a sequence: what comes there is
masked, or not looked at. Does not know what is attended to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

LONG = 256  # positions of a sequence from which blocks pay; measured
BLOCK = 128  # positions of a block, about
STEP = 16  # its size is a multiple, so that oneDNN keeps few kernels

__all__ = ["Heads", "attend"]


@dataclass(frozen=True)
class Heads:
    """`groups` key heads of `width` numbers, with `shared` query heads each."""

    groups: int
    shared: int
    width: int

    @property
    def queries(self) -> int:
        """Query heads."""
        return self.groups * self.shared


def attend(made: torch.Tensor, turns: torch.Tensor, heads: Heads, places: Sequence[slice]) -> torch.Tensor:
    """What the heads gather: [positions, query heads * width], zeros after the last sequence.

    Args:
        made: [positions, (query heads + 2 groups) * width]: queries (scaled), keys, values.
        turns: complex [positions, width / 2], by which pairs of numbers of queries and keys are turned.
        places: where each sequence is.
    """
    if max(map(_length, places)) < LONG:
        parts = _fused(made, turns, heads, places)
    else:
        parts = _in_blocks(made, turns, heads, places)
    parts.append(made.new_zeros(len(made) - places[-1].stop, heads.queries * heads.width))
    return torch.cat(parts)


def _fused(
    made: torch.Tensor, turns: torch.Tensor, heads: Heads, places: Sequence[slice]
) -> list[torch.Tensor]:
    pairs = torch.view_as_complex(made.unflatten(1, (-1, heads.width // 2, 2)))
    turned = made.new_empty(heads.queries + heads.groups, *turns.shape, dtype=turns.dtype)
    torch.mul(pairs[:, : len(turned)].transpose(0, 1), turns[None], out=turned)
    q, k = torch.view_as_real(turned).flatten(2)[None].split([heads.queries, heads.groups], dim=1)
    v = (
        made[:, -heads.groups * heads.width :]
        .unflatten(1, (heads.groups, -1))
        .transpose(0, 1)
        .contiguous()[None]
    )
    found = (
        torch.nn.functional.scaled_dot_product_attention(
            q[:, :, place], k[:, :, place], v[:, :, place], is_causal=True, scale=1.0, enable_gqa=True
        )
        for place in places
    )
    return [part[0].transpose(0, 1).flatten(1) for part in found]


def _in_blocks(
    made: torch.Tensor, turns: torch.Tensor, heads: Heads, places: Sequence[slice]
) -> list[torch.Tensor]:
    groups, half, size = heads.groups, heads.width // 2, len(made)
    rows = max(size, *(place.start + -(-_length(place) // _block(place)) * _block(place) for place in places))
    q = turns.new_empty(groups, rows, heads.shared * half)
    k = turns.new_empty(groups, rows, half)
    v = made.new_empty(groups, rows, heads.width)
    pairs = torch.view_as_complex(made.unflatten(1, (-1, half, 2)))
    asked, kept, values = pairs.split([heads.queries, groups, groups], dim=1)
    asked = asked.unflatten(1, (groups, -1)).transpose(0, 1)
    torch.mul(asked, turns[:, None], out=q[:, :size].unflatten(2, (-1, half)))
    torch.mul(kept.transpose(0, 1), turns, out=k[:, :size])
    v[:, :size] = torch.view_as_real(values.transpose(0, 1)).flatten(2)
    for one in (q, k, v):
        one[:, size:] = 0
    q, k = torch.view_as_real(q).view(groups, -1, heads.width), torch.view_as_real(k).flatten(2)
    return [_sequence(q, k, v, heads, place) for place in places]


def _sequence(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, heads: Heads, place: slice) -> torch.Tensor:
    """What one sequence's heads gather, [length, query heads * width].

    Args:
        q: [groups, positions * shared, width]. k, v: [groups, positions, width].
    """
    length, block = _length(place), _block(place)
    out = q.new_empty(length, heads.groups, heads.shared * heads.width)
    hidden = q.new_full((block, block), -torch.inf).triu_(1)[:, None]
    for start in range(0, length, block):
        end, last = start + block, min(start + block, length)
        rows = slice((place.start + start) * heads.shared, (place.start + end) * heads.shared)
        seen = slice(place.start, place.start + end)
        for group in range(heads.groups):
            scores = _product(q[group, rows], k[group, seen])
            scores.view(block, heads.shared, end)[:, :, start:].add_(hidden)
            shares = torch.softmax(scores, dim=-1, out=scores)
            found = _product(shares, v[group, seen].T.contiguous())
            out[start:last, group] = found.view(block, -1)[: last - start]
    return out.flatten(1)


def _product(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """x weight', both contiguous: [rows, n] and [columns, n]."""
    return torch.ops.mkldnn._linear_pointwise(x, weight, None, "none", [], "")


def _length(place: slice) -> int:
    return place.stop - place.start


def _block(place: slice) -> int:
    """Positions of this sequence's blocks."""
    length = _length(place)
    blocks = -(-length // BLOCK)
    return -(-length // (blocks * STEP)) * STEP
