"""The storage that a runtime sees while it runs: pending writes over an immutable state.

Main storage, default child storages and the off-chain index open, commit and roll back transactions together.
Semantics follow sp-state-machine; knows no wasm and no SCALE beyond appending.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from ganglion_devnode.overlay.changeset import ABSENT, Appended, Changeset, plain
from ganglion_devnode.state import (
    CHILD_STORAGE_PREFIX,
    AppliedChanges,
    IndexOperation,
    State,
    StateChanges,
    child_root_key,
)
from ganglion_devnode.trie import Trie

CHECK_EVERY = 256  # steps of a long loop between two calls of `check`


class OverlayError(RuntimeError):
    """A transaction was closed that the runtime did not open."""


class Removal(NamedTuple):
    """Outcome of removing keys. cursor: next backend key if the limit was reached; backend: keys newly
    deleted from the state; unique: those plus pending ones; loops: state keys visited."""

    cursor: bytes | None
    backend: int
    unique: int
    loops: int


REFUSED = Removal(None, 0, 0, 0)


def _nothing() -> None:
    return None


class Overlay:
    """Reads fall through to `state`; writes stay here until `state.apply(overlay.changes())`.

    `check` is called now and then inside long loops; the executor puts its deadline there.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self.check: Callable[[], None] = _nothing
        self._main = Changeset()
        self._children: dict[bytes, Changeset] = {}
        self._offchain = Changeset()
        self._index: list[IndexOperation] = []
        self._index_marks: list[int] = []
        self._reads: dict[bytes, bytes | None] = {}  # the state never changes under an overlay
        self._floor = 0  # transactions below this depth belong to the host
        self._applied: AppliedChanges | None = None
        self._root_version: int | None = None

    # --- main storage

    def get(self, key: bytes) -> bytes | None:
        """Value at `key`."""
        value = self._main.values.get(key, ABSENT)
        if value is ABSENT:
            value = self._reads.get(key, ABSENT)
            if value is ABSENT:
                value = self._reads[key] = self.state.main.get(key)
        return value.encoded() if value.__class__ is Appended else value  # type: ignore[union-attr, return-value]

    def set(self, key: bytes, value: bytes | None) -> None:
        """Write `key`; None deletes. Keys of child roots are refused, as in Substrate."""
        if not key.startswith(CHILD_STORAGE_PREFIX):
            self._applied = None
            self._main.set(key, value)

    def clear(self, key: bytes) -> None:
        """Delete `key`."""
        self.set(key, None)

    def append(self, key: bytes, item: bytes) -> None:
        """Append an encoded item to the SCALE vector at `key`."""
        self._applied = None
        value = self._main.values.get(key, ABSENT)
        if not isinstance(value, Appended):
            value = Appended.parse(self.get(key) or b"")
        self._main.set(key, value.add(item))

    def next_key(self, key: bytes) -> bytes | None:
        """The smallest key after `key`, pending writes and deletions considered."""
        return self._next(self._main, self.state.main, key)

    def clear_prefix(self, prefix: bytes, limit: int | None = None, cursor: bytes | None = None) -> Removal:
        """Delete keys under `prefix`: all pending ones, and up to `limit` of the state's."""
        if prefix.startswith(CHILD_STORAGE_PREFIX) or CHILD_STORAGE_PREFIX.startswith(prefix):
            return REFUSED
        return self._remove(self._main, self.state.main, prefix, limit, cursor)

    # --- default child storage

    def child_get(self, storage_key: bytes, key: bytes) -> bytes | None:
        """Value at `key` of a child storage."""
        changes = self._children.get(storage_key)
        value = ABSENT if changes is None else changes.values.get(key, ABSENT)
        return self.state.child(storage_key).get(key) if value is ABSENT else plain(value)  # type: ignore[arg-type]

    def child_set(self, storage_key: bytes, key: bytes, value: bytes | None) -> None:
        """Write `key` of a child storage; None deletes."""
        self._child(storage_key).set(key, value)

    def child_next_key(self, storage_key: bytes, key: bytes) -> bytes | None:
        """The smallest key of a child storage after `key`."""
        return self._next(self._children.get(storage_key), self.state.child(storage_key), key)

    def child_clear_prefix(
        self, storage_key: bytes, prefix: bytes, limit: int | None = None, cursor: bytes | None = None
    ) -> Removal:
        """As `clear_prefix`, in a child storage; the empty prefix removes the child."""
        return self._remove(self._child(storage_key), self.state.child(storage_key), prefix, limit, cursor)

    def child_root(self, storage_key: bytes, version: int | None = None) -> bytes:
        """Root of a child storage with its pending writes; main storage sees it from then on."""
        trie = self.state.child(storage_key)
        changes = self._children.get(storage_key)
        if changes is not None and changes.values:
            trie = trie.with_version(trie.version if version is None else version).apply(changes.plain())
            self._main.set(child_root_key(storage_key), None if trie.is_empty else trie.root())
        return trie.root()

    def _child(self, storage_key: bytes) -> Changeset:
        self._applied = None
        changes = self._children.get(storage_key)
        if changes is None:
            changes = self._children[storage_key] = Changeset(self.depth)
        return changes

    # --- iteration and removal, the same for main and child storage

    def _next(self, changes: Changeset | None, trie: Trie, key: bytes) -> bytes | None:
        below = trie.next_key(key)
        if changes is None or not changes.values:
            return below
        steps = 0
        while below is not None and changes.values.get(below, ABSENT) is None:
            below = trie.next_key(below)
            steps += 1
            if steps % CHECK_EVERY == 0:
                self.check()
        pending = changes.next_live(key)
        if below is None or pending is None:
            return below if pending is None else pending
        return min(below, pending)

    def _remove(
        self, changes: Changeset, trie: Trie, prefix: bytes, limit: int | None, cursor: bytes | None
    ) -> Removal:
        self._applied = None
        pending = 0
        for key in changes.with_prefix(prefix):
            pending += changes.values[key] is not None
            changes.set(key, None)
        loops = backend = 0
        for key in _keys_from(trie, prefix, cursor):
            if loops == limit:
                return Removal(key, backend, pending + backend, loops)
            if changes.values.get(key, ABSENT) is not None:
                changes.set(key, None)
                backend += 1
            loops += 1
            if loops % CHECK_EVERY == 0:
                self.check()
        return Removal(None, backend, pending + backend, loops)

    # --- the node's own indices

    def offchain_index_set(self, key: bytes, value: bytes | None) -> None:
        """Write to the off-chain index; it leaves with the block and is not part of the state."""
        self._offchain.set(key, value)

    def transaction_index(self, operation: IndexOperation) -> None:
        """Ask the node to index or renew an extrinsic's data."""
        self._index.append(operation)

    # --- transactions

    @property
    def depth(self) -> int:
        """Number of open transactions."""
        return self._main.depth

    def start_transaction(self) -> None:
        """Open a nested transaction."""
        for changes in self._all():
            changes.start()
        self._index_marks.append(len(self._index))

    def commit_transaction(self) -> None:
        """Keep the innermost transaction's writes."""
        self._ensure_open()
        for changes in self._all():
            changes.commit()
        self._index_marks.pop()

    def rollback_transaction(self) -> None:
        """Undo the innermost transaction's writes."""
        self._ensure_open()
        self._applied = None
        for changes in self._all():
            changes.rollback()
        del self._index[self._index_marks.pop() :]

    def _all(self) -> list[Changeset]:
        return [self._main, self._offchain, *self._children.values()]

    def _ensure_open(self) -> None:
        if self.depth <= self._floor:
            raise OverlayError("there is no open storage transaction to close")

    @contextmanager
    def in_runtime(self) -> Iterator[None]:
        """While a runtime call runs: it cannot close the host's transactions, and what it leaves open is
        undone."""
        floor = self._floor
        self._floor = self.depth
        try:
            yield
        finally:
            while self.depth > self._floor:
                self.rollback_transaction()
            self._floor = floor

    # --- the outcome

    def root(self, version: int | None = None) -> bytes:
        """State root with all pending writes, open transactions included."""
        self._root_version = self.state.version if version is None else version
        return self._apply().root()

    def _apply(self) -> State:
        version = self.state.version if self._root_version is None else self._root_version
        done = self._applied
        if done is None or done.version != version:
            result = self.state.apply(self._plain_changes(version))
            done = self._applied = AppliedChanges(self.state, version, result)
        return done.result

    def _plain_changes(self, version: int) -> StateChanges:
        children = {key: changes.plain() for key, changes in self._children.items() if changes.values}
        return StateChanges(main=self._main.plain(), children=children, state_version=version)

    def changes(self) -> StateChanges:
        """All pending writes. `state.apply` of them costs nothing if the root was just computed."""
        version = self.state.version if self._root_version is None else self._root_version
        changes = self._plain_changes(version)
        changes.offchain_index = self._offchain.plain()
        changes.transaction_index = list(self._index)
        changes.applied = self._applied
        return changes


def _keys_from(trie: Trie, prefix: bytes, cursor: bytes | None) -> Iterator[bytes]:
    """Keys of `trie` under `prefix`, from `cursor` on (inclusive)."""
    if cursor is None or cursor < prefix:
        for key, _ in trie.items(prefix):
            yield key
        return
    key: bytes | None = cursor if trie.get(cursor) is not None else trie.next_key(cursor)
    while key is not None and key.startswith(prefix):
        yield key
        key = trie.next_key(key)
