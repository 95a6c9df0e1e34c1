"""Every receipt that this miner signed, on disk before the answer is complete: a killed process loses none.

With them acceptances as they come back, activation leaves for a day, and which batch each went on chain in
(receipt_tables.py). SQLite in WAL mode, one writer thread that commits what waits together, everything bounded. A
disk that is full or a file that is damaged never stops answers: what could not be kept is counted, and a damaged
file is moved aside and named in the log.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

import structlog

from ganglion.daemon.lock import lock_file
from ganglion.errors import ConfigError, GanglionError
from ganglion.protocol.receipts import Acceptance, SignedReceipt
from ganglion_miner import receipt_tables as tables
from ganglion_miner.receipt_tables import Batch, Stored

log = structlog.get_logger(__name__)

MAX_ROWS = 1_000_000
MAX_WAITING = 4096
BATCH = 256
PRUNE_EVERY = 10_000  # receipts
PRUNE_SECONDS = 600.0
KEEP_TIMEOUT = 2.0
WORK_TIMEOUT = 60.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A receipt on its way to the disk; `done` is called when it is there or lost."""

    signed: SignedReceipt
    leaves: Sequence[bytes]
    done: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Work:
    """Something else that the writer does, in a transaction of its own; `done` gets its answer or its error."""

    run: Callable[[sqlite3.Connection], Any]
    done: Callable[[Any, Exception | None], None] = field(compare=False)


class StoreError(GanglionError):
    """The receipt store did not do what was asked of it."""

    retryable = True


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
        self._queue: queue.Queue[_Entry | _Work | None] = queue.Queue(MAX_WAITING)
        self._complained = False
        self._since_prune, self._pruned_at = 0, time.monotonic()
        self._lock = self._locked()
        self._database = self._open()
        self._thread = threading.Thread(target=self._run, name="receipts", daemon=True)
        self._thread.start()

    async def keep(self, signed: SignedReceipt, leaves: Sequence[bytes] = ()) -> None:
        """Return when the receipt is on disk, with its answer's activation leaves, or is counted as lost: an answer
        waits for the disk 2 s at most.
        """
        loop = asyncio.get_running_loop()
        written = loop.create_future()

        def done() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(lambda: written.done() or written.set_result(None))

        try:
            self._queue.put_nowait(_Entry(signed, leaves, done))
            async with asyncio.timeout(KEEP_TIMEOUT):
                await written
        except (queue.Full, TimeoutError):
            self._lose(1, "the disk is slower than the answers")

    def close(self, timeout: float = 10.0) -> None:
        """Write what is queued. Idempotent."""
        if self._thread.is_alive():
            self._queue.put(None, timeout=timeout)
            self._thread.join(timeout)
        self._lock.close()

    async def find(self, digest: bytes) -> Stored | None:
        """What is kept of one answer, by its signed receipt's digest. Raises StoreError."""
        try:
            return await asyncio.to_thread(tables.find, self.path, digest)
        except sqlite3.Error as error:
            raise StoreError(f"the receipt store cannot be read: {error}") from error

    async def find_signed(self, digests: Sequence[bytes]) -> dict[bytes, SignedReceipt]:
        """The signed receipts that are kept of these, by digest. Raises StoreError."""
        try:
            return await asyncio.to_thread(tables.find_signed, self.path, digests)
        except sqlite3.Error as error:
            raise StoreError(f"the receipt store cannot be read: {error}") from error

    async def accept(self, accepted: Sequence[tuple[bytes, Acceptance]]) -> None:
        """Keep acceptances by digest; their signatures were verified. Raises StoreError."""
        await self._do(lambda database: tables.accept(database, accepted))

    async def waiting(self) -> tuple[int, float]:
        """Accepted receipts in no batch, and the oldest one's age in seconds. Raises StoreError."""
        count, since = await self._do(tables.waiting)
        return count, max(0.0, time.time() - since / 1000) if count else 0.0

    async def next_batch(self, limit: int) -> Batch | None:
        """What to anchor next, the same until it is anchored. Raises StoreError."""
        return await self._do(lambda database: tables.next_batch(database, limit))

    async def anchored(self, batch: Batch) -> None:
        """A batch is on chain. Raises StoreError."""
        await self._do(lambda database: tables.anchored(database, batch))

    async def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Have the writer do something."""
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[T] = loop.create_future()

        def settle(answer: Any, error: Exception | None) -> None:
            if answered.done():
                return
            if error is None:
                answered.set_result(answer)
            else:
                answered.set_exception(StoreError(f"the receipt store cannot be written: {error}"))

        def done(answer: Any, error: Exception | None) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, answer, error)

        try:
            self._queue.put_nowait(_Work(work, done))
            async with asyncio.timeout(
                WORK_TIMEOUT
            ):  # wait_for loses a cancellation that comes with the answer
                return await answered
        except (queue.Full, TimeoutError) as error:
            raise StoreError("the receipt store is slower than what is asked of it") from error

    def count(self) -> int:
        """Receipts on disk."""
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True) as database:
            return int(database.execute("select count(*) from receipts").fetchone()[0])

    def _locked(self) -> IO[bytes]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return lock_file(self.path.with_name(self.path.name + ".lock"), "miner")
        except OSError as error:
            raise ConfigError(f"cannot use {self.path.parent}: {error}", hint="set --data-dir") from error

    def _open(self) -> sqlite3.Connection:
        try:
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
        tables.prepare(database)
        return database

    def _run(self) -> None:
        while True:
            batch = [self._queue.get()]
            while len(batch) < BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            entries = [entry for entry in batch if isinstance(entry, _Entry)]
            if entries:
                self._write(entries)
                for entry in entries:
                    entry.done()
            for work in batch:
                if isinstance(work, _Work):
                    self._work(work)
            if None in batch:
                self._database.close()
                return

    def _work(self, work: _Work) -> None:
        try:
            self._database.execute("begin")
            answer = work.run(self._database)
            self._database.execute("commit")
            work.done(answer, None)
        except Exception as error:  # the thread serves all that come after
            self._roll_back()
            work.done(None, error)

    def _write(self, entries: list[_Entry]) -> None:
        try:
            self._database.execute("begin")
            tables.insert(self._database, [(entry.signed, entry.leaves) for entry in entries])
            self._database.execute("commit")
            self._prune(len(entries))
            self._complained = False
        except Exception as error:  # the thread serves all that come after
            self._roll_back()
            self._lose(len(entries), repr(error))

    def _roll_back(self) -> None:
        try:
            if self._database.in_transaction:
                self._database.execute("rollback")
        except sqlite3.Error as error:
            log.error("receipt_rollback_failed", error=str(error))

    def _prune(self, added: int) -> None:
        self._since_prune += added
        now = time.monotonic()
        if self._since_prune >= PRUNE_EVERY or now - self._pruned_at >= PRUNE_SECONDS:
            self._since_prune, self._pruned_at = 0, now
            tables.prune(self._database, self._max_rows, int(time.time() * 1000))

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
