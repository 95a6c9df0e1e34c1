"""Pending writes over one trie, with nested transactions.

Transactions are undo journals: each open one remembers the first old value of every key written in it, so
writes cost the same at any depth and a commit only merges journals. Knows nothing of the trie below.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator

from ganglion_devnode.scale import Reader, ScaleError, compact

ABSENT = object()  # no pending write for the key


class Appended:
    """A SCALE vector that is being appended to, without copying it for each item.

    Successive versions share one growing buffer; a version that is no longer the longest (after a rollback)
    copies its part before it appends. That keeps each version immutable.
    """

    __slots__ = ("buffer", "count", "length")

    def __init__(self, buffer: bytearray, length: int, count: int) -> None:
        self.buffer = buffer
        self.length = length
        self.count = count

    @classmethod
    def parse(cls, encoded: bytes) -> Appended:
        """Start from an encoded vector; from nothing if its length is not a valid compact u32."""
        reader = Reader(encoded)
        try:
            count = reader.compact()
        except ScaleError:
            count = 1 << 32
        if count >= 1 << 32:
            return cls(bytearray(), 0, 0)
        items = bytearray(encoded[reader.pos :])
        return cls(items, len(items), count)

    def add(self, item: bytes) -> Appended:
        """The vector with one more item."""
        buffer = self.buffer if len(self.buffer) == self.length else self.buffer[: self.length]
        buffer += item
        return Appended(buffer, len(buffer), self.count + 1)

    def encoded(self) -> bytes:
        """The vector's SCALE bytes."""
        return compact(self.count) + bytes(memoryview(self.buffer)[: self.length])


Pending = bytes | Appended | None


def plain(value: Pending) -> bytes | None:
    """A pending value as stored bytes."""
    return value.encoded() if isinstance(value, Appended) else value


class Changeset:
    """Pending values by key: bytes, `Appended`, or None for a deletion; ABSENT where nothing is pending."""

    __slots__ = ("_journals", "_sorted", "values")

    def __init__(self, depth: int = 0) -> None:
        self.values: dict[bytes, Pending] = {}
        self._journals: list[dict[bytes, object]] = [{} for _ in range(depth)]
        self._sorted: list[bytes] | None = None  # the keys in order, kept only once somebody iterates

    @property
    def depth(self) -> int:
        """Number of open transactions."""
        return len(self._journals)

    def set(self, key: bytes, value: Pending) -> None:
        """Write or delete `key`."""
        values = self.values
        if self._journals:
            journal = self._journals[-1]
            if key not in journal:
                journal[key] = values.get(key, ABSENT)
        if self._sorted is not None and key not in values:
            insort(self._sorted, key)
        values[key] = value

    def start(self) -> None:
        """Open a transaction."""
        self._journals.append({})

    def commit(self) -> None:
        """Keep the innermost transaction's writes; an outer one can still undo them."""
        journal = self._journals.pop()
        if self._journals:
            outer = self._journals[-1]
            for key, old in journal.items():
                outer.setdefault(key, old)

    def rollback(self) -> None:
        """Undo the innermost transaction's writes."""
        for key, old in self._journals.pop().items():
            if old is ABSENT:
                del self.values[key]
                self._forget(key)
            else:
                self.values[key] = old  # type: ignore[assignment]

    def _forget(self, key: bytes) -> None:
        if self._sorted is not None:
            del self._sorted[bisect_left(self._sorted, key)]

    def _keys(self) -> list[bytes]:
        if self._sorted is None:
            self._sorted = sorted(self.values)
        return self._sorted

    def next_live(self, key: bytes) -> bytes | None:
        """The smallest key after `key` that is pending with a value."""
        keys = self._keys()
        for index in range(bisect_right(keys, key), len(keys)):
            if self.values[keys[index]] is not None:
                return keys[index]
        return None

    def with_prefix(self, prefix: bytes) -> Iterator[bytes]:
        """Pending keys under `prefix`, deletions included; a copy, so the caller may write meanwhile."""
        keys = self._keys()
        start = bisect_left(keys, prefix)
        end = start
        while end < len(keys) and keys[end].startswith(prefix):
            end += 1
        return iter(keys[start:end])

    def plain(self) -> dict[bytes, bytes | None]:
        """All pending writes as stored bytes."""
        return {key: plain(value) for key, value in self.values.items()}
