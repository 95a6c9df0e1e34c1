"""A validator's database comes back from a copy, as docs/how-to/back-up-and-restore.md makes one."""

from __future__ import annotations

import re
import shutil
import signal
import sqlite3
import subprocess
from pathlib import Path

from .processes import MINER, VALIDATOR, Network, seed_scores, validator
from .test_daemon import TOP, expected_row, prepare

GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "back-up-and-restore.md"
NAME = f"validator-1-{VALIDATOR.ss58}.sqlite"


def shown(word: str) -> str:
    """The SQL that the guide gives to sqlite3, with this word in it."""
    part = re.search(r"^## A validator\n(.*?)^## ", GUIDE.read_text(), re.M | re.S)
    commands = re.findall(r'sqlite3 \S+ "([^"]+)"', part[1] if part else "")
    (found,) = {sql for sql in commands if word in sql}
    return found


def back_up(source: Path, copy: Path) -> None:
    """The guide's command, against a database in use."""
    sql = re.sub(r"'[^']*'", f"'{copy}'", shown(".backup"))
    if shutil.which("sqlite3"):
        subprocess.run(["sqlite3", str(source), sql], check=True, timeout=30, capture_output=True)
        return
    assert sql == f".backup '{copy}'"
    with sqlite3.connect(source) as db, sqlite3.connect(copy) as out:  # what sqlite3 does at .backup
        db.backup(out)


def restore(copy: Path, folder: Path) -> None:
    folder.mkdir()
    shutil.copy(copy, folder / NAME)
    with sqlite3.connect(folder / NAME) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.execute(shown("UPDATE"))


async def to_epoch(network: Network, epoch: int) -> None:
    while (await network.client.epochs.clock(1)).epoch < epoch:
        await network.blocks(1)


async def test_a_restored_validator_reveals_what_the_lost_one_committed(network: Network, tmp_path: Path):
    lost, copy, new = tmp_path / "lost", tmp_path / "copy.sqlite", tmp_path / "new"
    await prepare(network, lost)
    async with validator(network, lost) as running:
        (commit,) = await network.until(network.open_commits)
        back_up(lost / NAME, copy)
        await running.end(signal.SIGKILL)
    shutil.rmtree(lost)

    restore(copy, new)
    await to_epoch(network, commit.reveal_epoch)
    async with validator(network, new) as again:
        row = await network.until(network.row, blocks=False)
    assert row == await expected_row(network)
    assert [one["commitment"] for one in again.events("weights_revealed")] == [commit.commitment.hex()]


async def test_an_older_copy_costs_one_reveal_and_no_second_commitment(network: Network, tmp_path: Path):
    lost, copy, new = tmp_path / "lost", tmp_path / "copy.sqlite", tmp_path / "new"
    await prepare(network, lost)
    back_up(lost / NAME, copy)
    async with validator(network, lost) as running:
        (commit,) = await network.until(network.open_commits)
        await running.end(signal.SIGKILL)

    restore(copy, new)
    async with validator(network, new) as again:
        await network.until(lambda: again.events("model_loaded"), blocks=False)
        await network.until(lambda: again.events("weights_missed"), tick=0.5)
        assert [one["commitment"] for one in again.events("weights_missed")] == [commit.commitment.hex()]
        row = await network.until(network.row)
        revealed = {one["commitment"] for one in again.events("weights_revealed")}
    assert row == [(await network.client.neurons.uid(1, MINER.ss58), TOP)]
    assert commit.commitment.hex() not in revealed
    epochs = [one["epoch"] for one in again.events("weights_committed")]
    assert commit.epoch not in epochs and len(set(epochs)) == len(epochs)


def test_a_copy_of_the_file_alone_is_no_backup(tmp_path: Path):
    """Why the guide says `.backup`: what was written last is in the file beside it."""
    seed_scores(tmp_path, {})
    db = sqlite3.connect(tmp_path / NAME)
    db.execute("INSERT INTO network VALUES (x'00')")
    db.commit()
    shutil.copy(tmp_path / NAME, tmp_path / "copied")
    back_up(tmp_path / NAME, tmp_path / "backed-up")
    counts = {}
    for name in ("copied", "backed-up"):
        with sqlite3.connect(tmp_path / name) as other:
            counts[name] = other.execute("SELECT count(*) FROM network").fetchone()[0]
    db.close()
    assert counts == {"copied": 0, "backed-up": 1}
