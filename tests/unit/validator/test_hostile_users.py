"""Whatever a user sends, it is never the gateway's error (5xx), and nobody else waits for it."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from ganglion.daemon.budget import Budget
from ganglion_validator.gateway import app, routes

from .support import CHAT, CONTEXT, MODEL, ByteTokenizer, Gateway

Start = Callable[..., Any]
CHATS, TEXTS = "/v1/chat/completions", "/v1/completions"


async def send(
    gate: Gateway, body: bytes, *, path: str = CHATS, host: bytes = b"127.0.0.1", headers: bytes = b""
) -> tuple[int, Any]:
    """Status and JSON of a request that no client library would send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(gate.url.rsplit(":", 1)[1]))
    head = b"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nConnection: close\r\n"
    writer.write(head % (path.encode(), host) + headers)
    writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    raw = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    top, _, rest = raw.partition(b"\r\n\r\n")
    return int(top.split()[1]), json.loads(rest)


@pytest.mark.parametrize("host", [b"\xff", b"127.0.0.1:99999999", b"127.0.0.1:abc", b"a b", b"", b"x" * 5000])
async def test_a_host_that_is_none(miner: Start, front: Start, host: bytes):
    gate = await front({0: await miner(0)})
    status, body = await send(gate, json.dumps(CHAT).encode(), host=host)
    assert (status, body["error"]["code"]) == (401, "unauthorized")


@pytest.mark.parametrize("key", [b"Bearer \xff\xfe", b"Bearer " + "ключ".encode(), b"Bearer", b"\x80"])
async def test_a_key_that_is_no_text(miner: Start, front: Start, key: bytes):
    gate = await front({0: await miner(0)}, keys=frozenset({"secret"}))
    status, body = await send(gate, json.dumps(CHAT).encode(), headers=b"Authorization: " + key + b"\r\n")
    assert (status, body["error"]["code"]) == (401, "unauthorized")


@pytest.mark.parametrize("name", ["gzip", "deflate"])
async def test_a_body_that_is_not_what_its_encoding_says(miner: Start, front: Start, name: str):
    gate = await front({0: await miner(0)})
    broken = f"Content-Encoding: {name}\r\n".encode()
    status, body = await send(gate, json.dumps(CHAT).encode(), headers=broken)
    assert (status, body["error"]["code"]) == (400, "malformed_request")


async def test_a_body_that_grows_beyond_the_cap_when_it_is_unpacked(miner: Start, front: Start):
    gate = await front({0: await miner(0)}, max_body_bytes=4096)
    bomb = gzip.compress(json.dumps(CHAT | {"user": "x" * 1_000_000}).encode())
    assert len(bomb) < 4096
    status, body = await send(gate, bomb, headers=b"Content-Encoding: gzip\r\n")
    assert (status, body["error"]["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (CHATS, '{"model":"echo","messages":[{"role":"user","content":"\\ud800"}]}'),
        (CHATS, '{"model":"echo","messages":[{"role":"user","content":"hi"}],"stop":["\\udfff"]}'),
        (CHATS, '{"model":"\\ud800","messages":[{"role":"user","content":"hi"}]}'),
        (CHATS, '{"model":"echo","messages":[{"role":"user","content":"hi"}],"user":"\\uD800x"}'),
        (CHATS, '{"model":"echo","messages":[{"role":"user","content":"hi"}],"\\ud800":1}'),
        (TEXTS, '{"model":"echo","prompt":"\\udfff\\ud800"}'),
        ("/v1/embeddings", '{"model":"echo","input":["\\ud800"]}'),
    ],
)
async def test_text_that_is_no_unicode(miner: Start, front: Start, path: str, text: str):
    gate = await front({0: await miner(0)})
    status, body = await send(gate, text.encode(), path=path)
    assert (status, body["error"]["code"]) == (400, "invalid_json")
    assert "surrogate" in body["error"]["message"]


async def test_pairs_of_surrogates_are_text(miner: Start, front: Start):
    gate = await front({0: await miner(0)})
    text = f'{{"model":"{MODEL}","messages":[{{"role":"user","content":"\\ud83d\\ude00"}}]}}'
    status, body = await send(gate, text.encode())
    assert (status, body["choices"][0]["message"]["content"]) == (200, "😀")


class Slow(ByteTokenizer):
    """Takes as long for a large text as a real one, and holds nothing while it does."""

    SECONDS = 0.6

    def __call__(self, text: str, verbose: bool = True) -> dict[str, Any]:
        if len(text) > app.LARGE_PROMPT:
            time.sleep(self.SECONDS)
        return super().__call__(text)

    def apply_chat_template(self, messages: Any, **options: Any) -> list[int]:
        found = super().apply_chat_template(messages, **options)
        if len(found) > app.LARGE_PROMPT:
            time.sleep(self.SECONDS)
        return found


@pytest.mark.parametrize("path", [CHATS, TEXTS])
async def test_a_large_prompt_keeps_nobody_else_waiting(miner: Start, front: Start, path: str):
    gate = await front({0: await miner(0)}, tokenizer=Slow())
    text = "x" * (2 * app.LARGE_PROMPT)
    assert len(text) < routes.CHARACTERS * CONTEXT
    question = {"prompt": text} if path == TEXTS else {"messages": [{"role": "user", "content": text}]}
    large = asyncio.create_task(gate.ask({"model": MODEL, **question}, path))
    worst = 0.0
    while not large.done():
        began = time.monotonic()
        await asyncio.sleep(0.01)
        worst = max(worst, time.monotonic() - began)
    status, body = large.result()
    assert (status, body["error"]["code"]) == (400, "context_length_exceeded")
    assert worst < Slow.SECONDS / 2, "the loop went on"


@pytest.mark.parametrize("path", [CHATS, TEXTS])
async def test_a_hopeless_prompt_keeps_no_thread_busy(miner: Start, front: Start, path: str):
    gate = await front({0: await miner(0)}, tokenizer=Slow())
    text = "x" * (routes.CHARACTERS * CONTEXT + 1)
    question = {"prompt": text} if path == TEXTS else {"messages": [{"role": "user", "content": text}]}
    began = time.monotonic()
    status, body = await gate.ask({"model": MODEL, **question}, path)
    assert (status, body["error"]["code"]) == (400, "context_length_exceeded")
    assert time.monotonic() - began < Slow.SECONDS


async def test_a_flood_of_refusals_does_not_fill_the_log(
    miner: Start, front: Start, capsys: pytest.CaptureFixture
):
    gate = await front({0: await miner(0)}, keys=frozenset({"secret"}))
    gate.state.lines = Budget(0.001, 20)
    for _ in range(120):
        async with gate.session.post(gate.url + CHATS, json=CHAT) as response:
            assert response.status == 401
    assert capsys.readouterr().out.count("request_refused") == 20
    text = gate.state.metrics.render().decode()
    assert f'outcome="unauthorized",route="{CHATS}"}} 120.0' in text, "metrics count all"
