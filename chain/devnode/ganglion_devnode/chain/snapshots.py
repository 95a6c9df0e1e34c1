"""Points to return to. Each holds its block and state, so that pruning can't take them away."""

from __future__ import annotations

from dataclasses import dataclass

from ganglion_devnode.chain.block import Block
from ganglion_devnode.node_errors import NodeBusy, UnknownSnapshot
from ganglion_devnode.state import State

MAX_SNAPSHOTS = 256


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A head, its state, and the clock at that moment."""

    block: Block
    state: State
    clock: tuple[int, int]


class Snapshots:
    """Snapshots by id, in the order taken. Ids are never used again."""

    def __init__(self) -> None:
        self._taken: dict[int, Snapshot] = {}
        self._next = 1

    def take(self, snapshot: Snapshot) -> int:
        """Keep a snapshot; returns its id."""
        if len(self._taken) >= MAX_SNAPSHOTS:
            raise NodeBusy(
                f"{MAX_SNAPSHOTS} snapshots are kept already",
                hint="revert to one of them, which frees the rest",
            )
        number = self._next
        self._next += 1
        self._taken[number] = snapshot
        return number

    def get(self, number: int) -> Snapshot:
        """A snapshot by id."""
        if number not in self._taken:
            raise UnknownSnapshot(
                f"there is no snapshot {number}",
                hint="a revert uses its snapshot up, and those taken after it",
            )
        return self._taken[number]

    def consume(self, number: int) -> None:
        """Forget a snapshot and all taken after it."""
        self._taken = {taken: snapshot for taken, snapshot in self._taken.items() if taken < number}
