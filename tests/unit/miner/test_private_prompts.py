"""Sealed requests against a real server: what the requester gets, what it is refused, and what stays hidden."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from ganglion.errors import EngineError, PeerError, ProtocolError
from ganglion.peer import PeerClient, PeerRefused
from ganglion.protocol import http_signatures as hs
from ganglion.protocol import sealed, sse
from ganglion.protocol.identity import random_identity
from ganglion.protocol.receipts import Kind
from ganglion.sealed_peer import STALE_KEY, SealedPeer
from ganglion_miner.engine.base import FinishEvent, TokenEvent
from ganglion_miner.engine.echo import EchoEngine

from .support import CHAT, MINER, NETWORK, NEURON, STAKER, VALIDATOR, peer

MARK = "the-marker-of-this-test"
ASKED = {"model": "echo", "messages": [{"role": "user", "content": MARK}]}


class Failing(EchoEngine):
    """Breaks after some tokens, with the prompt in its words."""

    def __init__(self, after: int) -> None:
        super().__init__(context_length=64)
        self._after = after

    async def generate(self, request):
        count = 0
        async for event in super().generate(request):
            if count == self._after:
                yield FinishEvent("error", EngineError(f"broke at {bytes(request.prompt_ids)!r}"))
                return
            count += isinstance(event, TokenEvent)
            yield event


@pytest.fixture
async def client():
    async with PeerClient(VALIDATOR, NETWORK) as made:
        yield made


def private(running, client, **changes) -> SealedPeer:
    made = SealedPeer(client, peer(running.server), running.state.sealing.tend())
    return replace(made, **changes)


async def text_of(stream) -> str:
    """What a stream says, its chunks joined."""
    words = []
    async for block in stream:
        value = sse.data_of(block)
        if value and value["choices"]:
            words.append(value["choices"][0]["delta"].get("content") or "")
    return "".join(words)


async def test_an_answer_in_one_piece(miner, client):
    done = await private(miner, client).complete(Kind.CHAT, ASKED, random_identity())
    assert done.body["choices"][0]["message"]["content"] == MARK
    assert done.answer.receipt.receipt.requester == VALIDATOR.public_key
    assert miner.receipts == [done.answer.receipt]


async def test_a_stream(miner, client):
    async with private(miner, client).stream(Kind.CHAT, ASKED, random_identity()) as stream:
        assert await text_of(stream) == MARK
    assert bytes(stream.answer.token_ids) == MARK.encode()
    assert stream.answer.receipt.receipt.stream is not None


async def test_a_text_completion(miner, client):
    done = await private(miner, client).complete(
        Kind.COMPLETION, {"model": "echo", "prompt": MARK}, random_identity()
    )
    assert done.body["choices"][0]["text"] == MARK


async def test_nothing_of_it_travels_in_the_open(miner, client):
    async with recording(miner) as (proxy, seen):
        hidden = replace(private(miner, client), peer=peer(proxy))
        await hidden.complete(Kind.CHAT, ASKED, random_identity())
        async with hidden.stream(Kind.CHAT, ASKED, random_identity()) as stream:
            await text_of(stream)
        with pytest.raises(PeerRefused, match="is not served here"):
            await hidden.complete(Kind.CHAT, ASKED | {"model": MARK}, random_identity())
        assert len(seen) == 6 and not any(MARK.encode() in data for data in seen)
        await client.complete(peer(proxy), Kind.CHAT, ASKED, random_identity())
        assert sum(MARK.encode() in data for data in seen) == 2, (
            "an open request shows it: the proxy does look"
        )


async def test_refusals_after_opening_are_sealed_and_logged_without_words(miner, client):
    with capture_logs() as lines, pytest.raises(PeerRefused) as caught:
        await private(miner, client).complete(Kind.CHAT, ASKED | {MARK: 1}, random_identity())
    assert caught.value.code == "unknown_parameter" and MARK in str(caught.value) and caught.value.authentic
    (line,) = [line for line in lines if line["event"] == "sealed_request_refused"]
    assert line["code"] == "unknown_parameter" and MARK not in json.dumps(line)


@pytest.mark.parametrize("after", [0, 5])
async def test_an_engine_that_breaks_tells_nobody_the_prompt(start, client, after: int):
    miner = await start(engine=Failing(after))
    structlog.reset_defaults()
    with capture_logs() as lines, pytest.raises(PeerError):
        async with private(miner, client).stream(Kind.CHAT, ASKED, random_identity()) as stream:
            await text_of(stream)
    assert lines and MARK not in json.dumps(lines, default=repr)


async def test_a_key_that_was_replaced_is_told_apart(miner, client):
    old = sealed.SealingKey(sealed.public_key(b"\5" * 32), int(time.time()) + 60)
    with pytest.raises(PeerRefused) as caught:
        await private(miner, client, key=old).complete(Kind.CHAT, ASKED, random_identity())
    assert caught.value.code == "unknown_sealing_key" and caught.value.code in STALE_KEY
    assert caught.value.retryable


async def test_an_expired_key_is_refused_by_both_sides(miner, client, monkeypatch: pytest.MonkeyPatch):
    key = miner.state.sealing.tend()
    hidden = private(miner, client)
    monkeypatch.setattr(miner.state.sealing, "_clock", lambda: key.expires_at + 61.0)
    with pytest.raises(PeerRefused) as caught:
        await hidden.complete(Kind.CHAT, ASKED, random_identity())
    assert caught.value.code == "expired_sealing_key"
    with pytest.raises(ProtocolError, match="expired"):
        await replace(hidden, key=replace(key, expires_at=1)).complete(Kind.CHAT, ASKED, random_identity())


async def test_a_miner_without_keys_says_so(miner, client):
    hidden = private(miner, client)
    miner.state.sealing = None
    with pytest.raises(PeerRefused) as caught:
        await hidden.complete(Kind.CHAT, ASKED, random_identity())
    assert caught.value.code == "not_private"


async def test_admission_is_the_same_and_comes_first(start, monkeypatch: pytest.MonkeyPatch):
    miner = await start(min_requester_stake=1_000)
    opened = []
    real = sealed.open_request
    monkeypatch.setattr(sealed, "open_request", lambda *a: opened.append(1) or real(*a))
    async with PeerClient(STAKER, NETWORK) as staker:
        assert await private(miner, staker).complete(Kind.CHAT, ASKED, random_identity())
    assert opened == [1]
    async with PeerClient(NEURON, NETWORK) as poor:
        with pytest.raises(PeerRefused) as caught:
            await private(miner, poor).complete(Kind.CHAT, ASKED, random_identity())
    assert caught.value.code == "insufficient_stake" and opened == [1]


async def test_another_signer_cannot_send_it_again(miner, client):
    asker = private(miner, client)._seal(Kind.CHAT, CHAT)
    headers = hs.sign_request(
        VALIDATOR, method="POST", path=sealed.PATH, body=asker.body, receiver=MINER.ss58, network=NETWORK,
        now=time.time(),
    )  # fmt: skip
    headers["Content-Type"] = sealed.REQUEST_TYPE
    first = await miner.raw(asker.body, headers, sealed.PATH)
    again = await miner.raw(asker.body, headers, sealed.PATH)
    assert (first.status, again.status) == (200, 409)
    miner.chain.neurons[STAKER.ss58] = replace(miner.chain.neurons[VALIDATOR.ss58], hotkey=STAKER.ss58)
    await miner.state.chain.refresh()
    headers = hs.sign_request(
        STAKER, method="POST", path=sealed.PATH, body=asker.body, receiver=MINER.ss58, network=NETWORK,
        now=time.time(),
    )  # fmt: skip
    headers["Content-Type"] = sealed.REQUEST_TYPE
    stolen = await miner.raw(asker.body, headers, sealed.PATH)
    assert stolen.status == 400 and (await stolen.json())["error"]["code"] == "unsealable"


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"\1" * 2000, sealed.REQUEST_TYPE, "malformed_sealed"),
        (b"{}", sealed.REQUEST_TYPE, "malformed_sealed"),
        (b"{}", "application/json", "unsupported_media_type"),
    ],
)
async def test_what_is_not_sealed_is_refused(miner, body: bytes, kind: str, code: str):
    headers = hs.sign_request(
        VALIDATOR, method="POST", path=sealed.PATH, body=body, receiver=MINER.ss58, network=NETWORK,
        now=time.time(),
    )  # fmt: skip
    response = await miner.raw(body, {**headers, "Content-Type": kind}, sealed.PATH)
    assert (await response.json())["error"]["code"] == code


async def test_what_is_too_large_is_refused_unread(miner, client):
    with pytest.raises(PeerRefused) as caught:
        await private(miner, client).complete(Kind.CHAT, ASKED | {"user": "x" * 70_000}, random_identity())
    assert caught.value.code == "body_too_large"


@pytest.mark.parametrize("how", ["cut", "changed", "swapped"])
async def test_a_network_that_tampers_with_a_stream_is_noticed(miner, client, how: str):
    async with tampering(miner, how) as proxy:
        hidden = replace(private(miner, client), peer=peer(proxy))
        with pytest.raises((PeerError, ProtocolError)):
            async with hidden.stream(Kind.CHAT, ASKED, random_identity()) as stream:
                await text_of(stream)


async def test_leaving_early_cancels(start, client):
    miner = await start(engine=EchoEngine(context_length=64, delay=0.05))
    async with private(miner, client).stream(Kind.CHAT, ASKED, random_identity()) as stream:
        async for _ in stream:
            break
    async with asyncio.timeout(5):
        while len(miner.state.gate):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


# ---- machines on the way -----------------------------------------------------------------------


class recording:
    """A proxy that keeps every body that passes."""

    def __init__(self, running) -> None:
        self._target, self.seen = running, []

    async def __aenter__(self):
        async def forward(request: web.Request) -> web.Response:
            body = await request.read()
            answer = await self._target.raw(body, request.headers, request.path)
            raw = await answer.read()
            self.seen += [body, raw]
            return web.Response(
                body=self.change(raw), status=answer.status, headers=passed_on(answer.headers)
            )

        app = web.Application()
        app.router.add_post("/{path:.*}", forward)
        self.server = TestServer(app)
        await self.server.start_server()
        return self.server, self.seen

    async def __aexit__(self, *_) -> None:
        await self.server.close()

    def change(self, raw: bytes) -> bytes:
        return raw


class tampering(recording):
    """A proxy that changes an answer."""

    def __init__(self, running, how: str) -> None:
        super().__init__(running)
        self._how = how

    async def __aenter__(self):
        return (await super().__aenter__())[0]

    def change(self, raw: bytes) -> bytes:
        size = 5 + 512 + 16
        if self._how == "cut":
            return raw[: 32 + 2 * size]
        if self._how == "changed":
            return raw[:100] + bytes([raw[100] ^ 1]) + raw[101:]
        return raw[:32] + raw[32 + size : 32 + 2 * size] + raw[32 : 32 + size] + raw[32 + 2 * size :]


def passed_on(headers) -> dict[str, str]:
    return {
        name: value for name, value in headers.items() if name not in ("Content-Length", "Transfer-Encoding")
    }
