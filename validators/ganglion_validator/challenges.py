"""The validator's own prompts, made to look like users' requests: same kinds, lengths, settings, mixture.

What can be learned from real requests (length limits, temperature, streaming, kind) is taken from the most recent
ones; before there are any, from a built-in mixture. Nothing marks them.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass
from typing import Any

from ganglion.protocol.openai import parse_chat, parse_completion, parse_embedding
from ganglion.protocol.receipts import Kind
from ganglion_validator.jobs import Job, JobMaker, embedding_job

REMEMBERED = 256
SHORTEST, LONGEST = 24, 96  # tokens of an answer, for the built-in mixture and as bounds of what users teach

SUBJECTS = (
    "a file", "a list", "a dictionary", "the standard library", "an exception", "a module", "a regular expression",
    "a socket", "a thread", "a licence", "a package", "the interpreter", "a string", "a generator", "a class",
    "an iterator", "the command line", "a test", "a database", "a process", "a signal", "a decorator", "a tuple",
)  # fmt: skip
QUESTIONS = (
    "What is {}?", "How do I use {}?", "Explain {} in one sentence.", "When should I prefer {} over {}?",
    "Write a short note about {}.", "Why does {} fail?", "Tell me the difference between {} and {}.",
    "Can {} be changed while {} is open?", "Give me an example with {}.", "Please describe {} for a beginner.",
)  # fmt: skip
OPENINGS = (
    "The function returns {}", "This module provides {} and {}", "If {} is not given,", "Open {} and",
    "Return a copy of {}", "Raised when {} cannot be", "The default is {}, which", "Note that {} may",
)  # fmt: skip
SYSTEMS = ("You are a helpful assistant.", "Answer briefly.", "You write documentation.")

__all__ = ["Challenges", "Shape"]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a request looks like apart from its text."""

    kind: Kind
    streamed: bool
    temperature: float
    max_tokens: int


class Challenges:
    """Makes own prompts.

    Args:
        maker: renders them; None where only embeddings are asked for.
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
        if job.kind is not Kind.EMBEDDING:
            limit = min(max(job.max_tokens, SHORTEST), LONGEST)
            self._seen.append(Shape(job.kind, job.streamed, job.temperature, limit))

    def make(self, task: str) -> Job:
        """One prompt for a task, "generate" or "embed"."""
        if task == "embed":
            texts = [self._sentence(QUESTIONS) for _ in range(self._chance.randint(1, 4))]
            return embedding_job(parse_embedding({"model": self._embedding_model, "input": texts}))
        shape = self._shape()
        body: dict[str, Any] = {"model": self._maker.name, "max_tokens": shape.max_tokens}
        if shape.temperature != 1.0:
            body["temperature"] = shape.temperature
        if shape.streamed:
            body["stream"] = True
        if shape.kind is Kind.CHAT:
            body["messages"] = self._messages()
            return self._maker.chat(parse_chat(body), body)
        body["prompt"] = self._sentence(OPENINGS)
        return self._maker.completion(parse_completion(body), body)

    def _shape(self) -> Shape:
        if self._seen and self._chance.random() < 0.75:
            return self._chance.choice(self._seen)
        return Shape(
            Kind.CHAT if self._chance.random() < 0.7 else Kind.COMPLETION,
            self._chance.random() < 0.5,
            self._chance.choice((0.0, 0.7, 1.0, 1.0, 1.0)),
            self._chance.randint(SHORTEST, LONGEST),
        )

    def _messages(self) -> list[dict[str, str]]:
        messages = [{"role": "user", "content": self._sentence(QUESTIONS)}]
        if self._chance.random() < 0.3:
            messages.insert(0, {"role": "system", "content": self._chance.choice(SYSTEMS)})
        if self._chance.random() < 0.2:
            messages += [
                {"role": "assistant", "content": self._sentence(OPENINGS)},
                {"role": "user", "content": self._sentence(QUESTIONS)},
            ]
        return messages

    def _sentence(self, patterns: tuple[str, ...]) -> str:
        pattern = self._chance.choice(patterns)
        return pattern.format(*self._chance.sample(SUBJECTS, pattern.count("{}")))
