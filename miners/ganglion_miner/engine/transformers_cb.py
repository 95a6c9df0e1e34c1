"""The transformers engine: continuous batching over a paged cache, with each answer's tokens chosen by st-1.

Requests join and leave the running batch at every step. transformers' manager schedules, runs the model and
picks the largest score in its own thread; a logits processor of ours chooses beforehand and lifts the choice
above all others. The manager's interface is not stable between releases: this file is the only one that knows
it, and the version of transformers is pinned.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import ContinuousBatchingConfig, GenerationConfig, LogitsProcessorList
from transformers.generation.continuous_batching.cb_logits_processors import (
    ContinuousBatchingLogitsProcessor,
    ContinuousBatchingLogitsProcessorList,
)

from ganglion.errors import EngineError
from ganglion.model.loading import context_length, load_causal_lm
from ganglion_miner.engine.base import EngineDead, FinishEvent, GenerationRequest, TokenEvent
from ganglion_miner.engine.drawing import NO_NUMBER, Draw, Drawing, no_number
from ganglion_miner.engine.slots import bytes_per_token
from ganglion_miner.engine.states import HeadInputs
from ganglion_miner.engine.threaded import ThreadedEngine

STOP_TIMEOUT_SECONDS = 10.0
NO_STOP_TOKEN = -1


@dataclass(frozen=True)
class BatchLimits:
    """Bounds of the batch and of its cache. Without them the manager takes a share of all memory."""

    max_requests: int = 16
    max_batch_tokens: int = 512  # tokens of one step: prompts are prefilled in pieces of at most this
    page_size: int = 64  # tokens in a cache page
    pages: int | None = None  # None: so many that `max_requests` answers of full context fit
    cache_bytes: int = 4 << 30  # of all pages; answers that find none wait or start again

    def pages_for(self, context: int, bytes_per_token: int) -> int:
        """Pages of the cache, for a model of this context (tokens)."""
        wanted = self.max_requests * (-(-context // self.page_size) + 1)
        return self.pages or min(wanted, self.cache_bytes // (bytes_per_token * self.page_size))


@dataclass
class _Open:
    """An answer that the manager works on; `posted` of its tokens are on their way to the caller."""

    request: GenerationRequest
    posted: int = 0


@dataclass
class _Sampled:
    """An answer as the sampler knows it: `states` of the tokens that were not posted yet."""

    prompt: int
    draw: Draw
    trace: bool
    states: deque[NDArray[np.float32]] = field(default_factory=deque)
    broken: bool = False


class SeededSampler(ContinuousBatchingLogitsProcessor):
    """Lifts st-1's choice above all others in each row of a batch. Called from the manager's thread alone, but for
    `add`/`drop`.
    """

    supported_kwargs: dict[str, type] = {}  # noqa: RUF012 (the base class's own form)
    ignored_kwargs: tuple[str, ...] = ()

    def __init__(self, model: Any, rows: int) -> None:
        self._vocab = model.config.get_text_config().vocab_size
        self._drawing = Drawing(self._vocab, rows)
        self._states = HeadInputs(model)
        self._answers: dict[str, _Sampled] = {}
        self._rows: list[tuple[int, _Sampled, int]] = []  # row of the batch, answer, output position

    def add(self, request: GenerationRequest) -> None:
        """Know a request before the manager does."""
        draw = Draw(request, self._vocab)
        self._answers[request.request_id] = _Sampled(len(request.prompt_ids), draw, request.trace)

    def drop(self, request_id: str) -> None:
        """Forget a finished request."""
        self._answers.pop(request_id, None)

    def event(self, request_id: str, token: int) -> TokenEvent | FinishEvent:
        """The next token of an answer, with its state."""
        answer = self._answers[request_id]
        if answer.broken:
            return no_number()
        return TokenEvent(token, answer.states.popleft() if answer.trace else None)

    def fill_defaults(self, int32_tensor: torch.Tensor) -> None:
        int32_tensor.zero_()

    def prepare_tensor_args(self, requests_with_new_token: list[Any]) -> torch.Tensor:
        """Note which rows are whose. What is returned is not used: one value a row, as the manager wants."""
        self._rows = []
        for row, scheduled in enumerate(requests_with_new_token):
            state = scheduled.state
            if (answer := self._answers.get(state.request_id)) is not None:
                # A pre-empted answer starts again with its tokens as part of the prompt.
                position = len(state.initial_tokens) + len(state.generated_tokens) - answer.prompt
                self._rows.append((row, answer, position))
        return torch.zeros(len(requests_with_new_token), dtype=torch.int32)

    def __call__(self, scores: torch.Tensor, tensor_arg: torch.Tensor) -> torch.Tensor:
        # A prompt prefilled in pieces adds rows after those of the new tokens; nobody looks at them.
        if not self._rows:
            return scores
        rows = [row for row, _, _ in self._rows]
        whole = rows == list(range(len(rows)))
        logits = scores[: len(rows)] if whole else scores[rows]
        answers, positions = [a.draw for _, a, _ in self._rows], [p for _, _, p in self._rows]
        chosen = self._drawing.choose(logits, answers, positions)
        states = self._states.last() if any(a.trace for _, a, _ in self._rows) else None
        for (row, answer, _), token in zip(self._rows, chosen, strict=True):
            answer.broken |= token == NO_NUMBER
            if answer.trace and states is not None:
                answer.states.append(states[row])
        scores[rows, [max(0, token) for token in chosen]] = torch.inf
        return scores


class TransformersEngine(ThreadedEngine):
    """A causal language model behind transformers' continuous batching.

    Args:
        model: folder or id of the model.
        limits: bounds of a batch.
        max_in_flight: answers in work or waiting.
    """

    def __init__(
        self, model: str | Path, *, limits: BatchLimits | None = None, max_in_flight: int = 64
    ) -> None:
        super().__init__(max_in_flight=max_in_flight)
        self._path = model
        self._limits = limits or BatchLimits()
        self._manager: Any = None
        self._sampler: SeededSampler | None = None
        self._open: dict[str, _Open] = {}

    async def start(self) -> None:
        """Load the model and start the manager's thread."""
        self._begin()
        await asyncio.to_thread(self._launch)

    async def stop(self) -> None:
        """End the thread; what is in flight fails."""
        manager, self._manager = self._manager, None
        if manager is not None:
            self.die(EngineError("the engine was stopped", recoverable=False))
            await asyncio.to_thread(manager.stop, timeout=STOP_TIMEOUT_SECONDS, hard_stop=True)

    @property
    def healthy(self) -> bool:
        """Whether the manager's thread takes requests."""
        return super().healthy and self._manager is not None and self._manager.is_running()

    def _launch(self) -> None:
        model = load_causal_lm(self._path)
        self.context_length, self.vocab_size = (
            context_length(model),
            model.config.get_text_config().vocab_size,
        )
        pages = self._limits.pages_for(self.context_length, bytes_per_token(model))
        self.context_length = min(self.context_length, (pages - 1) * self._limits.page_size)
        self._sampler = SeededSampler(model, self._limits.max_requests)
        manager = model.init_continuous_batching(
            generation_config=GenerationConfig(do_sample=False, eos_token_id=NO_STOP_TOKEN),
            continuous_batching_config=ContinuousBatchingConfig(
                page_size=self._limits.page_size,
                num_blocks=pages,
                max_batch_tokens=self._limits.max_batch_tokens,
                max_requests_per_batch=self._limits.max_requests,
                max_blocks_per_request=0,
                allow_block_sharing=False,
                use_async_batching=False,
                use_cuda_graph=False,
                auto_switch_to_flash=False,
                return_logprobs=False,
                max_queue_size=self._max_in_flight,
            ),
        )
        processors = ContinuousBatchingLogitsProcessorList(LogitsProcessorList([self._sampler]))
        processors.tensors_required = 1
        manager.logit_processor = processors
        manager.output_router.deliver = self._deliver_one
        manager.output_router.deliver_batch = self._deliver
        manager.start()
        self._manager = manager

    def _submit(self, request: GenerationRequest) -> None:
        self._sampler.add(request)
        self._open[request.request_id] = _Open(request)
        accepted = self._manager.add_request(
            list(request.prompt_ids),
            request_id=request.request_id,
            max_new_tokens=request.max_tokens,
            streaming=True,
            eos_token_id=list(request.stop_token_ids) or NO_STOP_TOKEN,
        )
        if accepted is None:
            raise EngineDead("the batching thread takes no requests", recoverable=False)

    def _abort(self, ticket: str) -> None:
        if self._manager is not None:
            self._manager.cancel_request(ticket)
        self._forget(ticket)

    def _forget(self, request_id: str) -> None:
        self._sampler.drop(request_id)
        self._open.pop(request_id, None)

    def _deliver_one(self, output: Any) -> None:
        self._deliver([output])

    def _deliver(self, outputs: list[Any]) -> None:
        """Called by the manager's thread with the state of all answers that moved in a step."""
        self.post([(o.request_id, event) for o in outputs for event in self._events(o)])

    def _events(self, output: Any) -> list[TokenEvent | FinishEvent]:
        answer = self._open.get(output.request_id)
        if answer is None:
            return []
        tokens = output.generated_tokens
        events = [self._sampler.event(output.request_id, int(t)) for t in tokens[answer.posted :]]
        answer.posted = len(tokens)
        if events and isinstance(events[-1], FinishEvent):
            self._abort(output.request_id)
        elif output.is_finished():
            events.append(_finish(output, answer.request))
            self._forget(output.request_id)
        return events


def _finish(output: Any, request: GenerationRequest) -> FinishEvent:
    if output.error is not None:
        return FinishEvent("error", EngineError(f"generation failed: {output.error}"))
    return FinishEvent("stop" if output.generated_tokens[-1] in request.stop_token_ids else "length")
