"""The chat client against a server whose answers are scripted, byte by byte."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ganglion import chat
from ganglion.errors import PeerError, UsageError

ASK = [{"role": "user", "content": "hello"}]
Serve = Callable[..., Awaitable[str]]


def event(value: Any) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def delta(text: str, finish: str | None = None, **more: Any) -> dict:
    return {
        "model": "m",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}],
        **more,
    }


WHOLE = (
    event(delta("Hel"))
    + event(delta("lo, wörld", "stop", x_ganglion={"miner": "5abc", "token_ids": [1, 2]}))
    + event({"model": "m", "choices": [], "usage": {"total_tokens": 4}})
    + b": x-ganglion-receipt cmVjZWlwdA==\n\n"
    + b": x-ganglion-acceptance YWNjZXB0ZWQ=\n\n"
    + b"data: [DONE]\n\n"
)


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """`url = await serve(body, status=200, cut=...)`: answers every chat with these bytes, in these pieces."""
    servers: list[TestServer] = []
    asked: list[tuple[web.Request, Any]] = []

    async def start(
        body: bytes = b"", *, status: int = 200, cut: int = 1 << 20, models: Any = None, **headers: str
    ) -> str:
        async def answer(request: web.Request) -> web.StreamResponse:
            asked.append((request, await request.json()))
            response = web.StreamResponse(status=status, headers=headers)
            await response.prepare(request)
            for at in range(0, len(body), cut):
                await response.write(body[at : at + cut])
                await asyncio.sleep(0)
            return response

        app = web.Application()
        app.router.add_post("/v1/chat/completions", answer)
        offered = {"data": [{"id": "first"}]} if models is None else models

        async def list_models(request: web.Request) -> web.Response:
            return web.json_response(offered)

        app.router.add_get("/v1/models", list_models)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return str(server.make_url("/v1"))

    start.asked = asked  # type: ignore[attr-defined]
    yield start
    for server in servers:
        await server.close()


async def ask(url: str, **options: Any) -> tuple[str, dict]:
    found = [one async for one in chat.stream(ASK, gateway=url, **options)]
    return "".join(one for one in found if isinstance(one, str)), found[-1]


@pytest.mark.parametrize("cut", [1, 7, 1 << 20])
async def test_text_in_whatever_pieces_it_comes_and_what_is_told_about_it(serve: Serve, cut: int):
    text, about = await ask(await serve(WHOLE, cut=cut))
    assert text == "Hello, wörld"
    assert about == {
        "model": "m",
        "finish_reason": "stop",
        "usage": {"total_tokens": 4},
        "x_ganglion": {
            "miner": "5abc",
            "token_ids": [1, 2],
            "receipt": "cmVjZWlwdA==",
            "acceptance": "YWNjZXB0ZWQ=",
        },
    }


async def test_what_is_sent(serve: Serve):
    url = await serve(WHOLE)
    await ask(url + "/", api_key="secret", sampling={"max_tokens": 3, "seed": 1})
    await ask(url, model="chosen")
    (first, sent), (second, sent_by_name) = serve.asked  # type: ignore[attr-defined]
    assert first.headers["Authorization"] == "Bearer secret" and "Authorization" not in second.headers
    assert sent == {
        "model": "first",
        "messages": ASK,
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 3,
        "seed": 1,
    }
    assert sent_by_name["model"] == "chosen"


async def test_pieces_arrive_before_the_answer_is_complete(serve: Serve):
    """The first piece must not wait for the last one."""
    release = asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(event(delta("first ")))
        await release.wait()
        await response.write(event(delta("second")) + b"data: [DONE]\n\n")
        return response

    app = web.Application()
    app.router.add_post("/v1/chat/completions", slow)
    async with TestServer(app) as server:
        stream = chat.stream(ASK, gateway=str(server.make_url("/v1")), model="m", timeout=10)
        assert await anext(stream) == "first "
        release.set()
        assert await anext(stream) == "second"
        assert [one["model"] async for one in stream] == ["m"]


@pytest.mark.parametrize(
    ("body", "match", "retryable"),
    [
        (event(delta("Hel")), "in the middle of the answer", True),
        (WHOLE.removesuffix(b"data: [DONE]\n\n"), "in the middle of the answer", True),
        (event(delta("Hel")) + event({"error": {"message": "no miner"}}), "the gateway said: no miner", True),
        (b"data: {not json\n\n", "another protocol", False),
        (b"data: " + b"x" * (chat.MAX_LINE + 10), "another protocol", False),
    ],
    ids=["no end", "no DONE", "error event", "no JSON", "endless event"],
)
async def test_a_stream_that_goes_wrong_is_the_gateways_fault(
    serve: Serve, body: bytes, match: str, retryable: bool
):
    with pytest.raises(PeerError, match=match) as caught:
        await ask(await serve(body))
    assert (caught.value.retryable, caught.value.fault, caught.value.exit_code) == (retryable, "peer", 4)


def refusal(message: str, hint: str | None = None) -> bytes:
    return json.dumps({"error": {"message": message}, "x_ganglion": {"hint": hint}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "match", "hint", "fault", "retryable"),
    [
        (400, refusal("top_p: is not known", "leave it out"), "top_p: is not", "leave it out", "user", False),
        (401, refusal("a key is needed"), "a key is needed", "set GANGLION_API_KEY", "user", False),
        (404, refusal("no such model"), "no such model", None, "user", False),
        (429, refusal("too many"), "too many", None, "peer", True),
        (503, refusal("not ready"), "not ready", None, "peer", True),
        (502, b"<html>proxy</html>", "status 502", None, "peer", True),
        (500, b"[" * 60_000, "status 500", None, "peer", True),
        (302, b"", "status 302", None, "peer", True),
    ],
)
async def test_refusals_in_the_gateways_own_words(
    serve: Serve, status: int, body: bytes, match: str, hint: str | None, fault: str, retryable: bool
):
    with pytest.raises(PeerError, match=match) as caught:
        await ask(await serve(body, status=status, Location="http://elsewhere.invalid/"))
    error = caught.value
    assert (error.hint, error.fault, error.retryable) == (hint, fault, retryable)


async def test_an_endless_error_is_not_read_to_its_end(serve: Serve):
    with pytest.raises(PeerError, match="longer than"):
        await ask(await serve(b"x" * (chat.MAX_ERROR + 10), status=500))


@pytest.mark.parametrize("models", [{"data": []}, {"data": [1]}, {"data": [{}]}, {}, []])
async def test_a_gateway_without_models(serve: Serve, models: Any):
    with pytest.raises(PeerError, match="offers no model"):
        await ask(await serve(WHOLE, models=models))


async def test_nobody_listens_and_the_hint_says_how_to_start_a_network():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(PeerError, match="cannot reach the gateway") as caught:
        await ask(f"http://127.0.0.1:{port}/v1")
    assert "ganglion devnet up" in caught.value.hint


async def test_one_that_listens_and_never_answers_costs_the_timeout():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(PeerError, match=r"within 0\.3 s"):
            await ask(f"http://127.0.0.1:{silent.getsockname()[1]}/v1", timeout=0.3)


@pytest.mark.parametrize("url", ["not a url", "ftp://127.0.0.1/v1", "http://:0:0/v1", ""])
async def test_an_address_that_is_none_is_the_callers_fault(url: str):
    with pytest.raises(UsageError, match="no URL"):
        await ask(url)
