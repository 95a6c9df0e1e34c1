"""A lasting rate with some at once, for what strangers can cause: lines of a log, say, that would fill a disk."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Budget"]


class Budget:
    """So many a second that last, so many at once.

    Args:
        rate: a second.
        burst: at once.
        clock: monotonic seconds.
    """

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._left, self._at = float(burst), clock()

    def take(self) -> bool:
        """Whether one more is within the budget; it is spent if so."""
        now = self._clock()
        self._left = min(self._burst, self._left + max(0.0, now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
