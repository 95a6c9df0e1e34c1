"""A connection whose answers are scripted, for tests that need no sockets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ganglion.chain.rpc_core import SubscriptionState
from ganglion.chain.transport import Subscription
from ganglion.errors import ConnectionLost, RpcError

Answer = Any | Callable[[list[Any]], Any] | Exception

__all__ = ["FakeTransport"]


class FakeTransport:
    """Answers from a table.

    Args:
        answers: by method: a value, a function of the parameters, or an exception to raise. A list of these
            wrapped in ``FakeTransport.sequence`` is used up one by one.

    Attributes:
        requests: (method, parameters) of every call, in order.
        subscriptions: open ones by method.

    >>> rpc = FakeTransport({"chain_getBlockHash": "0x" + "00" * 32})
    """

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = dict(answers)
        self.requests: list[tuple[str, list[Any]]] = []
        self.subscriptions: dict[str, list[Subscription]] = {}
        self.closed = False

    @staticmethod
    def sequence(*answers: Answer) -> Callable[[list[Any]], Any]:
        """Answers one after the other; the last one again and again."""
        left = list(answers)

        def answer(params: list[Any]) -> Any:
            return _resolve(left.pop(0) if len(left) > 1 else left[0], params)

        return answer

    def count(self, method: str) -> int:
        """How often a method was called."""
        return sum(1 for name, _ in self.requests if name == method)

    async def request(self, method: str, params: Sequence[Any] = (), *, timeout: float | None = None) -> Any:
        """The scripted answer.

        Raises:
            RpcError: code -32601 for a method that has none; or the scripted exception.
        """
        if self.closed:
            raise ConnectionLost("the client is closed", retryable=False, fault="user")
        self.requests.append((method, list(params)))
        if method not in self.answers:
            raise RpcError(f"no answer was scripted for {method}", code=-32601)
        return _resolve(self.answers[method], list(params))

    async def batch(
        self, calls: Sequence[tuple[str, Sequence[Any]]], *, timeout: float | None = None
    ) -> list[Any]:
        """Scripted answers, one by one."""
        return [await self.request(method, params, timeout=timeout) for method, params in calls]

    async def subscribe(
        self, method: str, params: Sequence[Any], unsubscribe: str, *, resumable: bool = True
    ) -> Subscription:
        """A subscription that ``push`` feeds; a scripted exception for its method refuses it."""
        self.requests.append((method, list(params)))
        if method in self.answers:
            _resolve(self.answers[method], list(params))
        subscription = Subscription(
            SubscriptionState(method, list(params), unsubscribe, resumable), self._end
        )
        self.subscriptions.setdefault(method, []).append(subscription)
        return subscription

    def push(self, method: str, *values: Any) -> None:
        """Notify every open subscription of a method."""
        for subscription in self.subscriptions.get(method, []):
            for value in values:
                subscription.state.push(value)
            subscription.notify()

    def drop_subscriptions(self) -> None:
        """End those that do not survive a lost connection."""
        for subscriptions in self.subscriptions.values():
            for subscription in [one for one in subscriptions if not one.state.resumable]:
                subscription.state.closed = True
                subscription.notify()
                subscriptions.remove(subscription)

    async def _end(self, state: SubscriptionState) -> None:
        state.closed = True
        for subscriptions in self.subscriptions.values():
            subscriptions[:] = [one for one in subscriptions if one.state is not state]

    async def close(self) -> None:
        """Refuse all that comes later."""
        self.closed = True


def _resolve(answer: Answer, params: list[Any]) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer(params) if callable(answer) else answer
