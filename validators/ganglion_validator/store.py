"""What must survive a kill at any instant: scores, and weights that were or will be committed. SQLite, one writer.

A file that can't be read is moved aside, never deleted, and a new one is begun: scores are earned again within
a few rounds, and a commitment whose weights are lost is missed once.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from ganglion.errors import ConfigError
from ganglion_validator.chain_view import Weights
from ganglion_validator.scoring import MinerKey

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
)

__all__ = ["Store"]


class Store:
    """Scores by hotkey and registration, weights by commitment.

    Args:
        path: of the database; its folder is made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
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
        aside = self.path.with_name(f"{self.path.name}.corrupt-{int(time.time())}")
        self.path.replace(aside)
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        log.error("store_corrupt", path=str(self.path), moved_to=str(aside), error=str(error))

    def scores(self) -> dict[MinerKey, float]:
        """All scores."""
        rows = self._db.execute("SELECT hotkey, registered_at, score FROM scores")
        return {MinerKey(hotkey, at): score for hotkey, at, score in rows}

    def save_scores(self, scores: Mapping[MinerKey, float]) -> None:
        """Write these scores, all or none of them."""
        now = time.time()
        rows = [(key.hotkey, key.registered_at, score, now) for key, score in scores.items()]
        with self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO scores VALUES (?, ?, ?, ?)", rows)

    def forget_scores(self, keys: Sequence[MinerKey]) -> None:
        """Drop scores of neurons that are gone."""
        with self._transaction():
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
        )
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO commitments VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def weights_of(self, commitment: bytes) -> Weights | None:
        """What a commitment stands for, None if it was not made here."""
        row = self._db.execute(
            "SELECT uids, vals, salt, version_key FROM commitments WHERE commitment = ?", (commitment,)
        ).fetchone()
        if row is None:
            return None
        return Weights(tuple(json.loads(row[0])), tuple(json.loads(row[1])), row[2], row[3])

    def forget_weights(self, before_epoch: int) -> None:
        """Drop weights that nobody can reveal any more."""
        with self._transaction():
            self._db.execute("DELETE FROM commitments WHERE epoch < ?", (before_epoch,))

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


class _Transaction:
    """BEGIN IMMEDIATE to COMMIT, or ROLLBACK."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._db.execute("ROLLBACK" if kind else "COMMIT")


def _migrate(db: sqlite3.Connection) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise ConfigError(f"the database is of a newer release (version {version})", hint="upgrade ganglion")
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        db.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")
