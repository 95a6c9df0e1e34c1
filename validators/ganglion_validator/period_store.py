"""Periods between two commitments of weights, and the verdicts reached in them, on disk before they are used.

A period is `next` (its secret is announced), `open`, `sealed` (evidence was drafted from it), `committed` (that is in a
block), and in the end `revealed` or `missed`. There is always one open and one next. What a kill leaves half done is
read off these states.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from sqlite3 import Connection
from typing import Any

from ganglion.protocol.hashing import blake2_256
from ganglion.protocol.verdicts import Evidence, Verdict, secret_hash
from ganglion_validator.reading import read_beside
from ganglion_validator.scoring import MinerKey
from ganglion_validator.store import Store
from ganglion_validator.verdict_tree import Tally, Tree

SECRET_BYTES = 32
KEPT_PERIODS = 64  # that are over; disputes about a period end before
KEPT_VERDICTS = 1 << 16  # of periods that are over
MOST_VERDICTS = 1 << 15  # of one period; below 2^16, so that no count of a row is cut off

__all__ = ["EVERYTHING", "Entry", "Mark", "Period", "PeriodStore"]

_COLUMNS = "number, secret, state, epoch"
_TREE = "SELECT trees.tree FROM trees JOIN periods ON trees.evidence = periods.tree WHERE number = ?"
_VERDICTS = (
    "SELECT hotkey, registered_at, profile, uid, verdict FROM verdicts "
    "WHERE period = ? AND requester = ? AND rowid <= ? ORDER BY uid, outcome, request_id"
)


@dataclass(frozen=True, slots=True)
class Period:
    """One period. `epoch`: of its commitment, -1 before."""

    number: int
    secret: bytes = field(repr=False)
    state: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A verdict to keep, who asked, and what opens it (JSON)."""

    key: MinerKey
    profile: bytes
    requester: bytes
    verdict: Verdict
    opening: str


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a draft reaches: the newest verdict and the newest accepted receipt in it."""

    verdicts: int
    receipts: int


EVERYTHING = Mark(1 << 62, 1 << 62)


class PeriodStore:
    """Periods and verdicts of one validator. Every method raises StoreFailed where the disk does."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._begin()

    def _begin(self) -> None:
        with self._store.transaction() as db:
            for state in ("open", "next"):
                if not db.execute("SELECT 1 FROM periods WHERE state = ?", (state,)).fetchone():
                    _append(db, state)

    @property
    def open(self) -> Period:
        """The one that audits are drawn in."""
        return self._one("state = 'open'")

    @property
    def announced(self) -> Period:
        """The one after it."""
        return self._one("state = 'next'")

    @property
    def sealed(self) -> Period | None:
        """The one whose evidence was drafted and is not in a block yet."""
        return self._find("state = 'sealed' ORDER BY number LIMIT 1")

    def committed(self) -> list[Period]:
        """Those of which it is not known yet whether they were revealed in time."""
        return self._all("state = 'committed' ORDER BY number")

    def revealed(self, epoch: int) -> Period | None:
        """The one whose evidence was committed in this epoch and is public."""
        return self._find("state = 'revealed' AND epoch = ? ORDER BY number DESC LIMIT 1", epoch)

    def all_revealed(self) -> list[Period]:
        """Those whose evidence is public."""
        return self._all("state = 'revealed' ORDER BY number")

    def unused(self) -> frozenset[bytes]:
        """Secrets that no commitment in a block has."""
        return frozenset(one.secret for one in self._all("state IN ('sealed', 'open', 'next')"))

    def expect(self, hashed: bytes) -> bool:
        """What the chain waits for: the secret with this hash. Those before it may have been told, and all may be where
        it is not known: they end as missed, and others are drawn. Whether there were any.
        """
        with self._store.transaction() as db:
            rows = db.execute("SELECT number, secret FROM periods").fetchall()
            first = next(
                (number for number, secret in rows if secret_hash(secret) == hashed), EVERYTHING.verdicts
            )
            gone = db.execute(
                "UPDATE periods SET state = 'missed' WHERE state IN ('sealed', 'open', 'next') AND number < ?",
                (first,),
            ).rowcount
            db.execute(
                "UPDATE periods SET state = 'open' WHERE state = 'next' "
                "AND NOT EXISTS (SELECT 1 FROM periods WHERE state = 'open')"
            )
        self._begin()
        return gone > 0

    def reserve(self, number: int, count: int) -> tuple[bytes, int]:
        """The period's secret and the first of `count` numbers that were never given out under it."""
        with self._store.transaction() as db:
            secret, first = db.execute(
                "SELECT secret, counter FROM periods WHERE number = ?", (number,)
            ).fetchone()
            db.execute("UPDATE periods SET counter = ? WHERE number = ?", (first + count, number))
        return secret, first

    def seal(self, number: int, epoch: int, mark: Mark, evidence: Evidence, tree: Tree) -> bool:
        """Close the open period; the next one begins and gets what came after the mark. For a sealed one only its
        epoch changes. Whether it was open.

        Args:
            tree: which verdicts are the leaves of the evidence. A sealed period is drafted again as long as no
                commitment to it is seen in a block, perhaps with others, so it is kept by the evidence.
        """
        with self._store.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO trees VALUES (?, ?, ?)", (_digest(evidence), number, tree.to_text())
            )
            changed = db.execute(
                "UPDATE periods SET state = 'sealed', epoch = ? WHERE number = ? AND state = 'open'",
                (epoch, number),
            ).rowcount
            db.execute("UPDATE periods SET epoch = ? WHERE number = ? AND state = 'sealed'", (epoch, number))
            if not changed:
                return False
            db.execute("UPDATE periods SET state = 'open' WHERE state = 'next'")
            _append(db, "next")
            following = db.execute("SELECT number FROM periods WHERE state = 'open'").fetchone()[0]
            for table, last in (("verdicts", mark.verdicts), ("receipts", mark.receipts)):
                db.execute(
                    f"UPDATE {table} SET period = ? WHERE period = ? AND rowid > ?", (following, number, last)
                )
        return True

    def mark_committed(self, evidence: Evidence, epoch: int) -> None:
        """A commitment to this evidence is in a block of this epoch."""
        with self._store.transaction() as db:
            db.execute(
                "UPDATE periods SET state = 'committed', epoch = ?, tree = ? "
                "WHERE secret = ? AND state IN ('sealed', 'committed')",
                (epoch, _digest(evidence), evidence.secret),
            )

    def end(self, number: int, state: str) -> None:
        """How a committed period ended: "revealed" or "missed". What is too old is dropped."""
        with self._store.transaction() as db:
            db.execute("UPDATE periods SET state = ? WHERE number = ?", (state, number))
            over = "SELECT number FROM periods WHERE state IN ('revealed', 'missed') ORDER BY number DESC"
            kept = [row[0] for row in db.execute(f"{over} LIMIT {KEPT_PERIODS}")]
            first = _first_with_room(db, kept)
            for table, column in (("verdicts", "period"), ("trees", "period"), ("periods", "number")):
                db.execute(f"DELETE FROM {table} WHERE {column} < ?", (first,))

    def add(self, entries: Sequence[Entry], beside: Callable[[Connection], None]) -> int:
        """Keep verdicts in the open period, as far as there is room. Returns how many were left out.

        Args:
            beside: writes what belongs to the same moment, in the same transaction: a disk takes milliseconds for each.
        """
        with self._store.transaction() as db:
            beside(db)
            period = db.execute("SELECT number FROM periods WHERE state = 'open'").fetchone()[0]
            held = db.execute("SELECT count(*) FROM verdicts WHERE period = ?", (period,)).fetchone()[0]
            kept = entries[: max(0, MOST_VERDICTS - held)]
            db.executemany(
                "INSERT OR IGNORE INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_row(period, entry) for entry in kept],
            )
        return len(entries) - len(kept)

    def mark(self) -> Mark:
        """What there is now."""
        newest = "SELECT coalesce(max(rowid), 0) FROM"
        return Mark(*(self._store.read(f"{newest} {table}")[0][0] for table in ("verdicts", "receipts")))

    def tree(self, period: int) -> Tree | None:
        """Of the evidence that was committed to with this period; None where there is none."""
        found = self._store.read(_TREE, period)
        return Tree.from_text(found[0][0]) if found else None

    def tree_beside(self, period: int) -> Tree | None:
        """The same, for other threads than the store's, as all that ends so."""
        found = read_beside(self._store.path, _TREE, period)
        return Tree.from_text(found[0][0]) if found else None

    def verdicts(self, period: int, tree: Tree, mark: Mark = EVERYTHING) -> list[Verdict]:
        """The leaves of a tree, ascending by `Verdict.place`."""
        rows = self._store.read(_VERDICTS, period, tree.requester, mark.verdicts)
        return [Verdict.decode(raw) for raw in _leaves(rows, tree)]

    def leaves_beside(self, period: int, tree: Tree) -> list[bytes]:
        """The encoded verdicts of a tree, in their order."""
        rows = read_beside(self._store.path, _VERDICTS, period, tree.requester, EVERYTHING.verdicts)
        return _leaves(rows, tree)

    def receipts(self, period: int, mark: Mark = EVERYTHING) -> list[bytes]:
        """Leaves of accepted receipts, ascending by request id."""
        query = "SELECT leaf FROM receipts WHERE period = ? AND rowid <= ? ORDER BY request_id"
        return [leaf for (leaf,) in self._store.read(query, period, mark.receipts)]

    def tallies(
        self, period: int, requester: bytes, mark: Mark = EVERYTHING
    ) -> dict[tuple[MinerKey, bytes, int], Tally]:
        """Of what one hotkey asked: by miner, profile and the slot that the miner held when it was judged."""
        rows = self._store.read(
            "SELECT hotkey, registered_at, profile, uid, sum(outcome = 0), sum(outcome = 1), sum(outcome = 2) "
            "FROM verdicts WHERE period = ? AND requester = ? AND rowid <= ? "
            "GROUP BY hotkey, registered_at, profile, uid",
            period,
            requester,
            mark.verdicts,
        )
        return {
            (MinerKey(hotkey, at), profile, uid): Tally(*counts) for hotkey, at, profile, uid, *counts in rows
        }

    def openings_beside(self, request_ids: Sequence[bytes]) -> dict[bytes, str]:
        """What opens the verdicts on these requests (JSON), at most some hundred."""
        places = ", ".join("?" * len(request_ids))
        query = f"SELECT request_id, opening FROM verdicts WHERE request_id IN ({places})"
        return dict(read_beside(self._store.path, query, *request_ids))

    def _all(self, condition: str, *values: object) -> list[Period]:
        query = f"SELECT {_COLUMNS} FROM periods WHERE {condition}"
        return [Period(*row) for row in self._store.read(query, *values)]

    def _find(self, condition: str, *values: object) -> Period | None:
        found = self._all(condition, *values)
        return found[0] if found else None

    def _one(self, condition: str) -> Period:
        return self._all(condition)[0]


