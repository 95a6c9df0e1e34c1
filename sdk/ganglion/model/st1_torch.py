"""st-1's noise and choice in torch, on any device: for engines whose logits are on a GPU, where copying them out
would cost more than the noise.

The same bits as `ganglion.protocol.st1`: integers are exact, and every float64 operation of the logarithm is one
call of torch, so that nothing is contracted into a fused multiplication and addition. (A compiler that fuses them,
such as torch.compile, must not be used on this file.)
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ganglion.protocol import st1
from ganglion.protocol.sampling import SamplingParams

__all__ = ["choose", "gumbel_rows", "natural_log"]

MASK = 0xFFFFFFFF
_FRACTION = 0x000FFFFFFFFFFFFF
_TO_LOW, _FROM_LOW = (0x3FF00000 - 0x3FE6A09E) << 32, 0x3FE6A09E << 32


def natural_log(x: torch.Tensor) -> torch.Tensor:
    """ln of positive normal float64 numbers, with the bits of `st1.natural_log`."""
    bits = x.view(torch.int64) + _TO_LOW
    k = ((bits >> 52) - 0x3FF).to(torch.float64)
    f = ((bits & _FRACTION) + _FROM_LOW).view(torch.float64) - 1.0
    half = 0.5 * f * f
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (st1.EVEN[0] + w * (st1.EVEN[1] + w * st1.EVEN[2]))
    odd = z * (st1.ODD[0] + w * (st1.ODD[1] + w * (st1.ODD[2] + w * st1.ODD[3])))
    return s * (half + (odd + even)) + k * st1.LN2_LOW - half + f + k * st1.LN2_HIGH


def gumbel_rows(
    seeds: Sequence[bytes], positions: Sequence[int], vocab: int, device: torch.device | str = "cpu"
) -> torch.Tensor:
    """Noise of row i for seed i at output position i: float32 [rows, vocab] on `device`."""
    words = torch.tensor([st1.noise_words(seed) for seed in seeds], dtype=torch.int64, device=device)
    steps = torch.tensor(list(positions), dtype=torch.int64, device=device)
    groups = -(-vocab // st1.GROUP)
    rows = len(seeds)
    own = _exponentials(_words(words, steps, 0, groups * st1.GROUP // 4)).reshape(rows, groups, st1.GROUP)
    shared = _words(words, steps, st1.GROUP_COUNTERS, -(-groups // 2)).reshape(rows, -1, 2)[:, :groups]
    least = (_exponentials(shared[..., 0].contiguous()) / st1.GROUP)[..., None]
    own = (own + least).scatter(2, shared[..., 1:] % st1.GROUP, least)
    return (-natural_log(own)).to(torch.float32).reshape(rows, -1)[:, :vocab]


def _exponentials(words: torch.Tensor) -> torch.Tensor:
    return -natural_log((words.to(torch.float64) + 0.5) * 2.0**-32)


def _words(words: torch.Tensor, steps: torch.Tensor, first: int, counters: int) -> torch.Tensor:
    """Philox4x32-10 of consecutive counters, in their order: int64 [rows, counters * 4]."""
    w0, w1, w2, w3 = (words[:, i, None] for i in range(4))
    c0 = torch.arange(first, first + counters, dtype=torch.int64, device=words.device)[None, :]
    c0, c1, c2, c3, k0, k1 = torch.broadcast_tensors(c0, steps[:, None], w2, w3, w0, w1)
    for _ in range(st1.ROUNDS):
        # Products wrap around in int64 and keep their 64 bits; shifting brings copies of the sign, masked away.
        p0, p1 = c0 * 0xD2511F53, c2 * 0xCD9E8D57
        c0, c1 = ((p1 >> 32) & MASK) ^ c1 ^ k0, p1 & MASK
        c2, c3 = ((p0 >> 32) & MASK) ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return torch.stack([c0, c1, c2, c3], dim=-1).reshape(len(words), -1)


def penalise(logits: torch.Tensor, seen: torch.Tensor, penalty: float) -> torch.Tensor:
    """Repetition penalty of one row [vocab] for token ids `seen`, each once or more often."""
    values = logits[seen]
    factor = torch.tensor(penalty, dtype=torch.float32, device=logits.device)
    return logits.scatter(0, seen, torch.where(values > 0, values / factor, values * factor))


def cut(row: torch.Tensor, params: SamplingParams) -> torch.Tensor:
    """The lowest logit that may be chosen from one row [vocab]; the rule is in `ganglion.protocol.st1_cuts`."""
    count = min(params.top_k or len(row), len(row))
    if params.top_p >= 1 and not params.top_k:
        return torch.tensor(-torch.inf, device=row.device)
    largest = torch.topk(row, count).values
    if params.top_p >= 1:
        return largest[-1]
    share = torch.cumsum(torch.exp((largest.double() - largest[0].double()) / params.temperature), 0)
    kept = (share < params.top_p * share[-1]).sum().clamp(max=count - 1)
    return largest[kept]


def choose(
    logits: torch.Tensor, seeds: Sequence[bytes], positions: Sequence[int], params: Sequence[SamplingParams]
) -> torch.Tensor:
    """The token of each row of penalised logits [rows, vocab]: int64 [rows], on the device of the logits."""
    logits = logits.float()
    noise = gumbel_rows(seeds, positions, logits.shape[1], logits.device)
    temperature = torch.tensor([p.temperature for p in params], dtype=torch.float32, device=logits.device)
    scores = logits + temperature[:, None] * noise
    for row, one in enumerate(params):
        if one.cuts:
            scores[row][logits[row] < cut(logits[row], one)] = -torch.inf
    return scores.argmax(dim=1)
