"""Servers and callers who do not read: what is sent has a deadline, what waits has a bound."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest

from ganglion.daemon import writing
from ganglion.daemon.writing import BUFFER, CallerLeft, Outlet, room_for, send, write
from ganglion.protocol import sse
from ganglion.protocol.openai_responses import Header, chunk
from ganglion.protocol.receipts import Finish, Kind


class Transport:
    def __init__(self) -> None:
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True


class Request:
    def __init__(self) -> None:
        self.transport = Transport()


class Response:
    """Takes `pause` seconds for each block; `error` is raised instead of taking one."""

    def __init__(self, pause: float = 0.0, error: Exception | None = None) -> None:
        self.pause, self.error = pause, error
        self.prepared = False
        self.got: list[bytes] = []
        self.ended = False

    async def prepare(self, request: Any) -> None:
        self.prepared = True

    async def write(self, block: bytes) -> None:
        await asyncio.sleep(self.pause)
        if self.error is not None:
            raise self.error
        self.got.append(block)

    async def write_eof(self) -> None:
        await self.write(b"")
        self.ended = True


async def test_a_write_sends_the_headers_first_and_has_a_deadline():
    request, response = Request(), Response()
    await write(request, response, b"a")  # type: ignore[arg-type]
    assert response.prepared and response.got == [b"a"] and not request.transport.aborted
    for slow in (Response(pause=5.0), Response(error=ConnectionResetError("gone"))):
        with pytest.raises(CallerLeft):
            await write(request, slow, b"a", 0.05)  # type: ignore[arg-type]
        assert request.transport.aborted


async def test_a_whole_response_has_a_deadline_too():
    request, response = Request(), Response()
    assert await send(request, response) is response and response.ended  # type: ignore[arg-type]
    await send(request, Response(pause=5.0), 0.05)  # type: ignore[arg-type]
    assert request.transport.aborted


async def test_who_reads_slowly_gets_everything_and_holds_up_nobody():
    response, loop = Response(pause=0.01), asyncio.get_running_loop()
    async with Outlet(Request(), response, total=5.0) as outlet:  # type: ignore[arg-type]
        assert not outlet.begun
        began = loop.time()
        for number in range(20):
            outlet.put(b"%d" % number)
        assert outlet.begun and loop.time() - began < 0.1
        await outlet.finish()
    assert response.got == [b"%d" % number for number in range(20)]


async def test_blocks_that_come_late_are_sent_at_once():
    response = Response()
    async with Outlet(Request(), response, total=5.0) as outlet:  # type: ignore[arg-type]
        for number in range(3):
            outlet.put(b"%d" % number)
            await asyncio.sleep(0.02)
            assert len(response.got) == number + 1
        await outlet.finish()


async def test_nothing_to_send_is_nothing_begun():
    response = Response()
    async with Outlet(Request(), response, total=5.0) as outlet:  # type: ignore[arg-type]
        await outlet.finish()
    assert not response.prepared and not outlet.begun


async def test_who_reads_too_slowly_is_disconnected(monkeypatch: pytest.MonkeyPatch):
    request = Request()
    with pytest.raises(CallerLeft, match="too slowly"):
        async with Outlet(request, Response(pause=5.0), total=5.0, limit=100) as outlet:  # type: ignore[arg-type]
            for _ in range(11):
                outlet.put(b"0123456789")
    assert request.transport.aborted
    request = Request()
    with pytest.raises(CallerLeft, match="too slowly"):
        async with Outlet(request, Response(pause=0.5), total=0.05) as outlet:  # type: ignore[arg-type]
            outlet.put(b"a")
            await outlet.finish()
    assert request.transport.aborted
    monkeypatch.setattr(writing, "WRITE_SECONDS", 0.05)
    with pytest.raises(CallerLeft):
        async with Outlet(Request(), Response(pause=5.0), total=5.0) as outlet:  # type: ignore[arg-type]
            outlet.put(b"a")
            await asyncio.sleep(0.1)
            outlet.put(b"b")


async def test_its_end_leaves_no_task():
    with pytest.raises(ZeroDivisionError):
        async with Outlet(Request(), Response(pause=5.0), total=5.0) as outlet:  # type: ignore[arg-type]
            outlet.put(b"a")
            raise ZeroDivisionError
    assert len(asyncio.all_tasks()) == 1


def test_there_is_room_for_the_end_of_a_long_answer():
    tokens = 100_000
    leaves = [base64.b64encode(bytes(600)).decode()] * -(-tokens // 32)
    header = Header(Kind.CHAT, bytes(16), "model", bytes(32), 1_800_000_000)
    extra = {"token_ids": [262_143] * tokens, "trace": leaves}
    block = sse.data_block(chunk(header, "", finish=Finish.LENGTH, extra=extra))
    assert BUFFER < len(block) < room_for(tokens) - BUFFER // 2
