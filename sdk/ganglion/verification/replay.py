"""Seeded replay: recompute an answer's logits in one pass over prompt and answer, and its noise, and judge it by
the rules of its profile's lane.

Generation runs the model once for each token; the replay runs it once, because the tokens are already there
(teacher forcing). Models of the Llama family, in float32 on a CPU, go through a decoder that packs a batch's answers
end to end. For others, batches are padded on the right and need no mask: attention is causal, and what comes after an
answer is not looked at. The language head is applied to the answer's positions alone. Not thread-safe: one caller at
a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ganglion.model.errors import ModelError
from ganglion.model.loading import (
    context_length,
    load_causal_lm,
    load_tokenizer,
    resolve_model,
    stop_token_ids,
)
from ganglion.model.long_pass import can_hasten, hasten, pack_linears
from ganglion.model.packed_decoder import PackedDecoder
from ganglion.model.profile import ModelProfile, read_profile
from ganglion.model.text import stop_completed_at
from ganglion.protocol.st1_cuts import answer_margins
from ganglion.protocol.st1_draws import make_sampler
from ganglion.protocol.trace import directions_of
from ganglion.verification.lanes import LaneRules
from ganglion.verification.leaves import PRECISIONS, LeafDistances, leaf_distances, leaves_error
from ganglion.verification.likelihood import read_likelihood
from ganglion.verification.rules import Claim, Verdict, finish_error, hard_failure, structure_error

MAX_BATCH = 8
MAX_BATCH_TOKENS = 1024  # padded positions of a pass: what fits the caches is faster than what does not
MAX_LOGIT_VALUES = 1 << 24  # 64 MiB of float32 logits at a time
WIDTHS = 32  # passes are padded to a multiple: oneDNN compiles and keeps kernels for each number of positions
SAMPLED_ROWS = 64  # given to the sampler at once

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Replayed:
    """What a replay measured of one answer: `margins` [n] in logits, and distances of its leaves if it has any."""

    margins: Float32
    leaves: LeafDistances | None


class Verifier:
    """A model and its tokenizer, for checking answers of one profile.

    Args:
        model: folder or id of the model, the same files that the profile names.
        profile: what the answers are judged by; read from the folder when it is not given.

    Attributes:
        profile, rules: what answers are judged by.
        precision: how its leaves are written.
        tokenizer: the model's.
        context_length: tokens of prompt and answer that it takes.
    """

    def __init__(self, model: str | Path, profile: ModelProfile | None = None) -> None:
        folder = resolve_model(model)
        self.profile = profile or read_profile(folder)
        spec = self.profile.spec
        self.rules = LaneRules.of(spec.lane, spec.thresholds, read_likelihood(folder, spec.lane, spec.dtype))
        self.precision = PRECISIONS[spec.lane]
        self._model, self._packed = load_for_replay(folder, spec.dtype, spec.attention)
        self.tokenizer = load_tokenizer(folder)
        config = self._model.config.get_text_config()
        self._vocab, self._width = config.vocab_size, config.hidden_size
        self.context_length = context_length(self._model)
        self._sampler = make_sampler(self._vocab, SAMPLED_ROWS)
        self._plain_head = self._head_is_plain()
        if self._packed is not None and not self._plain_head:
            raise ModelError("the model's head does more than its matrix: no answer can be replayed packed")

    @property
    def stop_token_ids(self) -> tuple[int, ...]:
        """Ids that end an answer of this model."""
        return stop_token_ids(self._model)

    def verify(self, answers: Sequence[Claim]) -> list[Verdict]:
        """A verdict for each answer, in order. Never raises for what an answer contains."""
        verdicts: list[Verdict | None] = [self._form(answer) for answer in answers]
        replayable = [i for i, verdict in enumerate(verdicts) if verdict is None]
        for part in batches([answers[i] for i in replayable], replayable):
            for index, found in zip(part, self.replay([answers[i] for i in part]), strict=True):
                verdicts[index] = self.rules.judge(found.margins, found.leaves)
        return [verdict for verdict in verdicts if verdict is not None]

    def replay(self, answers: Sequence[Claim]) -> list[Replayed]:
        """What answers whose form is right measure, in one pass over all of them."""
        states = self._states(answers) if self._plain_head else [None] * len(answers)
        across = self._directions(answers)
        return [self._replay_one(*each) for each in zip(answers, states, across, strict=True)]

    def margins(self, answers: Sequence[Claim]) -> list[Float32]:
        """Margins of each answer's tokens, [n] in logits, in one pass over all of them."""
        return [found.margins for found in self.replay(answers)]

    def form_error(self, answer: Claim) -> str | None:
        """What is wrong about an answer that shows without the model, or None."""
        if error := structure_error(answer, vocab=self._vocab, context=self.context_length):
            return error
        completed, passed = self._stops(answer)
        if error := finish_error(answer, stop_completed=completed, stop_passed=passed):
            return error
        return leaves_error(answer, self.precision) if self.rules.limits.leaf_hard else None

    def _form(self, answer: Claim) -> Verdict | None:
        error = self.form_error(answer)
        return None if error is None else hard_failure(error, answer)

    def _stops(self, answer: Claim) -> tuple[bool, bool]:
        """Whether the last token completes a stop string, and whether an earlier one did."""
        at = stop_completed_at(self.tokenizer, answer.output_ids, answer.stops)
        last = len(answer.output_ids) - 1
        return at == last, at is not None and at < last

    def _directions(self, answers: Sequence[Claim]) -> Sequence[Float32 | None]:
        """What the leaves of each answer are projected on, where leaves are compared."""
        if not self.rules.limits.leaf_hard or not any(answer.leaves for answer in answers):
            return [None] * len(answers)
        return directions_of([answer.seed for answer in answers], self._width)

    def _replay_one(self, answer: Claim, own: torch.Tensor | None, across: Float32 | None) -> Replayed:
        if own is None:
            own, logits = self._alone(answer)
            margins = self._slice_margins(answer, logits, 0)
        else:
            margins = self._answer_margins(answer, own)
        if not answer.leaves or not self.rules.limits.leaf_hard:
            return Replayed(margins, None)
        return Replayed(margins, leaf_distances(answer, own.float().numpy(), self.precision, across))

    def _states(self, answers: Sequence[Claim]) -> list[torch.Tensor]:
        """The states [n, d] that predict each answer's tokens; its last token is never an input."""
        rows = [answer.prompt_ids + answer.output_ids[:-1] for answer in answers]
        firsts = [len(answer.prompt_ids) - 1 for answer in answers]
        if self._packed is not None:
            return self._packed_states(rows, firsts)
        states = self._padded_states(rows)
        return [states[i, first : len(rows[i])] for i, first in enumerate(firsts)]

    def _packed_states(self, rows: Sequence[tuple[int, ...]], firsts: Sequence[int]) -> list[torch.Tensor]:
        """Blocks of an answer look at what stands behind it, times zero: with infinities there, each goes alone."""
        assert self._packed is not None
        states = self._packed(rows, firsts)
        if len(rows) > 1 and not all(bool(torch.isfinite(one).all()) for one in states):
            return [self._packed([row], [first])[0] for row, first in zip(rows, firsts, strict=True)]
        return states

    @torch.inference_mode()
    def _padded_states(self, rows: Sequence[tuple[int, ...]]) -> torch.Tensor:
        """Last hidden states [rows, longest, d]."""
        width = min(-(-max(map(len, rows)) // WIDTHS) * WIDTHS, self.context_length)
        ids = torch.zeros(len(rows), width, dtype=torch.long)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = torch.tensor(row)
        return self._model.get_decoder()(input_ids=ids, use_cache=False).last_hidden_state

    @torch.inference_mode()
    def _answer_margins(self, answer: Claim, states: torch.Tensor) -> Float32:
        """Margins from the states [n, d] that predict the answer's tokens; logits are made piece by piece."""
        step, n = max(1, MAX_LOGIT_VALUES // self._vocab), len(answer.output_ids)
        pieces = [
            self._slice_margins(answer, self._head(states[start : start + step]), start)
            for start in range(0, n, step)
        ]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def _slice_margins(self, answer: Claim, logits: Float32, start: int) -> Float32:
        """Margins of the tokens from `start` on, whose logits [tokens, vocab] are given."""
        return answer_margins(
            self._sampler,
            logits,
            seed=answer.seed,
            params=answer.sampling,
            prompt_ids=answer.prompt_ids,
            output_ids=answer.output_ids,
            start=start,
            slack=self.rules.limits.cut_slack,
        )

    def _head(self, states: torch.Tensor) -> Float32:
        """Logits [tokens, vocab] of hidden states [tokens, d]."""
        padded = torch.nn.functional.pad(states, (0, 0, 0, -len(states) % WIDTHS))
        return self._model.get_output_embeddings()(padded)[: len(states)].float().numpy()

    @torch.inference_mode()
    def _alone(self, answer: Claim) -> tuple[torch.Tensor, Float32]:
        """States [n, d] and logits [n, vocab] of one answer through the whole model."""
        ids = torch.tensor([answer.prompt_ids + answer.output_ids[:-1]])
        entered: list[torch.Tensor] = []
        head = self._model.get_output_embeddings()
        hook = head.register_forward_pre_hook(lambda _, inputs: entered.append(inputs[0]))
        try:
            keep = len(answer.output_ids)
            logits = self._model(input_ids=ids, use_cache=False, logits_to_keep=keep).logits[0]
        finally:
            hook.remove()
        return entered[-1].reshape(-1, entered[-1].shape[-1])[-keep:], logits.float().numpy()

    @torch.inference_mode()
    def _head_is_plain(self) -> bool:
        """Whether the model's logits are its head's output, not scaled or capped afterwards; tried on four
        tokens.
        """
        ids = torch.arange(4)[None, :]
        whole = self._model(input_ids=ids, use_cache=False).logits[0].float().numpy()
        states = self._model.get_decoder()(input_ids=ids, use_cache=False).last_hidden_state[0]
        return bool(np.allclose(self._head(states), whole, atol=1e-4))


def load_for_replay(
    folder: Path, dtype: str = "float32", attention: str = "sdpa"
) -> tuple[Any, PackedDecoder | None]:
    """The model as the profile says it computes, with the fastest kernels for long passes; and what takes its
    decoder's place, if something does: the model has no layers then.
    """
    model = load_causal_lm(folder, attention=attention)
    if dtype != "float32":
        return model.to(torch_dtype(dtype)), None
    if PackedDecoder.takes(model):
        if packed := PackedDecoder.take(model):
            pack_linears(model)
            return model, packed
        model = load_causal_lm(folder, attention=attention)
    if not can_hasten(model) or hasten(model):
        return model, None
    return load_causal_lm(folder, attention=attention), None


def torch_dtype(name: str) -> torch.dtype:
    """A profile's dtype. Raises ModelError for what a replay cannot compute in."""
    if name not in ("float32", "bfloat16", "float16"):
        raise ModelError(f"a replay in {name!r} is not possible", hint="float32, bfloat16 and float16 are")
    return getattr(torch, name)


def batches(answers: Sequence[Claim], indices: Sequence[int]) -> Iterator[list[int]]:
    """Groups of indices whose answers have similar lengths, so that little is padded; within the bounds
    above.
    """
    lengths = {i: len(a.prompt_ids) + len(a.output_ids) for i, a in zip(indices, answers, strict=True)}
    group: list[int] = []
    for index in sorted(indices, key=lengths.__getitem__):
        if group and (len(group) == MAX_BATCH or lengths[index] * (len(group) + 1) > MAX_BATCH_TOKENS):
            yield group
            group = []
        group.append(index)
    if group:
        yield group
