"""The part of RFC 8941 (structured fields) that message signatures need: inner lists of strings, byte
sequences, parameters.

Strict: what is outside this part is an error, never a guess. Sizes are the caller's business. Serialisation
is canonical.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import NoReturn

from ganglion.errors import AuthError

Bare = str | int | bytes | bool
Parameters = dict[str, Bare]

_KEY = re.compile(r"[a-z*][a-z0-9_\-.*]*")
_INTEGER = re.compile(r"-?[0-9]{1,15}(?![0-9.])")
_STRING = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_BYTES = re.compile(r":([A-Za-z0-9+/]*={0,2}):")


@dataclass(frozen=True, slots=True)
class Item:
    """A bare item with parameters."""

    value: Bare
    params: tuple[tuple[str, Bare], ...] = ()


@dataclass(frozen=True, slots=True)
class InnerList:
    """A parenthesised list of items with parameters of its own."""

    items: tuple[Item, ...]
    params: tuple[tuple[str, Bare], ...] = ()


class _Parser:
    def __init__(self, text: str, field: str) -> None:
        self.text, self.field, self.at = text.strip(" "), field, 0

    def fail(self, what: str) -> NoReturn:
        raise AuthError(
            f"the {self.field} header is malformed at character {self.at}: {what}", code="malformed_signature"
        )

    def peek(self, char: str) -> bool:
        return self.text.startswith(char, self.at)

    def take(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        match = pattern.match(self.text, self.at)
        if match is None:
            self.fail(f"{what} expected")
        self.at = match.end()
        return match

    def skip(self, char: str) -> bool:
        if not self.peek(char):
            return False
        self.at += len(char)
        return True

    def dictionary(self) -> dict[str, Item | InnerList]:
        members: dict[str, Item | InnerList] = {}
        while True:
            key = self.take(_KEY, "a label")[0]
            if key in members:
                self.fail(f"label {key!r} twice")
            if not self.skip("="):
                self.fail("= expected")
            members[key] = self.inner_list() if self.peek("(") else Item(self.bare(), self.parameters())
            if self.at == len(self.text):
                return members
            self.spaces()
            if not self.skip(","):
                self.fail("comma expected")
            self.spaces()

    def spaces(self) -> None:
        while self.skip(" ") or self.skip("\t"):
            pass

    def inner_list(self) -> InnerList:
        self.skip("(")
        items: list[Item] = []
        self.spaces()
        while not self.skip(")"):
            items.append(Item(self.bare(), self.parameters()))
            if not self.peek(")") and not self.peek(" "):
                self.fail("space or ) expected")
            self.spaces()
        return InnerList(tuple(items), self.parameters())

    def parameters(self) -> tuple[tuple[str, Bare], ...]:
        found: Parameters = {}
        while self.skip(";"):
            self.spaces()
            key = self.take(_KEY, "a parameter name")[0]
            if key in found:
                self.fail(f"parameter {key!r} twice")
            found[key] = self.bare() if self.skip("=") else True
        return tuple(found.items())

    def bare(self) -> Bare:
        if self.peek('"'):
            return re.sub(r"\\(.)", r"\1", self.take(_STRING, "a string")[1])
        if self.peek(":"):
            return self.decode(self.take(_BYTES, "a byte sequence")[1])
        return int(self.take(_INTEGER, "a string, integer or byte sequence")[0])

    def decode(self, text: str) -> bytes:
        try:
            raw = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            self.fail(f"invalid base64: {error}")
        if base64.b64encode(raw).decode() != text:
            self.fail("base64 is not canonical")
        return raw


def parse_dictionary(text: str, field: str) -> dict[str, Item | InnerList]:
    """Members of a dictionary field.

    Args:
        text: value of the header.
        field: name of the header, for the message.

    Raises:
        AuthError: `malformed_signature`.
    """
    return _Parser(text, field).dictionary()


def serialize_bare(value: Bare) -> str:
    """Canonical text of a bare item."""
    if value is True:
        return "?1"
    if isinstance(value, bytes):
        return f":{base64.b64encode(value).decode()}:"
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def serialize_params(params: tuple[tuple[str, Bare], ...]) -> str:
    """``;name=value`` of each parameter, in order; a true one is only its name."""
    return "".join(f";{key}" if value is True else f";{key}={serialize_bare(value)}" for key, value in params)


def serialize_item(item: Item) -> str:
    """Canonical text of an item."""
    return serialize_bare(item.value) + serialize_params(item.params)


def serialize_inner_list(value: InnerList) -> str:
    """Canonical text of an inner list."""
    return "(" + " ".join(map(serialize_item, value.items)) + ")" + serialize_params(value.params)
