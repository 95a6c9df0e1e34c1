"""OpenAI's response objects: completions, chunks, embeddings, models. What is ours is in `x_ganglion`.

Pure builders: ids and times arrive as arguments.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ganglion.protocol.receipts import Finish, Kind

FINISH_REASON = {Finish.STOP: "stop", Finish.LENGTH: "length"}
_PREFIX = {Kind.CHAT: "chatcmpl-", Kind.COMPLETION: "cmpl-"}
_OBJECT = {Kind.CHAT: "chat.completion", Kind.COMPLETION: "text_completion"}


@dataclass(frozen=True, slots=True)
class Header:
    """What all objects of one answer share. `created` is unix seconds."""

    kind: Kind
    request_id: bytes
    model: str
    profile: bytes
    created: int

    def fields(self, *, chunk: bool = False) -> dict[str, Any]:
        """The leading fields of an object."""
        name = _OBJECT[self.kind] + (".chunk" if chunk and self.kind is Kind.CHAT else "")
        return {
            "id": _PREFIX[self.kind] + self.request_id.hex(),
            "object": name,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": f"st-1-{self.profile.hex()[:16]}",
        }


def usage(prompt_tokens: int, completion_tokens: int) -> dict[str, int]:
    """Token counts."""
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def completion(
    header: Header, text: str, finish: Finish, counts: dict[str, int], extra: dict[str, Any]
) -> dict[str, Any]:
    """An answer in one piece."""
    choice: dict[str, Any] = {"index": 0, "logprobs": None, "finish_reason": FINISH_REASON[finish]}
    if header.kind is Kind.CHAT:
        choice["message"] = {"role": "assistant", "content": text, "refusal": None}
    else:
        choice["text"] = text
    return header.fields() | {"choices": [choice], "usage": counts, "x_ganglion": extra}


def chunk(
    header: Header,
    text: str,
    *,
    first: bool = False,
    finish: Finish | None = None,
    extra: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A piece of a stream; the one with a finish reason also carries `x_ganglion`."""
    reason = None if finish is None else FINISH_REASON[finish]
    choice: dict[str, Any] = {"index": 0, "logprobs": None, "finish_reason": reason}
    if header.kind is Kind.CHAT:
        role = {"role": "assistant"} if first else {}
        choice["delta"] = role | ({"content": text} if text or first else {})
    else:
        choice["text"] = text
    built = header.fields(chunk=True) | {"choices": [choice]}
    return built if extra is None else built | {"x_ganglion": extra}


def usage_chunk(header: Header, counts: dict[str, int]) -> dict[str, Any]:
    """The chunk that `stream_options.include_usage` asks for."""
    return header.fields(chunk=True) | {"choices": [], "usage": counts}


def embeddings(
    model: str, rows: Sequence[Sequence[float]], prompt_tokens: int, extra: dict[str, Any], *, as_base64: bool
) -> dict[str, Any]:
    """Embeddings as lists of floats, or as base64 of little-endian float32."""
    data = [
        {"object": "embedding", "index": index, "embedding": float32_base64(row) if as_base64 else list(row)}
        for index, row in enumerate(rows)
    ]
    counts = {"prompt_tokens": prompt_tokens, "total_tokens": prompt_tokens}
    return {"object": "list", "data": data, "model": model, "usage": counts, "x_ganglion": extra}


def float32_bytes(row: Sequence[float]) -> bytes:
    """Little-endian float32."""
    return struct.pack(f"<{len(row)}f", *row)


def float32_base64(row: Sequence[float]) -> str:
    """How OpenAI's clients ask for a vector by default."""
    return base64.b64encode(float32_bytes(row)).decode()


def models(entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Answer of /v1/models."""
    return {"object": "list", "data": list(entries)}


def model(name: str, created: int, owner: str, extra: dict[str, Any]) -> dict[str, Any]:
    """One entry of /v1/models."""
    return {"id": name, "object": "model", "created": created, "owned_by": owner, "x_ganglion": extra}
