"""The order in which ready transactions enter a block."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from ganglion_devnode.pool.transaction import Pooled


class BestFirst:
    """Ready transactions: highest priority first, then first come; one comes only after all it depends on.

    A transaction that was not `done` (because the block had no room for it, or it turned out invalid) holds
    back those which depend on it.
    """

    def __init__(self, ready: Iterable[Pooled]) -> None:
        transactions = list(ready)
        provided = {tag for tx in transactions for tag in tx.validity.provides}
        self._unmet: dict[bytes, int] = {}
        self._waiting: dict[bytes, list[Pooled]] = {}
        self._heap: list[tuple[int, int, Pooled]] = []
        for tx in transactions:
            needs = {tag for tag in tx.validity.requires if tag in provided}
            self._unmet[tx.hash] = len(needs)
            for tag in needs:
                self._waiting.setdefault(tag, []).append(tx)
            if not needs:
                self._heap.append(_entry(tx))
        heapify(self._heap)

    def next(self) -> Pooled | None:
        """The best transaction not yet given, or None."""
        return heappop(self._heap)[2] if self._heap else None

    def done(self, tx: Pooled) -> None:
        """`tx` is in the block: release what depends on it."""
        for tag in tx.validity.provides:
            for waiting in self._waiting.pop(tag, ()):
                self._unmet[waiting.hash] -= 1
                if self._unmet[waiting.hash] == 0:
                    heappush(self._heap, _entry(waiting))


def _entry(tx: Pooled) -> tuple[int, int, Pooled]:
    return -tx.priority, tx.arrival, tx
