"""The transformers engine: continuous batching over a paged cache, with st-1's noise added to each answer's
logits.

Requests join and leave the running batch at every step. transformers' manager schedules, runs the model and
picks the largest score in its own thread; a logits processor of ours adds T * g beforehand, so that the pick
is st-1's choice. The manager's interface is not stable between releases: this file is the only one that knows
it, and the version of transformers is pinned.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
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
from ganglion_miner.engine.noise import NoiseRows
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

    def pages_for(self, context: int) -> int:
        """Pages of the cache, for a model of this context (tokens)."""
        return self.pages or self.max_requests * (-(-context // self.page_size) + 1)


@dataclass
class _Open:
    """An answer that the manager works on; `posted` of its tokens are on their way to the caller."""

    request: GenerationRequest
    posted: int = 0


class SeededSampler(ContinuousBatchingLogitsProcessor):
    """Adds T * g(seed, position) to the rows of a batch. Called from the manager's thread alone, but for
    `add`/`drop`.
    """

    supported_kwargs: dict[str, type] = {}  # noqa: RUF012 (the base class's own form)
    ignored_kwargs: tuple[str, ...] = ()

    def __init__(self, vocab: int) -> None:
        self._vocab = vocab
        self._answers: dict[str, tuple[int, NoiseRows | None]] = {}  # prompt length, rows
        self._noise: NDArray[np.float32] = np.empty((0, vocab), np.float32)

    def add(self, request: GenerationRequest) -> None:
        """Know a request before the manager does."""
        rows = (
            NoiseRows(request.seed, self._vocab, request.sampling.temperature)
            if request.sampling.temperature
            else None
        )
        self._answers[request.request_id] = (len(request.prompt_ids), rows)

    def drop(self, request_id: str) -> None:
        """Forget a finished request."""
        self._answers.pop(request_id, None)

    def fill_defaults(self, int32_tensor: torch.Tensor) -> None:
        int32_tensor.zero_()

    def prepare_tensor_args(self, requests_with_new_token: list[Any]) -> torch.Tensor:
        """Draw the noise of this step. What is returned is not used: one value a row, as the manager
        wants.
        """
        self._noise = np.empty((len(requests_with_new_token), self._vocab), np.float32)
        for i, scheduled in enumerate(requests_with_new_token):
            self._noise[i] = self._row(scheduled.state)
        return torch.zeros(len(self._noise), dtype=torch.int32)

    def __call__(self, scores: torch.Tensor, tensor_arg: torch.Tensor) -> torch.Tensor:
        # A prompt prefilled in pieces adds rows after those of the new tokens; nobody looks at them.
        scores[: len(self._noise)] += torch.from_numpy(self._noise)
        return scores

    def _row(self, state: Any) -> NDArray[np.float32] | float:
        prompt, rows = self._answers.get(state.request_id, (0, None))
        if rows is None:
            return 0.0
        # A pre-empted answer starts again with its tokens as part of the prompt.
        return rows.row(len(state.initial_tokens) + len(state.generated_tokens) - prompt)


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
        self._sampler = SeededSampler(self.vocab_size)
        manager = model.init_continuous_batching(
            generation_config=GenerationConfig(do_sample=False, eos_token_id=NO_STOP_TOKEN),
            continuous_batching_config=ContinuousBatchingConfig(
                page_size=self._limits.page_size,
                num_blocks=self._limits.pages_for(self.context_length),
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
        events: list[TokenEvent | FinishEvent] = [TokenEvent(int(t)) for t in tokens[answer.posted :]]
        answer.posted = len(tokens)
        if output.is_finished():
            events.append(_finish(output, answer.request))
            self._forget(output.request_id)
        return events


def _finish(output: Any, request: GenerationRequest) -> FinishEvent:
    if output.error is not None:
        return FinishEvent("error", EngineError(f"generation failed: {output.error}"))
    return FinishEvent("stop" if output.generated_tokens[-1] in request.stop_token_ids else "length")
