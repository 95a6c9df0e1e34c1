"""JSON-RPC 2.0 with subscriptions, without sockets and without a clock.

The core turns calls into texts to send and received texts into events. It numbers requests, matches answers,
buffers notifications that overtake the answer to their subscription, bounds every queue, and knows which
subscriptions must be made again after a connection was lost. It neither waits nor retries: that is
transport.py.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from ganglion.errors import DecodeError, GanglionError, RpcError

MAX_PENDING = 1024
MAX_SUBSCRIPTIONS = 256
MAX_QUEUE = 1024
MAX_EARLY = 256

__all__ = ["Answer", "Notified", "RpcCore", "SubscriptionState"]


@dataclass(eq=False)
class SubscriptionState:
    """One subscription of the caller, which outlives connections.

    Attributes:
        method, params, unsubscribe: how it is made and ended.
        resumable: whether it is made again after a reconnection (a watched transaction is not).
        remote: the server's id, None while there is none.
        queue: notifications that nobody has taken yet, oldest first.
        dropped: how many were discarded because nobody took them.
        closed: ended by the caller or by a refusal.
    """

    method: str
    params: list[Any]
    unsubscribe: str
    resumable: bool = True
    limit: int = MAX_QUEUE
    remote: str | None = None
    queue: deque[Any] = field(default_factory=deque)
    dropped: int = 0
    closed: bool = False

    def push(self, value: Any) -> None:
        """Append, discarding the oldest beyond the limit: a slow reader sees the newest state, not an old
        one.
        """
        if len(self.queue) >= self.limit:
            self.queue.popleft()
            self.dropped += 1
        self.queue.append(value)


@dataclass(frozen=True)
class Answer:
    """A request is answered; exactly one of ``result`` and ``error`` has a meaning."""

    id: int
    result: Any = None
    error: GanglionError | None = None


@dataclass(frozen=True)
class Notified:
    """A subscription has something in its queue."""

    subscription: SubscriptionState


class RpcCore:
    """State of one JSON-RPC conversation over a sequence of connections."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._pending: dict[int, SubscriptionState | None] = {}
        self._by_remote: dict[str, SubscriptionState] = {}
        self._subscriptions: list[SubscriptionState] = []
        self._early: deque[tuple[str, Any]] = deque(maxlen=MAX_EARLY)

    @property
    def pending(self) -> int:
        """Requests without an answer."""
        return len(self._pending)

    @property
    def subscriptions(self) -> tuple[SubscriptionState, ...]:
        """Subscriptions that were not closed."""
        return tuple(self._subscriptions)

    # -- towards the server

    def request(self, method: str, params: list[Any]) -> tuple[int, str]:
        """Number of a new request and the text to send."""
        return self._register(method, params, None)

    def batch(self, calls: list[tuple[str, list[Any]]]) -> tuple[list[int], str]:
        """Numbers of several requests and the one text to send."""
        if not calls:
            raise ValueError("an empty batch is not valid JSON-RPC")
        registered = [self._register(method, params, None) for method, params in calls]
        return [number for number, _ in registered], "[" + ",".join(text for _, text in registered) + "]"

    def subscribe(self, subscription: SubscriptionState) -> tuple[int, str]:
        """Number and text of the request that makes a subscription, for the first time or again."""
        if subscription not in self._subscriptions:
            if len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
                raise RpcError(
                    f"more than {MAX_SUBSCRIPTIONS} open subscriptions",
                    hint="close those not needed",
                    fault="self",
                )
            self._subscriptions.append(subscription)
        return self._register(subscription.method, subscription.params, subscription)

    def unsubscribe(self, subscription: SubscriptionState) -> tuple[int, str] | None:
        """Forget a subscription; the request to send, if the server knows of it."""
        subscription.closed = True
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)
        remote, subscription.remote = subscription.remote, None
        if remote is None or self._by_remote.pop(remote, None) is None:
            return None
        return self._register(subscription.unsubscribe, [remote], None)

    def forget(self, number: int) -> None:
        """The caller no longer waits; a late answer will be ignored."""
        self._pending.pop(number, None)

    def _register(
        self, method: str, params: list[Any], subscription: SubscriptionState | None
    ) -> tuple[int, str]:
        if len(self._pending) >= MAX_PENDING:
            raise RpcError(f"{MAX_PENDING} requests are already waiting", retryable=True, fault="self")
        number = next(self._ids)
        text = json.dumps(
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}, separators=(",", ":")
        )
        self._pending[number] = subscription
        return number, text

    # -- from the server

    def receive(self, text: str | bytes) -> list[Answer | Notified]:
        """Events of one received text; unknown ids are ignored, as their callers have given up.

        Raises:
            DecodeError: not JSON-RPC; the connection can't be trusted any more.
        """
        try:
            message = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DecodeError("the node sent something that is not JSON") from error
        items = message if isinstance(message, list) else [message]
        if not all(isinstance(item, dict) for item in items):
            raise DecodeError("the node sent JSON that is not JSON-RPC")
        events: list[Answer | Notified] = []
        for item in items:
            events += self._answer(item) if "id" in item else self._notification(item)
        return events

    def _answer(self, item: dict[str, Any]) -> list[Answer | Notified]:
        number = item["id"]
        if number not in self._pending:
            return []
        subscription = self._pending.pop(number)
        if item.get("error") is not None:
            return [Answer(number, error=_rpc_error(item["error"]))]
        result = item.get("result")
        if subscription is None:
            return [Answer(number, result)]
        return [Answer(number, result), *self._subscribed(subscription, str(result))]

    def _subscribed(self, subscription: SubscriptionState, remote: str) -> list[Notified]:
        subscription.remote = remote
        self._by_remote[remote] = subscription
        early = [value for name, value in self._early if name == remote]
        self._early = deque((pair for pair in self._early if pair[0] != remote), maxlen=MAX_EARLY)
        for value in early:
            subscription.push(value)
        return [Notified(subscription)] if early else []

    def _notification(self, item: dict[str, Any]) -> list[Answer | Notified]:
        params = item.get("params")
        if not isinstance(params, dict) or "subscription" not in params:
            return []
        remote, value = str(params["subscription"]), params.get("result")
        subscription = self._by_remote.get(remote)
        if subscription is None:
            self._early.append((remote, value))
            return []
        subscription.push(value)
        return [Notified(subscription)]

    # -- the connection

    def disconnected(self) -> tuple[list[int], list[SubscriptionState]]:
        """The connection is gone: requests that stay unanswered, subscriptions that ended with it."""
        lost = list(self._pending)
        self._pending.clear()
        self._by_remote.clear()
        self._early.clear()
        ended = [one for one in self._subscriptions if not one.resumable]
        self._subscriptions = [one for one in self._subscriptions if one.resumable]
        for one in self._subscriptions:
            one.remote = None
        for one in ended:
            one.remote, one.closed = None, True
        return lost, ended


def _rpc_error(error: Any) -> RpcError:
    if not isinstance(error, dict):
        return RpcError(f"the node answered with an error: {error}")
    message, code, data = error.get("message", "error"), error.get("code", 0), error.get("data")
    detail = f" ({data})" if isinstance(data, str) and data else ""
    hint = "the node does not offer this method" if code == -32601 else None
    return RpcError(f"{message}{detail}", code=code if isinstance(code, int) else 0, data=data, hint=hint)
