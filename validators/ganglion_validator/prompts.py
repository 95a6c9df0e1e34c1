"""Texts for the validator's own prompts: questions, instructions and beginnings, with passages to work on.

The passages are cut from Python's own documentation at random places and lengths, so that hardly two prompts are
alike, none can be answered from a table, and no download is needed.
"""

from __future__ import annotations

import random
from functools import lru_cache

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
INSTRUCTIONS = (
    "Explain this:", "Summarise the following text.", "What does this mean?", "Continue:", "Rewrite this more simply:",
    "Is this correct?", "Give an example of this.", "Translate into plain words:", "tl;dr", "What follows from this?",
    "Here is what I have so far.", "I don't understand this part:", "Make a list of the main points.",
)  # fmt: skip
SYSTEMS = (
    "You are a helpful assistant.", "Answer briefly.", "You write documentation.", "You are a patient teacher.",
    "Reply in one paragraph.", "You are an expert in Python.", "Be precise.",
)  # fmt: skip
FULL, TRIES = 0.8, 16
ALONE = 200  # characters of a cut that hardly comes twice

__all__ = ["SYSTEMS", "beginning", "passage", "question"]


def question(chance: random.Random, characters: int) -> str:
    """What a user might ask, of about so many characters."""
    pattern = chance.choice(QUESTIONS)
    short = pattern.format(*chance.sample(SUBJECTS, pattern.count("{}")))
    room = characters - len(short)
    if room < 20:
        return f"{short} ({passage(chance, 16)})"
    if chance.random() < 0.5:
        return f"{short}\n\n{passage(chance, room)}"
    text = passage(chance, characters - 24)
    instruction = chance.choice(INSTRUCTIONS)
    return f"{instruction}\n{text}" if chance.random() < 0.7 else f"{text}\n\n{instruction}"


def beginning(chance: random.Random, characters: int) -> str:
    """A text to go on with. Of two parts where it is short: there are too few short cuts for none to come again."""
    size = max(24, characters)
    if size >= ALONE:
        return passage(chance, size)
    return f"{passage(chance, size // 2)} {passage(chance, size - size // 2)}"


def passage(chance: random.Random, characters: int) -> str:
    """A cut of about so many characters, at the ends of words, and not mostly of blanks."""
    for _ in range(TRIES):
        cut = _cut(chance, characters)
        if len(cut) >= FULL * characters:
            break
    return cut


def _cut(chance: random.Random, characters: int) -> str:
    text = _corpus()
    start = chance.randrange(max(1, len(text) - characters - 80))
    start = text.find(" ", start) + 1
    end = text.find(" ", start + max(1, characters))
    return text[start : end if end > start else start + characters].strip() or text[start : start + 40]


@lru_cache(maxsize=1)
def _corpus() -> str:
    from pydoc_data.topics import topics

    return "\n".join(" ".join(topics[name].split(" ")) for name in sorted(topics))
