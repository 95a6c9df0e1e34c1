"""The database: damaged files, a second node, a full disk. Each ends in a clear error and leaves the chain whole."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
from pathlib import Path

import pytest

from ganglion_devnode.chain.block import Block
from ganglion_devnode.chain.header import Header
from ganglion_devnode.chain.history import Undo
from ganglion_devnode.node_errors import BasePathInUse, CommitFailed, DatabaseCorrupt, InvalidConfig
from ganglion_devnode.state import State
from ganglion_devnode.storage.lock import LOCK_NAME
from ganglion_devnode.storage.sqlite import DATABASE_NAME, SqliteStore

STATE = State.build({b"key%d" % n: bytes(200) for n in range(200)}, {}, 1)
GENESIS = Block.of(Header(bytes(32), 0, STATE.root()))


def begin(folder: Path, keep: int | None = 100) -> SqliteStore:
    store = SqliteStore(folder, keep)
    store.create(GENESIS, STATE, {"id": "test"})
    return store


def next_block(values: Undo) -> Block:
    state = STATE.main.apply({key: value for (_, key), value in values.items()})
    return Block.of(Header(GENESIS.hash, 1, state.root()))


def reopened(folder: Path) -> Block:
    store = SqliteStore(folder, 100)
    try:
        stored = store.load()
        assert stored is not None
        assert stored.state.root() == stored.head.header.state_root
        return stored.head
    finally:
        store.close()


def test_empty(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "not" / "yet" / "there", 10)
    assert store.load() is None
    store.close()


def test_the_same_number_twice_is_refused(tmp_path: Path) -> None:
    store = begin(tmp_path)
    new: Undo = {(b"", b"key1"): b"new"}
    block = next_block(new)
    store.commit(block, new, {(b"", b"key1"): bytes(200)})
    with pytest.raises(CommitFailed):
        store.commit(block, {(b"", b"key1"): b"other"}, {})
    store.close()
    assert reopened(tmp_path) == block


def test_a_failing_commit_leaves_no_trace(tmp_path: Path) -> None:
    store = begin(tmp_path)
    store.connection.execute("CREATE TRIGGER fail BEFORE INSERT ON undo BEGIN SELECT RAISE(ABORT, 'no'); END")
    new: Undo = {(b"", b"key1"): b"new"}
    with pytest.raises(CommitFailed):
        store.commit(next_block(new), new, {(b"", b"key1"): bytes(200)})
    store.connection.execute("DROP TRIGGER fail")
    store.close()
    assert reopened(tmp_path) == GENESIS


def test_disk_full(tmp_path: Path) -> None:
    store = begin(tmp_path)
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    new: Undo = {(b"", b"big"): bytes(100_000)}
    with pytest.raises(CommitFailed, match="full") as caught:
        store.commit(next_block(new), new, {})
    assert caught.value.retryable
    assert "space" in (caught.value.hint or "")
    store.connection.execute("PRAGMA max_page_count = 1000000")
    store.commit(next_block(new), new, {})
    store.close()
    assert reopened(tmp_path).number == 1


def test_a_second_node_on_the_same_base_path(tmp_path: Path) -> None:
    store = begin(tmp_path)
    with pytest.raises(BasePathInUse, match=f"process {os.getpid()}") as caught:
        SqliteStore(tmp_path, 100)
    assert "--base-path" in (caught.value.hint or "")
    store.close()
    assert reopened(tmp_path) == GENESIS


def _hold(folder: str, ready: object, done: object) -> None:
    store = SqliteStore(Path(folder), 100)
    ready.set()  # type: ignore[attr-defined]
    done.wait(30)  # type: ignore[attr-defined]
    del store


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    begin(tmp_path).close()
    spawn = multiprocessing.get_context("spawn")
    ready, done = spawn.Event(), spawn.Event()
    holder = spawn.Process(target=_hold, args=(str(tmp_path), ready, done))
    holder.start()
    assert ready.wait(30)
    with pytest.raises(BasePathInUse, match=f"process {holder.pid}"):
        SqliteStore(tmp_path, 100)
    holder.kill()
    holder.join()
    assert reopened(tmp_path) == GENESIS


def expect_corrupt(folder: Path) -> DatabaseCorrupt:
    with pytest.raises(DatabaseCorrupt) as caught:
        reopened(folder)
    assert DATABASE_NAME in str(caught.value)
    assert "base path" in (caught.value.hint or "")
    return caught.value


def test_not_a_database(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).write_bytes(b"something else entirely" * 100)
    expect_corrupt(tmp_path)


def test_another_programs_database(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / DATABASE_NAME) as other:
        other.execute("CREATE TABLE things (x)")
    other.close()
    assert "another program" in str(expect_corrupt(tmp_path))


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_half_written(tmp_path: Path, kept: float) -> None:
    begin(tmp_path).close()
    path = tmp_path / DATABASE_NAME
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    expect_corrupt(tmp_path)


def test_one_changed_value(tmp_path: Path) -> None:
    store = begin(tmp_path)
    store.connection.execute("UPDATE state SET value = x'00' WHERE key = ?", (b"key7",))
    store.close()
    assert "root of block 0" in str(expect_corrupt(tmp_path))


def test_a_value_of_the_wrong_type(tmp_path: Path) -> None:
    store = begin(tmp_path)
    store.connection.execute("UPDATE state SET value = 5 WHERE key = ?", (b"key7",))
    store.close()
    expect_corrupt(tmp_path)


def test_a_damaged_header(tmp_path: Path) -> None:
    store = begin(tmp_path)
    store.connection.execute("UPDATE blocks SET header = x'0011'")
    store.close()
    expect_corrupt(tmp_path)


def test_overwritten_pages(tmp_path: Path) -> None:
    begin(tmp_path).close()
    path = tmp_path / DATABASE_NAME
    data = bytearray(path.read_bytes())
    data[8192:12288] = b"\xa5" * 4096
    path.write_bytes(data)
    expect_corrupt(tmp_path)


def test_a_newer_format(tmp_path: Path) -> None:
    store = begin(tmp_path)
    store.connection.execute("PRAGMA user_version = 99")
    store.close()
    assert "format is 99" in str(expect_corrupt(tmp_path))


def test_base_path_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("x")
    with pytest.raises(InvalidConfig, match="base path"):
        SqliteStore(path, 100)


def test_a_failed_open_releases_the_lock(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).write_bytes(b"junk" * 1000)
    for _ in range(2):
        with pytest.raises(DatabaseCorrupt):
            SqliteStore(tmp_path, 100)
    assert (tmp_path / LOCK_NAME).exists()
