"""Weights by hand where there are many: mechanisms, batches, reveals by somebody else, what was missed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BOB = ("--key", "//Bob")
ALICE = ("--key", "//Alice", "--sudo")
VALIDATOR = ("--hotkey", "//Bob//validator")


@pytest.fixture(scope="module")
def places() -> list[int]:
    """Subnets that the module's tests share, once they are there."""
    return []


@pytest.fixture
def subnets(run: Callable[..., Any], blocks: Callable[[int], None], places: list[int]) -> list[int]:
    """Two subnets in which Bob's hotkey validates; the first has two mechanisms."""
    if not places:
        for number in (1, 2):
            made = run("subnet", "create", *BOB, "--hotkey", f"//Bob//owner{number}", "--yes", "--json")
            (event,) = [one for one in made["events"] if one["name"] == "SubnetCreated"]
            netuid = event["fields"]["netuid"]
            run("subnet", "register", netuid, *BOB, *VALIDATOR, "--yes")
            run("stake", "add", "100", "-n", netuid, *BOB, *VALIDATOR, "--yes")
            places.append(netuid)
        run("subnet", "set", places[0], "mechanism_count=2", *ALICE, "--yes")
        blocks(12)
    return places


def batch(folder: Path, items: list[tuple[int, int, dict[int, float]]]) -> Path:
    rows = [{"netuid": netuid, "mechanism": m, "weights": weights} for netuid, m, weights in items]
    (folder / "batch.json").write_text(json.dumps(rows))
    return folder / "batch.json"


def epoch(run: Callable[..., Any], netuid: int) -> int:
    return run("subnet", "show", netuid, "--json")["epoch"]


def until_epoch(run: Callable[..., Any], blocks: Callable[[int], None], netuid: int, wanted: int) -> None:
    while epoch(run, netuid) < wanted:
        blocks(1)


def shown(run: Callable[..., Any], netuid: int, mechanism: int = 0) -> Any:
    return run("weights", "show", netuid, "--mechanism", mechanism, "--json")


def test_batches_commit_and_reveal_in_every_mechanism(
    run: Callable[..., Any],
    home: Path,
    tmp_path: Path,
    blocks: Callable[[int], None],
    subnets: list[int],
) -> None:
    first, second = subnets
    file = batch(tmp_path, [(first, 0, {0: 1}), (first, 1, {0: 0.5, 1: 1}), (second, 0, {0: 1})])
    free = run("balance", "show", "//Bob//validator", "--json")["free"]
    done = run("weights", "batch-commit", file, *VALIDATOR, "--yes", "--json")
    assert done["fee"] == 0 and free == 0
    assert [one["fields"] for one in done["events"] if one["name"] == "BatchCompleted"] == [
        {"done": 3, "failed": 0}
    ]
    (opened,) = run("weights", "commits", first, "--mechanism", 1, *VALIDATOR, "--json")
    assert opened["stored"]
    early = run("weights", "batch-reveal", *VALIDATOR, "--yes", code=2)
    assert "nothing can be revealed now" in early.err

    until_epoch(run, blocks, first, opened["reveal_epoch"])
    until_epoch(run, blocks, second, 0)
    run("weights", "batch-reveal", *VALIDATOR, "--yes")
    if not shown(run, second):  # its epoch ends at other blocks
        (opened,) = run("weights", "commits", second, *VALIDATOR, "--json")
        until_epoch(run, blocks, second, opened["reveal_epoch"])
        run("weights", "batch-reveal", *VALIDATOR, "--yes")
    assert shown(run, first) == [{"uid": 1, "entries": [[0, 65535]]}]
    # The entry on oneself does not count.
    assert shown(run, first, 1) == [{"uid": 1, "entries": [[0, 32768]]}]
    assert shown(run, second) == [{"uid": 1, "entries": [[0, 65535]]}]
    assert list((home / "weights").glob("*.json")) == []


