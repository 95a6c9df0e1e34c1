"""A plain batched generator with the seeded sampler, which also gives the states that activation leaves are made of.

It is for measuring, not for serving: answers of one batch start and end together, and whoever ends early waits. What
it computes is what a miner's engine computes, in another arrangement (padding on the left, one cache for all), and it
can be made to compute in several ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ganglion.protocol.sampling import SamplingParams
from ganglion.protocol.st1_cuts import cut, penalise
from ganglion.protocol.st1_draws import Sampler, draws, make_sampler
from ganglion.protocol.trace import Precision, Tracer, trace_root
from ganglion.verification.rules import Claim

Float32 = NDArray[np.float32]

__all__ = ["Answer", "Request", "claim_of", "generate", "leaves_of", "true_states"]


@dataclass(frozen=True)
class Request:
    """What is asked of a miner. `seed` is st-1's 32 bytes."""

    prompt_ids: tuple[int, ...]
    max_tokens: int
    sampling: SamplingParams
    seed: bytes
    stop_token_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Answer:
    """Token ids, why they end ("stop" or "length"), and the states [n, d] that predicted them."""

    tokens: tuple[int, ...]
    finish: str
    states: Float32


@dataclass
class _Row:
    """One answer that grows."""

    request: Request
    tokens: list[int] = field(default_factory=list)
    states: list[Float32] = field(default_factory=list)

    @property
    def done(self) -> bool:
        ended = bool(self.tokens) and self.tokens[-1] in self.request.stop_token_ids
        return ended or len(self.tokens) == self.request.max_tokens

    def draw(self) -> NDArray[np.void]:
        """The record of its next token."""
        return draws(self.request.seed, [len(self.tokens)], self.request.sampling.temperature)

    def answer(self) -> Answer:
        ended = self.tokens[-1] in self.request.stop_token_ids
        return Answer(tuple(self.tokens), "stop" if ended else "length", np.stack(self.states))


def generate(model: Any, requests: Sequence[Request], *, batch: int = 32, cache: bool = True) -> list[Answer]:
    """Answers to all requests, in order, `batch` at a time.

    Args:
        model: a causal language model.
        batch: answers that are computed together; those of similar lengths are.
        cache: keep keys and values; without, every token is a pass over everything before it.
    """
    order = sorted(range(len(requests)), key=lambda i: (requests[i].max_tokens, len(requests[i].prompt_ids)))
    answers: dict[int, Answer] = {}
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        rows = [_Row(requests[i]) for i in part]
        _run(model, rows, cache)
        answers |= {i: row.answer() for i, row in zip(part, rows, strict=True)}
    return [answers[i] for i in range(len(requests))]


@torch.inference_mode()
def _run(model: Any, rows: list[_Row], cache: bool) -> None:
    ids, mask = _padded([row.request.prompt_ids for row in rows])
    kept: Any = None
    sampler = make_sampler(model.config.get_text_config().vocab_size, len(rows))
    while not all(row.done for row in rows):
        whole = kept is None
        out = model.get_decoder()(
            input_ids=ids if whole else ids[:, -1:],
            attention_mask=mask,
            position_ids=_positions(mask) if whole else _positions(mask)[:, -1:],
            past_key_values=kept,
            use_cache=cache,
        )
        kept = out.past_key_values if cache else None
        states = out.last_hidden_state[:, -1]
        chosen = choose(sampler, model.get_output_embeddings()(states).float().numpy(), rows)
        for row, token, state in zip(rows, chosen, states.float().numpy(), strict=True):
            if not row.done:
                row.tokens.append(int(token))
                row.states.append(state)
        ids = torch.cat([ids, torch.from_numpy(chosen)[:, None]], dim=1)
        mask = torch.cat([mask, torch.ones(len(rows), 1, dtype=mask.dtype)], dim=1)


def choose(sampler: Sampler, logits: Float32, rows: Sequence[_Row]) -> NDArray[np.int64]:
    """What st-1 chooses for each row from its logits [rows, vocab], which may be overwritten."""
    records = np.concatenate([row.draw() for row in rows])
    for i, row in enumerate(rows):
        sampling = row.request.sampling
        if sampling.repetition_penalty != 1.0:
            penalise(logits[i], [*row.request.prompt_ids, *row.tokens], sampling.repetition_penalty)
        if sampling.cuts:
            records["cut"][i] = cut(logits[i], sampling)
    return sampler.choose(logits, records)


def _padded(prompts: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Prompts padded on the left, and which positions are real."""
    width = max(map(len, prompts))
    ids, mask = (
        torch.zeros(len(prompts), width, dtype=torch.long),
        torch.zeros(len(prompts), width, dtype=torch.long),
    )
    for i, prompt in enumerate(prompts):
        ids[i, width - len(prompt) :] = torch.tensor(prompt)
        mask[i, width - len(prompt) :] = 1
    return ids, mask


def _positions(mask: torch.Tensor) -> torch.Tensor:
    return (mask.cumsum(dim=1) - 1).clamp(min=0)


@torch.inference_mode()
def true_states(model: Any, prompt_ids: Sequence[int], tokens: Sequence[int]) -> Float32:
    """The states [n, d] that a model has for given tokens, whoever chose them: one pass over all of it."""
    ids = torch.tensor([[*prompt_ids, *tokens[:-1]]])
    states = model.get_decoder()(input_ids=ids, use_cache=False).last_hidden_state[0]
    return states[len(prompt_ids) - 1 :].float().numpy()


def leaves_of(
    seed: bytes, tokens: Sequence[int], states: Float32, precision: Precision = Precision.FLOAT32
) -> tuple[bytes, ...]:
    """The activation leaves of an answer with these states."""
    tracer = Tracer(seed, states.shape[1], precision)
    for token, state in zip(tokens, states, strict=True):
        tracer.push(token, state)
    return tuple(tracer.leaves())


def claim_of(request: Request, answer: Answer, precision: Precision = Precision.FLOAT32) -> Claim:
    """What a miner says that it answered, with leaves of the answer's own states."""
    leaves = leaves_of(request.seed, answer.tokens, answer.states, precision)
    return Claim(
        prompt_ids=request.prompt_ids,
        output_ids=answer.tokens,
        seed=request.seed,
        sampling=request.sampling,
        finish_reason=answer.finish,
        max_tokens=request.max_tokens,
        stop_token_ids=request.stop_token_ids,
        leaves=leaves,
        trace_root=trace_root(leaves),
    )
