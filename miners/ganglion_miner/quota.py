"""How much one key may ask for: a token bucket for the rate, a gate for what is in flight.

Bounded, clocks are arguments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ganglion.protocol.errors_table import RequestError

MAX_KEYS = 8192


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class TokenBuckets:
    """One bucket a key: `rate` requests a second that last, `burst` at once. Full buckets are forgotten."""

    def __init__(self, *, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: dict[str, _Bucket] = {}

    def take(self, key: str, now: float) -> None:
        """Take one. Raises RequestError `quota_exceeded`."""
        bucket = self._buckets.get(key)
        if bucket is None:
            self._make_room(now)
            bucket = self._buckets[key] = _Bucket(float(self._burst), now)
        self._refill(bucket, now)
        if bucket.tokens < 1:
            raise RequestError(
                f"more than {self._rate:g} requests a second (at once: {self._burst})",
                code="quota_exceeded",
                retry_after=(1 - bucket.tokens) / self._rate,
            )
        bucket.tokens -= 1

    def _refill(self, bucket: _Bucket, now: float) -> None:
        bucket.tokens = min(self._burst, bucket.tokens + max(0.0, now - bucket.at) * self._rate)
        bucket.at = now

    def _make_room(self, now: float) -> None:
        if len(self._buckets) < MAX_KEYS:
            return
        for key, bucket in list(self._buckets.items()):
            self._refill(bucket, now)
            if bucket.tokens >= self._burst:
                del self._buckets[key]
        if len(self._buckets) >= MAX_KEYS:
            raise RequestError("too many different keys at once", code="quota_exceeded", retry_after=1)


class Gate:
    """Bounds requests in flight: `limit` of all keys, `per_key` of one."""

    def __init__(self, *, limit: int, per_key: int, running: int) -> None:
        self.limit = limit
        self._per_key = per_key
        self._running = max(1, running)
        self._open: Counter[str] = Counter()
        self._mean_seconds = 1.0

    def __len__(self) -> int:
        return self._open.total()

    @contextmanager
    def enter(self, key: str) -> Iterator[None]:
        """Hold a place. Raises RequestError `queue_full`."""
        if len(self) >= self.limit:
            raise RequestError(
                f"{len(self)} requests are in flight, as many as this server takes",
                code="queue_full",
                retry_after=self.expected_wait(),
            )
        if self._open[key] >= self._per_key:
            raise RequestError(
                f"{self._open[key]} requests of this key are in flight",
                code="queue_full",
                retry_after=self.expected_wait(),
            )
        self._open[key] += 1
        try:
            yield
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]

    def observe(self, seconds: float) -> None:
        """Learn how long an answer takes."""
        self._mean_seconds += 0.1 * (seconds - self._mean_seconds)

    def expected_wait(self) -> float:
        """Seconds until a place is free, by recent answers."""
        return min(60.0, self._mean_seconds * max(1.0, len(self) / self._running / 2))
