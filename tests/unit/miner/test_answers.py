"""What a miner answers, seen through the client that gateways use; and requests whose content is wrong."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ganglion.errors import AuthError, EngineError, PeerError, ProtocolError, ReceiptError
from ganglion.model.rendering import prompt_hash
from ganglion.peer import PeerClient, PeerLimits, PeerRefused
from ganglion.protocol import http_signatures as hs
from ganglion.protocol import sse
from ganglion.protocol.identity import Identity, random_identity
from ganglion.protocol.receipts import Finish, Kind
from ganglion_miner.engine.base import FinishEvent, TokenEvent
from ganglion_miner.engine.echo import EchoEngine

from .support import CHAT, MINER, NETWORK, PROFILE, VALIDATOR, peer

IDENTITY = Identity(b"\x0a" * 16, b"\x0b" * 16)
HELLO = {"model": "echo", "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
async def client():
    async with PeerClient(VALIDATOR, NETWORK) as made:
        yield made


class Recording(EchoEngine):
    """Remembers what it was asked and what was cancelled; can fail after some tokens."""

    def __init__(self, *, fail_after: int | None = None, **options) -> None:
        super().__init__(**options)
        self.requests = []
        self.ended = []
        self._fail_after = fail_after

    async def generate(self, request):
        self.requests.append(request)
        count = 0
        try:
            async for event in super().generate(request):
                if count == self._fail_after:
                    yield FinishEvent("error", EngineError("the loop broke"))
                    return
                count += isinstance(event, TokenEvent)
                yield event
        finally:
            self.ended.append(count)


async def test_chat_completion_with_receipt(miner, client):
    done = await client.complete(peer(miner.server), Kind.CHAT, HELLO, IDENTITY)
    assert done.body["choices"][0]["message"]["content"] == "hello"
    assert done.answer.token_ids == tuple(b"hello")
    receipt = done.answer.receipt.receipt
    assert (receipt.finish, receipt.profile, receipt.prompt_tokens) == (Finish.STOP, PROFILE, 5)
    assert receipt.prompt == prompt_hash(b"hello")
    assert done.body["usage"] == {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10}
    assert [r.encode() for r in miner.receipts] == [done.answer.receipt.encode()]


async def test_completion_of_text_and_of_token_ids(miner, client):
    for prompt in ("abc", [97, 98, 99]):
        body = {"model": "echo", "prompt": prompt, "max_tokens": 2}
        done = await client.complete(peer(miner.server), Kind.COMPLETION, body, random_identity())
        assert done.body["choices"][0]["text"] == "ab"
        assert done.body["choices"][0]["finish_reason"] == "length"


async def test_stream_with_receipt_and_usage(miner, client):
    body = HELLO | {"stream_options": {"include_usage": True}}
    async with client.stream(peer(miner.server), Kind.CHAT, body, IDENTITY) as stream:
        blocks = [block async for block in stream]
    values = [value for block in blocks if (value := sse.data_of(block))]
    text = "".join(v["choices"][0]["delta"].get("content", "") for v in values if v["choices"])
    assert text == "hello"
    assert values[0]["choices"][0]["delta"]["role"] == "assistant"
    assert values[-1]["usage"]["completion_tokens"] == 5
    assert blocks[-2].startswith(sse.RECEIPT) and blocks[-1] == sse.DONE
    assert stream.answer.token_ids == tuple(b"hello")


async def test_the_seed_comes_from_request_network_key_and_profile(start, client):
    engine = Recording(context_length=64)
    miner = await start(engine=engine)
    await client.complete(peer(miner.server), Kind.CHAT, HELLO, IDENTITY)
    expected = IDENTITY.seed(genesis=NETWORK, miner=MINER.public_key, profile=PROFILE)
    assert engine.requests[0].seed == expected


async def test_stop_string_ends_the_answer_and_frees_the_engine(start, client):
    engine = Recording(context_length=64)
    miner = await start(engine=engine)
    body = {"model": "echo", "prompt": "abcdefgh", "stop": ["de", "zz"]}
    done = await client.complete(peer(miner.server), Kind.COMPLETION, body, IDENTITY)
    assert done.body["choices"][0]["text"] == "abc"
    assert done.body["choices"][0]["finish_reason"] == "stop"
    assert done.answer.token_ids == tuple(b"abcde"), "the token that completed the stop string is reported"
    assert engine.stats().running == 0


async def test_characters_are_never_cut_in_a_stream(miner, client):
    body = {"model": "echo", "prompt": "aé€𝄞z"}
    async with client.stream(peer(miner.server), Kind.COMPLETION, body, IDENTITY) as stream:
        pieces = [v["choices"][0]["text"] async for block in stream if (v := sse.data_of(block))]
    assert "".join(pieces) == "aé€𝄞z"
    assert "\ufffd" not in "".join(pieces)


@pytest.mark.parametrize(
    ("change", "status", "code", "param"),
    [
        ({"model": "gpt-4"}, 404, "model_not_found", "model"),
        ({"n": 2}, 400, "unsupported_parameter", "n"),
        ({"min_p": 0.1}, 400, "unknown_parameter", "min_p"),
        ({"temperature": 9}, 400, "invalid_value", "temperature"),
        ({"max_tokens": 49}, 400, "invalid_value", "max_tokens"),
        ({"messages": [{"role": "user", "content": "x" * 65}]}, 400, "context_length_exceeded", "messages"),
        ({"messages": [{"role": "user", "content": "x" * 9000}]}, 400, "context_length_exceeded", "messages"),
        (
            {"messages": [{"role": "user", "content": "x" * 60}], "max_tokens": 5},
            400,
            "context_length_exceeded",
            "messages",
        ),
        ({"messages": [{"role": "assistant", "content": "x"}]}, 422, "unprocessable_prompt", None),
    ],
)
async def test_wrong_content_names_the_field(miner, change, status, code, param):
    got, body, response = await miner.ask(CHAT | change)
    assert (got, body["error"]["code"], body["error"]["param"]) == (status, code, param)
    assert "signature" in response.headers


async def test_prompt_longer_than_the_context_says_both_numbers(miner):
    _, body, _ = await miner.ask(CHAT | {"messages": [{"role": "user", "content": "x" * 65}]})
    assert "65" in body["error"]["message"] and "64" in body["error"]["message"]


async def test_token_id_outside_the_vocabulary(miner):
    body = {"model": "echo", "prompt": [1, 256], "x_ganglion": CHAT["x_ganglion"]}
    status, answer, _ = await miner.ask(body, path="/v1/completions")
    assert (status, answer["error"]["param"]) == (400, "prompt")


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 60_000, b'{"model":"a","model":"b"}'])
async def test_body_that_is_no_json_object(miner, raw):
    status, body, _ = await miner.ask(raw)
    assert (status, body["error"]["code"]) == (400, "invalid_json")


async def test_embedding_request_to_a_generating_miner(miner):
    body = {"model": "echo", "input": "x", "x_ganglion": CHAT["x_ganglion"]}
    status, answer, _ = await miner.ask(body, path="/v1/embeddings")
    assert (status, answer["error"]["code"]) == (404, "model_not_found")


async def test_queue_full(start):
    engine = EchoEngine(context_length=64, delay=0.2)
    miner = await start(engine=engine, max_running=1, max_queue=1)
    asks = [asyncio.create_task(miner.ask()) for _ in range(4)]
    results = await asyncio.gather(*asks)
    assert sorted(status for status, _, _ in results) == [200, 200, 429, 429]
    refused = [(body, response) for status, body, response in results if status == 429]
    assert {body["error"]["code"] for body, _ in refused} == {"queue_full"}
    assert all(int(response.headers["Retry-After"]) >= 1 for _, response in refused)


async def test_one_key_can_not_take_the_whole_queue(start):
    miner = await start(engine=EchoEngine(context_length=64, delay=0.2), max_per_key=1)
    first = asyncio.create_task(miner.ask())
    await asyncio.sleep(0.1)
    assert (await miner.ask())[0] == 429
    assert (await first)[0] == 200


async def test_engine_without_a_free_place_is_a_full_queue(start):
    miner = await start(engine=EchoEngine(context_length=64, delay=0.2, max_in_flight=1))
    statuses = [status for status, _, _ in await asyncio.gather(miner.ask(), miner.ask())]
    assert sorted(statuses) == [200, 429]


async def cancelled(miner, engine) -> None:
    for _ in range(100):
        await asyncio.sleep(0.02)
        if len(miner.state.gate) == 0 and engine.stats().running == 0:
            return
    raise AssertionError("the place was not freed")


async def test_caller_who_leaves_frees_his_place(start):
    engine = Recording(context_length=64, delay=0.5)
    miner = await start(engine=engine)
    ask = asyncio.create_task(miner.ask())
    await asyncio.sleep(0.2)
    assert engine.stats().running == 1
    ask.cancel()
    await cancelled(miner, engine)
    assert engine.ended and engine.ended[0] < 5


async def test_caller_who_leaves_a_stream_frees_his_place(start, client):
    engine = Recording(context_length=64, delay=0.1)
    miner = await start(engine=engine)
    body = {"model": "echo", "prompt": "x" * 30}
    async with client.stream(peer(miner.server), Kind.COMPLETION, body, IDENTITY) as stream:
        async for _ in stream:
            break
    await cancelled(miner, engine)
    assert engine.ended[0] < 30
    assert miner.receipts == []


async def test_answer_that_takes_too_long(start):
    miner = await start(engine=EchoEngine(context_length=64, delay=1.0), request_timeout=0.2)
    status, body, response = await miner.ask()
    assert (status, body["error"]["code"]) == (503, "generation_timeout")
    assert "Retry-After" in response.headers
    assert miner.engine.stats().running == 0


async def test_stream_that_takes_too_long_has_no_receipt(start, client):
    miner = await start(engine=EchoEngine(context_length=64, delay=0.15), request_timeout=0.4)
    with pytest.raises(PeerRefused) as caught:
        async with client.stream(peer(miner.server), Kind.CHAT, HELLO, IDENTITY) as stream:
            _ = [block async for block in stream]
    assert caught.value.code == "generation_timeout"
    assert stream.answer is None and miner.receipts == []


async def test_engine_error_before_the_first_token_is_a_plain_response(start):
    miner = await start(engine=Recording(context_length=64, fail_after=0))
    for stream in (False, True):
        status, body, _ = await miner.ask(CHAT | {"stream": stream})
        assert (status, body["error"]["code"]) == (500, "engine_failed")


async def test_engine_error_in_a_stream_is_an_event(start, client):
    miner = await start(engine=Recording(context_length=64, fail_after=2))
    with pytest.raises(PeerRefused, match="loop broke"):
        async with client.stream(peer(miner.server), Kind.CHAT, HELLO, IDENTITY) as stream:
            _ = [block async for block in stream]


async def test_dead_engine(miner):
    await miner.engine.stop()
    status, body, _ = await miner.ask()
    assert (status, body["error"]["code"]) == (503, "engine_unavailable")


async def test_client_refuses_an_answer_of_another_hotkey(miner, client):
    with pytest.raises(PeerRefused) as caught:
        await client.complete(peer(miner.server, VALIDATOR), Kind.CHAT, HELLO, IDENTITY)
    assert (caught.value.code, caught.value.authentic) == ("wrong_receiver", False)


async def test_client_tells_a_signed_refusal_from_an_unsigned_one(miner, client):
    with pytest.raises(PeerRefused) as caught:
        await client.complete(peer(miner.server), Kind.CHAT, HELLO | {"model": "other"}, IDENTITY)
    assert (caught.value.status, caught.value.authentic, caught.value.fault) == (404, True, "user")


async def test_client_of_another_network(miner):
    async with PeerClient(VALIDATOR, bytes(32)) as other:
        with pytest.raises(PeerRefused) as caught:
            await other.complete(peer(miner.server), Kind.CHAT, HELLO, IDENTITY)
    assert caught.value.code == "wrong_network"


async def test_client_caps_the_answer(miner):
    async with PeerClient(VALIDATOR, NETWORK, limits=PeerLimits(body=100)) as small:
        with pytest.raises(PeerError, match="100"):
            await small.complete(peer(miner.server), Kind.CHAT, HELLO, IDENTITY)


async def test_client_deadline(start):
    miner = await start(engine=EchoEngine(context_length=64, delay=1.0))
    async with PeerClient(VALIDATOR, NETWORK) as client:
        with pytest.raises(PeerError, match="in time"):
            await client.complete(peer(miner.server), Kind.CHAT, HELLO, IDENTITY, timeout=0.2)


async def test_client_cannot_reach_a_dead_miner(miner, client):
    target = peer(miner.server)
    await miner.server.close()
    with pytest.raises(PeerError) as caught:
        await client.complete(target, Kind.CHAT, HELLO, IDENTITY)
    assert caught.value.retryable and caught.value.fault == "peer"


@pytest.mark.parametrize(
    ("attack", "error", "says"),
    [
        ("unsigned", AuthError, "not signed"),
        ("altered", AuthError, "sha-256 differs"),
        ("redirect", PeerRefused, "unsigned"),
        ("compressed", ProtocolError, "compressed"),
        ("no receipt", ReceiptError, "x_ganglion"),
    ],
)
async def test_client_uses_no_byte_of_a_forged_answer(client, attack, error, says):
    async def forge(request: web.Request) -> web.Response:
        if attack == "redirect":
            raise web.HTTPFound("http://127.0.0.1:1/")
        body = json.dumps({"choices": []}).encode()
        signature = hs.signature_of({k.lower(): v for k, v in request.headers.items()})
        headers = hs.sign_response(MINER, status=200, body=body, request_signature=signature, now=time.time())
        if attack == "unsigned":
            headers = {}
        if attack == "compressed":
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=body + (b" " if attack == "altered" else b""), headers=headers)

    app = web.Application()
    app.router.add_post("/v1/chat/completions", forge)
    server = TestServer(app)
    await server.start_server()
    try:
        with pytest.raises(error, match=says):
            await client.complete(peer(server), Kind.CHAT, HELLO, IDENTITY)
    finally:
        await server.close()
