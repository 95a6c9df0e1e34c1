"""Train the sibling of `ganglion-tiny`: a third of its parameters, the same tokenizer and corpus.

    python tools/train_sibling.py --out tests/attacks/assets/ganglion-tiny-sibling

It is the cheap model that a cheat would answer with, so it lives with the attacks and is served by nobody. About
six minutes on one quiet core. Its weights are stored in bf16: half the bytes, the same quality.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import time
from pathlib import Path

import torch
from corpus import build_corpus
from train_tiny import BOS, Recipe, encode_split, held_out_loss, train, training_texts
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from ganglion.model.loading import bundled_model_path, load_tokenizer

log = logging.getLogger("train_sibling")


def new_sibling(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """779,136 parameters: 3 layers of width 128, 4 heads over 2 key-value heads, tied embeddings."""
    torch.manual_seed(recipe.seed)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=recipe.vocabulary,
            hidden_size=128,
            intermediate_size=320,
            num_hidden_layers=3,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=recipe.context,
            rope_parameters={"rope_type": "default", "rope_theta": 1e4},
            rms_norm_eps=1e-5,
            tie_word_embeddings=True,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    )


def save(model: LlamaForCausalLM, out: Path, report: dict[str, object]) -> None:
    """config.json, model.safetensors in bf16 and recipe.json; the tokenizer is `ganglion-tiny`'s and is not copied."""
    out.mkdir(parents=True, exist_ok=True)
    model.eval().to(torch.bfloat16).save_pretrained(out)
    (out / "recipe.json").write_text(json.dumps(report, indent=1) + "\n")
    for path in out.iterdir():
        path.chmod(0o644)


def main() -> None:
    """Train, save, say how good it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=700)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    recipe, began = Recipe(steps=args.steps, threads=args.threads), time.monotonic()
    torch.set_num_threads(recipe.threads)
    corpus, tokenizer = build_corpus(), load_tokenizer(bundled_model_path())
    row = encode_split(training_texts(corpus, recipe), tokenizer)
    held_out = encode_split([BOS + block for block in corpus.held_out], tokenizer)
    model = new_sibling(recipe, tokenizer)
    log.info("%d parameters, %d train tokens", model.num_parameters(), len(row))
    torch.set_num_threads(recipe.threads)  # loading a tokenizer must not have changed it
    train(model, row, held_out, recipe)
    loss = held_out_loss(model, held_out)
    report = {
        "made_by": "tools/train_sibling.py",
        "steps": recipe.steps,
        "tokens": recipe.steps * recipe.batch * recipe.length,
        "parameters": model.num_parameters(),
        "held_out_perplexity": round(math.exp(loss), 2),
    }
    save(model, args.out, report)
    log.info("held-out perplexity %.2f after %.0f s: %s", math.exp(loss), time.monotonic() - began, args.out)


if __name__ == "__main__":
    main()
