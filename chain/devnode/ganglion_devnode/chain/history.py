"""The states of recent blocks.

The newest few are kept as tries. Older ones are kept as what each block overwrote, a few kilobytes instead of
tens, and are rebuilt when asked for: merge the overwritten values of all later blocks, apply them to the
oldest trie. Knows no storage beyond a function that reads what is older still.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from ganglion_devnode.state import CHILD_STORAGE_PREFIX, State, StateChanges

# (child storage key or b"", key) -> the value before the block
Undo = dict[tuple[bytes, bytes], bytes | None]
HOT_STATES = 64
REBUILT_STATES = 8


def undo_of(parent: State, changes: StateChanges) -> Undo:
    """What `changes` overwrite in `parent`. Roots of child tries are left out: applying derives them."""
    undo: Undo = {
        (b"", key): parent.get(key) for key in changes.main if not key.startswith(CHILD_STORAGE_PREFIX)
    }
    for storage_key, pairs in changes.children.items():
        child = parent.child(storage_key)
        undo.update({(storage_key, key): child.get(key) for key in pairs})
    return undo


def written_by(changes: StateChanges) -> Undo:
    """What `changes` write, in the same flat form; None deletes."""
    written: Undo = {
        (b"", key): value for key, value in changes.main.items() if not key.startswith(CHILD_STORAGE_PREFIX)
    }
    for storage_key, pairs in changes.children.items():
        written.update({(storage_key, key): value for key, value in pairs.items()})
    return written


def undo_changes(undo: Undo) -> StateChanges:
    """The changes that bring the overwritten values back."""
    changes = StateChanges()
    for (child, key), value in undo.items():
        target = changes.children.setdefault(child, {}) if child else changes.main
        target[key] = value
    return changes


class History:
    """States by block number, of one chain without forks.

    Args:
        limit: how many states can be asked for, the head's included; None keeps all.
        older: what blocks after a number overwrote, first values first, for blocks that left memory (an
            archive on disk); None if there is no such store.
    """

    def __init__(
        self, number: int, state: State, limit: int | None, older: Callable[[int, int], Undo] | None = None
    ) -> None:
        self.limit = limit
        self.head = number
        self._older = older
        self._hot: OrderedDict[int, State] = OrderedDict({number: state})
        self._undo: dict[int, Undo] = {}  # block number -> what that block overwrote
        self._first = number  # lowest block whose state can be had
        self._rebuilt: OrderedDict[int, State] = OrderedDict()

    def seed(self, undo: dict[int, Undo], first: int) -> None:
        """After a start from disk: what the newest blocks overwrote, and the lowest block that can be asked
        for.
        """
        self._undo = dict(undo)
        self._first = first

    @property
    def first(self) -> int:
        """Lowest block number whose state is kept."""
        return self._first

    def push(self, number: int, state: State, undo: Undo) -> None:
        """The state after block `number`, which is the one after the head."""
        self.head = number
        self._hot[number] = state
        self._undo[number] = undo
        while len(self._hot) > min(HOT_STATES, self.limit or HOT_STATES):
            self._hot.popitem(last=False)
        if self.limit is not None:
            self._first = max(self._first, number - self.limit + 1)
        in_memory = 1024 if self.limit is None and self._older is not None else self.limit
        if in_memory is not None:
            for stale in range(number - in_memory + 1, 0, -1):
                if self._undo.pop(stale, None) is None:
                    break

    def state(self, number: int) -> State | None:
        """The state after block `number`, or None if it is not kept."""
        if not self._first <= number <= self.head:
            return None
        found = self._hot.get(number) or self._rebuilt.get(number)
        if found is None:
            found = self._rebuild(number)
            self._rebuilt[number] = found
            while len(self._rebuilt) > REBUILT_STATES:
                self._rebuilt.popitem(last=False)
        return found

    def _rebuild(self, number: int) -> State:
        base_number = next(iter(self._hot))
        undo: Undo = {}
        for later in range(base_number, number, -1):
            overwritten = self._undo.get(later)
            if overwritten is None:
                # From here down memory has nothing; the store answers for all blocks in (number, later].
                undo.update(self._older(number, later) if self._older else {})
                break
            undo.update(overwritten)
        return self._hot[base_number].apply(undo_changes(undo))

    def rewind(self, number: int, state: State) -> None:
        """Make block `number` the head again; what came after is forgotten."""
        self.head = number
        self._rebuilt = OrderedDict((n, s) for n, s in self._rebuilt.items() if n < number)
        self._undo = {n: undo for n, undo in self._undo.items() if n <= number}
        self._hot = OrderedDict((n, s) for n, s in self._hot.items() if n < number)
        self._hot[number] = state
        self._first = min(self._first, number)
        self._drop_gaps(number)

    def _drop_gaps(self, number: int) -> None:
        """Below a reverted head only an unbroken line of overwritten values leads back."""
        if self._older is not None:
            return
        lowest = number
        while lowest > self._first and lowest in self._undo:
            lowest -= 1
        self._first = lowest
        self._hot = OrderedDict((n, s) for n, s in self._hot.items() if n >= lowest)
