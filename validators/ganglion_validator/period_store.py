"""Periods between two commitments of weights, and the verdicts reached in them, on disk before they are used.

A period is `next` (its secret is announced), `open`, `sealed` (evidence was drafted from it), `committed` (that is in a
block), and in the end `revealed` or `missed`. There is always one open and one next. What a kill leaves half done is
read off these states.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from sqlite3 import Connection

from ganglion.protocol.verdicts import Verdict, secret_hash
from ganglion_validator.scoring import MinerKey
from ganglion_validator.store import Store

SECRET_BYTES = 32
KEPT_PERIODS = 64  # that are over; disputes about a period end before
KEPT_VERDICTS = 1 << 16  # of periods that are over
MOST_VERDICTS = 1 << 15  # of one period

__all__ = ["EVERYTHING", "Entry", "Mark", "Period", "PeriodStore", "Tally"]

_COLUMNS = "number, secret, state, epoch"


@dataclass(frozen=True, slots=True)
class Period:
    """One period. `epoch`: of its commitment, -1 before."""

    number: int
    secret: bytes = field(repr=False)
    state: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A verdict to keep, and what opens it (JSON)."""

    key: MinerKey
    profile: bytes
    verdict: Verdict
    opening: str


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a draft reaches: the newest verdict and the newest accepted receipt in it."""

    verdicts: int
    receipts: int


EVERYTHING = Mark(1 << 62, 1 << 62)


@dataclass(frozen=True, slots=True)
class Tally:
    """How the audits of one miner and profile ended."""

    passed: int = 0
    soft: int = 0
    hard: int = 0

    @property
    def audited(self) -> int:
        """All of them."""
        return self.passed + self.soft + self.hard


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

    def seal(self, number: int, epoch: int, mark: Mark) -> bool:
        """Close the open period; the next one begins and gets what came after the mark. For a sealed one only its
        epoch changes. Whether it was open.
        """
        with self._store.transaction() as db:
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

    def mark_committed(self, secret: bytes, epoch: int) -> None:
        """A commitment to this period's evidence is in a block of this epoch."""
        with self._store.transaction() as db:
            db.execute(
                "UPDATE periods SET state = 'committed', epoch = ? "
                "WHERE secret = ? AND state IN ('sealed', 'committed')",
                (epoch, secret),
            )

    def end(self, number: int, state: str) -> None:
        """How a committed period ended: "revealed" or "missed". What is too old is dropped."""
        with self._store.transaction() as db:
            db.execute("UPDATE periods SET state = ? WHERE number = ?", (state, number))
            over = "SELECT number FROM periods WHERE state IN ('revealed', 'missed') ORDER BY number DESC"
            kept = db.execute(f"{over} LIMIT {KEPT_PERIODS}").fetchall()
            db.execute("DELETE FROM verdicts WHERE period < ?", (kept[-1][0],))
            db.execute("DELETE FROM periods WHERE number < ?", (kept[-1][0],))
            count = db.execute("SELECT count(*) FROM verdicts WHERE period <= ?", (number,)).fetchone()[0]
            db.execute(
                "DELETE FROM verdicts WHERE rowid IN "
                "(SELECT rowid FROM verdicts WHERE period < ? ORDER BY period, rowid LIMIT ?)",
                (number, max(0, count - KEPT_VERDICTS)),
            )

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
                "INSERT OR IGNORE INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [_row(period, entry) for entry in kept],
            )
        return len(entries) - len(kept)

    def mark(self) -> Mark:
        """What there is now."""
        newest = "SELECT coalesce(max(rowid), 0) FROM"
        return Mark(*(self._store.read(f"{newest} {table}")[0][0] for table in ("verdicts", "receipts")))

    def verdicts(self, period: int, mark: Mark = EVERYTHING) -> list[Verdict]:
        """Ascending by request id."""
        query = "SELECT verdict FROM verdicts WHERE period = ? AND rowid <= ? ORDER BY request_id"
        return [Verdict.decode(raw) for (raw,) in self._store.read(query, period, mark.verdicts)]

    def receipts(self, period: int, mark: Mark = EVERYTHING) -> list[bytes]:
        """Leaves of accepted receipts, ascending by request id."""
        query = "SELECT leaf FROM receipts WHERE period = ? AND rowid <= ? ORDER BY request_id"
        return [leaf for (leaf,) in self._store.read(query, period, mark.receipts)]

    def tallies(self, period: int, mark: Mark = EVERYTHING) -> dict[tuple[MinerKey, bytes], Tally]:
        """By miner and profile."""
        rows = self._store.read(
            "SELECT hotkey, registered_at, profile, sum(outcome = 0), sum(outcome = 1), sum(outcome = 2) "
            "FROM verdicts WHERE period = ? AND rowid <= ? GROUP BY hotkey, registered_at, profile",
            period,
            mark.verdicts,
        )
        return {(MinerKey(hotkey, at), profile): Tally(*counts) for hotkey, at, profile, *counts in rows}

    def openings(self, period: int, offset: int = 0, limit: int = -1) -> list[tuple[Verdict, str]]:
        """Verdicts with what opens them, ascending by request id; `limit` of them from `offset` on, -1 = all."""
        query = "SELECT verdict, opening FROM verdicts WHERE period = ? ORDER BY request_id LIMIT ? OFFSET ?"
        found = self._store.read(query, period, limit, offset)
        return [(Verdict.decode(raw), opening) for raw, opening in found]

    def _all(self, condition: str, *values: object) -> list[Period]:
        query = f"SELECT {_COLUMNS} FROM periods WHERE {condition}"
        return [Period(*row) for row in self._store.read(query, *values)]

    def _find(self, condition: str, *values: object) -> Period | None:
        found = self._all(condition, *values)
        return found[0] if found else None

    def _one(self, condition: str) -> Period:
        return self._all(condition)[0]


def _append(db: Connection, state: str) -> None:
    db.execute("INSERT INTO periods (secret, state) VALUES (?, ?)", (os.urandom(SECRET_BYTES), state))


def _row(period: int, entry: Entry) -> tuple[object, ...]:
    verdict, key = entry.verdict, entry.key
    return (
        verdict.request_id, period, key.hotkey, key.registered_at, entry.profile, int(verdict.outcome),
        verdict.encode(), entry.opening,
    )  # fmt: skip
