"""Seeded replay: recompute an answer's logits in one pass over prompt and answer, and its noise, and judge
the margins.

Generation runs the model once for each token; the replay runs it once, because the tokens are already there
(teacher forcing). Batches are padded on the right and need no mask: attention is causal, and what comes after
an answer is not looked at. The language head is applied to the answer's positions alone. Not thread-safe: one
caller at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ganglion.model.loading import context_length, load_causal_lm, load_tokenizer
from ganglion.model.text import completes_stop, decode, find_stop
from ganglion.protocol.st1 import gumbel_rows, margins
from ganglion.verification.rules import (
    Claim,
    Verdict,
    finish_error,
    hard_failure,
    judge_margins,
    structure_error,
)

MAX_BATCH = 8
MAX_BATCH_TOKENS = 8192  # padded positions of a pass
MAX_LOGIT_VALUES = 1 << 24  # 64 MiB of float32 logits (and as much noise) at a time


class Verifier:
    """A model and its tokenizer, for checking answers of one profile.

    Args:
        model: folder or id of the model, the same files that the profile names.
    """

    def __init__(self, model: str | Path) -> None:
        self._model = load_causal_lm(model)
        self._tokenizer = load_tokenizer(model)
        self._vocab = self._model.config.get_text_config().vocab_size
        self._context = context_length(self._model)
        self._plain_head = self._head_is_plain()

    def verify(self, answers: Sequence[Claim]) -> list[Verdict]:
        """A verdict for each answer, in order. Never raises for what an answer contains."""
        verdicts: list[Verdict | None] = [self._check_form(answer) for answer in answers]
        replayable = [i for i, verdict in enumerate(verdicts) if verdict is None]
        for part in batches([answers[i] for i in replayable], replayable):
            for index, row in zip(part, self.margins([answers[i] for i in part]), strict=True):
                verdicts[index] = judge_margins(row)
        return [verdict for verdict in verdicts if verdict is not None]

    def margins(self, answers: Sequence[Claim]) -> list[NDArray[np.float32]]:
        """Margins of each answer's tokens, [n] in logits, in one pass over all of them."""
        if not self._plain_head:
            return [self._slice_margins(answer, self._logits_alone(answer), 0) for answer in answers]
        states = self._hidden_states(answers)
        return [self._answer_margins(answer, states[row]) for row, answer in enumerate(answers)]

    def _check_form(self, answer: Claim) -> Verdict | None:
        """A hard failure that shows without the model, or None."""
        if error := structure_error(answer, vocab=self._vocab, context=self._context):
            return hard_failure(error, answer)
        completed, passed = self._stops(answer)
        if error := finish_error(answer, stop_completed=completed, stop_passed=passed):
            return hard_failure(error, answer)
        return None

    def _stops(self, answer: Claim) -> tuple[bool, bool]:
        """Whether the last token completes a stop string, and whether an earlier one did."""
        if not answer.stops:
            return False, False
        before = decode(self._tokenizer, answer.output_ids[:-1])
        passed = find_stop(before, answer.stops) is not None
        return completes_stop(self._tokenizer, answer.output_ids, answer.stops), passed

    @torch.inference_mode()
    def _hidden_states(self, answers: Sequence[Claim]) -> torch.Tensor:
        """Last hidden states: [answers, longest - 1, d]; the last token of an answer is never an input."""
        rows = [answer.prompt_ids + answer.output_ids[:-1] for answer in answers]
        ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = torch.tensor(row)
        return self._model.get_decoder()(input_ids=ids, use_cache=False).last_hidden_state

    @torch.inference_mode()
    def _answer_margins(self, answer: Claim, states: torch.Tensor) -> NDArray[np.float32]:
        first, n = len(answer.prompt_ids) - 1, len(answer.output_ids)
        step = max(1, MAX_LOGIT_VALUES // self._vocab)
        return np.concatenate(
            [
                self._slice_margins(
                    answer, self._head(states[first + start : first + min(start + step, n)]), start
                )
                for start in range(0, n, step)
            ]
        )

    def _slice_margins(self, answer: Claim, logits: NDArray[np.float32], start: int) -> NDArray[np.float32]:
        """Margins of the tokens from `start` on, whose logits [tokens, vocab] are given."""
        tokens, noise = answer.output_ids[start : start + len(logits)], None
        if answer.temperature:
            noise = gumbel_rows([answer.seed] * len(logits), range(start, start + len(logits)), self._vocab)
        return margins(logits, tokens, noise, answer.temperature)

    def _head(self, states: torch.Tensor) -> NDArray[np.float32]:
        """Logits [tokens, vocab] of hidden states [tokens, d]."""
        return self._model.get_output_embeddings()(states).float().numpy()

    @torch.inference_mode()
    def _logits_alone(self, answer: Claim) -> NDArray[np.float32]:
        """Logits of all tokens of one answer through the whole model: float32 [n, vocab]."""
        ids = torch.tensor([answer.prompt_ids + answer.output_ids[:-1]])
        keep = len(answer.output_ids)
        return self._model(input_ids=ids, use_cache=False, logits_to_keep=keep).logits[0].float().numpy()

    @torch.inference_mode()
    def _head_is_plain(self) -> bool:
        """Whether the model's logits are its head's output, not scaled or capped afterwards; tried on four
        tokens.
        """
        ids = torch.arange(4)[None, :]
        whole = self._model(input_ids=ids, use_cache=False).logits[0].float().numpy()
        states = self._model.get_decoder()(input_ids=ids, use_cache=False).last_hidden_state[0]
        return bool(np.allclose(self._head(states), whole, atol=1e-4))


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
