"""A small JSON-RPC client for the tests, without retries or conveniences."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from ganglion_devnode import DevNode

SECONDS = 20.0  # no test waits longer for anything


class RpcFailure(Exception):
    """An error object."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(str(error))
        self.code: int = error["code"]
        self.message: str = error["message"]
        self.data: Any = error.get("data")


class Ws:
    """A WebSocket connection: calls, and notifications by subscription."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self.notes: dict[str, asyncio.Queue[Any]] = {}
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self.socket:
            body = message.json()
            if "method" in body:
                self.notes_of(body["params"]["subscription"]).put_nowait(body["params"]["result"])
            else:
                self._answers.pop(body["id"]).set_result(body)

    def notes_of(self, subscription: str) -> asyncio.Queue[Any]:
        """Notifications that came in."""
        return self.notes.setdefault(subscription, asyncio.Queue())

    async def call(self, method: str, *params: Any) -> Any:
        request = next(self._ids)
        self._answers[request] = future = asyncio.get_running_loop().create_future()
        await self.socket.send_json(
            {"jsonrpc": "2.0", "id": request, "method": method, "params": list(params)}
        )
        body = await asyncio.wait_for(future, SECONDS)
        if "error" in body:
            raise RpcFailure(body["error"])
        return body["result"]

    async def next(self, subscription: str) -> Any:
        """The next notification."""
        return await asyncio.wait_for(self.notes_of(subscription).get(), SECONDS)

    async def until(self, subscription: str, status: str) -> list[Any]:
        """Notifications up to the one with a status."""
        seen: list[Any] = []
        while not seen or (seen[-1] != status and not (isinstance(seen[-1], dict) and status in seen[-1])):
            seen.append(await self.next(subscription))
        return seen


class Http:
    """Calls over HTTP."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def call(self, method: str, *params: Any) -> Any:
        body = await self.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        if "error" in body:
            raise RpcFailure(body["error"])
        return body["result"]

    async def post(self, message: Any) -> Any:
        async with self.session.post(
            self.url, json=message, timeout=aiohttp.ClientTimeout(SECONDS)
        ) as response:
            assert response.status == 200
            return await response.json()


StartNode = Callable[..., Awaitable[DevNode]]
