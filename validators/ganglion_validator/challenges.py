"""The validator's own prompts, made to look like users' requests: same kinds, lengths, settings, mixture.

What can be learned from real requests without repeating what anybody wrote (kind, lengths, temperature,
streaming, whether there are stop strings) is taken from the most recent ones; before there are any, from a
built-in mixture. Nothing marks them, and nothing depends on that: users' answers are audited at the same rate.

Users may be in league with a miner, so there are bounds to what they teach: no prompts or answers so short that
they could be prepared or are hardly work, and seldom settings with which answers count for nobody or end early.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, replace
from typing import Any

from ganglion.errors import ProtocolError
from ganglion.protocol.openai import parse_chat, parse_completion, parse_embedding
from ganglion.protocol.receipts import Kind
from ganglion_validator.jobs import Job, JobMaker, embedding_job
from ganglion_validator.prompts import SYSTEMS, beginning, passage, question

REMEMBERED = 256
LEARNED_PART = 0.75
SHORTEST, LONGEST = 24, 96  # tokens of an answer, for the built-in mixture and as bounds of what users teach
MEDIAN_PROMPT, SPREAD, SHORTEST_PROMPT, LONGEST_PROMPT = 40, 0.8, 16, 400  # tokens
LOW_TEMPERATURE, LOW_PART = 0.3, 0.2  # how many of the learned ones may be cooler than this
LEAST_TOP_K, MOST_PENALTY = 20, 1.3  # of what users teach: beyond, a smaller model says the same
LEAST_TOP_P = 0.5  # of what users teach: below, hardly any choice is left
STOP_PART = 0.2  # and how many may have stop strings
CHARACTERS_PER_TOKEN = 3
STOPS = ("\n\n", "###", "User:")
ATTEMPTS = 8

__all__ = ["Challenges", "Shape"]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a request looks like apart from its text. Lengths in tokens."""

    kind: Kind
    streamed: bool
    temperature: float
    max_tokens: int
    prompt_tokens: int
    with_stop: bool = False
    include_usage: bool = False
    top_p: float = 1.0
    top_k: int = 0
    repetition_penalty: float = 1.0


class Challenges:
    """Makes own prompts.

    Args:
        maker: renders them.
        chance: source of randomness; the system's own, so that nobody can predict them.
        embedding_model: name under which embeddings are asked for.
    """

    def __init__(
        self, maker: JobMaker, *, chance: random.Random | None = None, embedding_model: str = ""
    ) -> None:
        self._maker = maker
        self._chance = chance or random.SystemRandom()
        self._embedding_model = embedding_model
        self._seen: deque[Shape] = deque(maxlen=REMEMBERED)

    def learn(self, job: Job) -> None:
        """Take note of what a user's request looked like."""
        if job.kind is Kind.EMBEDDING or job.seed is not None:
            return
        self._seen.append(
            Shape(
                job.kind,
                job.streamed,
                job.temperature,
                min(max(job.max_tokens, SHORTEST), LONGEST),
                min(max(len(job.prompt_ids), SHORTEST_PROMPT), LONGEST_PROMPT),
                bool(job.stops),
                job.include_usage,
                max(job.sampling.top_p, LEAST_TOP_P),
                job.sampling.top_k if job.sampling.top_k >= LEAST_TOP_K else 0,
                min(max(job.sampling.repetition_penalty, 1.0), MOST_PENALTY),
            )
        )

    def make(self, task: str) -> Job:
        """One prompt for a task, "generate" or "embed"."""
        if task == "embed":
            texts = [passage(self._chance, self._length() * 3) for _ in range(self._chance.randint(1, 4))]
            job = embedding_job(parse_embedding({"model": self._embedding_model, "input": texts}))
            return replace(job, counts=True, own=True)
        shape = self._shape()
        for _ in range(ATTEMPTS - 1):
            try:
                return self._job(shape)
            except ProtocolError:  # too long for a small context
                shorter = (max(1, shape.prompt_tokens // 2), max(1, shape.max_tokens // 2))
                shape = replace(shape, prompt_tokens=shorter[0], max_tokens=shorter[1])
        return self._job(shape)

    def _job(self, shape: Shape) -> Job:
        body: dict[str, Any] = {
            "model": self._maker.name,
            "max_tokens": shape.max_tokens,
            "temperature": shape.temperature,
            "stream": shape.streamed,
        }
        if shape.with_stop:
            body["stop"] = [self._chance.choice(STOPS)]
        body |= {
            name: value
            for name, value, neutral in (
                ("top_p", shape.top_p, 1.0),
                ("top_k", shape.top_k, 0),
                ("repetition_penalty", shape.repetition_penalty, 1.0),
            )
            if value != neutral
        }
        if shape.include_usage:
            body["stream_options"] = {"include_usage": True}
        characters = shape.prompt_tokens * CHARACTERS_PER_TOKEN
        if shape.kind is Kind.CHAT:
            job = self._maker.chat(parse_chat(body | {"messages": self._messages(characters)}))
        else:
            asked = parse_completion(body | {"prompt": beginning(self._chance, characters)})
            job = self._maker.completion(asked)
        return replace(job, own=True)

    def _shape(self) -> Shape:
        if self._seen and self._chance.random() < LEARNED_PART:
            return self._bounded(self._chance.choice(self._seen))
        streamed = self._chance.random() < 0.5
        return Shape(
            Kind.CHAT if self._chance.random() < 0.7 else Kind.COMPLETION,
            streamed,
            0.0 if self._chance.random() < 0.1 else self._temperature(),
            self._chance.randint(SHORTEST, LONGEST),
            self._length(),
            self._chance.random() < 0.1,
            streamed and self._chance.random() < 0.3,
        )

    def _bounded(self, shape: Shape) -> Shape:
        """A learned shape, or one a little unlike it where users teach too much of one thing."""
        if shape.temperature < LOW_TEMPERATURE and self._chance.random() >= LOW_PART:
            shape = replace(shape, temperature=self._temperature())
        if shape.with_stop and self._chance.random() >= STOP_PART:
            shape = replace(shape, with_stop=False)
        return shape

    def _temperature(self) -> float:
        return self._chance.choice((0.5, 0.7, 0.7, 0.8, 1.0, 1.0, 1.0, 1.0, 1.0))

    def _length(self) -> int:
        """Tokens of a prompt: many short ones, a few long ones."""
        return min(
            LONGEST_PROMPT,
            max(SHORTEST_PROMPT, round(MEDIAN_PROMPT * self._chance.lognormvariate(0.0, SPREAD))),
        )

    def _messages(self, characters: int) -> list[dict[str, str]]:
        messages = [{"role": "user", "content": question(self._chance, characters)}]
        if self._chance.random() < 0.2:
            messages = [
                {"role": "user", "content": question(self._chance, characters // 3)},
                {"role": "assistant", "content": passage(self._chance, max(24, characters // 3))},
                {"role": "user", "content": question(self._chance, characters // 3)},
            ]
        if self._chance.random() < 0.3:
            messages.insert(0, {"role": "system", "content": self._chance.choice(SYSTEMS)})
        return messages
