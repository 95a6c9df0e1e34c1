"""Does an answer say what its tokens say? Token ids are what is audited; text is what the user reads.

A miner signs both. The text must be that of the ids, and an object must carry nothing that a client would act
upon (tool calls, other roles, other choices), nor other numbers than the true ones. A stream is passed on as it came,
because the receipt is about its bytes: so each of its blocks must be one chunk, in which nothing but the text is the
miner's choice. Pure; whoever fails here lied, if he signed it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ganglion.errors import ReceiptError
from ganglion.model.text import cut_at_stop, decode, is_text_of
from ganglion.protocol import sse
from ganglion.protocol.openai_responses import Header
from ganglion.protocol.receipts import Kind

CHUNK_FIELDS = frozenset(
    {"id", "object", "created", "model", "system_fingerprint", "choices", "usage", "x_ganglion"}
)
LATEST = 1 << 40  # unix seconds, of a chunk's date
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
        header: what every chunk must say of the answer, if it says it; its date is the miner's.
        usages, facts: token counts and `x_ganglion` objects that came, at the end and not before.
        created: the date that all chunks give.
        ended: whether a finish reason came: from there on, nothing that comes is text.
    """

    header: Header
    pieces: list[str] = field(default_factory=list)
    usages: list[Any] = field(default_factory=list)
    facts: list[Any] = field(default_factory=list)
    created: int | None = None
    ended: bool = False

    @property
    def text(self) -> str:
        """All pieces."""
        return "".join(self.pieces)

    def take(self, block: bytes) -> None:
        """The next block of a miner. Raises Lied."""
        if block == sse.DONE or block.startswith(sse.RECEIPT):  # which their reader has checked as a whole
            return
        chunk = _chunk_of(block)
        self._fixed(chunk)
        self.pieces.append(_piece_of(chunk, self.header.kind))
        self._end(chunk)
        if chunk.get("usage") is not None:
            self.usages.append(chunk["usage"])
        if "x_ganglion" in chunk:
            self.facts.append(chunk["x_ganglion"])
        if not self.ended and (self.usages or self.facts):
            raise Lied("the stream tells of the whole answer before its end")

    def _fixed(self, chunk: Mapping[str, Any]) -> None:
        """Names, numbers and dates are no place for a message."""
        created = chunk.get("created", self.created)
        if created is not None and (type(created) is not int or not 0 <= created < LATEST):
            raise Lied("a chunk has a date that is none")
        self.created = created if self.created is None else self.created
        fixed = self.header.fields(chunk=True) | {"created": self.created}
        for name in fixed.keys() & chunk.keys():
            if not _same(chunk[name], fixed[name]):
                raise Lied(f"a chunk's {name} is not that of this answer")

    def _end(self, chunk: Mapping[str, Any]) -> None:
        if self.ended and self.pieces[-1]:
            raise Lied("text follows the end of the answer")
        reasons = [choice.get("finish_reason") for choice in chunk.get("choices", [])]
        if any(reason not in FINISH_REASONS for reason in reasons) or (self.ended and any(reasons)):
            raise Lied("the answer does not end once, for a known reason")
        self.ended = self.ended or any(reasons)

    def check(self, usage: Mapping[str, int], facts: Mapping[str, Any]) -> None:
        """Raises Lied unless what came beside the text is true.

        Args:
            usage: the true token counts.
            facts: what `x_ganglion` may say.
        """
        if not all(_same(told, usage) for told in self.usages):
            raise Lied("the stream counts other tokens than there are")
        for told in self.facts:
            if not isinstance(told, Mapping) or any(
                name not in facts or not _same(facts[name], value) for name, value in told.items()
            ):
                raise Lied("the stream's x_ganglion is not about this answer")


def piece_of(block: bytes, kind: Kind) -> str:
    """What one block says of a stream that was checked; comments say nothing. Raises Lied."""
    if block == sse.DONE or block.startswith((sse.RECEIPT, sse.ACCEPTANCE)):
        return ""
    return _piece_of(_chunk_of(block), kind)


def _chunk_of(block: bytes) -> Mapping[str, Any]:
    """The object of a block that is one chunk: a single line of UTF-8, no comment, no other field of an event. Clients
    differ in how they read anything else, and a name that comes twice.
    """
    line = block[: -len(sse.END)]
    if not line.startswith(sse.DATA) or b"\n" in line or b"\r" in line:
        raise Lied("the stream holds something that is no chunk")
    try:
        text = line[len(sse.DATA) :].decode()  # before JSON's reader guesses another encoding
        chunk = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Lied(f"the stream holds something that is no JSON: {error}") from error
    if not isinstance(chunk, Mapping) or not CHUNK_FIELDS.issuperset(chunk):
        raise Lied("a chunk has a field that is not known")
    return chunk


def _no_number(name: str) -> NoReturn:
    raise Lied(f"a chunk holds {name}, which JSON does not know")


def _same(said: Any, true: Any) -> bool:
    """Whether it is written alike: true, 1 and 1.0 are not."""
    return json.dumps(said, sort_keys=True) == json.dumps(true, sort_keys=True)


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
    if not _same(choice.get("index", 0), 0) or (strict and choice.get("logprobs") is not None):
        raise Lied("a choice is not what was asked for")
    return choice


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Lied("the answer's text is none")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Lied("the answer's text is no Unicode") from error
    return value
