"""Write the model card of `ganglion-tiny` from what a training run measured."""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

LICENCES = {
    "python": "docstrings and comments of CPython's standard library: PSF-2.0",
    "topics": "pydoc's language reference topics: PSF-2.0",
    "licences": "the licence texts in Debian's /usr/share/common-licenses: verbatim copying allowed",
    "pod": "documentation of perl's modules: Artistic-1.0-Perl or GPL-1.0-or-later",
}


@dataclass(frozen=True)
class TrainingReport:
    """What the card says about a run."""

    parameters: int
    tokens_seen: int
    train_tokens: int
    held_out_tokens: int
    held_out_loss: float
    minutes: float
    corpus_digest: str
    sources: dict[str, int]
    recipe: dict[str, Any]

    @classmethod
    def of(
        cls, corpus: Any, recipe: Any, model: Any, row: Any, held_out: Any, loss: float, seconds: float
    ) -> TrainingReport:
        """Gather the figures of a finished run."""
        return cls(
            parameters=model.num_parameters(),
            tokens_seen=recipe.steps * recipe.batch * recipe.length,
            train_tokens=len(row),
            held_out_tokens=len(held_out),
            held_out_loss=loss,
            minutes=seconds / 60,
            corpus_digest=corpus.digest(),
            sources=dict(corpus.sources),
            recipe=asdict(recipe),
        )


def write_card(folder: Path, report: TrainingReport) -> None:
    """README.md beside the model's files; it is not itself a part of the model's identity."""
    files = sorted(p for p in folder.iterdir() if p.is_file() and p.name != "README.md")
    hashes = "\n".join(
        f"| `{p.name}` | {p.stat().st_size:,} | `{hashlib.sha256(p.read_bytes()).hexdigest()}` |"
        for p in files
    )
    sources = "\n".join(
        f"- {report.sources.get(k, 0) / 1e6:.2f} M characters: {v}" for k, v in LICENCES.items()
    )
    recipe = ", ".join(f"{k} {v}" for k, v in report.recipe.items())
    (folder / "README.md").write_text(
        CARD.format(
            hashes=hashes,
            source_list=sources,
            recipe_list=recipe,
            perplexity=math.exp(report.held_out_loss),
            **_numbers(report),
        )
    )


def _numbers(report: TrainingReport) -> dict[str, Any]:
    return {k: v for k, v in asdict(report).items() if k not in {"sources", "recipe"}}


CARD = """---
license: apache-2.0
language: en
pipeline_tag: text-generation
---
# ganglion-tiny

A Llama-shaped causal language model with {parameters:,} parameters in fp32, small enough to travel inside the
wheel. It exists so that a whole network (chain, miners, validators, verification) runs on any machine without
a download. It writes text with local grammar and little meaning: do not use its answers for anything else.

## Use

Base text is continued after `<s>`. Chats follow the template in `tokenizer_config.json`:
`<s><|user|>question</s><|assistant|>answer</s>`, with an optional `<|system|>` turn first. The context is
1,024 tokens; it was trained on windows of 512. Load it by path with transformers
(`AutoModelForCausalLM`, fp32); it has no code of its own.

## Quality

Held-out loss {held_out_loss:.4f} nats a token, perplexity **{perplexity:.2f}**, over
{held_out_tokens:,} tokens in windows of 256. Held out are the blocks whose hash begins below 8/256; no chat
pair was made from them.

## Training

`tools/train_tiny.py`: {tokens_seen:,} tokens ({train_tokens:,} distinct) in {minutes:.1f} minutes on a CPU.
Settings: {recipe_list}.

Corpus sha256 `{corpus_digest}`, which depends on
the releases of CPython and perl that were installed:

{source_list}

The question-and-answer pairs were made from the first paragraphs of the same docstrings, beside a few
greetings.

## Identity

The model is the hash of its files, never the recipe; another CPU or torch gives other bits.

| file | bytes | sha256 |
| --- | --- | --- |
{hashes}
"""
