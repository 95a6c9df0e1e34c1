"""Train `ganglion-tiny`, the small causal language model that ships inside the wheel.

    python tools/train_tiny.py --out sdk/ganglion/models/ganglion-tiny

About twelve minutes on two quiet cores. Muon for the hidden matrices and AdamW for embedding and norms, bf16
autocast over fp32 weights. Another CPU or build of torch gives other bits and the same quality, so what a run
leaves is identified by the hash of its files. The corpus is corpus.py's, the model card model_card.py's.
"""

from __future__ import annotations

import argparse
import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from corpus import Corpus, build_corpus
from model_card import TrainingReport, write_card
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

log = logging.getLogger("train_tiny")

PAD, BOS, EOS = "<pad>", "<s>", "</s>"
ROLES = ("<|user|>", "<|assistant|>", "<|system|>")
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] not in ['system', 'user', 'assistant'] %}"
    "{{ raise_exception('role must be system, user or assistant') }}{% endif %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + eos_token }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


@dataclass(frozen=True)
class Recipe:
    """Every number of a run. Lengths in tokens, `chat_copies` in epochs of the chats for one of the text."""

    steps: int = 1500
    batch: int = 8
    length: int = 512
    warmup: int = 30
    muon_lr: float = 0.02
    adamw_lr: float = 3e-3
    final_lr: float = 0.1
    clip: float = 1.0
    vocabulary: int = 2048
    context: int = 1024
    chat_copies: int = 2
    seed: int = 1234
    threads: int = 2


def train_tokenizer(corpus: Corpus, recipe: Recipe) -> PreTrainedTokenizerFast:
    """Byte-level BPE: special tokens first (<pad>=0 <s>=1 </s>=2), then 256 bytes, then merges."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=recipe.vocabulary,
        special_tokens=[PAD, BOS, EOS, *ROLES],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus.train, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{BOS} $A", special_tokens=[(BOS, 1)])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        bos_token=BOS,
        eos_token=EOS,
        model_max_length=recipe.context,
    )
    fast.chat_template = CHAT_TEMPLATE
    fast.clean_up_tokenization_spaces = False
    return fast


def encode_split(texts: list[str], tokenizer: PreTrainedTokenizerFast) -> np.ndarray:
    """All documents in one int32 row, each as its text already says, closed by </s>."""
    ids = tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
    return np.concatenate([np.array([*row, tokenizer.eos_token_id], np.int32) for row in ids])


def training_texts(corpus: Corpus, recipe: Recipe) -> list[str]:
    """Blocks and rendered chats, shuffled by the recipe's seed."""
    chats = [f"{BOS}<|user|>{c.question}{EOS}<|assistant|>{c.answer}" for c in corpus.chats]
    texts = [BOS + block for block in corpus.train] + chats * recipe.chat_copies
    return [texts[i] for i in np.random.default_rng(recipe.seed).permutation(len(texts))]


def new_model(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """2.36 million parameters: 5 layers of width 192, 6 heads over 2 key-value heads, tied embeddings."""
    torch.manual_seed(recipe.seed)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=recipe.vocabulary,
            hidden_size=192,
            intermediate_size=512,
            num_hidden_layers=5,
            num_attention_heads=6,
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


def optimisers(model: LlamaForCausalLM, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Muon for the 35 hidden matrices, AdamW for embedding and norms."""
    hidden = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    chosen = {id(p) for p in hidden}
    rest = [p for p in model.parameters() if id(p) not in chosen]
    return [
        torch.optim.Muon(
            hidden, lr=recipe.muon_lr, momentum=0.95, nesterov=True, ns_steps=5, weight_decay=0.1
        ),
        torch.optim.AdamW(rest, lr=recipe.adamw_lr, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def schedule(step: int, recipe: Recipe) -> float:
    """Linear warm-up, then a cosine down to `final_lr`."""
    if step < recipe.warmup:
        return (step + 1) / recipe.warmup
    done = (step - recipe.warmup) / max(1, recipe.steps - recipe.warmup)
    return recipe.final_lr + (1 - recipe.final_lr) * 0.5 * (1 + math.cos(math.pi * done))


def batches(row: np.ndarray, recipe: Recipe) -> Iterator[torch.Tensor]:
    """Random windows of the row, [batch, length + 1], for ever."""
    rng = np.random.default_rng(recipe.seed + 1)
    while True:
        starts = rng.integers(0, len(row) - recipe.length - 1, recipe.batch)
        yield torch.from_numpy(np.stack([row[s : s + recipe.length + 1] for s in starts]).astype(np.int64))


def loss_of(model: LlamaForCausalLM, window: torch.Tensor) -> torch.Tensor:
    """Mean next-token cross-entropy (nats) of [batch, length + 1] ids, bf16 autocast."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(input_ids=window[:, :-1], use_cache=False).logits
    return torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), window[:, 1:].flatten())