def test_somebody_else_reveals(
    run: Callable[..., Any],
    home: Path,
    tmp_path: Path,
    blocks: Callable[[int], None],
    subnets: list[int],
) -> None:
    _, netuid = subnets
    blocks(5)
    run("weights", "commit", netuid, "0=3", *VALIDATOR, "--yes")
    opened = run("weights", "commits", netuid, *VALIDATOR, "--json")[-1]
    given = tmp_path / "given.json"
    run("weights", "secret", opened["commitment"], "--to", given)
    assert given.stat().st_mode & 0o077 == 0
    early = run("weights", "reveal-for", given, "--key", "//Charlie", "--yes", code=3)
    assert "NotRevealable" in early.err
    until_epoch(run, blocks, netuid, opened["reveal_epoch"])
    done = run("weights", "reveal-for", given, "--key", "//Charlie", "--yes", "--json")
    assert done["fee"] == 0
    assert [one["name"] for one in done["events"] if one["pallet"] == "Weights"] == ["WeightsRevealed"]
    assert run("weights", "commits", netuid, *VALIDATOR, "--json") == []
    again = run("weights", "reveal-for", given, "--key", "//Charlie", "--yes", code=3)
    assert "CommitNotFound" in again.err
    for file in (home / "weights").glob("*.json"):
        file.unlink()


def test_what_was_missed_is_counted(
    run: Callable[..., Any], blocks: Callable[[int], None], subnets: list[int]
) -> None:
    _, netuid = subnets
    blocks(5)
    run("weights", "commit", netuid, "0=1", *VALIDATOR, "--yes")
    opened = run("weights", "commits", netuid, *VALIDATOR, "--json")[-1]
    assert run("weights", "missed", netuid, "--json") == []
    until_epoch(run, blocks, netuid, opened["reveal_epoch"] + 1)
    assert run("weights", "missed", netuid, "--json") == [{"uid": 1, "missed": 1}]
    assert "MISSED" in run("weights", "missed", netuid).out


def test_an_item_that_fails_is_named(
    run: Callable[..., Any],
    tmp_path: Path,
    blocks: Callable[[int], None],
    subnets: list[int],
) -> None:
    first, second = subnets
    for netuid in subnets:
        run("subnet", "set", netuid, "commit_reveal_on=false", *ALICE, "--yes")
    blocks(6)
    both = batch(tmp_path, [(first, 0, {0: 1}), (first, 1, {0: 1})])
    run("weights", "batch-set", both, *VALIDATOR, "--yes")
    assert shown(run, first, 1) == [{"uid": 1, "entries": [[0, 65535]]}]
    # One comes too early after that; so it is not free, and the hotkey has to pay.
    late = batch(tmp_path, [(first, 0, {0: 2}), (second, 0, {0: 2})])
    refused = run("weights", "batch-set", late, *VALIDATOR, "--yes", code=3)
    assert "free only when it would succeed" in refused.err
    run("balance", "transfer", "//Bob//validator", "1", *BOB, "--yes")
    done = run("weights", "batch-set", late, *VALIDATOR, "--yes")
    assert f"item 0 (subnet {first}, mechanism 0) failed" in done.err and "RateLimited" in done.err
    for wrong in ("[", '[{"netuid": 1}]', '[{"netuid": 1, "weights": {"0": -1}}]'):
        (tmp_path / "wrong.json").write_text(wrong)
        run("weights", "batch-set", tmp_path / "wrong.json", *VALIDATOR, "--yes", code=2)
    twice = batch(tmp_path, [(first, 0, {0: 1}), (first, 0, {1: 1})])
    assert "at most one item" in run("weights", "batch-set", twice, *VALIDATOR, "--yes", code=2).err


def test_nothing_is_committed_by_hand_where_weights_rest_on_evidence(
    run: Callable[..., Any], tmp_path: Path, subnets: list[int]
) -> None:
    """It could not be revealed, and that would cost a part of the bond."""
    first, second = subnets
    run("subnet", "set", second, "commit_reveal_on=true", "verdicts_on=true", *ALICE, "--yes")
    said = run("weights", "commit", second, "0=1", *VALIDATOR, "--yes", code=2)
    assert "rest on evidence" in said.err and "run a validator" in said.err
    file = batch(tmp_path, [(first, 1, {0: 1}), (second, 0, {0: 1})])
    assert "rest on evidence" in run("weights", "batch-commit", file, *VALIDATOR, "--yes", code=2).err
    assert run("audits", "show", second, "--json") == []
    assert run("audits", "show", second, "--epoch", 1, "--json") == []
    assert run("audits", "randomness", second, "--json") == []
    assert run("audits", "announced", second, *VALIDATOR, "--json")["announced"] is None
    run("subnet", "set", second, "verdicts_on=false", *ALICE, "--yes")
