"""Receipts that this validator accepted: on disk within half a second, told to their miners, put on chain in batches.

Users' receipts and those of own prompts are treated alike: which were accepted must not tell which were its own.
What a kill takes is what came in the last half second; the user has his receipt and its acceptance by then.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from ganglion.protocol.merkle import MerkleTree, merkle_root
from ganglion.protocol.receipt_file import Inclusion, ReceiptFile
from ganglion.protocol.receipts import Acceptance, SignedReceipt, accepted_leaf
from ganglion_validator.dispatch import Delivery
from ganglion_validator.reading import read_beside
from ganglion_validator.store import Store, StoreFailed
from ganglion_validator.turns import Turns

log = structlog.get_logger(__name__)

MOST_PENDING = 4096
PRUNE_EVERY = 4096
KEPT_TREES = 4  # of batches that somebody asked for: 2 MB each at most
MOST_WAITING = 64

__all__ = ["Batch", "ReceiptBook"]


@dataclass(frozen=True, slots=True)
class Batch:
    """Accepted receipts under one root, which is or will be on chain."""

    number: int
    root: bytes
    count: int


@dataclass(slots=True)
class ReceiptBook:
    """Accepted receipts by request id; of requests that repeat themselves the first one stays.

    Attributes:
        most: receipts kept; the oldest go first.
        lost: receipts that the disk refused.
    """

    store: Store
    most: int
    clock: Callable[[], float] = time.time
    lost: int = 0
    _pending: list[Delivery] = field(default_factory=list)
    _since_prune: int = 0
    _trees: dict[int, MerkleTree] = field(default_factory=dict)
    _turns: Turns = field(default_factory=lambda: Turns(MOST_WAITING))

    def keep(self, delivery: Delivery) -> None:
        """Take note of an accepted answer; on disk with the next `flush`."""
        if delivery.acceptance is None:
            return
        self._pending.append(delivery)
        if len(self._pending) >= MOST_PENDING:
            self.flush()

    def flush(self) -> None:
        """Write what is pending. A disk that fails costs these receipts their place on chain, and is told."""
        pending, self._pending = self._pending, []
        if not pending:
            return
        try:
            now = self.clock()
            with self.store.transaction() as db:
                period = db.execute("SELECT number FROM periods WHERE state = 'open'").fetchone()[0]
                db.executemany(
                    "INSERT OR IGNORE INTO receipts (request_id, period, hotkey, signed, acceptance, leaf, kept) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [_row(delivery, period, now) for delivery in pending],
                )
            self._prune(len(pending))
        except StoreFailed as error:
            self.lost += len(pending)
            log.error("receipts_not_saved", receipts=len(pending), error=str(error), hint=error.hint)

    def _prune(self, added: int) -> None:
        self._since_prune += added
        if self._since_prune < PRUNE_EVERY:
            return
        self._since_prune = 0
        with self.store.transaction() as db:
            count = db.execute("SELECT count(*) FROM receipts").fetchone()[0]
            oldest = "SELECT rowid FROM receipts ORDER BY rowid LIMIT ?"
            db.execute(f"DELETE FROM receipts WHERE rowid IN ({oldest})", (max(0, count - self.most),))
            used = "SELECT DISTINCT batch FROM receipts WHERE batch IS NOT NULL"
            db.execute(f"DELETE FROM batches WHERE anchored AND number NOT IN ({used})")

    def to_return(self, hotkey: str, limit: int) -> list[tuple[bytes, bytes, Acceptance]]:
        """(request id, digest of the signed receipt, acceptance) of which this miner does not know yet."""
        rows = self.store.read(
            "SELECT request_id, signed, acceptance FROM receipts WHERE hotkey = ? AND returned = 0 LIMIT ?",
            hotkey,
            limit,
        )
        return [
            (request_id, SignedReceipt.decode(signed).digest(), Acceptance.decode(acceptance))
            for request_id, signed, acceptance in rows
        ]

    def returned(self, request_ids: Sequence[bytes]) -> None:
        """Their miner has these acceptances, or never will."""
        with self.store.transaction() as db:
            db.executemany(
                "UPDATE receipts SET returned = 1 WHERE request_id = ?", [(one,) for one in request_ids]
            )

    async def waiting(self) -> tuple[int, float]:
        """Accepted receipts in no batch, and the age of the oldest in seconds."""
        query = "SELECT count(*), coalesce(min(kept), 0) FROM receipts WHERE batch IS NULL"
        count, since = self.store.read(query)[0]
        return count, max(0.0, self.clock() - since) if count else 0.0

    async def next_batch(self, limit: int) -> Batch | None:
        """What to anchor next, the same until it is anchored; None where nothing waits."""
        self.flush()
        open_one = self.store.read("SELECT number, root, count FROM batches WHERE NOT anchored LIMIT 1")
        if open_one:
            return Batch(*open_one[0])
        rows = self.store.read(
            "SELECT request_id, leaf FROM receipts WHERE batch IS NULL ORDER BY rowid LIMIT ?", limit
        )
        if not rows:
            return None
        rows.sort()
        root = await asyncio.to_thread(merkle_root, [leaf for _, leaf in rows])
        with self.store.transaction() as db:
            number = db.execute(
                "INSERT INTO batches (root, count) VALUES (?, ?)", (root, len(rows))
            ).lastrowid
            db.executemany(
                "UPDATE receipts SET batch = ?, place = ? WHERE request_id = ?",
                [(number, place, request_id) for place, (request_id, _) in enumerate(rows)],
            )
        return Batch(int(number or 0), root, len(rows))

    async def anchored(self, batch: Batch) -> None:
        """A batch is on chain."""
        with self.store.transaction() as db:
            db.execute("UPDATE batches SET anchored = 1 WHERE number = ?", (batch.number,))

    async def file(self, request_id: bytes) -> ReceiptFile | None:
        """The receipt's file as far as it is known here: hashes, no prompt. With its place under an anchored root."""
        self.flush()
        rows = self.store.read(
            "SELECT signed, acceptance, batch, place FROM receipts WHERE request_id = ?", request_id
        )
        if not rows:
            return None
        signed, acceptance, batch, place = rows[0]
        inclusion = None if batch is None else await self._inclusion(batch, place)
        return ReceiptFile(SignedReceipt.decode(signed), Acceptance.decode(acceptance), inclusion=inclusion)

    async def _inclusion(self, batch: int, place: int) -> Inclusion | None:
        """None while the batch is not on chain, or once some of it was dropped."""
        found = self.store.read("SELECT root, count FROM batches WHERE number = ? AND anchored", batch)
        if not found:
            return None
        root, count = found[0]
        tree = self._trees.get(batch)
        if tree is None:
            async with self._turns.one():
                tree = self._trees.get(batch) or await asyncio.to_thread(self._tree, batch, count)
                if tree is None:
                    return None
                self._trees[batch] = tree
                while len(self._trees) > KEPT_TREES:
                    self._trees.pop(next(iter(self._trees)))
        return Inclusion(root, tree.proof(place))

    def _tree(self, batch: int, count: int) -> MerkleTree | None:
        """In a thread: a batch has up to 16,384 leaves."""
        rows = read_beside(self.store.path, "SELECT leaf FROM receipts WHERE batch = ? ORDER BY place", batch)
        return MerkleTree([leaf for (leaf,) in rows]) if len(rows) == count else None


def _row(delivery: Delivery, period: int, now: float) -> tuple[object, ...]:
    signed = delivery.receipt
    acceptance = delivery.acceptance.encode() if delivery.acceptance else b""
    return (
        signed.receipt.request_id, period, delivery.key.hotkey, signed.encode(), acceptance,
        accepted_leaf(signed), now,
    )  # fmt: skip
