"""What goes out to a miner and what comes back, as values; how is in peer.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from ganglion.errors import Fault, PeerError, ProtocolError
from ganglion.protocol import answers
from ganglion.protocol.endpoints import DialTarget
from ganglion.protocol.receipts import SignedReceipt

MAX_RETRY_AFTER = 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class PeerLimits:
    """Bounds of one exchange. Seconds and bytes."""

    connect: float = 5.0
    idle: float = 30.0
    total: float = 120.0
    body: int = 8 << 20
    connections: int = 256
    connections_per_peer: int = 64


@dataclass(frozen=True, slots=True)
class Peer:
    """A miner: its hotkey's address and an endpoint that passed the address policy."""

    hotkey: str
    target: DialTarget


@dataclass(slots=True)
class Timing:
    """Monotonic seconds of an exchange, measured here and never by the peer."""

    started: float
    first_byte: float = 0.0
    finished: float = 0.0

    @property
    def seconds(self) -> float:
        """From sending to the last byte."""
        return self.finished - self.started


@dataclass(frozen=True, slots=True)
class PeerResponse:
    """A verified response in one piece."""

    status: int
    body: bytes
    timing: Timing
    request_signature: bytes

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises ProtocolError."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise ProtocolError(f"the answer is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise ProtocolError("the answer is not a JSON object")
        return value


@dataclass(frozen=True, slots=True)
class Completion:
    """A verified chat or text completion. `raw` is the body as the miner sent it."""

    answer: answers.Answer
    body: dict[str, Any]
    raw: bytes
    timing: Timing


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Embeddings whose receipt covers exactly these values: little-endian float32, `dimension` a row."""

    receipt: SignedReceipt
    values: bytes
    dimension: int
    body: dict[str, Any]
    raw: bytes
    timing: Timing


class PeerRefused(PeerError):
    """The miner answered with an error.

    Attributes:
        status, code, param, retry_after: from its answer.
        authentic: whether its hotkey signed it; if not, anybody on the way may have written it.
    """

    def __init__(
        self, message: str, *, status: int, authentic: bool, error: Mapping[str, Any], after: float | None
    ) -> None:
        fault: Fault = "peer" if status >= 500 else "user" if status in (400, 404, 413, 415, 422) else "self"
        super().__init__(message, retryable=status in (408, 409, 429) or status >= 500, fault=fault)
        self.status = status
        self.authentic = authentic
        self.code = str(error.get("code"))[:64]
        self.param = error.get("param") if isinstance(error.get("param"), str) else None
        self.retry_after = after


async def read_capped(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The whole body, or PeerError if it is longer than `limit` bytes."""
    if (response.content_length or 0) > limit:
        raise PeerError(
            f"the answer has {response.content_length} bytes, {limit} are accepted", retryable=False
        )
    parts, total = [], 0
    async for data in response.content.iter_any():
        total += len(data)
        if total > limit:
            raise PeerError(f"the answer is longer than {limit} bytes", retryable=False)
        parts.append(data)
    return b"".join(parts)


def refusal(status: int, raw: bytes, retry_after: str | None, *, authentic: bool) -> PeerRefused:
    """What an error response says, as an exception; its text is the peer's and is cut short."""
    try:
        error = json.loads(raw)["error"]
        error = error if isinstance(error, dict) else {}
    except (ValueError, KeyError, TypeError, RecursionError):
        error = {}
    message = str(error.get("message", "no reason given"))[:300]
    said = "refused" if authentic else "refused (unsigned)"
    return PeerRefused(
        f"the miner {said}: {status} {message}",
        status=status,
        authentic=authentic,
        error=error,
        after=_seconds(retry_after),
    )


def _seconds(text: str | None) -> float | None:
    """A Retry-After in seconds, at most an hour; None for what is none (dates are not used here)."""
    if text is None or not text.isascii() or not text.isdigit():
        return None
    return MAX_RETRY_AFTER if len(text) > 9 else min(MAX_RETRY_AFTER, float(text))
