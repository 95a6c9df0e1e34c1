"""A receipt as a file: the receipt, and as much of what it is about as its owner wants to show.

JSON with the signed receipt in base64, and optionally the requester's acceptance, the token ids of prompt and answer,
the answer's text, the sampling, the activation leaves, and a proof that the receipt is in an anchored batch. Whoever
has the file needs nobody else to check it (receipt_checks.py). Reading verifies nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from ganglion.errors import ReceiptError, UsageError
from ganglion.protocol.merkle import Proof
from ganglion.protocol.receipts import Acceptance, SignedReceipt
from ganglion.protocol.sampling import SamplingTerms

__all__ = ["Inclusion", "ReceiptFile", "read_receipt_file", "write_receipt_file"]

MAX_FILE = 64 << 20
FIELDS = frozenset(
    {"receipt", "acceptance", "prompt_ids", "token_ids", "text", "sampling", "trace", "inclusion"}
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A batch's root and the receipt's place under it."""

    root: bytes
    proof: Proof

    def to_json(self) -> dict[str, Any]:
        """The `inclusion` object of a file."""
        return {
            "root": self.root.hex(),
            "index": self.proof.index,
            "leaves": self.proof.leaves,
            "proof": [node.hex() for node in self.proof.nodes],
        }

    @classmethod
    def from_json(cls, value: Any) -> Inclusion:
        """Read it. Raises ReceiptError."""
        if not isinstance(value, Mapping) or set(value) != {"root", "index", "leaves", "proof"}:
            raise ReceiptError("inclusion must be an object with root, index, leaves and proof")
        index, leaves, nodes = value["index"], value["leaves"], value["proof"]
        if (
            type(index) is not int
            or type(leaves) is not int
            or not isinstance(nodes, list)
            or len(nodes) > 32
        ):
            raise ReceiptError("inclusion must hold two numbers and at most 32 nodes")
        return cls(_hash(value["root"]), Proof(index, leaves, tuple(map(_hash, nodes))))


@dataclass(frozen=True, slots=True)
class ReceiptFile:
    """What a receipt's owner shows; None for what is not shown."""

    signed: SignedReceipt
    acceptance: Acceptance | None = None
    prompt_ids: tuple[int, ...] | None = None
    token_ids: tuple[int, ...] | None = None
    text: str | None = None
    sampling: SamplingTerms | None = None
    leaves: tuple[bytes, ...] | None = None
    inclusion: Inclusion | None = None

    def to_json(self) -> dict[str, Any]:
        """The file's object."""
        shown = {
            "receipt": self.signed.text(),
            "acceptance": _and_then(self.acceptance, lambda one: _base64(one.encode())),
            "prompt_ids": _and_then(self.prompt_ids, list),
            "token_ids": _and_then(self.token_ids, list),
            "text": self.text,
            "sampling": _and_then(self.sampling, SamplingTerms.to_json),
            "trace": _and_then(self.leaves, lambda leaves: [_base64(leaf) for leaf in leaves]),
            "inclusion": _and_then(self.inclusion, Inclusion.to_json),
        }
        return {name: value for name, value in shown.items() if value is not None}

    def merged(self, other: ReceiptFile) -> ReceiptFile:
        """What either file shows of one receipt. Raises ReceiptError: they are about two."""
        if other.signed != self.signed:
            raise ReceiptError("the two files are about two receipts", fault="user")
        missing = {
            field.name: getattr(other, field.name)
            for field in fields(self)
            if getattr(self, field.name) is None
        }
        return replace(self, **missing)

    @classmethod
    def from_json(cls, value: Any) -> ReceiptFile:
        """Read the object, or an answer of the API in one piece. Raises ReceiptError, which names the field."""
        if isinstance(value, Mapping) and isinstance(value.get("x_ganglion"), Mapping):
            value = _of_reply(value)
        if not isinstance(value, Mapping) or "receipt" not in value:
            raise ReceiptError(
                "this is no receipt file: it has no receipt",
                fault="user",
                hint="an answer of a gateway in one piece is one, and what `ganglion chat --private --receipt` writes",
            )
        if unknown := sorted(set(value) - FIELDS):
            raise ReceiptError(f"the receipt file has fields that nobody knows: {', '.join(unknown)[:200]}")
        text = value.get("text")
        if not isinstance(text, str | None):
            raise ReceiptError("text must be a string")
        return cls(
            SignedReceipt.from_text(value["receipt"]),
            _and_then(value.get("acceptance"), lambda one: Acceptance.decode(_bytes(one, "acceptance"))),
            _and_then(value.get("prompt_ids"), lambda ids: _ids(ids, "prompt_ids")),
            _and_then(value.get("token_ids"), lambda ids: _ids(ids, "token_ids")),
            text,
            _and_then(value.get("sampling"), SamplingTerms.from_json),
            _and_then(value.get("trace"), _leaves),
            _and_then(value.get("inclusion"), Inclusion.from_json),
        )


def read_receipt_file(path: Path) -> ReceiptFile:
    """Read a file.

    Raises:
        UsageError: it cannot be read.
        ReceiptError: it is not a receipt's file.
    """
    try:
        if path.stat().st_size > MAX_FILE:
            raise ReceiptError(f"{path} is larger than any receipt file")
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise ReceiptError(f"{path} is not JSON: {error}", fault="user") from error
    return ReceiptFile.from_json(value)


def write_receipt_file(path: Path, file: ReceiptFile) -> None:
    """Write a new file that its owner alone can read: it may hold a prompt.

    Raises UsageError: the file exists or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump(file.to_json(), out)
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror or error}", hint="name a file that does not exist yet"
        ) from error


def _of_reply(body: Mapping[str, Any]) -> dict[str, Any]:
    """What of an API's answer, or of a gateway's reply about a receipt, belongs into a receipt file."""
    if "receipt" in body:
        return {name: value for name, value in body.items() if name != "x_ganglion"}
    shown = {name: value for name, value in body["x_ganglion"].items() if name in FIELDS}
    choices = body.get("choices")
    if isinstance(choices, list) and len(choices) == 1 and isinstance(choices[0], Mapping):
        message = choices[0].get("message")
        text = message.get("content") if isinstance(message, Mapping) else choices[0].get("text")
        shown["text"] = text if isinstance(text, str) else None
    return shown


def _and_then(value: Any, convert: Callable[[Any], T]) -> T | None:
    return None if value is None else convert(value)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: Any, name: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise ReceiptError(f"{name} is not base64: {error}") from error


def _hash(text: Any) -> bytes:
    try:
        raw = bytes.fromhex(text.removeprefix("0x"))
    except (AttributeError, ValueError) as error:
        raise ReceiptError("inclusion must hold hashes in hex") from error
    if len(raw) != 32:
        raise ReceiptError("inclusion must hold hashes of 32 bytes")
    return raw


def _ids(value: Any, name: str) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(one) is int and 0 <= one < 1 << 32 for one in value):
        raise ReceiptError(f"{name} must be a list of token ids")
    return tuple(value)


def _leaves(value: Any) -> tuple[bytes, ...]:
    if not isinstance(value, list):
        raise ReceiptError("trace must be a list of activation leaves")
    return tuple(_bytes(one, "trace") for one in value)
