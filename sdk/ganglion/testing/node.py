"""A WebSocket JSON-RPC server whose answers, delays and failures are scripted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import WSMsgType, web

__all__ = ["FakeNode"]


class FakeNode:
    """A server on a free port of the loopback interface; use it as an async context manager.

    Args:
        answers: by method: a value, or a function of the parameters. ``FakeNode.SILENCE`` never answers,
            ``FakeNode.HANG_UP`` closes the connection instead.
        genesis: what it says its genesis hash is.

    Attributes:
        requests: (method, parameters) of every request.
        connections: accepted so far.
    """

    SILENCE = object()
    HANG_UP = object()

    def __init__(self, answers: Mapping[str, Any] | None = None, *, genesis: str = "0x" + "11" * 32) -> None:
        self.answers: dict[str, Any] = dict(answers or {})
        self.genesis = genesis
        self.requests: list[tuple[str, list[Any]]] = []
        self.connections = 0
        self.port = 0
        self._sockets: set[web.WebSocketResponse] = set()
        self._subscriptions: dict[str, tuple[web.WebSocketResponse, str]] = {}
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """WebSocket URL."""
        return f"ws://127.0.0.1:{self.port}"

    def count(self, method: str) -> int:
        """How often a method was called."""
        return sum(1 for name, _ in self.requests if name == method)

    async def start(self) -> FakeNode:
        """Listen; again on the same port after ``stop``."""
        app = web.Application()
        app.router.add_get("/", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        """Close every connection and the port."""
        await self.drop()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def drop(self) -> None:
        """Break every connection; the port stays open."""
        sockets, self._sockets = list(self._sockets), set()
        self._subscriptions.clear()
        for socket in sockets:
            await socket.close()

    async def notify(self, method: str, value: Any) -> int:
        """Send a notification to the subscribers of a method; returns how many there were."""
        found = [(name, socket) for name, (socket, kind) in self._subscriptions.items() if kind == method]
        for name, socket in found:
            message = {"jsonrpc": "2.0", "method": method, "params": {"subscription": name, "result": value}}
            await socket.send_str(json.dumps(message))
        return len(found)

    async def send_raw(self, text: str) -> None:
        """Send anything to every connection."""
        for socket in self._sockets:
            await socket.send_str(text)

    async def __aenter__(self) -> FakeNode:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        self._sockets.add(socket)
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            await self._receive(socket, json.loads(message.data))
        self._sockets.discard(socket)
        return socket

    async def _receive(self, socket: web.WebSocketResponse, message: Any) -> None:
        if isinstance(message, list):
            answers = [answer for one in message if (answer := await self._answer(socket, one)) is not None]
            if answers:
                await socket.send_str(json.dumps(answers))
            return
        answer = await self._answer(socket, message)
        if answer is not None:
            await socket.send_str(json.dumps(answer))

    async def _answer(self, socket: web.WebSocketResponse, message: dict[str, Any]) -> dict[str, Any] | None:
        method, params = message["method"], message.get("params", [])
        self.requests.append((method, params))
        envelope = {"jsonrpc": "2.0", "id": message["id"]}
        if method == "chain_getBlockHash" and params == [0]:
            return {**envelope, "result": self.genesis}
        answer = self.answers.get(method, _MISSING)
        if isinstance(answer, Callable):
            answer = answer(params)
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer is self.SILENCE:
            return None
        if answer is self.HANG_UP:
            await socket.close()
            return None
        if answer is _MISSING:
            return {**envelope, "error": {"code": -32601, "message": f"Method not found: {method}"}}
        if isinstance(answer, dict) and set(answer) == {"error"}:
            return {**envelope, **answer}
        if ("ubscribe" in method and "nsubscribe" not in method) or method.endswith("AndWatchExtrinsic"):
            self._subscriptions[str(answer)] = (socket, method)
        return {**envelope, "result": answer}


_MISSING = object()
