"""One part of the pool, ready or future: transactions with an index by provided tag and by required tag."""

from __future__ import annotations

from dataclasses import dataclass

from ganglion_devnode.pool.transaction import Pooled


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one part of the pool."""

    count: int
    bytes: int


class Part:
    """Ready or future transactions with an index by provided tag and by required tag."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.size = 0
        self.by_hash: dict[bytes, Pooled] = {}
        self.providers: dict[bytes, bytes] = {}
        self.requirers: dict[bytes, dict[bytes, None]] = {}

    def insert(self, tx: Pooled) -> None:
        """Take a transaction in."""
        self.by_hash[tx.hash] = tx
        self.size += len(tx.data)
        for tag in tx.validity.provides:
            self.providers[tag] = tx.hash
        for tag in tx.validity.requires:
            self.requirers.setdefault(tag, {})[tx.hash] = None

    def remove(self, tx_hash: bytes) -> Pooled | None:
        """Take one out; None if it is not here."""
        tx = self.by_hash.pop(tx_hash, None)
        if tx is None:
            return None
        self.size -= len(tx.data)
        for tag in tx.validity.provides:
            if self.providers.get(tag) == tx_hash:
                del self.providers[tag]
        for tag in tx.validity.requires:
            requirers = self.requirers.get(tag, {})
            requirers.pop(tx_hash, None)
            if not requirers:
                self.requirers.pop(tag, None)
        return tx

    def requiring(self, tag: bytes) -> list[Pooled]:
        """Those that require a tag."""
        return [self.by_hash[tx_hash] for tx_hash in self.requirers.get(tag, ())]

    def rivals(self, tx: Pooled) -> list[Pooled]:
        """Those that provide one of the tags that `tx` provides."""
        hashes = dict.fromkeys(self.providers[tag] for tag in tx.validity.provides if tag in self.providers)
        return [self.by_hash[tx_hash] for tx_hash in hashes]

    @property
    def over(self) -> bool:
        """Whether a limit is passed."""
        return len(self.by_hash) > self.limits.count or self.size > self.limits.bytes

    def worst(self) -> Pooled:
        """The lowest priority, and of equals the last to come."""
        return min(self.by_hash.values(), key=lambda tx: (tx.priority, -tx.arrival))