@torch.inference_mode()
def held_out_loss(model: LlamaForCausalLM, row: np.ndarray, length: int = 256) -> float:
    """Mean loss in fp32 over the whole held-out row in windows of `length`."""
    model.eval()
    usable = (len(row) - 1) // length * length
    inputs = torch.from_numpy(row[:usable].astype(np.int64)).view(-1, length)
    targets = torch.from_numpy(row[1 : usable + 1].astype(np.int64)).view(-1, length)
    total = 0.0
    for x, y in zip(inputs.split(16), targets.split(16), strict=True):
        logits = model(input_ids=x, use_cache=False).logits
        total += torch.nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="sum").item()
    model.train()
    return total / usable


def train(model: LlamaForCausalLM, row: np.ndarray, held_out: np.ndarray, recipe: Recipe) -> None:
    """Run the whole schedule in place."""
    opts, began = optimisers(model, recipe), time.monotonic()
    base = [[group["lr"] for group in opt.param_groups] for opt in opts]
    for step, window in zip(range(recipe.steps), batches(row, recipe), strict=False):
        for opt, rates in zip(opts, base, strict=True):
            for group, rate in zip(opt.param_groups, rates, strict=True):
                group["lr"] = rate * schedule(step, recipe)
        loss = loss_of(model, window)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        for opt in opts:
            opt.step()
            opt.zero_grad(set_to_none=True)
        if step % 100 == 99 or step == recipe.steps - 1:
            speed = (step + 1) * recipe.batch * recipe.length / (time.monotonic() - began)
            held = held_out_loss(model, held_out)
            log.info("step %d loss %.4f held-out %.4f, %.0f tokens/s", step, loss.item(), held, speed)


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """config.json, model.safetensors, generation_config.json, tokenizer.json and tokenizer_config.json."""
    out.mkdir(parents=True, exist_ok=True)
    model.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model.eval().save_pretrained(out)
    tokenizer.save_pretrained(out, save_jinja_files=False)
    for path in out.iterdir():
        path.chmod(0o644)


def main() -> None:
    """Collect, train, save, write the card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=Recipe.steps)
    parser.add_argument("--threads", type=int, default=Recipe.threads)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    recipe, began = Recipe(steps=args.steps, threads=args.threads), time.monotonic()
    torch.set_num_threads(recipe.threads)
    corpus = build_corpus()
    tokenizer = train_tokenizer(corpus, recipe)
    row = encode_split(training_texts(corpus, recipe), tokenizer)
    held_out = encode_split([BOS + block for block in corpus.held_out], tokenizer)
    model = new_model(recipe, tokenizer)
    log.info(
        "%d parameters, %d train and %d held-out tokens", model.num_parameters(), len(row), len(held_out)
    )
    train(model, row, held_out, recipe)
    save(model, tokenizer, args.out)
    loss = held_out_loss(model, held_out)
    write_card(
        args.out, TrainingReport.of(corpus, recipe, model, row, held_out, loss, time.monotonic() - began)
    )
    log.info("held-out loss %.4f, perplexity %.2f: %s", loss, math.exp(loss), args.out)


if __name__ == "__main__":
    main()
