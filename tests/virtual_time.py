"""An event loop whose clock jumps to the next timer instead of waiting: hours of schedule in seconds of test."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

__all__ = ["run"]


class _Selector(selectors.DefaultSelector):
    """Never waits: the time that was to be waited passes at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everything waits for something that will never come")
            self.now += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.virtual = _Selector()
        super().__init__(self.virtual)

    def time(self) -> float:
        return self.virtual.now


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run it to its end in virtual time. It must not wait for threads, files or the network."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(coroutine)
