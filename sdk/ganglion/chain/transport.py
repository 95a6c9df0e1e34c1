"""The connection to a node: WebSocket by aiohttp around the core of rpc_core.py.

Every request has a deadline. A lost connection is made again with jittered, bounded pauses, at the next of
the given nodes; reads that were under way are repeated within their deadline, anything else fails with
``ConnectionLost`` because nobody knows whether the node received it. Subscriptions survive. A node of another
chain (another genesis) is refused. Knows JSON-RPC, not SCALE.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Any, Protocol

import aiohttp

from ganglion.chain.rpc_core import Answer, Notified, RpcCore, SubscriptionState
from ganglion.config import Timeouts, check_rpc_url
from ganglion.errors import ChainError, ConnectionLost, DecodeError, RequestTimeout, TransportError

MAX_MESSAGE = 64 * 1024 * 1024
HEARTBEAT = 20.0
CLOSE_TIMEOUT = aiohttp.ClientWSTimeout(ws_close=1.0)
TRIED_POLL = 0.02
BACKOFF_FIRST = 0.1
BACKOFF_MOST = 5.0
READ_PREFIXES = ("state_", "chain_", "system_", "payment_", "rpc_", "author_pending", "childstate_")

log = logging.getLogger(__name__)

__all__ = ["Rpc", "Subscription", "Transport", "backoff"]


class Rpc(Protocol):
    """What the rest of the SDK needs of a connection; ``ganglion.testing.FakeTransport`` has it too."""

    async def request(
        self, method: str, params: Sequence[Any] = (), *, timeout: float | None = None
    ) -> Any: ...

    async def batch(
        self, calls: Sequence[tuple[str, Sequence[Any]]], *, timeout: float | None = None
    ) -> list[Any]: ...

    async def subscribe(
        self, method: str, params: Sequence[Any], unsubscribe: str, *, resumable: bool = True
    ) -> Subscription: ...

    async def close(self) -> None: ...


def backoff(attempt: int, rng: random.Random) -> float:
    """Seconds before connection attempt ``attempt`` (0 = first repetition): doubling, bounded, with full
    jitter.
    """
    return rng.uniform(0.5, 1.0) * min(BACKOFF_MOST, BACKOFF_FIRST * 2 ** min(attempt, 16))


class Subscription:
    """Notifications of one subscription, as an async iterator.

    The queue is bounded: when the reader is slow the oldest are dropped and counted in ``dropped``.
    """

    def __init__(self, state: SubscriptionState, close: Callable[[SubscriptionState], Any]) -> None:
        self.state = state
        self._close = close
        self._ready = asyncio.Event()

    def notify(self) -> None:
        """Something arrived or the subscription ended."""
        self._ready.set()

    @property
    def dropped(self) -> int:
        """Notifications lost because nobody read them in time."""
        return self.state.dropped

    async def next(self, timeout: float | None = None) -> Any:
        """The next notification.

        Raises:
            RequestTimeout: none within ``timeout`` seconds.
            ConnectionLost: the subscription ended with its connection.
        """
        try:
            async with asyncio.timeout(timeout):
                while not self.state.queue:
                    if self.state.closed:
                        raise ConnectionLost(
                            f"the subscription {self.state.method} ended with its connection"
                        )
                    self._ready.clear()
                    await self._ready.wait()
        except TimeoutError as error:
            raise RequestTimeout(f"no notification of {self.state.method} within {timeout:g} s") from error
        return self.state.queue.popleft()

    def latest(self) -> Any:
        """The newest notification, discarding older ones; None when nothing is there. Never waits."""
        newest = None
        while self.state.queue:
            newest = self.state.queue.popleft()
        return newest

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        if self.state.closed and not self.state.queue:
            raise StopAsyncIteration
        try:
            return await self.next()
        except ConnectionLost as error:
            raise StopAsyncIteration from error

    async def aclose(self) -> None:
        """End it; the server is told, if it can be."""
        await self._close(self.state)

    async def __aenter__(self) -> Subscription:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class Transport:
    """JSON-RPC to one of several equivalent nodes.

    Args:
        urls: WebSocket URLs, tried in this order and round again.
        timeouts: deadlines.
        rng: source of jitter.
    """

    def __init__(
        self, urls: Sequence[str], timeouts: Timeouts | None = None, *, rng: random.Random | None = None
    ) -> None:
        self.urls = tuple(check_rpc_url(url) for url in urls)
        if not self.urls:
            raise ValueError("a transport needs at least one URL")
        self.timeouts = timeouts or Timeouts()
        self.genesis: str | None = None
        self._rng = rng or random.Random()
        self._core = RpcCore()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._resuming: dict[int, SubscriptionState] = {}
        self._readers: dict[SubscriptionState, Subscription] = {}
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._connected = asyncio.Event()
        self._runner: asyncio.Task[None] | None = None
        self._last_failure: TransportError | ChainError | None = None
        self._closed = False
        self._at = 0
        self._failures = 0

    @property
    def url(self) -> str:
        """The node in use, or the next to be tried."""
        return self.urls[self._at % len(self.urls)]

    @property
    def is_connected(self) -> bool:
        """Whether a connection is open now."""
        return self._socket is not None

    # -- calls

    async def request(self, method: str, params: Sequence[Any] = (), *, timeout: float | None = None) -> Any:
        """Result of one call.

        Args:
            timeout: seconds, default ``timeouts.request``; includes waiting for a connection.

        Raises:
            RpcError: the node answered with an error.
            RequestTimeout, ConnectionLost: no answer.
        """
        return (await self._exchange([(method, params)], timeout))[0]

    async def batch(
        self, calls: Sequence[tuple[str, Sequence[Any]]], *, timeout: float | None = None
    ) -> list[Any]:
        """Results of several calls in one message; the first error is raised."""
        return await self._exchange(calls, timeout) if calls else []

    async def _exchange(self, calls: Sequence[tuple[str, Sequence[Any]]], timeout: float | None) -> list[Any]:
        limit = self.timeouts.request if timeout is None else timeout
        repeatable = all(method.startswith(READ_PREFIXES) for method, _ in calls)
        names = ", ".join(dict.fromkeys(method for method, _ in calls))
        try:
            async with asyncio.timeout(limit):
                while True:
                    await self._require_connection()
                    try:
                        return await self._send(calls)
                    except ConnectionLost:
                        if not repeatable or self._closed:
                            raise
        except TimeoutError as error:
            raise self._timed_out(names, limit) from error

    async def _send(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        if len(calls) == 1:
            number, text = self._core.request(calls[0][0], list(calls[0][1]))
            numbers = [number]
        else:
            numbers, text = self._core.batch([(method, list(params)) for method, params in calls])
        return await self._wait(numbers, text)

    async def _wait(self, numbers: list[int], text: str) -> list[Any]:
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in numbers]
        self._waiting.update(zip(numbers, futures, strict=True))
        try:
            await self._write(text)
            return list(await asyncio.gather(*futures))
        finally:
            for number, future in zip(numbers, futures, strict=True):
                self._waiting.pop(number, None)
                self._core.forget(number)
                if future.done() and not future.cancelled():
                    future.exception()  # a batch raises its first error; the others count as seen

    async def _write(self, text: str) -> None:
        socket = self._socket
        if socket is None or socket.closed:
            raise ConnectionLost(f"the connection to {self.url} was lost")
        try:
            await socket.send_str(text)
        except (ConnectionError, aiohttp.ClientError, RuntimeError) as error:
            raise ConnectionLost(f"the connection to {self.url} was lost: {error}") from error

    def _timed_out(self, names: str, limit: float) -> TransportError | ChainError:
        if self.is_connected:
            return RequestTimeout(f"{self.url} did not answer {names} within {limit:g} s")
        if self._last_failure is not None:
            return self._last_failure
        return ConnectionLost(f"no connection to {', '.join(self.urls)} within {limit:g} s")

    # -- subscriptions

    async def subscribe(
        self, method: str, params: Sequence[Any], unsubscribe: str, *, resumable: bool = True
    ) -> Subscription:
        """Start a subscription.

        Raises:
            RpcError: the node refuses it.
            RequestTimeout, ConnectionLost: no answer.
        """
        state = SubscriptionState(method, list(params), unsubscribe, resumable)
        reader = Subscription(state, self._unsubscribe)
        self._readers[state] = reader
        try:
            async with asyncio.timeout(self.timeouts.request):
                await self._require_connection()
                number, text = self._core.subscribe(state)
                await self._wait([number], text)
        except TimeoutError as error:
            self._drop(state)
            raise self._timed_out(method, self.timeouts.request) from error
        except BaseException:
            self._drop(state)
            raise
        return reader

    def _drop(self, state: SubscriptionState) -> None:
        self._core.unsubscribe(state)
        self._readers.pop(state, None)

    async def _unsubscribe(self, state: SubscriptionState) -> None:
        request = self._core.unsubscribe(state)
        reader = self._readers.pop(state, None)
        if reader is not None:
            reader.notify()
        if request is None or not self.is_connected:
            return
        self._core.forget(request[0])
        try:
            await self._write(request[1])
        except ConnectionLost:
            pass  # the server forgets it with the connection

    # -- the connection

    async def connect(self, *, patient: bool = True) -> None:
        """Wait until a connection is open.

        Args:
            patient: keep trying until ``timeouts.connect``; otherwise give up once every node was tried.

        Raises:
            ConnectionLost: no node could be reached.
            ChainError: the node is of another chain.
        """
        try:
            async with asyncio.timeout(self.timeouts.connect * (1 if patient else len(self.urls) + 1)):
                opening = asyncio.ensure_future(self._require_connection())
                try:
                    while not opening.done():
                        await asyncio.wait({opening}, timeout=None if patient else TRIED_POLL)
                        if not patient and self._failures >= len(self.urls) and self._last_failure:
                            raise self._last_failure
                    await opening
                finally:
                    opening.cancel()
        except TimeoutError as error:
            raise self._timed_out("connect", self.timeouts.connect) from error

    async def close(self) -> None:
        """End everything; what waits gets ``ConnectionLost``."""
        self._closed = True
        runner, self._runner = self._runner, None
        if runner is not None:
            runner.cancel()
            await asyncio.gather(runner, return_exceptions=True)
        self._fail("the client was closed")
        self._connected.set()  # wakes whoever waits for a connection that will not come

    async def _require_connection(self) -> None:
        if self._closed:
            raise ConnectionLost("the client is closed", retryable=False, fault="user")
        if self._runner is None or self._runner.done():
            self._runner = asyncio.get_running_loop().create_task(self._run(), name="ganglion-rpc")
        await self._connected.wait()
        if self._closed:
            raise ConnectionLost("the client was closed")

    async def _run(self) -> None:
        attempt = 0
        async with aiohttp.ClientSession() as session:
            while not self._closed:
                try:
                    await self._serve(session)
                    attempt = 0
                except (TransportError, ChainError) as error:
                    self._last_failure = error
                    self._failures += 1
                    log.debug("%s (attempt %d): %s", self.url, attempt, error)
                self._at += 1
                await asyncio.sleep(backoff(attempt, self._rng))
                attempt += 1

    async def _serve(self, session: aiohttp.ClientSession) -> None:
        """One connection, from opening to its end."""
        socket = await self._open(session)
        try:
            await self._greet(socket)
            self._socket = socket
            await self._resume()
            self._last_failure, self._failures = None, 0
            self._connected.set()
            await self._read(socket)
        finally:
            self._connected.clear()
            self._socket = None
            self._fail(f"the connection to {self.url} was lost")
            await socket.close()

    async def _resume(self) -> None:
        for state in [one for one in self._core.subscriptions if one.remote is None]:
            number, text = self._core.subscribe(state)
            self._resuming[number] = state
            await self._write(text)

    async def _open(self, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
        try:
            async with asyncio.timeout(self.timeouts.connect):
                return await session.ws_connect(
                    self.url, max_msg_size=MAX_MESSAGE, heartbeat=HEARTBEAT, compress=0, timeout=CLOSE_TIMEOUT
                )
        except (OSError, aiohttp.ClientError, TimeoutError) as error:
            raise ConnectionLost(
                f"no connection to {self.url}: {error or 'timed out'}", hint="is the node running there?"
            ) from error

    async def _greet(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Make sure that it is the same chain as before, before anything else is sent there."""
        try:
            async with asyncio.timeout(self.timeouts.connect):
                await socket.send_str('{"jsonrpc":"2.0","id":0,"method":"chain_getBlockHash","params":[0]}')
                answer = json.loads(await socket.receive_str())
        except (TimeoutError, OSError, aiohttp.ClientError, TypeError, ValueError, RuntimeError) as error:
            raise ConnectionLost(f"{self.url} does not speak JSON-RPC: {error or 'timed out'}") from error
        genesis = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(genesis, str):
            raise ChainError(f"{self.url} does not tell its genesis hash: {answer}")
        if self.genesis is not None and genesis != self.genesis:
            raise ChainError(
                f"{self.url} serves another chain: genesis {genesis}, expected {self.genesis}",
                hint="the node was restarted with a new chain, or the URL is wrong; make a new client",
            )
        self.genesis = genesis

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                break
            try:
                events = self._core.receive(message.data)
            except DecodeError as error:
                log.warning("%s: %s", self.url, error)
                break
            for event in events:
                self._dispatch(event)

    def _dispatch(self, event: Answer | Notified) -> None:
        if isinstance(event, Notified):
            reader = self._readers.get(event.subscription)
            if reader is not None:
                reader.notify()
            return
        resumed = self._resuming.pop(event.id, None)
        if resumed is not None and event.error is not None:
            log.warning("%s was not resumed: %s", resumed.method, event.error)
            self._end(resumed)
        future = self._waiting.pop(event.id, None)
        if future is None or future.done():
            return
        if event.error is not None:
            future.set_exception(event.error)
        else:
            future.set_result(event.result)

    def _end(self, state: SubscriptionState) -> None:
        """The subscription is over although its reader did not ask for that."""
        self._core.unsubscribe(state)
        reader = self._readers.pop(state, None)
        if reader is not None:
            reader.notify()

    def _fail(self, message: str) -> None:
        """The connection is gone: fail what waits and wake the readers whose subscription ended with it."""
        _, ended = self._core.disconnected()
        self._resuming.clear()
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(ConnectionLost(message))
        for state in ended if not self._closed else list(self._readers):
            self._end(state)
