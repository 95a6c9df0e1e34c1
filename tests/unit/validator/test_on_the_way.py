"""Somebody between gateway and miner who can read and change every byte, but signs nothing: he can break an
exchange, and can't make a liar of an honest miner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ganglion.errors import GanglionError
from ganglion.peer import Peer
from ganglion.protocol.endpoints import dial_target
from ganglion.protocol.openai import parse_chat
from ganglion_validator import dispatch
from ganglion_validator.answer_text import Lied
from ganglion_validator.dispatch import Dispatcher

from .cheats import Advertiser, Biller, ToolCaller
from .support import CHAT, LOOPBACK, MINERS, Gateway, key_of

Start = Callable[..., Any]
Change = Callable[[bytes], bytes]
END_OF_HEAD = b"\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """A chunk of HTTP's transfer encoding."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def insert(block: bytes) -> Change:
    """Put a block at the head of a stream."""

    def change(data: bytes) -> bytes:
        if b"text/event-stream" not in data:
            return data
        return data.replace(END_OF_HEAD, END_OF_HEAD + chunk(block), 1)

    return change


def swap(old: bytes, new: bytes) -> Change:
    assert len(old) == len(new)
    return lambda data: data.replace(old, new)


CHANGES: dict[str, Change] = {
    "a tool call": insert(b'data: {"choices":[{"index":0,"delta":{"tool_calls":[]}}]}\n\n'),
    "a field": insert(b'data: {"choices":[],"evil":1}\n\n'),
    "no object": insert(b"data: 7\n\n"),
    "no JSON": insert(b"data: {\n\n"),
    "an event": insert(b"event: evil\n\n"),
    "an error": insert(b'data: {"error":{"message":"it is the miner\'s fault"}}\n\n'),
    "an early end": insert(b"data: [DONE]\n\n"),
    "another role": swap(b'"role":"assistant"', b'"role":"operator!"'),
    "another text": swap(b'"content":"h', b'"content":"H'),
    "other tokens": swap(b'"token_ids":[104', b'"token_ids":[105'),
    "another end": swap(b'"finish_reason":"stop"', b'"finish_reason":"lost"'),
}


@asynccontextmanager
async def between(port: int, change: Change, *, cut: bool = False) -> AsyncIterator[int]:
    """A port before another one; `cut` holds everything back after the first change."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, back, bytes), pump(there, writer, change))

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, change: Change) -> None:
        while data := await reader.read(1 << 16):
            changed = change(data)
            writer.write(changed)
            if cut and changed != data:
                await asyncio.sleep(60)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def exchange(gate: Gateway, port: int) -> BaseException | None:
    """Ask miner 0 for a stream through another port; what came of it."""
    one = gate.miners.known[key_of(0)]
    one.peer = Peer(
        MINERS[0].ss58, dial_target(family=4, ip=LOOPBACK, port=port, protocol=0, allow_private=True)
    )
    job = gate.state.jobs.chat(parse_chat(CHAT | {"stream": True}))
    dispatcher: Dispatcher = gate.dispatcher
    try:
        async with dispatcher.stream(one, job) as blocks:
            async for _ in blocks:
                pass
    except GanglionError as error:
        return error
    return None


async def test_untouched_it_is_an_answer(miner: Start, front: Start):
    port = await miner(0)
    gate = await front({0: port})
    async with between(port, bytes) as way:
        assert await exchange(gate, way) is None
    assert len(gate.delivered) == 1


@pytest.mark.parametrize("name", CHANGES)
async def test_nobody_is_a_liar_for_what_he_did_not_sign(miner: Start, front: Start, name: str):
    port = await miner(0)
    gate = await front({0: port})
    async with between(port, CHANGES[name]) as way:
        error = await exchange(gate, way)
    assert isinstance(error, GanglionError) and not isinstance(error, Lied), error
    assert gate.delivered == [] and not any(isinstance(told, Lied) for *_, told in gate.broken)


async def test_a_receipt_that_is_held_back_is_not_waited_for_long(
    miner: Start, front: Start, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dispatch, "PROOF_SECONDS", 0.3)
    port = await miner(0)
    gate = await front({0: port})
    async with between(port, CHANGES["a field"], cut=True) as way, asyncio.timeout(5):
        error = await exchange(gate, way)
    assert "no receipt proves" in str(error) and not isinstance(error, Lied)


@pytest.mark.parametrize("cheat", [ToolCaller, Advertiser, Biller])
async def test_what_a_miner_signed_is_held_against_it(miner: Start, front: Start, cheat: type):
    port = await miner(0, answerer=cheat)
    gate = await front({0: port})
    async with between(port, bytes) as way:
        error = await exchange(gate, way)
    assert isinstance(error, Lied)
