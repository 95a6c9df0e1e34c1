"""Every receipt that this miner signed, on disk before the answer is complete: a killed process loses none.

SQLite in WAL mode, one writer thread that commits what waits together, rows bounded. A disk that is full or
a file that is damaged never stops answers: what could not be kept is counted, and a damaged file is moved
aside and named in the log.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from ganglion.errors import ConfigError
from ganglion.protocol.receipts import SignedReceipt

log = structlog.get_logger(__name__)

SCHEMA_VERSION = 1
MAX_ROWS = 1_000_000
MAX_WAITING = 4096
BATCH = 256
PRUNE_EVERY = 10_000
KEEP_TIMEOUT = 2.0


@dataclass(frozen=True, slots=True)
class _Entry:
    """A receipt on its way to the disk; `done` is called when it is there or lost."""

    signed: SignedReceipt
    done: Callable[[], None]


class ReceiptStore:
    """Receipts by insertion.

    Args:
        path: the database file; its folder is made.
        max_rows: the oldest beyond this number are dropped.

    Raises:
        ConfigError: the file cannot be opened or made.
    """

    def __init__(self, path: Path, *, max_rows: int = MAX_ROWS) -> None:
        self.path = path
        self.lost = 0
        self._max_rows = max_rows
        self._queue: queue.Queue[_Entry | None] = queue.Queue(MAX_WAITING)
        self._complained = False
        self._since_prune = 0
        self._database = self._open()
        self._thread = threading.Thread(target=self._run, name="receipts", daemon=True)
        self._thread.start()

    async def keep(self, signed: SignedReceipt) -> None:
        """Return when the receipt is on disk, or is counted as lost: an answer waits for the disk 2 s at
        most.
        """
        loop = asyncio.get_running_loop()
        written = loop.create_future()

        def done() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(lambda: written.done() or written.set_result(None))

        try:
            self._queue.put_nowait(_Entry(signed, done))
            await asyncio.wait_for(written, KEEP_TIMEOUT)
        except (queue.Full, TimeoutError):
            self._lose(1, "the disk is slower than the answers")

    def close(self, timeout: float = 10.0) -> None:
        """Write what is queued. Idempotent."""
        if self._thread.is_alive():
            self._queue.put(None, timeout=timeout)
            self._thread.join(timeout)

    def count(self) -> int:
        """Receipts on disk."""
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True) as database:
            return int(database.execute("select count(*) from receipts").fetchone()[0])

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return self._connect()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "disk" not in str(error):
                raise ConfigError(
                    f"cannot open {self.path}: {error}", hint="check its folder's permissions"
                ) from error
            aside = self.path.with_name(f"{self.path.name}.damaged-{int(time.time())}")
            self.path.replace(aside)
            log.error("receipt_store_damaged", error=str(error), moved_to=str(aside))
            return self._connect()
        except OSError as error:
            raise ConfigError(f"cannot use {self.path.parent}: {error}", hint="set --data-dir") from error

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=10.0, check_same_thread=False, isolation_level=None)
        database.execute("pragma journal_mode=wal")
        database.execute("pragma synchronous=normal")
        if database.execute("pragma quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("quick_check failed")
        version = database.execute("pragma user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise ConfigError(f"{self.path} was written by a newer release (schema {version})")
        database.execute(
            "create table if not exists receipts (id integer primary key, created_at integer, receipt blob)"
        )
        database.execute(f"pragma user_version={SCHEMA_VERSION}")
        return database

    def _run(self) -> None:
        while True:
            batch = [self._queue.get()]
            while len(batch) < BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            entries = [entry for entry in batch if entry is not None]
            if entries:
                self._write([entry.signed for entry in entries])
                for entry in entries:
                    entry.done()
            if len(entries) < len(batch):
                self._database.close()
                return

    def _write(self, receipts: list[SignedReceipt]) -> None:
        rows = [(signed.receipt.created_at, signed.encode()) for signed in receipts]
        try:
            self._database.execute("begin")
            self._database.executemany("insert into receipts (created_at, receipt) values (?, ?)", rows)
            self._database.execute("commit")
            self._prune(len(rows))
            self._complained = False
        except sqlite3.Error as error:
            self._roll_back()
            self._lose(len(rows), str(error))

    def _roll_back(self) -> None:
        try:
            if self._database.in_transaction:
                self._database.execute("rollback")
        except sqlite3.Error as error:
            log.error("receipt_rollback_failed", error=str(error))

    def _prune(self, added: int) -> None:
        self._since_prune += added
        if self._since_prune >= PRUNE_EVERY:
            self._since_prune = 0
            self._database.execute(
                "delete from receipts where id <= (select max(id) from receipts) - ?", (self._max_rows,)
            )

    def _lose(self, count: int, reason: str) -> None:
        self.lost += count
        if not self._complained:
            self._complained = True
            log.error(
                "receipts_not_stored",
                reason=reason,
                path=str(self.path),
                hint="answers go on; free disk space",
            )
