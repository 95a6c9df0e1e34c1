"""Asking a miner privately: the same exchange as in peer.py, sealed to the key that the miner published.

Only who knows the miner's private key reads the request, and only this process reads the answer. Which key, and
whether the miner is worth asking, is the caller's.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from ganglion.errors import PeerError, ProtocolError
from ganglion.keys import ss58
from ganglion.peer import Form, PeerClient, PeerStream
from ganglion.peer_types import Completion, Peer, PeerResponse, read_capped
from ganglion.protocol import answers, sealed
from ganglion.protocol import http_signatures as signatures
from ganglion.protocol.identity import Identity
from ganglion.protocol.receipts import Kind

__all__ = ["STALE_KEY", "SealedPeer"]

STALE_KEY = frozenset({"unknown_sealing_key", "expired_sealing_key"})  # codes: read the chain again


@dataclass(frozen=True, slots=True)
class SealedPeer:
    """A miner and the key to which requests for it are sealed."""

    client: PeerClient
    peer: Peer
    key: sealed.SealingKey

    async def complete(
        self, kind: Kind, body: Mapping[str, Any], identity: Identity, *, timeout: float | None = None
    ) -> Completion:
        """Ask for a completion in one piece.

        Raises:
            PeerRefused: the miner refused; a code in STALE_KEY means that the key was replaced.
            PeerError, ProtocolError: as PeerClient.complete, and for an answer that was not sealed for us.
        """
        asker = self._seal(kind, {**body, "x_ganglion": identity.to_json()})
        limits, form = self.client.limits, _form(asker)
        async with self.client.open(
            self.peer, sealed.PATH, asker.body, timeout or limits.total, stream=False, form=form
        ) as (response, signed, timing, signature):
            if response.content_type != sealed.ANSWER_TYPE:
                raise ProtocolError("the answer is not sealed", fault="peer")
            raw = await read_capped(response, limits.body)
            timing.finished = time.monotonic()
            signatures.check_digest(signed.digest or b"", raw)
            whole = PeerResponse(200, asker.whole(raw), timing, signature)
        value = whole.json()
        exchange = self.client.exchange(self.peer, kind, identity, signature, body, timing)
        return Completion(answers.check_answer(value, exchange), value, whole.body, timing)

    @asynccontextmanager
    async def stream(
        self, kind: Kind, body: Mapping[str, Any], identity: Identity, *, timeout: float | None = None
    ) -> AsyncIterator[PeerStream]:
        """Ask for a streamed completion; leaving the block early cancels it. Raises as `complete`."""
        asker = self._seal(kind, {**body, "stream": True, "x_ganglion": identity.to_json()})
        limits = self.client.limits
        async with self.client.open(
            self.peer, sealed.PATH, asker.body, timeout or limits.total, form=_form(asker)
        ) as (response, _, timing, signature):
            exchange = self.client.exchange(self.peer, kind, identity, signature, body, timing)
            stream = PeerStream(response, exchange, limits.body, timing)
            stream.unpack = lambda received: _unsealed(asker, received)
            yield stream

    def _seal(self, kind: Kind, body: Mapping[str, Any]) -> sealed.Asker:
        client = self.client
        binding = sealed.Binding(client.network, ss58.decode(self.peer.hotkey), client.key.public_key)
        return sealed.seal_request(self.key, kind, body, binding, now=time.time())


async def _unsealed(asker: sealed.Asker, received: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The text of a sealed stream; it ends only after the chunk that says so."""
    chunks = asker.chunks()
    async for data in received:
        for piece in chunks.feed(data):
            yield piece
    chunks.close()


def _form(asker: sealed.Asker) -> Form:
    """Content types of a sealed exchange; errors that the miner made after opening the request are sealed."""

    def read_error(content_type: str, raw: bytes) -> bytes:
        if content_type != sealed.ANSWER_TYPE:
            return raw
        try:
            return asker.whole(raw)
        except ProtocolError as error:
            raise PeerError(f"the miner refused, and its reason cannot be read: {error}") from error

    return Form(sealed.REQUEST_TYPE, sealed.STREAM_TYPE, read_error)
