"""A chain in one SQLite database: blocks, the head's state, and what recent blocks overwrote.

One transaction per block in WAL mode: a process killed at any instant leaves either the whole block or
nothing of it (and `synchronous=NORMAL` survives the death of the process; only a power cut may cost the
newest blocks, never tear one). What is loaded at the start is checked against the head's state root. Knows no
runtime.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from ganglion_devnode.chain.block import Block, decode_body, encode_body
from ganglion_devnode.chain.header import Header
from ganglion_devnode.chain.history import Undo
from ganglion_devnode.node_errors import CommitFailed, DatabaseCorrupt, InvalidConfig
from ganglion_devnode.scale import ScaleError
from ganglion_devnode.state import CHILD_STORAGE_PREFIX, State
from ganglion_devnode.storage.lock import BasePathLock
from ganglion_devnode.storage.store import Stored

DATABASE_NAME = "chain.sqlite"
APPLICATION_ID = 0x474E4744  # "GNGD"
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE blocks (number INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, header BLOB NOT NULL, body BLOB
NOT NULL); CREATE TABLE state (child BLOB NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY
(child, key)) WITHOUT ROWID; CREATE TABLE undo (number INTEGER NOT NULL, child BLOB NOT NULL, key BLOB NOT
NULL, value BLOB,
                   PRIMARY KEY (number, child, key)) WITHOUT ROWID;
"""
# Result codes that speak of the disk or permissions, not of the file's content.
_ENVIRONMENT = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}
T = TypeVar("T")


