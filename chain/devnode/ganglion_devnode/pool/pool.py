"""Ready and future transactions, their tags, replacement and limits.

A transaction is ready when every tag it requires is provided by a ready one or by the chain; else it is
future. Every change of status is told to its watchers: nothing vanishes silently. Synchronous and pure: knows
no runtime, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ganglion_devnode.pool.best import BestFirst
from ganglion_devnode.pool.part import Limits, Part
from ganglion_devnode.pool.transaction import (
    FINAL_STATUSES,
    U64_MAX,
    AlreadyImported,
    CycleDetected,
    ImmediatelyDropped,
    NoTagsProvided,
    Pooled,
    PoolEvent,
    Status,
    TooLowPriority,
    Watcher,
)
from ganglion_devnode.pool.validity import ValidTransaction

# Tags that blocks provided, remembered for transactions that were judged before them and arrive after.
REMEMBERED_TAGS = 16_384
READY_LIMITS = Limits(8192, 20 << 20)
FUTURE_LIMITS = Limits(512, 4 << 20)


class Pool:
    """All waiting transactions."""

    def __init__(self, ready: Limits = READY_LIMITS, future: Limits = FUTURE_LIMITS) -> None:
        self._ready = Part(ready)
        self._future = Part(future)
        self._watchers: dict[bytes, list[Watcher]] = {}
        self._arrivals = 0
        self._satisfied: dict[bytes, int] = {}  # tag -> number of the block whose transactions provided it

    # --- reading

    def __len__(self) -> int:
        return len(self._ready.by_hash) + len(self._future.by_hash)

    def __contains__(self, tx_hash: bytes) -> bool:
        return tx_hash in self._ready.by_hash or tx_hash in self._future.by_hash

    @property
    def ready_count(self) -> int:
        """Transactions that may enter the next block."""
        return len(self._ready.by_hash)

    @property
    def future_count(self) -> int:
        """Transactions that wait for others."""
        return len(self._future.by_hash)

    def ready(self) -> Iterator[Pooled]:
        """Ready transactions in order of arrival."""
        return iter(sorted(self._ready.by_hash.values(), key=lambda tx: tx.arrival))

    def best(self) -> BestFirst:
        """Ready transactions in the order for a block."""
        return BestFirst(self._ready.by_hash.values())

    def provides(self, tag: bytes) -> bool:
        """Whether a ready transaction provides `tag`."""
        return tag in self._ready.providers

    def least_recently_validated(self, before: int, count: int) -> list[Pooled]:
        """Up to `count` transactions whose validity was last asked before block `before`, oldest answer
        first.
        """
        everything = [*self._ready.by_hash.values(), *self._future.by_hash.values()]
        stale = [tx for tx in everything if tx.validated_at < before]
        return sorted(stale, key=lambda tx: (tx.validated_at, tx.arrival))[:count]

    # --- watching

    def watch(self, tx_hash: bytes, watcher: Watcher) -> None:
        """Call `watcher` at each change of status, until a final one."""
        self._watchers.setdefault(tx_hash, []).append(watcher)

    def unwatch(self, tx_hash: bytes, watcher: Watcher) -> None:
        """Stop calling `watcher`."""
        watchers = self._watchers.get(tx_hash, [])
        if watcher in watchers:
            watchers.remove(watcher)
        if not watchers:
            self._watchers.pop(tx_hash, None)

    def _tell(self, tx_hash: bytes, status: Status, **facts: object) -> None:
        watchers = self._watchers.get(tx_hash)
        if watchers is None:
            return
        if status in FINAL_STATUSES:
            del self._watchers[tx_hash]
        event = PoolEvent(tx_hash, status, **facts)  # type: ignore[arg-type]
        for watcher in list(watchers):
            watcher(event)

    # --- adding

    def add(self, tx_hash: bytes, data: bytes, validity: ValidTransaction, at: int) -> Pooled:
        """Take a transaction that the runtime found valid on block number `at`, or raise a PoolRefusal."""
        if tx_hash in self:
            raise AlreadyImported("Transaction Already Imported")
        if not validity.provides:
            raise NoTagsProvided("Transaction does not provide any tags, so the pool can't identify it")
        if set(validity.provides) & set(validity.requires):
            raise CycleDetected("Cycle Detected")
        self._arrivals += 1
        tx = Pooled(tx_hash, data, validity, _valid_till(at, validity), self._arrivals, at)
        self._place(tx)
        return tx

    def _missing(self, tx: Pooled) -> bool:
        """Whether a required tag is neither provided by a ready transaction nor on the chain since `tx` was
        judged.
        """
        return any(
            tag not in self._ready.providers and self._satisfied.get(tag, -1) <= tx.validated_at
            for tag in tx.validity.requires
        )

    def _place(self, tx: Pooled, *, quiet: bool = False) -> None:
        part, status = (self._future, "future") if self._missing(tx) else (self._ready, "ready")
        # A rival may wait in either part: the same nonce is the same nonce.
        rivals = self._ready.rivals(tx) + self._future.rivals(tx)
        outbid = sum(rival.priority for rival in rivals)
        if rivals and tx.priority <= outbid:
            raise TooLowPriority(tx.priority, outbid)
        for rival in rivals:
            self._take(rival.hash)
        part.insert(tx)
        while part.over:
            worst = part.worst()
            part.remove(worst.hash)
            if worst is tx:
                for rival in rivals:
                    self._part_of(rival).insert(rival)
                raise ImmediatelyDropped(
                    "Immediately Dropped", hint="the pool is full: retry later or add a tip"
                )
            self._tell(worst.hash, "dropped", reason="the pool is full")
            self._demote(worst.validity.provides)
        for rival in rivals:
            self._tell(rival.hash, "usurped", by=tx.hash)
            self._demote(rival.validity.provides)
        if not quiet:
            self._tell(tx.hash, status)  # type: ignore[arg-type]
        if part is self._ready:
            self._promote(tx.validity.provides)

    def _part_of(self, tx: Pooled) -> Part:
        return self._future if self._missing(tx) else self._ready

    def _take(self, tx_hash: bytes) -> Pooled | None:
        return self._ready.remove(tx_hash) or self._future.remove(tx_hash)

    def _promote(self, tags: Iterable[bytes]) -> None:
        """Move future transactions that `tags` complete to ready, and what those complete in turn."""
        queue = list(tags)
        while queue:
            for tx in self._future.requiring(queue.pop()):
                if not self._missing(tx):
                    self._future.remove(tx.hash)
                    self._ready.insert(tx)
                    self._tell(tx.hash, "ready")
                    queue.extend(tx.validity.provides)
        self._shrink(self._ready)

    def _demote(self, tags: Iterable[bytes]) -> None:
        """Move ready transactions that lost one of `tags` to future, and what depends on those in turn."""
        queue = list(tags)
        while queue:
            for tx in self._ready.requiring(queue.pop()):
                if self._missing(tx):
                    self._ready.remove(tx.hash)
                    self._future.insert(tx)
                    self._tell(tx.hash, "future")
                    queue.extend(tx.validity.provides)
        self._shrink(self._future)

    def _shrink(self, part: Part) -> None:
        while part.over:
            worst = part.worst()
            part.remove(worst.hash)
            self._tell(worst.hash, "dropped", reason="the pool is full")
            if part is self._ready:
                self._demote(worst.validity.provides)

    # --- leaving

    def remove(self, tx_hash: bytes, status: Status, reason: str | None = None) -> bool:
        """Take a transaction out with a final status; those that depend on it become future."""
        tx = self._take(tx_hash)
        if tx is None:
            return False
        self._tell(tx_hash, status, reason=reason)
        self._demote(tx.validity.provides)
        return True

    def block_sealed(self, block_hash: bytes, number: int, included: Iterable[Pooled]) -> None:
        """Take out what a block contains (final at once) and what has outlived its longevity."""
        transactions = list(included)
        for tx in transactions:
            self._take(tx.hash)
            for tag in tx.validity.provides:
                self._satisfied.pop(tag, None)  # so that it counts as the newest
                self._satisfied[tag] = number
        for tx in transactions:
            self._tell(tx.hash, "inBlock", block=block_hash)
            self._tell(tx.hash, "finalized", block=block_hash)
            self._promote(tx.validity.provides)
        for tx in [*self._ready.by_hash.values(), *self._future.by_hash.values()]:
            if tx.valid_till <= number:
                self.remove(tx.hash, "invalid", "Transaction is outdated")
        while len(self._satisfied) > REMEMBERED_TAGS:
            del self._satisfied[next(iter(self._satisfied))]

    def head_moved_back(self) -> None:
        """The chain was reverted: what blocks provided before no longer counts, and all answers are outdated."""
        self._satisfied.clear()
        for part in (self._ready, self._future):
            for tx in list(part.by_hash.values()):
                part.by_hash[tx.hash] = _judged(tx, tx.validity, -1, tx.valid_till)

    def revalidated(self, tx_hash: bytes, validity: ValidTransaction, at: int) -> None:
        """The runtime was asked again on block number `at` and still finds the transaction valid."""
        tx = self._ready.by_hash.get(tx_hash)
        was_ready = tx is not None
        tx = tx or self._future.by_hash.get(tx_hash)
        if tx is None:
            return
        if tx.validity == validity and was_ready:
            self._ready.by_hash[tx_hash] = _judged(tx, validity, at, _valid_till(at, validity))
            return
        self._take(tx_hash)
        judged = _judged(tx, validity, at, _valid_till(at, validity))
        try:
            self._place(judged, quiet=self._missing(judged) != was_ready)
        except (TooLowPriority, ImmediatelyDropped) as refusal:
            self._tell(tx_hash, "dropped", reason=str(refusal))
        if was_ready:
            self._demote(tx.validity.provides)


def _judged(tx: Pooled, validity: ValidTransaction, at: int, valid_till: int) -> Pooled:
    return Pooled(tx.hash, tx.data, validity, valid_till, tx.arrival, at)


def _valid_till(at: int, validity: ValidTransaction) -> int:
    return min(U64_MAX, at + validity.longevity)
