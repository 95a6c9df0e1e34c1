"""Talking to a miner: signed requests, and answers of which no byte is used before its signature is verified.

One connection pool; no redirects, no proxy variables, no cookies, no compression, sizes capped, every wait
with a deadline. What to ask and what to make of the answer is the caller's. Knows the wire (protocol/), not
the chain.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from yarl import URL

from ganglion.errors import AuthError, PeerError, ProtocolError, ReceiptError
from ganglion.keys import Keypair, ss58
from ganglion.peer_types import (
    Completion,
    Embeddings,
    Peer,
    PeerLimits,
    PeerRefused,
    PeerResponse,
    Timing,
    read_capped,
    refusal,
)
from ganglion.protocol import answers, sse
from ganglion.protocol import http_signatures as signatures
from ganglion.protocol.identity import Identity
from ganglion.protocol.openai import read_sampling
from ganglion.protocol.receipts import Kind

__all__ = [
    "Completion",
    "Embeddings",
    "Peer",
    "PeerClient",
    "PeerLimits",
    "PeerRefused",
    "PeerResponse",
    "PeerStream",
    "Timing",
]

PATHS = {
    Kind.CHAT: "/v1/chat/completions",
    Kind.COMPLETION: "/v1/completions",
    Kind.EMBEDDING: "/v1/embeddings",
}
STREAM_TYPE = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Form:
    """How requests and answers are packed: content types, and how the body of an error is read."""

    request_type: str = "application/json"
    stream_type: str = STREAM_TYPE
    read_error: Callable[[str, bytes], bytes] = lambda content_type, raw: raw


class PeerClient:
    """Signs and sends. Close it, or use it as an async context manager.

    Args:
        key: the hotkey that signs.
        network: genesis hash, 32 bytes.
    """

    def __init__(self, key: Keypair, network: bytes, *, limits: PeerLimits | None = None) -> None:
        self.key = key
        self.network = network
        self.limits = limits or PeerLimits()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> PeerClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the pool. Idempotent."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def complete(
        self,
        peer: Peer,
        kind: Kind,
        body: Mapping[str, Any],
        identity: Identity,
        *,
        timeout: float | None = None,
        size: int | None = None,
    ) -> Completion:
        """Ask for a completion in one piece. Raises PeerError, ProtocolError (AuthError, ReceiptError).

        Args:
            timeout, size: most seconds and bytes of the answer; default the client's limits.
        """
        asked = _with_identity(body, identity)
        response = await self._whole(peer, PATHS[kind], asked, timeout, size)
        value = response.json()
        exchange = self.exchange(peer, kind, identity, response.request_signature, asked, response.timing)
        answer = answers.check_answer(value, exchange)
        return Completion(answer, value, response.body, response.timing)

    async def embed(
        self,
        peer: Peer,
        body: Mapping[str, Any],
        identity: Identity,
        *,
        timeout: float | None = None,
        size: int | None = None,
    ) -> Embeddings:
        """Ask for embeddings; they travel as base64. Raises as `complete`."""
        asked = _with_identity({**body, "encoding_format": "base64"}, identity)
        response = await self._whole(peer, PATHS[Kind.EMBEDDING], asked, timeout, size)
        value = response.json()
        signed, values, dimension = answers.read_embeddings(value)
        signature = response.request_signature
        exchange = self.exchange(peer, Kind.EMBEDDING, identity, signature, asked, response.timing)
        answers.check_embeddings(signed, values, dimension, exchange)
        return Embeddings(signed, values, dimension, value, response.body, response.timing)

    @asynccontextmanager
    async def stream(
        self,
        peer: Peer,
        kind: Kind,
        body: Mapping[str, Any],
        identity: Identity,
        *,
        timeout: float | None = None,
        size: int | None = None,
    ) -> AsyncIterator[PeerStream]:
        """Ask for a streamed completion. Leaving the block early cancels it at the miner.

        Raises:
            PeerRefused: the miner answered with an error instead.
        """
        asked = _with_identity({**body, "stream": True}, identity)
        deadline = timeout or self.limits.total
        async with self.open(peer, PATHS[kind], asked, deadline) as (response, _, timing, signature):
            exchange = self.exchange(peer, kind, identity, signature, asked, timing)
            yield PeerStream(response, exchange, size or self.limits.body, timing)

    async def post(
        self, peer: Peer, path: str, body: Mapping[str, Any] | bytes, *, timeout: float | None = None
    ) -> PeerResponse:
        """Send any signed POST and verify the response's signature and digest; 2xx only."""
        return await self._whole(peer, path, body, timeout, None)

    async def get(
        self, peer: Peer, path: str, *, timeout: float | None = None, size: int | None = None
    ) -> PeerResponse:
        """The same with GET."""
        return await self._whole(peer, path, None, timeout, size)

    def exchange(
        self,
        peer: Peer,
        kind: Kind,
        identity: Identity,
        signature: bytes,
        body: Mapping[str, Any],
        timing: Timing,
    ) -> answers.Exchange:
        """What a receipt must say about a request with this body that this client sent then."""
        asked_at = round(1000 * (time.time() - (time.monotonic() - timing.started)))
        miner = ss58.decode(peer.hotkey)
        sampling = None if kind is Kind.EMBEDDING else read_sampling(body, chat=kind is Kind.CHAT)
        requester = self.key.public_key
        return answers.Exchange(kind, self.network, signature, identity, miner, requester, asked_at, sampling)

    async def _whole(
        self,
        peer: Peer,
        path: str,
        body: Mapping[str, Any] | bytes | None,
        timeout: float | None,
        size: int | None,
    ) -> PeerResponse:
        deadline = timeout or self.limits.total
        async with self.open(peer, path, body, deadline, stream=False) as (
            response,
            signed,
            timing,
            signature,
        ):
            raw = await read_capped(response, size or self.limits.body)
            timing.finished = time.monotonic()
            signatures.check_digest(signed.digest or b"", raw)
            return PeerResponse(response.status, raw, timing, signature)

    @asynccontextmanager
    async def open(
        self,
        peer: Peer,
        path: str,
        body: Mapping[str, Any] | bytes | None,
        timeout: float,
        *,
        stream: bool = True,
        form: Form | None = None,
    ) -> AsyncIterator[tuple[aiohttp.ClientResponse, signatures.SignedResponse, Timing, bytes]]:
        """Send, verify the response's head, and refuse errors; exceptions of the network become PeerError.

        Yields the response, whose body still has to be read and compared with the digest, its signature, when it
        was sent, and the request's 64 bytes of signature.
        """
        form = form or Form()
        method, raw = (
            ("GET", b"") if body is None else ("POST", body if isinstance(body, bytes) else _dump(body))
        )
        headers = signatures.sign_request(
            self.key,
            method=method,
            path=path,
            body=raw,
            receiver=peer.hotkey,
            network=self.network,
            now=time.time(),
        )
        headers["Content-Type"] = form.request_type
        signature = signatures.signature_of(headers)
        timing = Timing(time.monotonic())
        url = URL(peer.target.url + path, encoded=True)
        try:
            async with asyncio.timeout(timeout):
                async with self._open().request(
                    method, url, data=raw, headers=headers, allow_redirects=False
                ) as response:
                    timing.first_byte = time.monotonic()
                    signed = await self._head(response, peer, signature, stream, form)
                    yield response, signed, timing, signature
        except TimeoutError as error:
            raise PeerError(f"{peer.hotkey} did not answer in time ({error or f'{timeout:g} s'})") from error
        except aiohttp.ClientError as error:
            raise PeerError(f"cannot reach {peer.hotkey} at {peer.target.url}: {error}") from error

    async def _head(
        self, response: aiohttp.ClientResponse, peer: Peer, signature: bytes, stream: bool, form: Form
    ) -> signatures.SignedResponse:
        streamed = stream and response.status == 200 and response.content_type == form.stream_type
        try:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise ProtocolError("the answer is compressed although none was asked for")
            signed = signatures.read_response(
                response.status,
                response.headers.items(),
                request_signature=signature,
                signer=peer.hotkey,
                now=time.time(),
                stream=streamed,
            )
        except AuthError as error:
            if error.code == "unsigned" and response.status >= 300:
                await self._refuse(response, None, form)
            raise
        if response.status != 200:
            await self._refuse(response, signed, form)
        if stream and signed.digest is not None:
            raise ProtocolError("a stream was asked for and something else came")
        return signed

    async def _refuse(
        self, response: aiohttp.ClientResponse, signed: signatures.SignedResponse | None, form: Form
    ) -> None:
        raw = await read_capped(response, 1 << 16)
        if signed is not None:
            signatures.check_digest(signed.digest or b"", raw)
            raw = form.read_error(response.content_type, raw)
        raise refusal(response.status, raw, response.headers.get("Retry-After"), authentic=signed is not None)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            limits = self.limits
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=limits.connections, limit_per_host=limits.connections_per_peer
                ),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=limits.connect, sock_read=limits.idle),
                headers={"Accept-Encoding": "identity"},
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
            )
        return self._session


