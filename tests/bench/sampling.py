"""What verifiability costs the miner: noise, leaves and receipt beside the model that makes the tokens.

`python tests/bench/sampling.py` prints one JSON object. One process, one torch thread.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from generating import MODEL
from measuring import Subject, main

from ganglion.keys import Keypair
from ganglion.model.loading import load_causal_lm, use_one_thread
from ganglion.protocol import receipts
from ganglion.protocol.receipts import Finish, Kind, Receipt
from ganglion.protocol.sampling import SamplingParams
from ganglion.protocol.st1_draws import NumpySampler, draws, make_sampler
from ganglion.protocol.trace import Tracer, trace_root
from ganglion_miner.engine.base import GenerationRequest, TokenEvent
from ganglion_miner.engine.batched import Batch

ANSWERS = 32
PROMPT = 64
TOKENS = {"tiny": 128, "large": 24}
QUICK_TOKENS = {"tiny": 4, "large": 2}
WIDTHS = (2_048, 50_257, 151_936)  # of ganglion-tiny, GPT-2 and Qwen2.5
SPREAD = 3.0  # standard deviation of logits, about that of trained models
ABOUT = (
    f"{ANSWERS} answers at once in the miner's batch, at temperature 1, with leaves and a signed receipt each; every "
    "part is timed by itself in CPU time of the thread while they are made. Overhead is what noise (less the plain "
    "argmax that it takes the place of, timed on the same logits), states, leaves and receipts cost, divided by all "
    f"the rest. `{MODEL}` has 2.4M parameters and a vocabulary of 2,048; the large model has the shape in the workload "
    "and random weights. The sampler alone is timed on logits with a standard deviation of 3, 32 rows a call."
)


@dataclass
class Clock:
    """CPU seconds of this thread by part."""

    parts: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Add what the block takes to a part."""
        began = time.thread_time()
        yield
        self.parts[part] = self.parts.get(part, 0.0) + time.thread_time() - began


class TimedBatch(Batch):
    """A batch whose choosing is timed, and the argmax that would be there without it."""

    def __init__(self, model: Any, slots: int, clock: Clock) -> None:
        super().__init__(model, slots)
        self.clock = clock
        choose, last = self._drawing.choose, self._passes.states
        self._drawing.choose = self._wrapped(choose)  # type: ignore[method-assign]
        self._passes.states = self._timed_states(last)  # type: ignore[method-assign]

    def _wrapped(self, choose: Callable[..., list[int]]) -> Callable[..., list[int]]:
        def both(logits: torch.Tensor, *rest: Any) -> list[int]:
            with self.clock.timed("argmax"):
                logits.argmax(dim=1).tolist()
            with self.clock.timed("noise"):
                return choose(logits, *rest)

        return both

    def _timed_states(self, last: Callable[[], Any]) -> Callable[[], Any]:
        def timed() -> Any:
            with self.clock.timed("leaves"):
                return last()

        return timed


def requests(vocab: int, tokens: int) -> list[GenerationRequest]:
    """Answers of a fixed length to prompts of random tokens."""
    ids = np.random.default_rng(1).integers(6, vocab, (ANSWERS, PROMPT))
    return [
        GenerationRequest(f"{i}", tuple(row.tolist()), tokens, SamplingParams(1.0), os.urandom(32), (), True)
        for i, row in enumerate(ids)
    ]


def sign(key: Keypair, wanted: GenerationRequest, tokens: list[int], leaves: list[bytes]) -> str:
    """The receipt of an answer, as it is sent."""
    name = hashlib.blake2b(wanted.request_id.encode(), digest_size=32).digest()
    receipt = Receipt(
        network=name, request=name, request_id=name[:16], miner=key.public_key, requester=key.public_key,
        profile=name, kind=Kind.COMPLETION, prompt=name, prompt_tokens=PROMPT, sampling=name,
        output=receipts.output_hash(tokens), output_tokens=len(tokens), finish=Finish.LENGTH, nonce=name[:16],
        trace=trace_root(leaves), created_at=1_800_000_000_000, first_token_ms=1,
        pace=receipts.pace(len(tokens), 1.0), stream=None,
    )  # fmt: skip
    return receipts.sign_receipt(key, receipt).text()


