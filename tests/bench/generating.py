"""Ways to generate the same kind of answers without a server: transformers' own loop, and the miner's engine.

Answers have a fixed number of tokens here: the model is a copy that names no stop token, so that all sides generate the
same amount, and every row of a batch is useful until the end: the bare loop at its best. torch is held to one thread,
as in the daemons.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import torch
from transformers import ContinuousBatchingConfig, DynamicCache, GenerationConfig

from ganglion.model.loading import bundled_model_path, load_causal_lm, load_tokenizer, use_one_thread
from ganglion.model.rendering import render_chat
from ganglion.protocol.sampling import SamplingParams
from ganglion_miner.engine.base import Engine, FinishEvent, GenerationRequest

MODEL = "ganglion-tiny"
TOPICS = ("open a file", "sort a list", "read a socket", "parse a date", "match a pattern", "join two paths")


def question(number: int) -> list[dict[str, str]]:
    """Messages of a chat; the rendered prompt has 60 to 70 tokens."""
    topic = TOPICS[number % len(TOPICS)]
    text = (
        f"Question {number}: how does a program {topic} with the standard library, which function should it call, "
        "what are the arguments of that function, what does it return, and which exceptions can it raise?"
    )
    return [{"role": "user", "content": text}]


def endless_model(folder: Path) -> Path:
    """A copy of the bundled model in `folder` whose answers go on until they are long enough."""
    copy = folder / MODEL
    shutil.copytree(bundled_model_path(), copy)
    path = copy / "generation_config.json"
    config = json.loads(path.read_text())
    del config["eos_token_id"]
    path.write_text(json.dumps(config))
    return copy


class Bare:
    """`model.generate` with sampling at temperature 1 from the whole distribution, as the miner samples.

    Args:
        model: folder of an endless model.
    """

    def __init__(self, model: Path) -> None:
        use_one_thread()
        self._model = load_causal_lm(model)
        self._tokenizer = load_tokenizer(model)

    def prompts(self, answers: int) -> list[list[int]]:
        """Rendered prompts."""
        return [render_chat(self._tokenizer, question(i)) for i in range(answers)]

    def generate(self, answers: int, batch: int, tokens: int) -> int:
        """Generate answers, `batch` at a time, padded on the left; returns the tokens generated."""
        prompts, produced = self.prompts(answers), 0
        for start in range(0, answers, batch):
            ids, mask = padded(prompts[start : start + batch])
            out = self._model.generate(
                ids,
                attention_mask=mask,
                max_new_tokens=tokens,
                do_sample=True,
                temperature=1.0,
                top_k=0,
                top_p=1.0,
                pad_token_id=0,
            )
            if out.shape != (len(ids), ids.shape[1] + tokens):
                raise RuntimeError(f"generate made {tuple(out.shape)} instead of {tokens} tokens a row")
            produced += tokens * len(ids)
        return produced


class PlainLoop:
    """The least that generates a batch: prefill, then one token for each row, the largest logit; no engine, no
    sampling.

    Args:
        model: a causal language model.
    """

    def __init__(self, model: Any) -> None:
        self._model = model

    @torch.inference_mode()
    def generate(self, prompts: Sequence[Sequence[int]], tokens: int) -> int:
        """Answer all prompts in one batch, padded on the left; returns the tokens generated."""
        ids, mask = padded(prompts)
        cache, positions = DynamicCache(), (mask.cumsum(1) - 1).clamp(min=0)
        for _ in range(tokens):
            out = self._model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            ids = out.logits[:, -1].argmax(dim=1, keepdim=True)
            mask = torch.cat([mask, torch.ones_like(ids)], dim=1)
            positions = positions[:, -1:] + 1
        return tokens * len(ids)


class Manager:
    """transformers' continuous batching by itself: greedy, without a sampler or an engine of ours.

    Args:
        model: folder of an endless model.
        running: answers at once.
    """

    def __init__(self, model: Path, running: int) -> None:
        self._manager = load_causal_lm(model).init_continuous_batching(
            generation_config=GenerationConfig(do_sample=False, eos_token_id=-1),
            continuous_batching_config=ContinuousBatchingConfig(
                page_size=64,
                num_blocks=running * 18,
                max_batch_tokens=512,
                max_requests_per_batch=running,
                allow_block_sharing=False,
                use_async_batching=False,
                use_cuda_graph=False,
            ),
        )
        self._manager.start()

    def generate(self, prompts: Sequence[Sequence[int]], tokens: int) -> int:
        """Answer all prompts; returns the tokens generated."""
        for prompt in prompts:
            self._manager.add_request(list(prompt), max_new_tokens=tokens)
        produced = 0
        for _ in prompts:
            answer = self._manager.get_result(timeout=120)
            if answer is None or answer.error is not None:
                raise RuntimeError(f"the manager gave no answer: {answer and answer.error}")
            produced += len(answer.generated_tokens)
        return produced

    def stop(self) -> None:
        """End its thread."""
        self._manager.stop(block=True)


def padded(prompts: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and attention mask, padded on the left: [prompts, longest]."""
    longest = max(map(len, prompts))
    ids = torch.zeros(len(prompts), longest, dtype=torch.long)
    for row, prompt in zip(ids, prompts, strict=True):
        row[longest - len(prompt) :] = torch.tensor(prompt)
    mask = torch.zeros_like(ids)
    for row, prompt in zip(mask, prompts, strict=True):
        row[longest - len(prompt) :] = 1
    return ids, mask


_numbers = count()


def request(prompt: Sequence[int], tokens: int, *, trace: bool = False) -> GenerationRequest:
    """A request with a seed of its own."""
    seed = hashlib.sha256(os.urandom(16)).digest()
    plain = SamplingParams(1.0)
    return GenerationRequest(f"bench-{next(_numbers)}", tuple(prompt), tokens, plain, seed, (), trace)


async def through_engine(
    engine: Engine, prompts: Sequence[Sequence[int]], callers: int, tokens: int, *, trace: bool = False
) -> int:
    """Answer all prompts with so many callers at a time; returns the tokens generated."""
    waiting, produced = list(prompts), 0

    async def caller() -> None:
        nonlocal produced
        while waiting:
            async for event in engine.generate(request(waiting.pop(), tokens, trace=trace)):
                if isinstance(event, FinishEvent):
                    if event.reason != "length":
                        raise RuntimeError(f"an answer ended with {event.reason}: {event.error}")
                else:
                    produced += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(callers):
            group.create_task(caller())
    return produced