class SqliteStore:
    """The database in a base path, locked for this process.

    Args:
        keep_states: how many states must stay rebuildable, the head's included; None keeps all.
    """

    def __init__(self, folder: Path, keep_states: int | None) -> None:
        self.path = folder / DATABASE_NAME
        self.kept: int | None = None
        self._keep = keep_states
        self._lock = BasePathLock(folder)
        try:
            self.connection = self._guarded(self._open)
        except BaseException:
            self._lock.release()
            raise

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=1.0)
        try:
            found = connection.execute("PRAGMA application_id").fetchone()[0]
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if tables and found != APPLICATION_ID:
                raise sqlite3.DatabaseError("it is a database of another program")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            if tables:
                self._check_version(connection)
            else:
                connection.executescript(
                    f"BEGIN; PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={SCHEMA_VERSION};"
                    f"{SCHEMA} COMMIT;"
                )
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_version(self, connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version != SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"its format is {version}, this node's is {SCHEMA_VERSION}")

    def _guarded(self, work: Callable[[], T]) -> T:
        """Run a read; what SQLite or a decoder finds wrong with the file is said in one way."""
        try:
            return work()
        except (sqlite3.Error, ScaleError, ValueError, KeyError, TypeError) as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _ENVIRONMENT:
                raise InvalidConfig(
                    f"the database {self.path} can't be opened: {error}",
                    hint="check its permissions and the disk's space",
                ) from error
            raise self._corrupt(str(error)) from error

    def _corrupt(self, reason: str) -> DatabaseCorrupt:
        return DatabaseCorrupt(
            f"the database {self.path} can't be used: {reason}",
            hint="move the base path away to start from genesis, or restore a copy of the stopped node's",
        )

    # --- start

    def load(self) -> Stored | None:
        """The chain in the database, checked; None if there is none yet."""
        return self._guarded(self._load)

    def _load(self) -> Stored | None:
        check = self.connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if check != "ok":
            raise self._corrupt(check)
        last = self.connection.execute("SELECT max(number) FROM blocks").fetchone()[0]
        if last is None:
            return None
        genesis, head = self._block_at(0), self._block_at(last)
        state = self._read_state(int(self.facts()["state_version"]))
        if state.root() != head.header.state_root:
            raise self._corrupt(f"its state does not have the root of block {last}")
        undo = self._read_undo(last)
        return Stored(genesis, head, state, undo, self._first_state(last))

    def _block_at(self, number: int) -> Block:
        row = self.connection.execute(
            "SELECT header, body, hash FROM blocks WHERE number = ?", (number,)
        ).fetchone()
        if row is None:
            raise self._corrupt(f"block {number} is missing")
        block = _decode_block(row)
        if block.number != number or block.header.hash() != block.hash:
            raise self._corrupt(f"block {number} is damaged")
        return block

    def _read_state(self, version: int) -> State:
        top: dict[bytes, bytes] = {}
        children: dict[bytes, dict[bytes, bytes]] = {}
        for child, key, value in self.connection.execute("SELECT child, key, value FROM state"):
            (children.setdefault(child, {}) if child else top)[key] = value
        return State.build(top, children, version)

    def _first_state(self, head: int) -> int:
        """Blocks whose state can be rebuilt: those above an unbroken line of undo records down from the head."""
        lowest = self.connection.execute("SELECT min(number) FROM undo").fetchone()[0]
        return head if lowest is None else lowest - 1

    def _read_undo(self, head: int) -> dict[int, Undo]:
        lowest = 0 if self._keep is None else head - self._keep + 1
        rows = self.connection.execute(
            "SELECT number, child, key, value FROM undo WHERE number > ? AND number > ?",
            (lowest, head - 1024),
        )
        undo: dict[int, Undo] = {}
        for number, child, key, value in rows:
            undo.setdefault(number, {})[(child, key)] = value
        return undo

    # --- writing

    @contextmanager
    def _transaction(self, what: str) -> Iterator[sqlite3.Connection]:
        """All or nothing; any failure to write is a CommitFailed."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            yield self.connection
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise CommitFailed(
                f"{what} could not be stored in {self.path}: {error}",
                hint="free space on that disk, or make it writable; the last sealed block is safe",
            ) from error
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def create(self, genesis: Block, state: State, facts: Mapping[str, str]) -> None:
        """Begin a chain with block 0."""
        with self._transaction("the genesis block") as connection:
            rows = [*facts.items(), ("state_version", str(state.version))]
            connection.executemany("INSERT INTO facts VALUES (?, ?)", rows)
            _insert_block(connection, genesis)
            _insert_state(connection, state)

    def facts(self) -> dict[str, str]:
        """What `create` was told, and the state version."""
        return dict(self.connection.execute("SELECT name, value FROM facts"))

    def commit(self, block: Block, new: Undo, old: Undo) -> None:
        """One block, one transaction."""
        with self._transaction(f"block {block.number}") as connection:
            _insert_block(connection, block)
            removed = [address for address, value in new.items() if value is None]
            written = [(*address, value) for address, value in new.items() if value is not None]
            connection.executemany("DELETE FROM state WHERE child = ? AND key = ?", removed)
            connection.executemany("INSERT OR REPLACE INTO state VALUES (?, ?, ?)", written)
            undo = [(block.number, *address, value) for address, value in old.items()]
            connection.executemany("INSERT INTO undo VALUES (?, ?, ?, ?)", undo)
            if self._keep is not None:
                connection.execute("DELETE FROM undo WHERE number <= ?", (block.number - self._keep + 1,))

    def rewind(self, head: Block, state: State) -> None:
        """Drop later blocks and write the state anew."""
        with self._transaction(f"the return to block {head.number}") as connection:
            connection.execute("DELETE FROM blocks WHERE number > ?", (head.number,))
            connection.execute("DELETE FROM undo WHERE number > ?", (head.number,))
            connection.execute("DELETE FROM state")
            _insert_state(connection, state)

    # --- reading

    def block(self, block_hash: bytes) -> Block | None:
        """A block by hash."""
        query = "SELECT header, body, hash FROM blocks WHERE hash = ?"
        row = self._guarded(lambda: self.connection.execute(query, (block_hash,)).fetchone())
        return None if row is None else self._guarded(lambda: _decode_block(row))

    def block_hash(self, number: int) -> bytes | None:
        """A block's hash by number."""
        query = "SELECT hash FROM blocks WHERE number = ?"
        row = self._guarded(lambda: self.connection.execute(query, (number,)).fetchone())
        return None if row is None else row[0]

    def overwritten(self, after: int, until: int) -> Undo:
        """First values overwritten by blocks in (after, until]; SQLite's bare column belongs to the row of
        min().
        """
        query = (
            "SELECT child, key, value, min(number) FROM undo "
            "WHERE number > ? AND number <= ? GROUP BY child, key"
        )
        rows = self._guarded(lambda: self.connection.execute(query, (after, until)).fetchall())
        return {(child, key): value for child, key, value, _ in rows}

    def close(self) -> None:
        """Close the database and give the lock up."""
        try:
            self.connection.close()
        finally:
            self._lock.release()


def _decode_block(row: tuple[bytes, bytes, bytes]) -> Block:
    return Block(Header.decode(row[0]), decode_body(row[1]), row[2])


def _insert_block(connection: sqlite3.Connection, block: Block) -> None:
    row = (block.number, block.hash, block.header.encode(), encode_body(block.extrinsics))
    connection.execute("INSERT INTO blocks VALUES (?, ?, ?, ?)", row)


def _insert_state(connection: sqlite3.Connection, state: State) -> None:
    """Every key of a state; roots of child tries are derived when it is loaded."""
    top = ((b"", key, value) for key, value in state.main.items() if not key.startswith(CHILD_STORAGE_PREFIX))
    connection.executemany("INSERT INTO state VALUES (?, ?, ?)", top)
    for storage_key, trie in state.children.items():
        connection.executemany(
            "INSERT INTO state VALUES (?, ?, ?)", ((storage_key, key, value) for key, value in trie.items())
        )
