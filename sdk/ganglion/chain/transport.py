"""The connection to a node: WebSocket by aiohttp around the core of rpc_core.py.

Every request has a deadline. A lost connection is made again with jittered, bounded pauses, at the next of
the given nodes; reads that were under way are repeated within their deadline, anything else fails with
``ConnectionLost`` because nobody knows whether the node received it. Subscriptions survive. Where there are
several nodes the one in use is looked at all the time, and left when it is silent, or behind another one
(endpoints.py decides). A node of another chain (another genesis) is refused. Knows JSON-RPC, not SCALE.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Sequence
from typing import Any, Protocol

import aiohttp

from ganglion.chain.endpoints import Ask, Endpoints, Report, report_of
from ganglion.chain.rpc_core import Answer, Notified, RpcCore, SubscriptionState
from ganglion.chain.subscription import Subscription
from ganglion.config import Timeouts, check_rpc_url
from ganglion.errors import ChainError, ConnectionLost, DecodeError, RequestTimeout, RpcError

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


class Transport:
    """JSON-RPC to one of several equivalent nodes.

    Args:
        urls: WebSocket URLs, tried in this order and round again.
        timeouts: deadlines.
        genesis: hash of the network's block 0, 0x-hex; None = that of the first node that answers.
        rng: source of jitter.

    Attributes:
        nodes: which of them is in use, and why not another one.
    """

    def __init__(
        self,
        urls: Sequence[str],
        timeouts: Timeouts | None = None,
        *,
        genesis: str | None = None,
        rng: random.Random | None = None,
    ) -> None:
        if not urls:
            raise ValueError("a transport needs at least one URL")
        self.timeouts = timeouts or Timeouts()
        self.nodes = Endpoints([check_rpc_url(url) for url in urls], genesis, stale=self.timeouts.stale)
        self._rng = rng or random.Random()
        self._core = RpcCore()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._resuming: dict[int, SubscriptionState] = {}
        self._readers: dict[SubscriptionState, Subscription] = {}
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._connected = asyncio.Event()
        self._runner: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def url(self) -> str:
        """The node in use, or the next to be tried."""
        return self.nodes.url

    @property
    def genesis(self) -> str | None:
        """Genesis hash of the network, 0x-hex, once it is known."""
        return self.nodes.genesis

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
            self._connected.clear()  # its end has not been dealt with yet; whoever repeats waits for the next one
            raise ConnectionLost(f"the connection to {self.url} was lost")
        try:
            await socket.send_str(text)
        except (ConnectionError, aiohttp.ClientError, RuntimeError) as error:
            raise ConnectionLost(f"the connection to {self.url} was lost: {error}") from error

    def _timed_out(self, names: str, limit: float) -> ChainError:
        if self.is_connected:
            return RequestTimeout(f"{self.url} did not answer {names} within {limit:g} s")
        found = self.nodes.failure()
        return found or ConnectionLost(
            f"no connection to {', '.join(self.nodes.urls)} within {limit:g} s",
            hint="is a node running there?",
        )

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
            async with asyncio.timeout(self.timeouts.connect * (1 if patient else len(self.nodes.urls) + 1)):
                opening = asyncio.ensure_future(self._require_connection())
                try:
                    while not opening.done():
                        await asyncio.wait({opening}, timeout=None if patient else TRIED_POLL)
                        if not patient and self.nodes.all_failed:
                            raise self.nodes.failure() or ConnectionLost(f"no connection to {self.url}")
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
        async with aiohttp.ClientSession() as session:
            while not self._closed:
                try:
                    await self._serve(session)
                except ChainError as error:
                    log.debug("%s (attempt %d): %s", self.url, self.nodes.attempt, error)
                    self.nodes.failed(error)
                await asyncio.sleep(backoff(self.nodes.attempt, self._rng))

    async def _serve(self, session: aiohttp.ClientSession) -> None:
        """One connection, from opening to its end, which is always an error."""
        socket = await self._open(session, self.url)
        try:
            self.nodes.accept(await self._greet(socket))
            self._socket = socket
            await self._resume()
            self._connected.set()
            await self._until_lost(session, socket)
        finally:
            self._connected.clear()
            self._socket = None
            self._fail(f"the connection to {self.url} was lost")
            await socket.close()

    async def _until_lost(
        self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse
    ) -> None:
        tasks = {asyncio.create_task(self._read(socket))}
        if self.nodes.several:
            tasks.add(asyncio.create_task(self._watch(session)))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        raise ConnectionLost(f"the connection to {self.url} was lost")

    async def _watch(self, session: aiohttp.ClientSession) -> None:
        """Look at the node in use again and again. Raises TransportError when another one should be used."""
        while True:
            await asyncio.sleep(self.timeouts.silence / 2)
            try:
                async with asyncio.timeout(self.timeouts.silence):
                    self.nodes.saw(await report_of(self._ask))
            except TimeoutError as error:
                raise RequestTimeout(f"{self.url} has been silent for {self.timeouts.silence:g} s") from error
            if self.nodes.is_doubtful():
                better = self.nodes.better(await self._reports(session))
                if better is not None:
                    raise self.nodes.leave_for(better)

    async def _ask(self, method: str, params: list[Any]) -> Any:
        return (await self._send([(method, params)]))[0]

    async def _reports(self, session: aiohttp.ClientSession) -> dict[str, Report]:
        """What the other nodes say of themselves, without those that say nothing."""
        urls = self.nodes.others
        found = await asyncio.gather(*(self._peek(session, url) for url in urls), return_exceptions=True)
        return {url: one for url, one in zip(urls, found, strict=True) if isinstance(one, Report)}

    async def _peek(self, session: aiohttp.ClientSession, url: str) -> Report:
        socket = await self._open(session, url)
        try:
            async with asyncio.timeout(self.timeouts.connect):
                return await report_of(_asking(socket))
        finally:
            await socket.close()

    async def _resume(self) -> None:
        for state in [one for one in self._core.subscriptions if one.remote is None]:
            number, text = self._core.subscribe(state)
            self._resuming[number] = state
            await self._write(text)

    async def _open(self, session: aiohttp.ClientSession, url: str) -> aiohttp.ClientWebSocketResponse:
        try:
            async with asyncio.timeout(self.timeouts.connect):
                return await session.ws_connect(
                    url, max_msg_size=MAX_MESSAGE, heartbeat=HEARTBEAT, compress=0, timeout=CLOSE_TIMEOUT
                )
        except (OSError, aiohttp.ClientError, TimeoutError) as error:
            raise ConnectionLost(
                f"no connection to {url}: {error or 'timed out'}", hint="is the node running there?"
            ) from error

    async def _greet(self, socket: aiohttp.ClientWebSocketResponse) -> Report:
        """What the node says of itself, before anything else is sent there."""
        try:
            async with asyncio.timeout(self.timeouts.connect):
                ask = _asking(socket)
                if self.nodes.several:
                    return await report_of(ask)
                genesis = await ask("chain_getBlockHash", [0])
        except (TimeoutError, OSError, aiohttp.ClientError, TypeError, ValueError, RuntimeError) as error:
            raise ConnectionLost(f"{self.url} does not speak JSON-RPC: {error or 'timed out'}") from error
        if not isinstance(genesis, str):
            raise ChainError(f"{self.url} does not tell its genesis hash: {genesis}")
        return Report(genesis)

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


def _asking(socket: aiohttp.ClientWebSocketResponse) -> Ask:
    """One call after the other on a connection that nobody else reads."""

    async def ask(method: str, params: list[Any]) -> Any:
        await socket.send_str(json.dumps({"jsonrpc": "2.0", "id": 0, "method": method, "params": params}))
        answer = json.loads(await socket.receive_str())
        if not isinstance(answer, dict) or "error" in answer:
            raise RpcError(f"the node refuses {method}: {answer}")
        return answer.get("result")

    return ask
