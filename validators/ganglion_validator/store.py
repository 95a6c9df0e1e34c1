"""What must survive a kill at any instant, in one SQLite file with one writer: records of miners, weights that were
or will be committed; periods and verdicts (period_store.py), reputations (reputations.py) and receipts
(receipt_book.py) are other files' tables in it.

A file that can't be read is moved aside, never deleted, and a new one is begun: scores are earned again within
a few rounds, and a commitment whose weights are lost is missed once.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import structlog

from ganglion.daemon.lock import lock_file
from ganglion.errors import ConfigError, GanglionError
from ganglion.protocol.verdicts import Evidence
from ganglion_validator.chain_view import Weights
from ganglion_validator.scoring import MinerKey, Record

log = structlog.get_logger(__name__)

BUSY_SECONDS = 10.0
MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE scores (
        hotkey TEXT NOT NULL, registered_at INTEGER NOT NULL, score REAL NOT NULL, updated REAL NOT NULL,
        PRIMARY KEY (hotkey, registered_at)
    );
    CREATE TABLE commitments (
        commitment BLOB PRIMARY KEY, epoch INTEGER NOT NULL, uids TEXT NOT NULL, vals TEXT NOT NULL,
        salt BLOB NOT NULL, version_key INTEGER NOT NULL, stored REAL NOT NULL
    );
    """,
    """
    ALTER TABLE scores ADD COLUMN task TEXT NOT NULL DEFAULT 'generate';
    ALTER TABLE scores ADD COLUMN owed INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE scores ADD COLUMN penalty INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE network (genesis BLOB NOT NULL);
    """,
    """
    ALTER TABLE commitments ADD COLUMN evidence BLOB;
    CREATE TABLE periods (
        number INTEGER PRIMARY KEY, secret BLOB NOT NULL, counter INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL,
        epoch INTEGER NOT NULL DEFAULT -1
    );
    CREATE TABLE verdicts (
        request_id BLOB PRIMARY KEY, period INTEGER NOT NULL, hotkey TEXT NOT NULL, registered_at INTEGER NOT NULL,
        profile BLOB NOT NULL, outcome INTEGER NOT NULL, verdict BLOB NOT NULL, opening TEXT NOT NULL
    );
    CREATE INDEX verdicts_by_period ON verdicts (period);
    CREATE TABLE receipts (
        request_id BLOB PRIMARY KEY, period INTEGER NOT NULL, hotkey TEXT NOT NULL, signed BLOB NOT NULL,
        acceptance BLOB NOT NULL, leaf BLOB NOT NULL, kept REAL NOT NULL, batch INTEGER, place INTEGER,
        returned INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX receipts_by_period ON receipts (period);
    CREATE INDEX receipts_waiting ON receipts (kept) WHERE batch IS NULL;
    CREATE INDEX receipts_by_batch ON receipts (batch, place) WHERE batch IS NOT NULL;
    CREATE INDEX receipts_to_return ON receipts (hotkey) WHERE returned = 0;
    CREATE TABLE batches (
        number INTEGER PRIMARY KEY, root BLOB NOT NULL, count INTEGER NOT NULL, anchored INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE reputations (
        hotkey TEXT NOT NULL, registered_at INTEGER NOT NULL, profile BLOB NOT NULL, audits INTEGER NOT NULL,
        streak INTEGER NOT NULL, llr REAL NOT NULL, reliability REAL NOT NULL, refusals INTEGER NOT NULL,
        PRIMARY KEY (hotkey, registered_at, profile)
    );
    """,
    """
    ALTER TABLE verdicts ADD COLUMN uid INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE verdicts ADD COLUMN requester BLOB NOT NULL DEFAULT x'';
    ALTER TABLE periods ADD COLUMN tree BLOB;
    CREATE TABLE trees (evidence BLOB PRIMARY KEY, period INTEGER NOT NULL, tree TEXT NOT NULL);
    """,
)

__all__ = ["Store", "StoreFailed"]


class StoreFailed(GanglionError):
    """Something could not be written: the disk is full or gone. What was there before is intact."""

    retryable = True


