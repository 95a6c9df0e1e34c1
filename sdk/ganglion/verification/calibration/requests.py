"""Requests to calibrate with: distinct prompts of many lengths, and every kind of sampling that may be asked for.

Prompts are pieces of text with their own beginnings, half of them asked as chats where the model has a template. The
text comes from a file, or from Python's own language reference, which every installation has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ganglion.errors import UsageError
from ganglion.protocol.sampling import SamplingParams
from ganglion.verification.generation import Request

PROMPT_TOKENS = (8, 128)
TEMPERATURES = (1.0, 1.0, 1.0, 0.7, 0.7, 0.3, 0.0, 1.3)
TOP_P = (1.0, 1.0, 1.0, 1.0, 0.95, 0.7)
TOP_K = (0, 0, 0, 0, 50, 5)
PENALTIES = (1.0, 1.0, 1.0, 1.0, 1.1, 1.5)
HONEST_LENGTHS = (8, 16, 24, 40, 64, 64, 96, 128, 200, 280)
BUCKETS = (16, 64, 256)
"""Upper bounds of the buckets of lengths, tokens; the last one has no bound."""

__all__ = ["BUCKETS", "bucket_of", "cheat_requests", "honest_requests", "read_text"]


def bucket_of(tokens: int) -> str:
    """The bucket of an answer's length."""
    for bound in BUCKETS:
        if tokens <= bound:
            return f"<={bound}"
    return f">{BUCKETS[-1]}"


def read_text(path: Path | None) -> str:
    """The text that prompts are cut from. Raises UsageError for a file that is too short to be one."""
    if path is None:
        from pydoc_data.topics import topics

        return "\n\n".join(topics[name] for name in sorted(topics))
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} can't be read as text: {error}") from error
    if len(text) < 20_000:
        raise UsageError(
            f"{path} has {len(text)} characters: too few for distinct prompts, 20,000 are needed"
        )
    return text


def honest_requests(tokenizer: Any, count: int, text: str, stops: Sequence[int], limit: int) -> list[Request]:
    """Distinct requests with all kinds of sampling; a third of the answers may end at a stop token, because few of a
    small model's would be long otherwise.

    Args:
        stops: the model's stop tokens.
        limit: tokens of prompt and answer that the model takes.
    """
    rng = np.random.default_rng(2026)
    made = []
    for i, prompt in enumerate(_prompts(tokenizer, count, text, rng)):
        sampling = SamplingParams(
            float(rng.choice(TEMPERATURES)),
            float(rng.choice(TOP_P)),
            int(rng.choice(TOP_K)),
            float(rng.choice(PENALTIES)),
        )
        length = min(int(rng.choice(HONEST_LENGTHS)), limit - len(prompt))
        made.append(
            Request(prompt, length, sampling, _seed(b"honest", i), tuple(stops) if i % 3 == 0 else ())
        )
    return made


def cheat_requests(tokenizer: Any, count: int, text: str, tokens: int, limit: int) -> list[Request]:
    """Requests of `tokens` tokens each at temperature 1, without stop tokens."""
    rng = np.random.default_rng(tokens)
    prompts = _prompts(tokenizer, count, text, rng)
    return [
        Request(prompt, min(tokens, limit - len(prompt)), SamplingParams(1.0), _seed(b"cheat %d" % tokens, i))
        for i, prompt in enumerate(prompts)
    ]


def _prompts(tokenizer: Any, count: int, text: str, rng: np.random.Generator) -> list[tuple[int, ...]]:
    prompts: dict[tuple[int, ...], None] = {}
    chats = bool(getattr(tokenizer, "chat_template", None))
    while len(prompts) < count:
        wanted = int(rng.integers(*PROMPT_TOKENS))
        start = int(rng.integers(0, len(text) - 8 * wanted))
        piece = text[start : start + 8 * wanted]
        ids = tokenizer(piece, add_special_tokens=False)["input_ids"][:wanted]
        if chats and len(prompts) % 2:
            said = [{"role": "user", "content": tokenizer.decode(ids)}]
            rendered = tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True)
            ids = tokenizer(rendered, add_special_tokens=False)["input_ids"]
        elif (bos := getattr(tokenizer, "bos_token_id", None)) is not None:
            ids = [bos, *ids]
        prompts[tuple(ids)] = None
    return list(prompts)


def _seed(kind: bytes, index: int) -> bytes:
    return hashlib.blake2b(b"calibration %s %d" % (kind, index), digest_size=32).digest()