def _leaves(rows: Iterable[tuple[Any, ...]], tree: Tree) -> list[bytes]:
    """Of rows by `_VERDICTS` the verdicts that are in a tree. They are many, of few miners."""
    held: dict[tuple[Any, ...], bool] = {}
    found = []
    for *who, raw in rows:
        hotkey, at, profile, uid = key = tuple(who)
        if key not in held:
            held[key] = tree.holds(MinerKey(hotkey, at), profile, uid)
        if held[key]:
            found.append(raw)
    return found


def _append(db: Connection, state: str) -> None:
    db.execute("INSERT INTO periods (secret, state) VALUES (?, ?)", (os.urandom(SECRET_BYTES), state))


def _row(period: int, entry: Entry) -> tuple[object, ...]:
    verdict, key = entry.verdict, entry.key
    return (
        verdict.request_id, period, key.hotkey, key.registered_at, entry.profile, int(verdict.outcome),
        verdict.encode(), entry.opening, verdict.uid, entry.requester,
    )  # fmt: skip


def _digest(evidence: Evidence) -> bytes:
    """Evidence by its bytes."""
    return blake2_256(evidence.encode())


def _first_with_room(db: Connection, kept: Sequence[int]) -> int:
    """The oldest of these periods that is kept with all its verdicts: a part of them would have another root.

    Args:
        kept: periods that are over, the newest first; at least one, which always has room.
    """
    held, first = 0, kept[0]
    for number in kept:
        held += db.execute("SELECT count(*) FROM verdicts WHERE period = ?", (number,)).fetchone()[0]
        if held > KEPT_VERDICTS and number != kept[0]:
            break
        first = number
    return first
