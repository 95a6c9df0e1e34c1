"""Does an answer say what its tokens say? Token ids are what is audited; text is what the user reads.

A miner signs both. The text must be that of the ids, and an object must carry nothing that a client would act
upon (tool calls, other roles, other choices). Pure; whoever fails here lied and signed it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganglion.errors import ReceiptError
from ganglion.model.text import TextStream, cut_at_stop, decode
from ganglion.protocol import sse
from ganglion.protocol.receipts import Kind

CHUNK_FIELDS = frozenset(
    {"id", "object", "created", "model", "system_fingerprint", "choices", "usage", "x_ganglion"}
)
CHOICE_FIELDS = frozenset({"index", "logprobs", "finish_reason"})
DELTA_FIELDS = frozenset({"role", "content"})

__all__ = ["Lied", "check_text", "piece_of", "text_of", "text_of_completion"]


class Lied(ReceiptError):
    """The miner signed something that is not what it says it is."""

    fault = "peer"


def text_of(tokenizer: Any, token_ids: tuple[int, ...], stops: tuple[str, ...]) -> str:
    """The text of an answer. Raises Lied for ids that are none."""
    try:
        return cut_at_stop(decode(tokenizer, token_ids), stops)
    except (OverflowError, ValueError, TypeError, IndexError, KeyError) as error:
        raise Lied(f"the token ids can't be decoded: {error}") from error


def check_text(tokenizer: Any, token_ids: tuple[int, ...], stops: tuple[str, ...], text: str) -> None:
    """Raises Lied unless the text is that of the ids, decoded at once or token by token."""
    if text == text_of(tokenizer, token_ids, stops):
        return
    stream = TextStream(tokenizer, stops)
    if text != "".join(map(stream.push, token_ids)) + stream.finish():
        raise Lied("the text is not that of the token ids")


def text_of_completion(body: Mapping[str, Any], kind: Kind) -> str:
    """What an answer in one piece says. Raises Lied."""
    choice = _only_choice(body, kind, "message" if kind is Kind.CHAT else "text")
    if kind is Kind.COMPLETION:
        return _text(choice.get("text"))
    message = choice.get("message")
    if not isinstance(message, Mapping) or message.get("role") != "assistant":
        raise Lied("the answer is no message of the assistant")
    return _text(message.get("content"))


def piece_of(block: bytes, kind: Kind) -> str:
    """What one block of a stream says; it is passed on as it is, so it must hold nothing else. Raises Lied."""
    if block == sse.DONE or block.startswith(sse.RECEIPT):
        return ""
    line = block[: -len(sse.END)]
    if not line.startswith(sse.DATA) or b"\n" in line or b"\r" in line:
        raise Lied("the stream holds something that is no chunk")
    chunk = sse.data_of(block)
    if not isinstance(chunk, Mapping) or not CHUNK_FIELDS.issuperset(chunk):
        raise Lied("a chunk has a field that is not known")
    if chunk.get("choices") == []:
        return ""
    choice = _only_choice(chunk, kind, "delta" if kind is Kind.CHAT else "text", strict=True)
    if kind is Kind.COMPLETION:
        return _text(choice.get("text"))
    delta = choice.get("delta")
    if not isinstance(delta, Mapping) or not DELTA_FIELDS.issuperset(delta):
        raise Lied("a chunk holds more than text")
    if delta.get("role", "assistant") != "assistant":
        raise Lied("a chunk speaks for somebody else")
    return _text(delta.get("content", ""))


def _only_choice(
    body: Mapping[str, Any], kind: Kind, holder: str, *, strict: bool = False
) -> Mapping[str, Any]:
    choices = body.get("choices")
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], Mapping):
        raise Lied("the answer does not have one choice")
    choice = choices[0]
    if strict and not (CHOICE_FIELDS | {holder}).issuperset(choice):
        raise Lied("a choice has a field that is not known")
    if choice.get("index", 0) != 0 or (strict and choice.get("logprobs") is not None):
        raise Lied("a choice is not what was asked for")
    return choice


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Lied("the answer's text is none")
    return value
