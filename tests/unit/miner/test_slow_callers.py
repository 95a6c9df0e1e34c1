"""A caller with a permit who asks for streams and does not read them: he gets his place for a while, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ganglion.daemon import writing
from ganglion_miner.engine.base import FinishEvent, GenerationRequest, TokenEvent
from ganglion_miner.engine.echo import EchoEngine

from .support import CHAT, PATH, dump, sign

BODY = dump(CHAT | {"stream": True})


class Chatty(EchoEngine):
    """Says much, whatever max_tokens is; tells when it was ended."""

    def __init__(self, tokens: int) -> None:
        super().__init__(context_length=1 << 20)
        self.tokens, self.ended = tokens, 0

    async def generate(self, request: GenerationRequest) -> AsyncIterator[TokenEvent | FinishEvent]:
        try:
            for number in range(self.tokens):
                if number % 100 == 0:
                    await asyncio.sleep(0)
                yield TokenEvent(97)
            yield FinishEvent("length")
        finally:
            self.ended += 1


async def ask_without_reading(miner: Any) -> asyncio.StreamWriter:
    reader, writer = await asyncio.open_connection("127.0.0.1", miner.server.port, limit=1024)
    headers = {"Host": "m", "Content-Type": "application/json", "Content-Length": len(BODY), **sign(BODY)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"POST {PATH} HTTP/1.1\r\n{lines}\r\n".encode() + BODY)
    await reader.readuntil(b"data: ")
    return writer


async def gone(miner: Any) -> None:
    async with asyncio.timeout(10):
        while len(miner.state.gate):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("tokens", [20_000, 60_000])
async def test_who_does_not_read_loses_his_place(start: Any, monkeypatch: pytest.MonkeyPatch, tokens: int):
    """With more to say than may wait for him he is cut off at once, with less after the deadline."""
    monkeypatch.setattr(writing, "WRITE_SECONDS", 0.3)
    miner = await start(engine=Chatty(tokens), max_new_tokens=1 << 17)
    writers = [await ask_without_reading(miner) for _ in range(3)]
    await gone(miner)
    assert miner.engine.ended == 3
    status, _, _ = await miner.ask(CHAT | {"max_tokens": 3})
    assert status == 200
    text = await (await miner.session.get(miner.server.make_url("/metrics"))).text()
    assert 'ganglion_miner_requests_total{outcome="cancelled",route="/v1/chat/completions"} 3.0' in text
    for writer in writers:
        writer.transport.abort()