@dataclass(slots=True)
class PeerStream:
    """A stream whose head is verified. Iterate once; the block with [DONE] comes only after the receipt was
    checked.

    Attributes:
        answer: what the miner stands for, once the iteration has ended.
        timing: `first_byte` is that of the first block.
        unpack: from the bytes of the wire to those of the stream, where these differ.
    """

    _response: aiohttp.ClientResponse
    _exchange: answers.Exchange
    _size: int
    timing: Timing
    answer: answers.Answer | None = None
    unpack: Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]] = lambda received: received
    _last: Mapping[str, Any] = field(default_factory=dict)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        reader, seen = sse.StreamReader(), False
        async for data in self.unpack(self._received()):
            for block in reader.feed(data):
                if block == sse.DONE:
                    self.answer = self._check(reader)
                self._watch(block)
                if not seen:
                    seen, self.timing.first_byte = True, time.monotonic()
                yield block
        reader.close()
        self.timing.finished = time.monotonic()

    async def _received(self) -> AsyncIterator[bytes]:
        """Bytes as they come; what the network does wrong is a PeerError here already, so that a reader can
        tell it from his own mistakes.
        """
        total = 0
        try:
            async for data in self._response.content.iter_any():
                total += len(data)
                if total > self._size:
                    raise PeerError(f"the stream is longer than {self._size} bytes", retryable=False)
                yield data
        except aiohttp.ClientError as error:
            raise PeerError(f"the stream broke off: {error}") from error

    def _watch(self, block: bytes) -> None:
        value = sse.data_of(block)
        if not isinstance(value, dict):
            return
        if "error" in value:
            raise refusal(500, block[len(sse.DATA) :], None, authentic=False)
        choices = value.get("choices")
        if (
            isinstance(choices, list)
            and choices
            and isinstance(choices[0], dict)
            and choices[0].get("finish_reason")
        ):
            self._last = value

    def _check(self, reader: sse.StreamReader) -> answers.Answer:
        if reader.receipt is None:
            raise ReceiptError("the stream ended without a receipt", retryable=True)
        return answers.check_stream(reader.receipt, reader.digest, self._last, self._exchange)


def _with_identity(body: Mapping[str, Any], identity: Identity) -> dict[str, Any]:
    return {**body, "x_ganglion": identity.to_json()}


def _dump(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
