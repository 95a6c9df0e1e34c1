"""Sending to somebody who may not read: every write has a deadline, and who misses it is disconnected.

For servers on aiohttp. `CallerLeft` is no error of anybody's work: it is never blamed on whoever made the answer.
"""

from __future__ import annotations

import asyncio
from collections import deque

from aiohttp import web

WRITE_SECONDS = 10.0  # for a caller to take a block, or an answer in one piece
BUFFER = 1 << 20  # bytes that wait for a caller who reads more slowly than the answer comes
END_BYTES_PER_TOKEN = 64  # of a stream's last chunks: token ids and activation leaves take about 32

__all__ = ["BUFFER", "WRITE_SECONDS", "CallerLeft", "Outlet", "room_for", "send", "write"]


class CallerLeft(Exception):
    """The caller is gone or does not read."""


def room_for(tokens: int) -> int:
    """Bytes that may wait for the caller of a stream of so many tokens at most: its end comes at once, and is long."""
    return BUFFER + END_BYTES_PER_TOKEN * tokens


async def write(
    request: web.Request, response: web.StreamResponse, block: bytes, seconds: float | None = None
) -> None:
    """Send a block, the headers before the first one. Raises CallerLeft, after which the connection is closed.

    Args:
        seconds: deadline; default WRITE_SECONDS.
    """
    try:
        async with asyncio.timeout(WRITE_SECONDS if seconds is None else seconds):
            if not response.prepared:
                await response.prepare(request)
            await response.write(block)
    except (ConnectionError, TimeoutError) as error:
        disconnect(request)
        raise CallerLeft(str(error) or "the caller does not read") from error


async def send(
    request: web.Request, response: web.StreamResponse, seconds: float | None = None
) -> web.StreamResponse:
    """Send a whole response, and end it. Who does not take it in time is disconnected; the response comes back."""
    try:
        async with asyncio.timeout(WRITE_SECONDS if seconds is None else seconds):
            if not response.prepared:
                await response.prepare(request)
            await response.write_eof()
    except (ConnectionError, TimeoutError):
        disconnect(request)
    return response


def disconnect(request: web.Request) -> None:
    """Drop the connection with whatever was still to be sent."""
    if request.transport is not None:
        request.transport.abort()


class Outlet:
    """Sends blocks beside whoever makes them, so that a slow reader holds nobody up. Use as a context manager.

    Args:
        request, response: the response is prepared with the first block.
        limit: bytes that may wait.
        total: seconds for all of it after the last block was put.
    """

    def __init__(
        self, request: web.Request, response: web.StreamResponse, *, total: float, limit: int = BUFFER
    ) -> None:
        self.begun = False
        self._request = request
        self._response = response
        self._limit = limit
        self._total = total
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._more = asyncio.Event()
        self._ended = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Outlet:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def put(self, block: bytes) -> None:
        """Send a block soon. Raises CallerLeft."""
        assert self._task is not None
        if self._task.done():
            self._task.result()
            raise CallerLeft("the caller is gone")
        self._size += len(block)
        if self._size > self._limit:
            disconnect(self._request)
            raise CallerLeft("the caller reads too slowly")
        self.begun = True
        self._waiting.append(block)
        self._more.set()

    async def finish(self) -> None:
        """Wait until everything was sent. Raises CallerLeft."""
        assert self._task is not None
        self._ended = True
        self._more.set()
        try:
            async with asyncio.timeout(self._total):
                await asyncio.shield(self._task)
        except TimeoutError as error:
            disconnect(self._request)
            raise CallerLeft("the caller reads too slowly") from error

    async def _run(self) -> None:
        while self._waiting or not self._ended:
            while self._waiting:
                block = self._waiting.popleft()
                await write(self._request, self._response, block)
                self._size -= len(block)
            self._more.clear()
            if not self._ended:
                await self._more.wait()
