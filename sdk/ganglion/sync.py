"""The client without ``await``: the async one in a thread of its own, reached by delegation.

There is no second copy of any method. A call is handed to the thread that runs the event loop, its result is
waited for, and results that have async methods themselves are wrapped in the same way.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from types import TracebackType
from typing import Any

from ganglion.errors import UsageError

_PLAIN = (str, bytes, int, float, bool, list, tuple, dict, set, frozenset, type(None), type)

__all__ = ["SyncClient"]


class _Loop:
    """An event loop in a daemon thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, name="ganglion-sync", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        self.loop.close()

    def run(self, make: Callable[[], Any]) -> Any:
        """Call ``make`` in the loop's thread and wait for its result, awaiting it if it has to be."""
        if self.loop.is_closed() or not self.thread.is_alive():
            raise UsageError("the client is closed")
        if threading.current_thread() is self.thread:
            raise UsageError("a SyncClient can't be used inside its own event loop", hint="use Client there")
        done: Future[Any] = asyncio.run_coroutine_threadsafe(_settle(make), self.loop)
        try:
            return done.result()
        except BaseException:
            done.cancel()  # a KeyboardInterrupt here must not leave the work running there
            raise

    def stop(self) -> None:
        """End the thread."""
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join(timeout=5)


async def _settle(make: Callable[[], Any]) -> Any:
    result = make()
    return await result if inspect.isawaitable(result) else result


class _Face:
    """An object whose async methods block.

    Attribute access, calls and results all go through the loop's thread, so that objects which need a running
    loop to be made are made where one runs.
    """

    def __init__(self, target: Any, loop: _Loop) -> None:
        object.__setattr__(self, "_target", target)
        object.__setattr__(self, "_loop", loop)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _face(getattr(self._target, name), self._loop)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self._target).__name__}.{name} can't be set through the sync client")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given = [_target(one) for one in args]
        named = {key: _target(one) for key, one in kwargs.items()}
        return _face(self._loop.run(lambda: self._target(*given, **named)), self._loop)

    def __iter__(self) -> Iterator[Any]:
        while True:
            try:
                item = self._loop.run(lambda: anext(self._target))
            except StopAsyncIteration:
                return
            yield _face(item, self._loop)

    def __len__(self) -> int:
        return len(self._target)

    def __eq__(self, other: object) -> bool:
        return bool(self._target == _target(other))

    def __hash__(self) -> int:
        return hash(self._target)

    def __repr__(self) -> str:
        return repr(self._target)

    def __str__(self) -> str:
        return str(self._target)

    def __dir__(self) -> list[str]:
        return dir(self._target)


def _face(value: Any, loop: _Loop) -> Any:
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, AbstractAsyncContextManager) and not hasattr(value, "connect"):
        return _entered(value, loop)
    if callable(value) or isinstance(value, AsyncIterator) or _has_async(type(value)):
        return _Face(value, loop)
    return value


@contextmanager
def _entered(manager: AbstractAsyncContextManager[Any], loop: _Loop) -> Iterator[Any]:
    entered = loop.run(manager.__aenter__)
    try:
        yield _face(entered, loop)
    finally:
        loop.run(lambda: manager.__aexit__(None, None, None))


def _has_async(kind: type) -> bool:
    """Whether objects of this class need the loop: they have async methods, or hold objects that do."""
    if kind.__module__.split(".")[0] != "ganglion":
        return False
    if kind.__module__ in {"ganglion.namespaces", "ganglion.chain.extrinsics"}:
        return True
    return any(
        inspect.iscoroutinefunction(member) for _, member in inspect.getmembers(kind, inspect.isfunction)
    )


def _target(value: Any) -> Any:
    if isinstance(value, _Face):
        return value._target
    return [_target(one) for one in value] if isinstance(value, list) else value


class SyncClient:
    """Blocking client; takes the arguments of ``Client`` and has its attributes.

    >>> with SyncClient("ws://127.0.0.1:9944") as client:
    ...     client.chain.height()
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        from ganglion.client import Client

        self._loop = _Loop()
        try:
            self._client = self._loop.run(lambda: Client(*args, **kwargs))
        except BaseException:
            self._loop.stop()
            raise

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _face(getattr(self._client, name), self._loop)

    def __enter__(self) -> SyncClient:
        try:
            self._loop.run(self._client.connect)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection and end the thread. Can be called twice."""
        if self._loop.thread.is_alive():
            try:
                self._loop.run(self._client.close)
            finally:
                self._loop.stop()
