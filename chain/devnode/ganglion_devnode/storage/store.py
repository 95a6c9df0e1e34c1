"""What the ledger asks of a store. A store keeps blocks and the head's state; it knows no runtime and no RPC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ganglion_devnode.chain.block import Block
from ganglion_devnode.chain.history import Undo
from ganglion_devnode.state import State


@dataclass(frozen=True, slots=True)
class Stored:
    """A chain found in a store: its genesis and head, the head's state, and what recent blocks overwrote.

    first_state: lowest block number whose state can be rebuilt.
    """

    genesis: Block
    head: Block
    state: State
    undo: dict[int, Undo]
    first_state: int


class Store(Protocol):
    """Every method either does all of its work or raises and does nothing.

    kept: how many of the newest blocks are kept, None for all.
    """

    kept: int | None

    def load(self) -> Stored | None:
        """The chain in the store, or None if it is empty."""

    def create(self, genesis: Block, state: State, facts: Mapping[str, str]) -> None:
        """Begin a chain; `facts` are kept beside it."""

    def facts(self) -> dict[str, str]:
        """The facts given to `create`."""

    def commit(self, block: Block, new: Undo, old: Undo) -> None:
        """Append a block: the values it wrote (`new`) and those it overwrote (`old`). Raises CommitFailed."""

    def rewind(self, head: Block, state: State) -> None:
        """Make an earlier block the head again. Raises CommitFailed."""

    def block(self, block_hash: bytes) -> Block | None:
        """A block by hash."""

    def block_hash(self, number: int) -> bytes | None:
        """A block's hash by number."""

    def overwritten(self, after: int, until: int) -> Undo:
        """First values overwritten by blocks in (after, until]."""

    def close(self) -> None:
        """Release the store."""
