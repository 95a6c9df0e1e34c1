"""A disk that fails while the daemon runs: every access is one error of ours, and the chain loop can wait it out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ganglion_validator.chain_view import Weights
from ganglion_validator.committer import Committer
from ganglion_validator.scorebook import ScoreBook
from ganglion_validator.scoring import Record, RoundResult
from ganglion_validator.store import Store, StoreFailed

from .support import VALIDATOR, ValidatorChain, key_of

COMMITMENT = b"c" * 32
ROW = ((1,), (65_535,))


class Disk:
    """Stands between a store and its database; fails while `broken`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.broken = False

    def __getattr__(self, name: str) -> Any:
        if self.broken and name.startswith("execute"):
            raise sqlite3.OperationalError("disk I/O error")
        return getattr(self._db, name)


@pytest.fixture
def store(tmp_path: Path) -> Any:
    made = Store(tmp_path / "scores.sqlite")
    made._db = Disk(made._db)  # type: ignore[assignment]
    yield made
    made.close()


def _write_something(store: Store) -> None:
    with store.transaction() as db:
        db.execute("DELETE FROM verdicts")


ACCESSES: dict[str, Callable[[Store], Any]] = {
    "bind": lambda store: store.bind(b"g" * 32),
    "records": lambda store: store.records(),
    "save_records": lambda store: store.save_records({key_of(0): Record("generate", 1.0)}),
    "forget_records": lambda store: store.forget_records([key_of(0)]),
    "save_weights": lambda store: store.save_weights(COMMITMENT, 3, Weights(*ROW, b"s" * 32, 0)),
    "weights_of": lambda store: store.weights_of(COMMITMENT),
    "made_in": lambda store: store.made_in(3),
    "forget_weights": lambda store: store.forget_weights(9),
    "read": lambda store: store.read("SELECT 1 FROM scores"),
    "transaction": _write_something,
}


@pytest.mark.parametrize("name", ACCESSES)
def test_every_access_fails_with_one_error_and_works_again_afterwards(store: Any, name: str):
    store._db.broken = True
    with pytest.raises(StoreFailed) as caught:
        ACCESSES[name](store)
    assert caught.value.retryable and caught.value.hint
    store._db.broken = False
    ACCESSES[name](store)


def test_every_public_method_is_tried_above():
    public = {name for name in vars(Store) if not name.startswith("_") and name != "close"}
    assert public == set(ACCESSES)


def test_scores_live_on_in_memory_and_are_written_when_the_disk_is_back(store: Any):
    book = ScoreBook(store, 0.5)
    store._db.broken = True
    book.add([RoundResult(key_of(0), "generate", 10.0)])
    book.caught(key_of(1), "generate", "junk")
    assert book.scores == {key_of(0): 10.0, key_of(1): 0.0} and len(book.unsaved) == 2
    store._db.broken = False
    book.add([RoundResult(key_of(2), "generate", 5.0)])
    assert store.records() == book.records and not book.unsaved


async def test_nothing_is_committed_whose_weights_are_not_on_disk(store: Any):
    chain = ValidatorChain()
    chain.step(5)
    committer = Committer(chain, store, VALIDATOR.ss58)
    store._db.broken = True
    with pytest.raises(StoreFailed):
        await committer.step(await chain.snapshot(), ROW)
    assert chain.commits == []
    store._db.broken = False
    await committer.step(await chain.snapshot(), ROW)
    (commit,) = chain.commits
    assert store.weights_of(commit.commitment) is not None


async def test_a_commitment_that_cannot_be_read_now_is_revealed_once_it_can(store: Any):
    chain = ValidatorChain()
    chain.step(5)
    committer = Committer(chain, store, VALIDATOR.ss58)
    await committer.step(await chain.snapshot(), ROW)
    chain.step(6)
    store._db.broken = True
    with pytest.raises(StoreFailed):
        await committer.step(await chain.snapshot(), ROW)
    assert chain.rows == []
    store._db.broken = False
    await committer.step(await chain.snapshot(), ROW)
    assert [(row.uids, row.values) for row in chain.rows] == [ROW]
