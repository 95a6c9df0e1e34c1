"""Tokens per CPU second of everything that can generate: one after the other, in batches, continuously.

`python tests/bench/batching.py` prints one JSON object. One process, one torch thread.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from generating import Bare, Manager, PlainLoop, endless_model, through_engine
from measuring import Subject, main

from ganglion.model.loading import load_causal_lm
from ganglion_miner.engine.factory import make_engine

ANSWERS = 32
SHAPES = (64, 192)  # tokens of an answer
QUICK_SHAPES = (4,)
SEQUENTIAL = 2  # answers, where they come one after the other
ROUNDS = 5
ABOUT = (
    f"The same {ANSWERS} chats (prompts of 60 to 70 tokens) through all that can answer them, one after the other in "
    "one process with one torch thread: transformers' `generate` for one answer at a time and for all in one padded "
    "batch; a bare loop over the model with the largest logit; transformers' continuous batching by itself, greedy; "
    "and both engines of the miner, which choose at temperature 1 by the seeded sampler and give states. Figures are "
    "output tokens per CPU second of the process, so that other programs on the machine count less."
)
SIDES = {
    "sequential": "`generate`, one after the other",
    "generate": "`generate`, one batch",
    "loop": "bare loop, one batch",
    "manager": "transformers' continuous batching, bare",
    "batched": "engine batched",
    "cb": "engine transformers-cb",
}

Side = Callable[[int], Awaitable[int]]


class Sides:
    """Everything that generates, over one model folder."""

    def __init__(self, model: Path) -> None:
        self.bare = Bare(model)
        self.prompts = self.bare.prompts(ANSWERS)
        self.loop = PlainLoop(load_causal_lm(model))
        self.manager = Manager(model, ANSWERS)
        self.engines = {
            "batched": make_engine("batched", model, max_running=ANSWERS),
            "cb": make_engine("transformers-cb", model, max_running=ANSWERS),
        }

    async def start(self) -> None:
        """Start the engines."""
        for engine in self.engines.values():
            await engine.start()

    async def stop(self) -> None:
        """End all threads."""
        for engine in self.engines.values():
            await engine.stop()
        await asyncio.to_thread(self.manager.stop)

    async def generate(self, side: str, tokens: int) -> int:
        """Answers of so many tokens each; returns the tokens generated."""
        if side in self.engines:
            return await through_engine(self.engines[side], self.prompts, ANSWERS, tokens, trace=True)
        calls: dict[str, Callable[[], int]] = {
            "sequential": lambda: self.bare.generate(SEQUENTIAL, 1, tokens),
            "generate": lambda: self.bare.generate(ANSWERS, ANSWERS, tokens),
            "loop": lambda: self.loop.generate(self.prompts, tokens),
            "manager": lambda: self.manager.generate(self.prompts, tokens),
        }
        return await asyncio.to_thread(calls[side])


async def one_round(subject: Subject, sides: Sides, tokens: int) -> None:
    """Every side once."""
    for side, what in SIDES.items():
        began = time.process_time()
        produced = await sides.generate(side, tokens)
        cost = time.process_time() - began
        wanted = tokens * (SEQUENTIAL if side == "sequential" else ANSWERS)
        if produced != wanted:
            raise RuntimeError(f"{side} made {produced} tokens instead of {wanted}")
        name = f"{side}_{tokens}"
        subject.figure(name, "tokens/CPU s", f"{what}, answers of {tokens} tokens").add(produced / cost)


async def measure(quick: bool) -> dict[str, Any]:
    """All figures."""
    subject, shapes = Subject(ABOUT, quick), QUICK_SHAPES if quick else SHAPES
    subject.rounds = min(subject.rounds, ROUNDS)
    subject.workload(answers=ANSWERS, sequential_answers=SEQUENTIAL, tokens=shapes)
    with tempfile.TemporaryDirectory() as folder:
        sides = Sides(endless_model(Path(folder)))
        await sides.start()
        await one_round(Subject("", True), sides, QUICK_SHAPES[0])  # warms up all of them
        for _ in range(subject.rounds):
            for tokens in shapes:
                await one_round(subject, sides, tokens)
        await sides.stop()
    for tokens in shapes:
        for side, under in (
            ("batched", "sequential"),
            ("batched", "loop"),
            ("manager", "loop"),
            ("batched", "manager"),
        ):
            what = f"{SIDES[side]} / {SIDES[under]}, answers of {tokens} tokens"
            subject.ratio(f"{side}_to_{under}_{tokens}", what, f"{side}_{tokens}", f"{under}_{tokens}")
    return subject.to_json()


def run(quick: bool) -> dict[str, Any]:
    """All figures of this benchmark."""
    return asyncio.run(measure(quick))


if __name__ == "__main__":
    sys.exit(main(run))
