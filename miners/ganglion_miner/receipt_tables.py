"""The SQL of the receipt store: receipts with their acceptances, activation leaves for a day, batches on chain.

Everything is called by the store's one writer thread, except the finders, which have connections of their own. Knows
neither threads nor the chain.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ganglion.errors import ReceiptError
from ganglion.protocol.merkle import Proof, merkle_proof, merkle_root
from ganglion.protocol.receipt_file import Inclusion
from ganglion.protocol.receipts import Acceptance, SignedReceipt, accepted_leaf

SCHEMA_VERSION = 2
LEAVES_KEPT_MS = 24 * 3600 * 1000
MAX_LEAVES_BYTES = 256 << 20
PRUNED_AT_ONCE = 1_000

SCHEMA = """
create table if not exists receipts (
    id integer primary key, digest blob not null unique, created_at integer not null, receipt blob not null,
    leaf blob not null, acceptance blob, batch integer, place integer);
create index if not exists waiting on receipts (id) where acceptance is not null and batch is null;
create index if not exists batched on receipts (batch, place) where batch is not null;
create table if not exists leaves (
    digest blob primary key, created_at integer not null, data blob not null) without rowid;
create index if not exists leaves_age on leaves (created_at);
create table if not exists batches (
    id integer primary key, root blob not null, count integer not null, anchored integer not null default 0);
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is kept of one answer; None for what is not there (any more)."""

    signed: SignedReceipt
    acceptance: Acceptance | None
    leaves: tuple[bytes, ...] | None
    inclusion: Inclusion | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Accepted receipts under one root, which is or will be on chain."""

    number: int
    root: bytes
    count: int


def prepare(database: sqlite3.Connection) -> None:
    """Make the tables. A file of another schema is as good as a damaged one."""
    version = database.execute("pragma user_version").fetchone()[0]
    if version not in (0, SCHEMA_VERSION):
        raise sqlite3.DatabaseError(f"the file has schema {version}, not {SCHEMA_VERSION}")
    database.executescript(SCHEMA)
    database.execute(f"pragma user_version={SCHEMA_VERSION}")


def insert(database: sqlite3.Connection, kept: Iterable[tuple[SignedReceipt, Sequence[bytes]]]) -> None:
    """Keep receipts, with their leaves if there are any."""
    for signed, leaves in kept:
        digest, created_at = signed.digest(), signed.receipt.created_at
        row = (digest, created_at, signed.encode(), accepted_leaf(signed))
        database.execute(
            "insert or ignore into receipts (digest, created_at, receipt, leaf) values (?, ?, ?, ?)", row
        )
        if leaves:
            database.execute(
                "insert or ignore into leaves values (?, ?, ?)", (digest, created_at, _pack(leaves))
            )


def accept(database: sqlite3.Connection, accepted: Iterable[tuple[bytes, Acceptance]]) -> None:
    """Keep acceptances, whose signatures were verified, by digest; the first one stays."""
    database.executemany(
        "update receipts set acceptance = ? where digest = ? and acceptance is null",
        [(acceptance.encode(), digest) for digest, acceptance in accepted],
    )


def prune(
    database: sqlite3.Connection, max_rows: int, now_ms: int, max_bytes: int = MAX_LEAVES_BYTES
) -> None:
    """Drop the oldest receipts beyond `max_rows`, and leaves that are too old or too many."""
    database.execute("delete from receipts where id <= (select max(id) from receipts) - ?", (max_rows,))
    database.execute("delete from leaves where created_at < ?", (now_ms - LEAVES_KEPT_MS,))
    held = database.execute("select coalesce(sum(length(data)), 0) from leaves").fetchone()[0]
    while held > max_bytes:
        oldest = "(select digest from leaves order by created_at limit ?)"
        freed = database.execute(
            f"select coalesce(sum(length(data)), 0) from leaves where digest in {oldest}", (PRUNED_AT_ONCE,)
        ).fetchone()[0]
        database.execute(f"delete from leaves where digest in {oldest}", (PRUNED_AT_ONCE,))
        held -= freed
    database.execute(
        "delete from batches where anchored and id not in (select distinct batch from receipts where batch > 0)"
    )


def waiting(database: sqlite3.Connection) -> tuple[int, int]:
    """How many accepted receipts are in no batch, and since when the oldest exists (unix ms, 0 for none)."""
    count, oldest = database.execute(
        "select count(*), coalesce(min(created_at), 0) from receipts where acceptance is not null and batch is null"
    ).fetchone()
    return count, oldest


def next_batch(database: sqlite3.Connection, limit: int) -> Batch | None:
    """The batch that is not on chain yet, or a new one of what waits; None where nothing does."""
    open_one = "select id, root, count from batches where not anchored order by id limit 1"
    if found := database.execute(open_one).fetchone():
        return Batch(*found)
    rows = database.execute(
        "select id, leaf from receipts where acceptance is not null and batch is null order by id limit ?",
        (limit,),
    ).fetchall()
    if not rows:
        return None
    root = merkle_root([leaf for _, leaf in rows])
    number = database.execute("insert into batches (root, count) values (?, ?)", (root, len(rows))).lastrowid
    places = [(number, place, identity) for place, (identity, _) in enumerate(rows)]
    database.executemany("update receipts set batch = ?, place = ? where id = ?", places)
    return Batch(int(number or 0), root, len(rows))


def anchored(database: sqlite3.Connection, batch: Batch) -> None:
    """The batch is on chain."""
    database.execute("update batches set anchored = 1 where id = ?", (batch.number,))


def find(path: Path, digest: bytes) -> Stored | None:
    """What is kept of the answer whose signed receipt has this digest. Raises sqlite3.Error."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5.0)
    try:
        row = database.execute(
            "select receipt, acceptance, batch, place from receipts where digest = ?", (digest,)
        ).fetchone()
        if row is None:
            return None
        receipt, acceptance, batch, place = row
        leaves = database.execute("select data from leaves where digest = ?", (digest,)).fetchone()
        return Stored(
            SignedReceipt.decode(receipt),
            None if acceptance is None else Acceptance.decode(acceptance),
            None if leaves is None else _unpack(leaves[0]),
            None if batch is None else _inclusion(database, batch, place),
        )
    finally:
        database.close()


def find_signed(path: Path, digests: Sequence[bytes]) -> dict[bytes, SignedReceipt]:
    """The signed receipts that are kept, by digest. Raises sqlite3.Error."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5.0)
    try:
        found = {}
        for digest in digests:
            row = database.execute("select receipt from receipts where digest = ?", (digest,)).fetchone()
            if row is not None:
                found[digest] = SignedReceipt.decode(row[0])
        return found
    finally:
        database.close()


def _inclusion(database: sqlite3.Connection, batch: int, place: int) -> Inclusion | None:
    """Of a receipt in an anchored batch; None once some of the batch was dropped."""
    found = database.execute("select root, count from batches where id = ? and anchored", (batch,)).fetchone()
    rows = database.execute("select leaf from receipts where batch = ? order by place", (batch,)).fetchall()
    if found is None or len(rows) != found[1]:
        return None
    return Inclusion(found[0], Proof(place, found[1], merkle_proof([leaf for (leaf,) in rows], place).nodes))


def _pack(leaves: Sequence[bytes]) -> bytes:
    return b"".join(len(leaf).to_bytes(2, "little") + leaf for leaf in leaves)


def _unpack(data: bytes) -> tuple[bytes, ...]:
    leaves, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 2], "little")
        leaves.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    if at != len(data):
        raise ReceiptError("the stored leaves are damaged", fault="self")
    return tuple(leaves)
