"""One WebSocket connection: what waits to be sent, and its subscriptions. Everything bounded.

A client that does not read its notifications is cut off: silently leaving some out would look like a chain
that stands still. Knows no method.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable
from typing import Any

from ganglion_devnode.rpc.faults import TOO_MANY_SUBSCRIPTIONS, RpcFault
from ganglion_devnode.rpc.jsonrpc import notification

log = logging.getLogger(__name__)
MAX_SUBSCRIPTIONS = 256
MAX_HELD_BACK = 256  # notifications before the subscriber knows its id
MAX_WAITING = 4096  # messages


class Outbox:
    """Messages that wait for the network, bounded in number and bytes."""

    def __init__(self, max_bytes: int) -> None:
        self._messages: deque[str] = deque()
        self._bytes = 0
        self._max_bytes = max_bytes
        self._wake = asyncio.Event()
        self.overflown = asyncio.Event()

    def put(self, text: str) -> None:
        """Add a message; past the bound, give up on the receiver."""
        self._messages.append(text)
        self._bytes += len(text)
        self._wake.set()
        if len(self._messages) > MAX_WAITING or self._bytes > self._max_bytes:
            self._messages.clear()
            self._bytes = 0
            self.overflown.set()

    async def get(self) -> str:
        """The next message."""
        while not self._messages:
            self._wake.clear()
            await self._wake.wait()
        text = self._messages.popleft()
        self._bytes -= len(text)
        return text


class Sink:
    """Where a subscription sends its notifications. They are held back until the subscriber knows the id."""

    def __init__(self, subscription: str, name: str, outbox: Outbox, forget: Callable[[], object]) -> None:
        self.id = subscription
        self._name = name
        self._outbox = outbox
        self._held: list[Any] | None = []
        self._end: Callable[[], None] | None = None
        self._ended = False
        self._finished = False
        self._forget = forget

    def send(self, result: Any) -> None:
        """Notify the subscriber."""
        if self._ended:
            return
        if self._held is None:
            self._outbox.put(notification(self._name, self.id, result))
        elif len(self._held) < MAX_HELD_BACK:
            self._held.append(result)
        else:
            self._outbox.overflown.set()

    def activate(self) -> None:
        """The response with the id is on its way: send what was held back."""
        held, self._held = self._held or [], None
        for result in held:
            self.send(result)
        if self._finished:
            self._forget()

    def finish(self) -> None:
        """Nothing more will come: the subscription ends by itself once the subscriber has all of it."""
        self._finished = True
        if self._held is None:
            self._forget()

    def on_end(self, end: Callable[[], None] | None) -> None:
        """What to call when the subscription ends."""
        self._end = end
        if self._ended:
            self._run_end()

    def end(self) -> None:
        """Stop; nothing is sent from here on."""
        if not self._ended:
            self._ended = True
            self._run_end()

    def _run_end(self) -> None:
        end, self._end = self._end, None
        if end is not None:
            end()


class WsSession:
    """The subscriptions of one connection."""

    def __init__(self, max_bytes: int) -> None:
        self.outbox = Outbox(max_bytes)
        self._sinks: dict[str, Sink] = {}

    def open(self, name: str) -> Sink:
        """A new subscription."""
        if len(self._sinks) >= MAX_SUBSCRIPTIONS:
            raise RpcFault(
                TOO_MANY_SUBSCRIPTIONS,
                f"Too many subscriptions on the connection: at most {MAX_SUBSCRIPTIONS}",
            )
        subscription = secrets.token_urlsafe(12)
        sink = Sink(subscription, name, self.outbox, lambda: self.unsubscribe(subscription))
        self._sinks[subscription] = sink
        return sink

    def unsubscribe(self, subscription: Any) -> bool:
        """End one; False if there is none of that id."""
        sink = self._sinks.pop(subscription, None) if isinstance(subscription, str) else None
        if sink is not None:
            sink.end()
        return sink is not None

    def close(self) -> None:
        """End all."""
        for subscription in list(self._sinks):
            self.unsubscribe(subscription)