class Miner:
    """A model in a timed batch, with what a miner does for every answer."""

    def __init__(self, model: Any) -> None:
        self.clock = Clock()
        self.batch = TimedBatch(model, ANSWERS, self.clock)
        self.vocab = model.config.vocab_size
        self.key = Keypair.from_uri("//Miner")

    def answer(self, tokens: int) -> dict[str, float]:
        """Make all answers; CPU seconds by part, `model` being what is left."""
        self.clock.parts.clear()
        wanted = {one.request_id: one for one in requests(self.vocab, tokens)}
        said: dict[str, list[int]] = {name: [] for name in wanted}
        tracers: dict[str, Tracer] = {}
        began, waiting = time.thread_time(), list(wanted.values())
        while waiting or len(self.batch):
            events = self.batch.join(waiting.pop()) if waiting and not self.batch.full else self.batch.step()
            made = [(name, event) for name, event in events if isinstance(event, TokenEvent)]
            for name, event in made:
                said[name].append(event.token_id)
            with self.clock.timed("leaves"):
                for name, event in made:
                    if (tracer := tracers.get(name)) is None:
                        tracer = tracers[name] = Tracer(wanted[name].seed, len(event.state))
                    tracer.push(event.token_id, event.state)
        for name, tracer in tracers.items():
            with self.clock.timed("leaves"):
                leaves = tracer.leaves()
            with self.clock.timed("receipts"):
                sign(self.key, wanted[name], said[name], leaves)
        parts = self.clock.parts
        return {**parts, "model": time.thread_time() - began - sum(parts.values())}


def large_model() -> Any:
    """A Llama of more than 100M parameters with random weights."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=32_000, hidden_size=768, intermediate_size=2_048, num_hidden_layers=12,
        num_attention_heads=12, num_key_value_heads=12, max_position_embeddings=1_024, tie_word_embeddings=True,
    )  # fmt: skip
    torch.manual_seed(1)
    return LlamaForCausalLM(config).eval()


def overhead(subject: Subject, name: str, what: str, miner: Miner, tokens: int) -> None:
    """One repetition of one model."""
    parts = miner.answer(tokens)
    extra = {part: parts[part] for part in ("noise", "leaves", "receipts")}
    extra["noise"] -= parts["argmax"]
    rest = parts["model"] + parts["argmax"]
    subject.figure(f"{name}_model", "µs/token", f"the model, {what}").add(rest / tokens / ANSWERS * 1e6)
    for part, cost in extra.items():
        subject.figure(f"{name}_{part}", "µs/token", f"{part}, {what}").add(cost / tokens / ANSWERS * 1e6)
    subject.figure(f"{name}_overhead", "%", f"overhead, {what}").add(100 * sum(extra.values()) / rest)


def samplers(subject: Subject, width: int) -> None:
    """The kernel and the definition on the same rows."""
    logits = (np.random.default_rng(width).standard_normal((ANSWERS, width)) * SPREAD).astype(np.float32)
    records = np.concatenate([draws(os.urandom(32), [i], 1.0) for i in range(ANSWERS)])
    kernel, definition = make_sampler(width, ANSWERS), NumpySampler(width)
    if kernel.choose(logits, records).tolist() != definition.choose(logits, records).tolist():
        raise RuntimeError("kernel and definition choose differently")
    for name, sampler, times in (("kernel", kernel, 20), ("numpy", definition, 1)):
        began = time.thread_time()
        for _ in range(times):
            sampler.choose(logits, records)
        cost = (time.thread_time() - began) / times / ANSWERS * 1e6
        subject.figure(f"{name}_{width}", "µs/token", f"sampler, {name}, vocabulary of {width:,}").add(cost)
    argmax = torch.from_numpy(logits)
    began = time.thread_time()
    for _ in range(20):
        argmax.argmax(dim=1)
    cost = (time.thread_time() - began) / 20 / ANSWERS * 1e6
    subject.figure(f"argmax_{width}", "µs/token", f"plain argmax, vocabulary of {width:,}").add(cost)


def run(quick: bool) -> dict[str, Any]:
    """All figures of this benchmark."""
    use_one_thread()
    subject, tokens = Subject(ABOUT, quick), QUICK_TOKENS if quick else TOKENS
    large = large_model()
    parameters = sum(p.numel() for p in large.parameters())
    shape = {k: large.config.to_dict()[k] for k in ("vocab_size", "hidden_size", "num_hidden_layers")}
    subject.workload(
        answers=ANSWERS, tokens=tokens, prompt=PROMPT, large_model=shape | {"parameters": parameters}
    )
    miners = {
        "tiny": (Miner(load_causal_lm(MODEL)), MODEL),
        "large": (Miner(large), f"{parameters / 1e6:.0f}M parameters"),
    }
    for name, (miner, _) in miners.items():
        miner.answer(QUICK_TOKENS[name])
    for _ in range(subject.rounds):
        for name, (miner, what) in miners.items():
            overhead(subject, name, what, miner, tokens[name])
        for width in WIDTHS:
            samplers(subject, width)
    return subject.to_json()


if __name__ == "__main__":
    sys.exit(main(run))
