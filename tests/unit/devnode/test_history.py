"""States of old blocks, rebuilt from what blocks overwrote, equal the states as they were: in memory and from disk."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ganglion_devnode.chain.block import Block
from ganglion_devnode.chain.genesis import Genesis
from ganglion_devnode.chain.header import Header
from ganglion_devnode.chain.history import HOT_STATES
from ganglion_devnode.chain.ledger import Ledger
from ganglion_devnode.node_errors import PrunedBlock
from ganglion_devnode.state import State, StateChanges
from ganglion_devnode.storage.memory import MemoryStore
from ganglion_devnode.storage.sqlite import SqliteStore
from ganglion_devnode.storage.store import Store

FACTS = {"name": "Test", "id": "test"}


class Grower:
    """A ledger that grows by random changes, and the roots it should have."""

    def __init__(self, store: Store, keep: int | None, seed: int = 1) -> None:
        self.dice = random.Random(seed)
        state = State.build({b"key%d" % n: b"genesis" * 9 for n in range(30)}, {b"child": {b"x": b"1"}}, 1)
        genesis = Block.of(Header(bytes(32), 0, state.root()))
        self.ledger = Ledger.begin(store, Genesis(genesis, state), keep, FACTS)
        self.blocks = [genesis]

    def grow(self, count: int) -> None:
        for _ in range(count):
            changes = StateChanges(main=self._some(30), children={b"child": self._some(3)})
            state = self.ledger.state.apply(changes)
            block = Block.of(Header(self.ledger.head.hash, self.ledger.head.number + 1, state.root()))
            self.ledger.append(block, changes, state)
            self.blocks.append(block)

    def _some(self, keys: int) -> dict[bytes, bytes | None]:
        value = lambda: None if self.dice.random() < 0.3 else self.dice.randbytes(self.dice.randrange(80))  # noqa: E731
        return {b"key%d" % self.dice.randrange(keys): value() for _ in range(4)}

    def check(self, numbers: range) -> None:
        for number in numbers:
            block = self.blocks[number]
            assert self.ledger.state_of(block).root() == block.header.state_root


def test_states_in_memory() -> None:
    grower = Grower(MemoryStore(), keep=None)
    grower.grow(3 * HOT_STATES)
    grower.check(range(3 * HOT_STATES + 1))


def test_pruned_states_say_so() -> None:
    grower = Grower(MemoryStore(), keep=100)
    grower.grow(250)
    grower.check(range(151, 251))
    for number in (0, 150):
        with pytest.raises(PrunedBlock, match="State already discarded") as caught:
            grower.ledger.state_of(grower.blocks[number])
        assert "--state-pruning" in (caught.value.hint or "")
    assert len(grower.ledger._history._undo) < 100
    assert grower.ledger.first_state == 151


def test_keeping_one_state() -> None:
    grower = Grower(MemoryStore(), keep=1)
    grower.grow(5)
    grower.check(range(5, 6))
    with pytest.raises(PrunedBlock):
        grower.ledger.state_of(grower.blocks[4])


def test_pruned_blocks_say_so() -> None:
    grower = Grower(MemoryStore(kept=20), keep=10)
    grower.grow(50)
    ledger = grower.ledger
    assert ledger.block_hash(0) == grower.blocks[0].hash
    assert ledger.block_hash(31) == grower.blocks[31].hash
    assert ledger.block_hash(51) is None
    with pytest.raises(PrunedBlock, match="no longer kept") as caught:
        ledger.block_hash(30)
    assert "--base-path" in (caught.value.hint or "")


def test_rewind_and_another_future() -> None:
    grower = Grower(MemoryStore(), keep=200)
    grower.grow(100)
    point = grower.ledger.head, grower.ledger.state
    grower.grow(90)
    grower.ledger.rewind(*point)
    del grower.blocks[101:]
    assert grower.ledger.head is point[0]
    grower.check(range(101))
    grower.grow(120)
    grower.check(range(21, 221))


def test_rewind_below_what_is_kept() -> None:
    grower = Grower(MemoryStore(kept=30), keep=20)
    grower.grow(10)
    point = grower.ledger.head, grower.ledger.state
    grower.grow(100)
    grower.ledger.rewind(*point)
    del grower.blocks[11:]
    assert grower.ledger.block(point[0].hash) is point[0]
    with pytest.raises(PrunedBlock):
        grower.ledger.state_of(grower.blocks[0])
    grower.grow(5)
    grower.check(range(10, 16))


@pytest.mark.parametrize("keep", [None, 150, 20])
def test_sqlite_gives_the_same_chain_back(tmp_path: Path, keep: int | None) -> None:
    store = SqliteStore(tmp_path, keep)
    grower = Grower(store, keep)
    grower.grow(200)
    store.close()

    again = SqliteStore(tmp_path, keep)
    resumed = Ledger.resume(again, keep)
    assert resumed is not None
    assert resumed.head == grower.blocks[-1]
    assert resumed.genesis == grower.blocks[0]
    assert resumed.state.root() == grower.ledger.state.root()
    assert resumed.state.child(b"child").root() == grower.ledger.state.child(b"child").root()
    grower.ledger = resumed
    first = 0 if keep is None else 201 - keep
    assert resumed.first_state == first
    grower.check(range(first, 201))
    assert resumed.block_hash(17) == grower.blocks[17].hash
    assert resumed.block(grower.blocks[17].hash) == grower.blocks[17]
    grower.grow(30)
    grower.check(range(0 if keep is None else 231 - keep, 231))
    again.close()


def test_sqlite_archive_reaches_beyond_memory(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, None)
    grower = Grower(store, None)
    grower.grow(1300)
    assert len(grower.ledger._history._undo) <= 1024
    grower.check(range(0, 300, 37))
    store.close()


def test_sqlite_rewind(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, 100)
    grower = Grower(store, 100)
    grower.grow(50)
    point = grower.ledger.head, grower.ledger.state
    grower.grow(40)
    grower.ledger.rewind(*point)
    store.close()
    again = SqliteStore(tmp_path, 100)
    resumed = Ledger.resume(again, 100)
    assert resumed is not None
    assert resumed.head == point[0]
    grower.ledger = resumed
    grower.check(range(51))
    again.close()


def test_a_failing_listener_does_not_keep_a_block_from_the_others() -> None:
    grower = Grower(MemoryStore(), keep=10)
    seen: list[int] = []
    grower.ledger.on_head(lambda block, state: 1 // 0)
    stop = grower.ledger.on_head(lambda block, state: seen.append(block.number))
    grower.grow(2)
    stop()
    stop()
    grower.grow(1)
    assert seen == [1, 2]