class Store:
    """Records by hotkey and registration, weights by commitment; reads and transactions for the other tables.

    Args:
        path: of the database; its folder is made.

    Raises:
        ConfigError: the folder can't be written, or another process has the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = lock_file(path.with_name(path.name + ".lock"), "validator")
            self._db = self._open()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
                raise self._unusable(error) from error
            self._set_aside(error)
            self._db = self._open()
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> ConfigError:
        return ConfigError(
            f"cannot keep scores in {self.path}: {error}", hint="check --data-dir and the free space"
        )

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            verdict = db.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != ("ok",):
                raise sqlite3.DatabaseError(f"malformed: {verdict}")
            _migrate(db)
        except BaseException:
            db.close()
            raise
        return db

    def _set_aside(self, error: Exception) -> None:
        aside = self.path.with_name(f"{self.path.name}.corrupt-{time.time_ns()}")
        self.path.replace(aside)
        for suffix in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                self.path.with_name(self.path.name + suffix).replace(aside.with_name(aside.name + suffix))
        log.error(
            "store_corrupt",
            path=str(self.path),
            moved_to=str(aside),
            error=str(error),
            hint="scores begin anew; weights committed before can't be revealed",
        )

    def bind(self, genesis: bytes) -> None:
        """Remember whose chain this is about. Raises ConfigError if it is about another one."""
        with self.transaction():
            row = self._db.execute("SELECT genesis FROM network").fetchone()
            if row is None:
                self._db.execute("INSERT INTO network VALUES (?)", (genesis,))
        if row is not None and row[0] != genesis:
            raise ConfigError(
                f"{self.path} belongs to the network with genesis {row[0].hex()}, not to {genesis.hex()}",
                hint="use another --data-dir for another network",
            )

    def records(self) -> dict[MinerKey, Record]:
        """All records. Raises StoreFailed."""
        rows = self.read("SELECT hotkey, registered_at, task, score, owed, penalty FROM scores")
        return {MinerKey(hotkey, at): Record(*rest) for hotkey, at, *rest in rows}

    def save_records(self, records: Mapping[MinerKey, Record]) -> None:
        """Write these records, all or none of them. Raises StoreFailed."""
        now = time.time()
        rows = [
            (key.hotkey, key.registered_at, one.score, now, one.task, one.owed, one.penalty)
            for key, one in records.items()
        ]
        with self.transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO scores (hotkey, registered_at, score, updated, task, owed, penalty) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

    def forget_records(self, keys: Sequence[MinerKey]) -> None:
        """Drop records of neurons that are gone. Raises StoreFailed."""
        with self.transaction():
            self._db.executemany(
                "DELETE FROM scores WHERE hotkey = ? AND registered_at = ?",
                [(key.hotkey, key.registered_at) for key in keys],
            )

    def save_weights(self, commitment: bytes, epoch: int, weights: Weights) -> None:
        """Remember what a commitment stands for; on disk when this returns, so before it is sent."""
        row = (
            commitment,
            epoch,
            json.dumps(weights.uids),
            json.dumps(weights.values),
            weights.salt,
            weights.version_key,
            time.time(),
            None if weights.evidence is None else weights.evidence.encode(),
        )
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO commitments VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def weights_of(self, commitment: bytes) -> Weights | None:
        """What a commitment stands for, None if it was not made here. Raises StoreFailed."""
        query = "SELECT uids, vals, salt, version_key, evidence FROM commitments WHERE commitment = ?"
        rows = self.read(query, commitment)
        if not rows:
            return None
        row = rows[0]
        evidence = None if row[4] is None else Evidence.decode(row[4])
        return Weights(tuple(json.loads(row[0])), tuple(json.loads(row[1])), row[2], row[3], evidence)

    def made_in(self, epoch: int) -> bytes | None:
        """The newest commitment that was made for an epoch, sent or not. Raises StoreFailed."""
        query = "SELECT commitment FROM commitments WHERE epoch = ? ORDER BY stored DESC, rowid DESC LIMIT 1"
        rows = self.read(query, epoch)
        return rows[0][0] if rows else None

    def forget_weights(self, before_epoch: int) -> None:
        """Drop weights that nobody can reveal any more. Raises StoreFailed."""
        if self.read("SELECT 1 FROM commitments WHERE epoch < ? LIMIT 1", before_epoch):
            with self.transaction():
                self._db.execute("DELETE FROM commitments WHERE epoch < ?", (before_epoch,))

    def close(self) -> None:
        """Close the database. Idempotent."""
        self._db.close()
        self._lock.close()

    def read(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows. Raises StoreFailed: a disk that fails must not end what needs no disk."""
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise StoreFailed(f"cannot read {self.path}: {error}", hint="check the disk") from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """BEGIN IMMEDIATE to COMMIT, or ROLLBACK. Raises StoreFailed."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield self._db
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise StoreFailed(
                f"cannot write {self.path}: {error}", hint="check the disk's free space"
            ) from error
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")


def _migrate(db: sqlite3.Connection) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise ConfigError(f"the database is of a newer release (version {version})", hint="upgrade ganglion")
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        db.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")
