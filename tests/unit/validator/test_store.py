"""The database: nothing is lost by a kill, a damaged file is moved aside, a full disk is told."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ganglion.errors import ConfigError
from ganglion_validator.chain_view import Weights
from ganglion_validator.scorebook import ScoreBook
from ganglion_validator.scoring import MinerKey, Record, RoundResult
from ganglion_validator.store import MIGRATIONS, Store, StoreFailed

A, B = MinerKey("a", 1), MinerKey("b", 2)
ROW = Weights((1, 2), (65535, 7), b"\x05" * 32, 3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "scores.sqlite"


def test_what_is_written_is_there_after_opening_again(path: Path):
    store = Store(path)
    store.save_records({A: Record("generate", 1.5, 3, 16), B: Record("embed", 2.0)})
    store.save_weights(b"c" * 32, 7, ROW)
    store.close()
    store = Store(path)
    assert store.records() == {A: Record("generate", 1.5, 3, 16), B: Record("embed", 2.0)}
    assert store.weights_of(b"c" * 32) == ROW
    assert (store.made_in(7), store.made_in(8), store.weights_of(b"d" * 32)) == (b"c" * 32, None, None)
    store.forget_weights(8)
    store.forget_records([A])
    assert store.weights_of(b"c" * 32) is None
    assert set(store.records()) == {B}
    store.close()


def test_a_database_of_an_older_release_is_brought_up(path: Path):
    path.parent.mkdir()
    with sqlite3.connect(path) as old:
        old.executescript(MIGRATIONS[0] + "PRAGMA user_version = 1;")
        old.execute("INSERT INTO scores VALUES ('a', 1, 9.5, 0)")
    old.close()
    store = Store(path)
    assert store.records() == {A: Record("generate", 9.5)}
    store.close()


def test_a_database_of_a_newer_release_is_left_alone(path: Path):
    Store(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(ConfigError, match="newer release"):
        Store(path)
    assert [p for p in path.parent.iterdir() if "corrupt" in p.name] == []


@pytest.mark.parametrize("damage", ["garbage", "half", "middle"])
def test_a_damaged_file_is_moved_aside_and_told(path: Path, damage: str, capsys: pytest.CaptureFixture):
    store = Store(path)
    store.save_records({MinerKey(f"miner-{n}", n): Record("generate", float(n)) for n in range(2000)})
    store.close()
    whole = path.read_bytes()
    broken = {
        "garbage": b"not a database at all" * 100,
        "half": whole[: len(whole) // 2],
        "middle": whole[:4096] + os.urandom(len(whole) - 8192) + whole[-4096:],
    }[damage]
    path.write_bytes(broken)
    again = Store(path)
    assert again.records() == {}
    again.save_records({A: Record("generate", 1.0)})
    (aside,) = [p for p in path.parent.iterdir() if ".corrupt-" in p.name]
    assert aside.read_bytes() == broken, "nothing is deleted"
    assert "store_corrupt" in capsys.readouterr().out
    again.close()


def test_kill_9_at_any_moment_leaves_whole_transactions(path: Path):
    """A child writes pairs that belong together and is killed; both halves are there or none is."""
    code = textwrap.dedent(f"""
        from pathlib import Path
        from ganglion_validator.scoring import MinerKey, Record
        from ganglion_validator.store import Store
        store = Store(Path({str(path)!r}))
        for n in range(10**9):
            store.save_records({{MinerKey(k, 1): Record("generate", float(n)) for k in "ab"}})
            if n == 20: print("writing", flush=True)
    """)
    for _ in range(3):
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert child.stdout.readline() == b"writing\n"
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        store = Store(path)
        found = store.records()
        assert found[MinerKey("a", 1)] == found[MinerKey("b", 1)]
        assert found[MinerKey("a", 1)].score >= 20
        store.close()


def test_a_second_process_is_kept_away(path: Path):
    store = Store(path)
    with pytest.raises(ConfigError, match="another validator"):
        Store(path)
    store.close()
    Store(path).close()


def test_another_network_is_refused(path: Path):
    store = Store(path)
    store.bind(b"\1" * 32)
    store.bind(b"\1" * 32)
    with pytest.raises(ConfigError, match="belongs to the network"):
        store.bind(b"\2" * 32)
    store.close()


def test_a_folder_that_cannot_be_made_is_a_configuration_error(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot keep scores"):
        Store(tmp_path / "file" / "scores.sqlite")


def fill(store: Store) -> None:
    """Leave the database no room to grow, which SQLite reports as it reports a full disk."""
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")


def test_no_disk_space_loses_nothing_and_is_told(path: Path, capsys: pytest.CaptureFixture):
    store = Store(path)
    book = ScoreBook(store, 0.5)
    book.add([RoundResult(A, "generate", 10.0)])
    fill(store)
    many = [RoundResult(MinerKey(f"miner-{n}", n), "generate", 1.0) for n in range(500)]
    book.add([*many, RoundResult(A, "generate", 30.0)])
    assert book.records[A].score == 20.0, "scores are used all the same"
    assert len(book.unsaved) == 501
    assert "scores_not_saved" in capsys.readouterr().out
    assert store.records() == {A: Record("generate", 10.0)}, "what was on disk is intact"
    with pytest.raises(StoreFailed, match="full") as caught:
        store.save_weights(b"c" * 32, 1, Weights(tuple(range(4000)), (1,) * 4000, b"s" * 32, 0))
    assert caught.value.retryable and caught.value.hint
    store._db.execute("PRAGMA max_page_count = 1000000")
    book.add([RoundResult(B, "generate", 1.0)])
    assert len(store.records()) == 502 and not book.unsaved, "written with the next ones"
    store.close()
