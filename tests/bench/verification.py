"""What checking an answer costs, divided by what generating it cost.

`python tests/bench/verification.py` prints one JSON object. One process, one torch thread.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from generating import Bare, endless_model, request
from measuring import Subject, main

from ganglion.model.loading import load_causal_lm
from ganglion.protocol.trace import Tracer, trace_root
from ganglion.verification.replay import MAX_BATCH_TOKENS, Verifier
from ganglion.verification.rules import Claim
from ganglion_miner.engine.base import FinishEvent, GenerationRequest
from ganglion_miner.engine.batched import Batch

SHAPES = (64, 256)  # tokens of an answer
QUICK_SHAPES = (8,)
SLOTS = {1: 8, 8: 32, 32: 32}  # answers in one round, by the miner's batch
QUICK_SLOTS = {1: 1, 8: 8}
ABOUT = (
    "The miner's batch generates answers at temperature 1 with the seeded sampler and their activation leaves; the "
    f"validator's `Verifier` replays them, {MAX_BATCH_TOKENS:,} positions in a pass, compares leaves, and must accept "
    "every one. Cost is CPU time of the process per output token, so "
    "that other programs on the machine do not count. Prompts have 60 to 70 tokens. A ratio of 0.2 means that checking "
    "every answer would cost a fifth of generating it; a validator checks a sample."
)


@dataclass
class Work:
    """Requests and the tokens that answered them."""

    wanted: list[GenerationRequest]
    tokens: dict[str, list[int]]
    leaves: dict[str, tuple[bytes, ...]]

    def claims(self) -> list[Claim]:
        """What the miner would say."""
        return [
            Claim(
                prompt_ids=one.prompt_ids,
                output_ids=tuple(self.tokens[one.request_id]),
                seed=one.seed,
                sampling=one.sampling,
                finish_reason="length",
                max_tokens=one.max_tokens,
                leaves=self.leaves[one.request_id],
                trace_root=trace_root(self.leaves[one.request_id]),
            )
            for one in self.wanted
        ]


def generate(model: Any, prompts: Sequence[Sequence[int]], slots: int, tokens: int) -> Work:
    """Answer all prompts, `slots` at a time."""
    wanted = [replace(request(prompt, tokens), trace=True) for prompt in prompts]
    width = model.config.get_text_config().hidden_size
    tracers = {one.request_id: Tracer(one.seed, width) for one in wanted}
    batch, done, waiting = Batch(model, slots), {one.request_id: [] for one in wanted}, list(wanted)
    while waiting or len(batch):
        events = batch.join(waiting.pop()) if waiting and not batch.full else batch.step()
        for request_id, event in events:
            if not isinstance(event, FinishEvent):
                done[request_id].append(event.token_id)
                tracers[request_id].push(event.token_id, event.state)
    return Work(wanted, done, {name: tuple(one.leaves()) for name, one in tracers.items()})


class Costs:
    """Model and verifier, and what they cost."""

    def __init__(self, subject: Subject, model: Path) -> None:
        self.subject = subject
        self.prompts = Bare(model).prompts(max(SLOTS.values()))
        self.model = load_causal_lm(model)
        self.verifier = Verifier(model)

    def one_round(self, slots: int, answers: int, tokens: int) -> None:
        """Generate, then verify."""
        began = time.process_time()
        work = generate(self.model, self.prompts[:answers], slots, tokens)
        generated = time.process_time()
        verdicts = self.verifier.verify(work.claims())
        verified = time.process_time()
        refused = [verdict.reason for verdict in verdicts if not verdict.ok]
        if refused:
            raise RuntimeError(f"the verifier refused an honest answer: {refused[0]}")
        produced = answers * tokens
        name, what = f"{tokens}_{slots}", f"answers of {tokens} tokens, batch {slots}"
        costs = (
            ("generate", "generation", generated - began),
            ("verify", "verification", verified - generated),
        )
        for key, noun, cost in costs:
            self.subject.figure(f"{key}_{name}", "µs/token", f"{noun}, {what}").add(cost / produced * 1e6)

    def ratio(self, slots: int, tokens: int) -> None:
        """Verification by generation."""
        case = f"{tokens}_{slots}"
        what = f"verification / generation, answers of {tokens} tokens, batch {slots}"
        self.subject.ratio(f"verify_to_generate_{case}", what, f"verify_{case}", f"generate_{case}")


def run(quick: bool) -> dict[str, Any]:
    """All figures of this benchmark."""
    subject = Subject(ABOUT, quick)
    with tempfile.TemporaryDirectory() as folder:
        costs = Costs(subject, endless_model(Path(folder)))
    shapes, slots = (QUICK_SHAPES, QUICK_SLOTS) if quick else (SHAPES, SLOTS)
    subject.workload(answers_per_round=slots, tokens=shapes, positions_in_one_pass=MAX_BATCH_TOKENS)
    costs.verifier.verify(generate(costs.model, costs.prompts[:2], 2, shapes[0]).claims())  # warms up both
    for _ in range(subject.rounds):
        for tokens in shapes:
            for size, answers in slots.items():
                costs.one_round(size, answers, tokens)
    for tokens in shapes:
        for size in slots:
            costs.ratio(size, tokens)
    return subject.to_json()


if __name__ == "__main__":
    sys.exit(main(run))
