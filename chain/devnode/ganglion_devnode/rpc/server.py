"""The HTTP and WebSocket server on one port. Headers are checked here, messages are answered by the
dispatcher.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket

from aiohttp import WSCloseCode, WSMsgType, web

from ganglion_devnode.config import NodeConfig
from ganglion_devnode.node_errors import InvalidConfig, PortInUse
from ganglion_devnode.rpc.jsonrpc import Dispatcher
from ganglion_devnode.rpc.security import AccessRules, Rejection
from ganglion_devnode.rpc.session import WsSession

log = logging.getLogger(__name__)
BACKLOG = 128
HEARTBEAT = 30.0  # seconds between pings
CALLS_AT_ONCE = 32  # of one connection; further ones wait unread
CLOSE_SECONDS = 2.0
BODY_SECONDS = 10.0
MAX_POSTS = 128  # HTTP calls at a time, of all clients


def bind(config: NodeConfig) -> socket.socket:
    """A listening socket, before anything expensive starts."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            config.rpc_host, config.rpc_port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise InvalidConfig(f"the address {config.rpc_host!r} can't be listened on: {error}") from error
    listener = socket.socket(family, kind, proto)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _bind_error(config, error) from error
    return listener


def _bind_error(config: NodeConfig, error: OSError) -> PortInUse | InvalidConfig:
    where = f"{config.rpc_host}:{config.rpc_port}"
    if error.errno == errno.EADDRINUSE:
        return PortInUse(
            f"the port {where} is in use",
            hint="stop what listens there, or choose another with --rpc-port (0: any free)",
        )
    return InvalidConfig(
        f"can't listen on {where}: {error.strerror}", hint="choose another --rpc-host or --rpc-port"
    )


class RpcServer:
    """A running server."""

    def __init__(self, config: NodeConfig, dispatcher: Dispatcher, listener: socket.socket) -> None:
        self._dispatcher = dispatcher
        self._rules = AccessRules(config)
        self._max_bytes = config.max_message_bytes
        self._max_connections = config.max_connections
        self._listener = listener
        self._open: set[web.WebSocketResponse] = set()
        self._posts = asyncio.Semaphore(MAX_POSTS)
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Begin to accept."""
        app = web.Application(client_max_size=self._max_bytes)
        app.router.add_route("*", "/", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_SECONDS)
        await self._runner.setup()
        await web.SockSite(self._runner, self._listener).start()

    async def stop(self) -> None:
        """Close all connections."""
        for connection in list(self._open):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(
                    connection.close(code=WSCloseCode.GOING_AWAY, message=b"the node stops"), CLOSE_SECONDS
                )
        if self._runner is not None:
            await self._runner.cleanup()
        self._listener.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        rejection = self._rules.check(request.headers.get("Host"), origin)
        if rejection is not None:
            return _reject(rejection)
        if request.method == "GET" and request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._websocket(request)
        headers = self._rules.cors_headers(origin)
        if request.method == "OPTIONS":
            return web.Response(status=204, headers=headers)
        if request.method != "POST":
            return _reject(
                Rejection(405, "send JSON-RPC calls with POST, or connect a WebSocket"), {"Allow": "POST"}
            )
        return await self._post(request, headers)

    async def _post(self, request: web.Request, headers: dict[str, str]) -> web.Response:
        rejection = self._rules.check_post(request.headers.get("Content-Type"))
        if rejection is not None:
            return _reject(rejection, headers)
        if self._posts.locked():
            return _reject(
                Rejection(503, f"{MAX_POSTS} calls are being answered; retry"),
                {**headers, "Retry-After": "1"},
            )
        async with self._posts:
            try:
                async with asyncio.timeout(BODY_SECONDS):  # a body that never comes holds no place
                    body = await request.read()
            except web.HTTPRequestEntityTooLarge:
                return _reject(Rejection(413, f"a message may have {self._max_bytes} bytes"), headers)
            except TimeoutError:
                return _reject(Rejection(408, f"the body did not arrive within {BODY_SECONDS:g} s"), headers)
            reply = await self._dispatcher.handle(body, None)
        if reply.text is None:
            return web.Response(status=204, headers=headers)
        return web.Response(text=reply.text, content_type="application/json", headers=headers)

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        if len(self._open) >= self._max_connections:
            return _reject(
                Rejection(503, f"{self._max_connections} connections are open; retry"), {"Retry-After": "1"}
            )
        connection = web.WebSocketResponse(
            max_msg_size=self._max_bytes, heartbeat=HEARTBEAT, compress=False, timeout=CLOSE_SECONDS
        )
        await connection.prepare(request)
        self._open.add(connection)
        session = WsSession(2 * self._max_bytes)
        tasks = [
            asyncio.create_task(self._write(connection, session)),
            asyncio.create_task(self._cut_off(connection, session, request.transport)),
        ]
        try:
            await self._read(connection, session)
        finally:
            self._open.discard(connection)
            session.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return connection

    async def _read(self, connection: web.WebSocketResponse, session: WsSession) -> None:
        """Answer calls until the connection closes; several at a time, started in the order they came."""
        slots = asyncio.Semaphore(CALLS_AT_ONCE)
        calls: set[asyncio.Task[None]] = set()
        try:
            async for message in connection:
                if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                    continue
                await slots.acquire()
                call = asyncio.create_task(self._answer(message.data, session))
                calls.add(call)
                call.add_done_callback(lambda done: (calls.discard(done), slots.release()))
        finally:
            for call in calls:
                call.cancel()

    async def _answer(self, data: str | bytes, session: WsSession) -> None:
        reply = await self._dispatcher.handle(data, session)
        if reply.text is not None:
            session.outbox.put(reply.text)
        for after in reply.after:
            after()

    async def _write(self, connection: web.WebSocketResponse, session: WsSession) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            while True:
                await connection.send_str(await session.outbox.get())

    async def _cut_off(
        self, connection: web.WebSocketResponse, session: WsSession, transport: asyncio.Transport | None
    ) -> None:
        """Close the connection of a client that does not read."""
        await session.outbox.overflown.wait()
        log.warning("a client does not read its notifications and is disconnected")
        session.close()
        closing = connection.close(
            code=WSCloseCode.TRY_AGAIN_LATER, message=b"notifications were not read in time"
        )
        with contextlib.suppress(ConnectionError, TimeoutError):
            await asyncio.wait_for(closing, CLOSE_SECONDS)
        if transport is not None:
            transport.abort()  # the close frame may be stuck behind what is not read


def _reject(rejection: Rejection, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": rejection.text}, status=rejection.status, headers=headers or {})
