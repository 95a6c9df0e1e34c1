"""The default engine: a small continuous batch of our own over a transformers model.

Answers join after their prompt's prefill and leave at any step. Measured on one CPU core with the bundled
model, this gives 1.1 (one answer) to 7 times (32 answers of 700 tokens) the tokens of transformers' packed
batching, because it attends over each answer's own row and not over all answers' tokens at once; the tokens
are the same. Models whose layers do not all attend to the whole context are refused: `transformers_cb` serves
those.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ganglion.errors import EngineError
from ganglion.model.errors import ModelError
from ganglion.model.loading import context_length, load_causal_lm, use_one_thread
from ganglion_miner.engine.base import FinishEvent, GenerationRequest, TokenEvent
from ganglion_miner.engine.drawing import NO_NUMBER, Draw, Drawing, no_number
from ganglion_miner.engine.slots import SlotCache, bytes_per_token
from ganglion_miner.engine.states import LastPositions
from ganglion_miner.engine.threaded import Event, ThreadedEngine

STOP_TIMEOUT_SECONDS = 30.0
MIN_CONTEXT = 64
DEFAULT_CACHE_BYTES = 4 << 30
PREFILL_TOKENS_A_STEP = 512  # running answers wait at most about this many tokens for those that join


@dataclass
class _Row:
    """One running answer."""

    request: GenerationRequest
    draw: Draw
    last: int = -1
    produced: int = 0

    @property
    def length(self) -> int:
        """Positions of this answer that are in the cache."""
        return len(self.request.prompt_ids) + self.produced - 1


class Batch:
    """Running answers and their cache. Synchronous: whoever calls decides about threads.

    Args:
        model: a causal language model whose layers all attend to everything.
        slots: the most answers that run at once.
        most: positions that an answer and its prompt may have.
    """

    def __init__(self, model: Any, slots: int, most: int | None = None) -> None:
        config = model.config.get_text_config()
        self._vocab = config.vocab_size
        self._drawing = Drawing(config.vocab_size, slots)
        self._passes = LastPositions(model, self._drawing.buffer())
        self._cache = SlotCache(config.num_hidden_layers, slots, most)
        self._slots = slots
        self._rows: list[_Row] = []

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def full(self) -> bool:
        """Whether no further answer can join."""
        return len(self._rows) == self._slots

    def join(self, request: GenerationRequest) -> list[tuple[str, Event]]:
        """Prefill a prompt and produce the answer's first token."""
        row = _Row(request, Draw(request, self._vocab))
        tokens = len(request.prompt_ids)
        self._cache.table.prefill(len(self._rows), tokens)
        logits = self._forward(torch.tensor([request.prompt_ids]), torch.arange(tokens)[None, :], None)
        self._rows.append(row)
        return self._emit([row], logits)

    def step(self) -> list[tuple[str, Event]]:
        """One more token for each answer."""
        if not self._rows:
            return []
        positions, mask = self._cache.table.decode([row.length for row in self._rows])
        logits = self._forward(torch.tensor([[row.last] for row in self._rows]), positions, mask)
        return self._emit(list(self._rows), logits)

    def leave(self, request_id: str) -> None:
        """Take an answer out; harmless when it is not there."""
        for index, row in enumerate(self._rows):
            if row.request.request_id == request_id:
                last = self._rows.pop()
                if last is not row:
                    self._cache.move(len(self._rows), index)
                    self._rows[index] = last
                return

    def _forward(self, ids: torch.Tensor, positions: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Logits of the last position of each row: [rows, vocab]."""
        return self._passes.logits(
            input_ids=ids, position_ids=positions, attention_mask=mask, past_key_values=self._cache
        )

    def _emit(self, rows: list[_Row], logits: torch.Tensor) -> list[tuple[str, Event]]:
        """Choose by st-1 and take out what is complete."""
        chosen = self._drawing.choose(logits, [row.draw for row in rows], [row.produced for row in rows])
        states = self._passes.states() if any(row.request.trace for row in rows) else None
        events: list[tuple[str, Event]] = []
        for index, (row, token) in enumerate(zip(rows, chosen, strict=True)):
            row.last, row.produced = token, row.produced + 1
            if token != NO_NUMBER:
                state = None if states is None or not row.request.trace else states[index]
                events.append((row.request.request_id, TokenEvent(token, state)))
            if reason := _finished(row):
                events.append((row.request.request_id, reason))
                self.leave(row.request.request_id)
        return events


class BatchedEngine(ThreadedEngine):
    """A causal language model behind `Batch`, in a thread of its own.

    Args:
        model: folder or id of the model.
        slots: the most answers that run at once; others wait for a place.
        max_in_flight: answers running or waiting.
        cache_bytes: the most memory for keys and values; where all slots at the model's whole context would need
            more, the context is shortened.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        slots: int = 16,
        max_in_flight: int = 64,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
    ) -> None:
        super().__init__(max_in_flight=max_in_flight)
        self._path = model
        self._slots = slots
        self._cache_bytes = cache_bytes
        self._inbox: queue.SimpleQueue[GenerationRequest | str | None] = queue.SimpleQueue()  # str: cancel
        self._waiting: dict[str, GenerationRequest] = {}
        self._thread: threading.Thread | None = None

    async def start(self) -> None:
        """Load the model, check it and start the loop."""
        self._begin()
        self._inbox, self._waiting = queue.SimpleQueue(), {}
        batch = await asyncio.to_thread(self._load)
        self._thread = threading.Thread(target=self._run, args=(batch,), name="engine", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """End the loop; what is in flight fails."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self.die(EngineError("the engine was stopped", recoverable=False))
            self._inbox.put(None)
            await asyncio.to_thread(thread.join, STOP_TIMEOUT_SECONDS)

    @property
    def healthy(self) -> bool:
        """Whether the loop's thread runs."""
        return super().healthy and self._thread is not None and self._thread.is_alive()

    def _load(self) -> Batch:
        model = load_causal_lm(self._path)
        check_full_attention(model)
        room = self._cache_bytes // (self._slots * bytes_per_token(model))
        if room < MIN_CONTEXT:
            raise ModelError(
                f"{self._cache_bytes >> 20} MiB of keys and values are {room} tokens for each of {self._slots} answers",
                hint="allow more memory (kv_cache_mb) or fewer answers at once (max_running)",
            )
        self.context_length = min(context_length(model), room)
        self.vocab_size = model.config.get_text_config().vocab_size
        return Batch(model, self._slots, self.context_length)

    def _submit(self, request: GenerationRequest) -> None:
        self._inbox.put(request)

    def _abort(self, ticket: str) -> None:
        self._inbox.put(ticket)

    def _run(self, batch: Batch) -> None:
        use_one_thread()
        try:
            while self._take(batch):
                self._join_waiting(batch)
                self.post(batch.step())
        except Exception as error:  # whatever it is, nobody may wait for an answer that will not come
            self.die(EngineError(f"the engine's loop failed: {error!r}", recoverable=False))

    def _take(self, batch: Batch) -> bool:
        """Read what has arrived, waiting only when there is nothing else to do. False: stop."""
        idle = not len(batch) and not self._waiting
        while idle or not self._inbox.empty():
            item = self._inbox.get()
            idle = False
            if item is None:
                return False
            if isinstance(item, str):
                self._waiting.pop(item, None)
                batch.leave(item)
            else:
                self._waiting[item.request_id] = item
        return True

    def _join_waiting(self, batch: Batch) -> None:
        budget = PREFILL_TOKENS_A_STEP
        while self._waiting and not batch.full and budget > 0:
            request = self._waiting.pop(next(iter(self._waiting)))
            budget -= len(request.prompt_ids)
            self.post(batch.join(request))


def check_full_attention(model: Any) -> None:
    """Refuse a model with sliding, chunked, linear or recurrent layers: one row of keys would not be its
    state.

    Raises:
        ModelError: such a model.
    """
    config = model.config.get_text_config()
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    sliding = getattr(config, "sliding_window", None) and getattr(config, "use_sliding_window", True)
    if kinds != {"full_attention"} or (sliding and not getattr(config, "layer_types", None)):
        raise ModelError(
            f"the batched engine does not serve models with {sorted(kinds)} layers or a sliding window",
            hint="use the engine transformers-cb",
        )


def _finished(row: _Row) -> FinishEvent | None:
    if row.last == NO_NUMBER:
        return no_number()
    if row.last in row.request.stop_token_ids:
        return FinishEvent("stop")
    return FinishEvent("length") if row.produced == row.request.max_tokens else None
