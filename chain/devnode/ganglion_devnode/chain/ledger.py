"""The chain so far: sealed blocks, the head, and the states that are kept. Final at once: there are no forks.

A block becomes part of it only when the store has it. Knows no runtime, no pool, no clock.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable

from ganglion_devnode.chain.block import Block
from ganglion_devnode.chain.genesis import Genesis
from ganglion_devnode.chain.history import History, Undo, undo_of, written_by
from ganglion_devnode.node_errors import PrunedBlock
from ganglion_devnode.state import State, StateChanges
from ganglion_devnode.storage.store import Store

log = logging.getLogger(__name__)
CACHED_BLOCKS = 256
HeadListener = Callable[[Block, State], None]


class Ledger:
    """Blocks and states by hash and number.

    Args:
        store: already holds the chain.
        keep_states: how many states can be asked for; None keeps all.
    """

    def __init__(self, store: Store, genesis: Block, head: Block, history: History) -> None:
        self._store = store
        self._history = history
        self._cache: OrderedDict[bytes, Block] = OrderedDict()
        self._listeners: list[HeadListener] = []
        self.genesis = genesis
        self.head = head
        self.state = history.state(head.number) or State.empty(1)

    @classmethod
    def begin(cls, store: Store, genesis: Genesis, keep_states: int | None, facts: dict[str, str]) -> Ledger:
        """A new chain."""
        store.create(genesis.block, genesis.state, facts)
        return cls(
            store,
            genesis.block,
            genesis.block,
            History(0, genesis.state, keep_states, _older(store, keep_states)),
        )

    @classmethod
    def resume(cls, store: Store, keep_states: int | None) -> Ledger | None:
        """The chain that is in the store, or None."""
        stored = store.load()
        if stored is None:
            return None
        history = History(stored.head.number, stored.state, keep_states, _older(store, keep_states))
        first = stored.first_state
        if keep_states is not None:
            first = max(first, stored.head.number - keep_states + 1)
        history.seed(stored.undo, max(0, first))
        return cls(store, stored.genesis, stored.head, history)

    # --- reading

    @property
    def first_state(self) -> int:
        """Lowest block number whose state is kept."""
        return self._history.first

    @property
    def complete(self) -> bool:
        """Whether every block is still kept, so that an unknown hash was never on this chain."""
        return self._store.kept is None or self.head.number <= self._store.kept

    def block(self, block_hash: bytes) -> Block | None:
        """A block by hash; None if it is not known (or no longer kept)."""
        if block_hash == self.head.hash:
            return self.head
        found = self._cache.get(block_hash)
        if found is None:
            found = self._store.block(block_hash)
            if found is not None:
                self._remember(found)
        return found

    def block_hash(self, number: int) -> bytes | None:
        """A block's hash by number; None above the head, PrunedBlock if it is no longer kept."""
        if not 0 <= number <= self.head.number:
            return None
        found = self.head.hash if number == self.head.number else self._store.block_hash(number)
        if found is None:
            raise PrunedBlock(f"block {number} is no longer kept in memory", hint=self._keep_hint())
        return found

    def require(self, block_hash: bytes) -> Block:
        """A block by hash; raises PrunedBlock if it is not here."""
        found = self.block(block_hash)
        if found is None:
            raise PrunedBlock(
                f"Unknown block: 0x{block_hash.hex()} is not on this chain, or no longer kept",
                hint=self._keep_hint(),
            )
        return found

    def state_of(self, block: Block) -> State:
        """The state after `block`; raises PrunedBlock if it is no longer kept."""
        if block.hash == self.head.hash:
            return self.state
        state = self._history.state(block.number)
        if state is None:
            raise PrunedBlock(
                f"State already discarded for 0x{block.hash.hex()}: block {block.number} is older than block "
                f"{self._history.first}, the oldest whose state is kept",
                hint="start the node with --state-pruning archive to keep every state",
            )
        return state

    def _keep_hint(self) -> str:
        if self._store.kept is None:
            return "check the hash"
        return f"without --base-path a node keeps its newest {self._store.kept} blocks; with it, all of them"

    # --- growing

    def on_head(self, listener: HeadListener) -> Callable[[], None]:
        """Call `listener` with each new head and its state, also after a revert. Returns how to end that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def append(self, block: Block, changes: StateChanges, state: State) -> None:
        """Store a sealed block and make it the head. Raises CommitFailed, and then nothing has changed."""
        undo = undo_of(self.state, changes)
        self._store.commit(block, written_by(changes), undo)
        self._history.push(block.number, state, undo)
        self._set_head(block, state)

    def rewind(self, head: Block, state: State) -> None:
        """Make an earlier block the head again."""
        self._store.rewind(head, state)
        self._history.rewind(head.number, state)
        self._cache.clear()
        self._set_head(head, state)

    def _set_head(self, block: Block, state: State) -> None:
        self._remember(block)
        self.head, self.state = block, state
        for listener in list(self._listeners):
            try:
                listener(block, state)
            except Exception:  # the block is sealed: one deaf listener must not keep it from the others
                log.exception("a listener failed at block %d", block.number)

    def _remember(self, block: Block) -> None:
        self._cache[block.hash] = block
        while len(self._cache) > CACHED_BLOCKS:
            self._cache.popitem(last=False)

    def close(self) -> None:
        """Release the store."""
        self._store.close()


def _older(store: Store, keep_states: int | None) -> Callable[[int, int], Undo] | None:
    """Only an archive on disk reaches further back than memory."""
    return store.overwritten if keep_states is None and store.kept is None else None
