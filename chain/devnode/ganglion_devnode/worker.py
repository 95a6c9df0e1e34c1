"""One thread for calls that are too long for the event loop: a bounded queue, and a deadline that includes
the wait.

Knows no runtime: the work is told how many seconds it has left, and stops itself (the executor interrupts
wasm).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from ganglion_devnode.node_errors import CallTimedOut, NodeBusy

T = TypeVar("T")


class Worker:
    """A thread that runs one piece of work after the other.

    Args:
        queue: how many may wait or run at a time.
        seconds: from submission to result.
    """

    def __init__(self, queue: int = 64, seconds: float = 10.0) -> None:
        self.queue = queue
        self.seconds = seconds
        self._pending = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ganglion-devnode-worker")

    @property
    def pending(self) -> int:
        """Work that waits or runs."""
        return self._pending

    async def run(self, work: Callable[[float], T]) -> T:
        """Run `work(seconds_left)` in the thread. Raises NodeBusy at once if the queue is full."""
        if self._pending >= self.queue:
            raise NodeBusy(f"{self._pending} calls are waiting already", hint="retry in a moment")
        until = time.monotonic() + self.seconds
        loop = asyncio.get_running_loop()
        self._pending += 1
        future: Future[T] = self._thread.submit(self._within, work, until)
        future.add_done_callback(
            lambda _: loop.call_soon_threadsafe(self._finished) if not loop.is_closed() else None
        )
        return await asyncio.wrap_future(future)

    def _within(self, work: Callable[[float], T], until: float) -> T:
        left = until - time.monotonic()
        if left <= 0:
            raise CallTimedOut(
                f"the call waited {self.seconds:g} s for others before it and was not begun",
                hint="retry in a moment",
            )
        return work(left)

    def _finished(self) -> None:
        self._pending -= 1

    def close(self) -> None:
        """Drop what waits; what runs ends by its own deadline."""
        self._thread.shutdown(wait=False, cancel_futures=True)
