"""Notifications of one subscription, as an async iterator. Knows neither sockets nor what the notifications mean."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any

from ganglion.chain.rpc_core import SubscriptionState
from ganglion.errors import ConnectionLost, RequestTimeout

__all__ = ["Subscription"]


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
