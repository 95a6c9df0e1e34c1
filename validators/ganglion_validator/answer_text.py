"""Does an answer say what its tokens say? Token ids are what is audited; text is what the user reads.

A miner signs both. The text must be that of the ids, and an object must carry nothing that a client would act
upon (tool calls, other roles, other choices), nor other numbers than the true ones. Pure; whoever fails here lied,
if he signed it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ganglion.errors import ReceiptError
from ganglion.model.text import cut_at_stop, decode, is_text_of
from ganglion.protocol import sse
from ganglion.protocol.receipts import Kind

CHUNK_FIELDS = frozenset(
    {"id", "object", "created", "model", "system_fingerprint", "choices", "usage", "x_ganglion"}
)
CHOICE_FIELDS = frozenset({"index", "logprobs", "finish_reason"})
DELTA_FIELDS = frozenset({"role", "content"})
FINISH_REASONS = (None, "stop", "length")

__all__ = ["Lied", "Saying", "check_text", "piece_of", "text_of", "text_of_completion"]


class Lied(ReceiptError):
    """The miner signed something that is not what it says it is."""

    fault = "peer"


def text_of(tokenizer: Any, token_ids: tuple[int, ...], stops: tuple[str, ...]) -> str:
    """The text of an answer. Raises Lied for ids that are none."""
    with _decoding():
        return cut_at_stop(decode(tokenizer, token_ids), stops)


def check_text(tokenizer: Any, token_ids: tuple[int, ...], stops: tuple[str, ...], text: str) -> None:
    """Raises Lied unless the text is that of the ids, decoded at once or token by token."""
    with _decoding():
        if is_text_of(tokenizer, token_ids, stops, text):
            return
    raise Lied("the text is not that of the token ids")


@contextmanager
def _decoding() -> Iterator[None]:
    try:
        yield
    except (OverflowError, ValueError, TypeError, IndexError, KeyError) as error:
        raise Lied(f"the token ids can't be decoded: {error}") from error


def text_of_completion(body: Mapping[str, Any], kind: Kind) -> str:
    """What an answer in one piece says. Raises Lied."""
    choice = _only_choice(body, kind, "message" if kind is Kind.CHAT else "text")
    if kind is Kind.COMPLETION:
        return _text(choice.get("text"))
    message = choice.get("message")
    if not isinstance(message, Mapping) or message.get("role") != "assistant":
        raise Lied("the answer is no message of the assistant")
    return _text(message.get("content"))


@dataclass(slots=True)
class Saying:
    """What a stream has said so far. Its blocks are passed on as they are, so they must hold nothing else.

    Attributes:
        usages, facts: token counts and `x_ganglion` objects that came.
        models: names of models that were given.
        ended: whether a finish reason came.
    """

    kind: Kind
    pieces: list[str] = field(default_factory=list)
    usages: list[Any] = field(default_factory=list)
    facts: list[Any] = field(default_factory=list)
    models: set[str] = field(default_factory=set)
    ended: bool = False

    @property
    def text(self) -> str:
        """All pieces."""
        return "".join(self.pieces)

    def take(self, block: bytes) -> None:
        """The next block. Raises Lied."""
        chunk = _chunk_of(block)
        if chunk is None:
            return
        self.pieces.append(_piece_of(chunk, self.kind))
        self._end(chunk)
        self.models.add(_text(chunk.get("model", "")))
        if chunk.get("usage") is not None:
            self.usages.append(chunk["usage"])
        if "x_ganglion" in chunk:
            self.facts.append(chunk["x_ganglion"])

    def _end(self, chunk: Mapping[str, Any]) -> None:
        if self.ended and self.pieces[-1]:
            raise Lied("text follows the end of the answer")
        reasons = [choice.get("finish_reason") for choice in chunk.get("choices", [])]
        if any(reason not in FINISH_REASONS for reason in reasons) or (self.ended and any(reasons)):
            raise Lied("the answer does not end once, for a known reason")
        self.ended = self.ended or any(reasons)

    def check(self, usage: Mapping[str, int], facts: Mapping[str, Any], model: str) -> None:
        """Raises Lied unless what came beside the text is true.

        Args:
            usage: the true token counts.
            facts: what `x_ganglion` may say.
            model: that was asked for.
        """
        if any(told != usage for told in self.usages):
            raise Lied("the stream counts other tokens than there are")
        for told in self.facts:
            if not isinstance(told, Mapping) or any(
                name not in facts or facts[name] != value for name, value in told.items()
            ):
                raise Lied("the stream's x_ganglion is not about this answer")
        if not self.models <= {model, ""}:
            raise Lied("the stream names another model")


def piece_of(block: bytes, kind: Kind) -> str:
    """What one block of a stream says. Raises Lied."""
    chunk = _chunk_of(block)
    return "" if chunk is None else _piece_of(chunk, kind)


def _chunk_of(block: bytes) -> Mapping[str, Any] | None:
    """The object of a block, None for the two at the end. Clients differ in how they read a name that comes twice."""
    if block == sse.DONE or block.startswith((sse.RECEIPT, sse.ACCEPTANCE)):
        return None
    line = block[: -len(sse.END)]
    if not line.startswith(sse.DATA) or b"\n" in line or b"\r" in line:
        raise Lied("the stream holds something that is no chunk")
    try:
        chunk = json.loads(line[len(sse.DATA) :], object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Lied(f"the stream holds something that is no JSON: {error}") from error
    if not isinstance(chunk, Mapping) or not CHUNK_FIELDS.issuperset(chunk):
        raise Lied("a chunk has a field that is not known")
    return chunk


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Lied("a chunk gives a name twice")
    return found


def _piece_of(chunk: Mapping[str, Any], kind: Kind) -> str:
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
