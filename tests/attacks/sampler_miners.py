"""Ways to answer: the honest one is the engine's own batch, each cheat changes one thing about it."""

import copy
import hashlib
from dataclasses import dataclass, replace

import torch

from ganglion.protocol.sampling import SamplingParams
from ganglion.verification.rules import Claim
from ganglion_miner.engine.base import FinishEvent, GenerationRequest
from ganglion_miner.engine.batched import Batch

EOS = 2


@dataclass(frozen=True)
class Answered:
    """Token ids and finish reason of one answer."""

    tokens: tuple[int, ...]
    reason: str


def prompts(tokenizer, count: int) -> list[tuple[int, ...]]:
    """Prompts of about 20 to 100 tokens, half of them chats."""
    topics = (
        "open a file",
        "sort a list",
        "read a socket",
        "parse a date",
        "compile a pattern",
        "join two paths",
    )
    out = []
    for i in range(count):
        text = f"The {i}th way to {topics[i % 6]} in Python. " * (1 + i % 4) + "This function returns"
        if i % 2:
            text = f"<|user|>{text}?</s><|assistant|>"
        out.append(tuple(tokenizer(text)["input_ids"]))
    return out


def requests(tokenizer, count: int, tokens: int) -> list[GenerationRequest]:
    """Requests without stop tokens, so that every answer has all its tokens."""
    return [
        GenerationRequest(
            f"r{i}", ids, tokens, SamplingParams(1.0), hashlib.sha256(b"request %d" % i).digest()
        )
        for i, ids in enumerate(prompts(tokenizer, count))
    ]


def answer(model, wanted: list[GenerationRequest], *, slots: int = 16) -> list[Answered]:
    """Generate all answers, `slots` at a time."""
    batch, tokens, reasons = Batch(model, slots), {w.request_id: [] for w in wanted}, {}
    waiting = list(wanted)
    while waiting or len(batch):
        events = batch.join(waiting.pop(0)) if waiting and not batch.full else batch.step()
        for request_id, event in events:
            if isinstance(event, FinishEvent):
                reasons[request_id] = event.reason
            else:
                tokens[request_id].append(event.token_id)
    return [Answered(tuple(tokens[w.request_id]), reasons[w.request_id]) for w in wanted]


def claim(wanted: GenerationRequest, answered: Answered) -> Claim:
    """What the miner says that it answered to a request."""
    return Claim(
        prompt_ids=wanted.prompt_ids,
        output_ids=answered.tokens,
        seed=wanted.seed,
        sampling=wanted.sampling,
        finish_reason=answered.reason,
        max_tokens=wanted.max_tokens,
        stop_token_ids=wanted.stop_token_ids,
    )


def claims(wanted: list[GenerationRequest], answered: list[Answered]) -> list[Claim]:
    """The claims of many answers."""
    return [claim(w, a) for w, a in zip(wanted, answered, strict=True)]


def quantised(model, bits: int):
    """A copy whose matrices are rounded to nearest in `bits` bits, symmetrically for each output row."""
    copied = copy.deepcopy(model)
    top = 2 ** (bits - 1) - 1
    with torch.no_grad():
        for parameter in copied.parameters():
            if parameter.ndim == 2:
                scale = parameter.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / top
                parameter.copy_((parameter / scale).round().clamp(-top, top) * scale)
    return copied


def with_other(wanted: list[GenerationRequest], **change) -> list[GenerationRequest]:
    """The same requests with a field changed; a callable is given the request."""
    return [replace(w, **{k: v(w) if callable(v) else v for k, v in change.items()}) for w in wanted]
