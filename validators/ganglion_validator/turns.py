"""One at a time, and only so many who wait for it: for work that strangers can ask for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ganglion.protocol.errors_table import RequestError

__all__ = ["Turns"]


class Turns:
    """A lock with a short queue.

    Args:
        most: who may hold it or wait for it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._here = 0
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Hold it. Raises RequestError `queue_full` where too many wait already."""
        if self._here >= self._most:
            raise RequestError("too many ask for this at once", code="queue_full", retry_after=1)
        self._here += 1
        try:
            async with self._lock:
                yield
        finally:
            self._here -= 1
