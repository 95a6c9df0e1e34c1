"""What an owner types: start, name, describe, change, trigger, and what is left when the subnet ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

BOB = ("--key", "//Bob")
ALICE = ("--key", "//Alice")


@pytest.fixture
def netuid(run: Callable[..., Any]) -> int:
    """A new subnet of Bob's."""
    created = run("subnet", "create", *BOB, "--hotkey", "//Bob//owner", "--yes", "--json")
    (event,) = [one for one in created["events"] if one["name"] == "SubnetCreated"]
    return event["fields"]["netuid"]


def shown(run: Callable[..., Any], netuid: int) -> dict[str, Any]:
    return run("subnet", "show", netuid, "--json")


def limits(run: Callable[..., Any], netuid: int) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in run("subnet", "hyperparameters", netuid, "--json")}


def test_why_a_subnet_earns_nothing_is_shown(run: Callable[..., Any], netuid: int) -> None:
    assert shown(run, netuid)["state"] == "Created"
    assert "NotOwner" in run("subnet", "start", netuid, "--key", "//Charlie", "--yes", code=3).err
    started = run("subnet", "start", netuid, *BOB, "--yes")
    assert "root has not activated it" in started.err
    assert "AlreadyStarted" in run("subnet", "start", netuid, *BOB, "--yes", code=3).err
    assert shown(run, netuid)["state"] == "Started" and not shown(run, netuid)["active"]
    activated = run("subnet", "activate", netuid, *ALICE, "--yes")
    assert "it earns emission" in activated.err
    assert shown(run, netuid)["state"] == "Active"
    assert "Active" in run("subnet", "list").out


def test_names_are_unique_and_identities_plain(run: Callable[..., Any], netuid: int) -> None:
    run("subnet", "name", netuid, "text-7b", "--symbol", "TXT", *BOB, "--yes")
    assert run("subnet", "name", netuid, "--json") == {"name": "text-7b", "symbol": "TXT"}
    assert (shown(run, netuid)["name"], shown(run, netuid)["symbol"]) == ("text-7b", "TXT")
    other = run("subnet", "create", "--key", "//Dave", "--hotkey", "//Dave//owner", "--yes", "--json")
    (event,) = [one for one in other["events"] if one["name"] == "SubnetCreated"]
    second = event["fields"]["netuid"]
    for taken in (("text-7b",), ("--symbol", "TXT")):
        refused = run("subnet", "name", second, *taken, "--key", "//Dave", "--yes", code=3)
        assert "NameTaken" in refused.err
    assert "BadName" in run("subnet", "name", second, "Text", "--key", "//Dave", "--yes", code=3).err
    run("subnet", "name", second, "x" * 33, "--key", "//Dave", "--yes", code=2)

    said = ("--description", "Chat \u2713", "--url", "https://example.org")
    run("subnet", "identity", netuid, *said, *BOB, "--yes")
    run("subnet", "identity", netuid, "--contact", "bob@example.org", *BOB, "--yes")
    found = run("subnet", "identity", netuid, "--json")
    assert found["description"] == "Chat \u2713" and found["contact"] == "bob@example.org"
    assert (found["url"], found["logo"]) == ("https://example.org", "")
    bad = run("subnet", "identity", netuid, "--logo", "http://example.org", *BOB, "--yes", code=3)
    assert "BadText" in bad.err
    run("subnet", "identity", netuid, "--clear", *BOB, "--yes")
    assert set(run("subnet", "identity", netuid, "--json").values()) == {""}


def test_the_next_allowed_block_is_right(
    run: Callable[..., Any], blocks: Callable[[int], None], netuid: int
) -> None:
    assert limits(run, netuid)["kappa"]["set_by"] == "root"
    refused = run("subnet", "set", netuid, "kappa=1", *BOB, "--yes", code=3)
    assert "RootOnly" in refused.err
    run("subnet", "set", netuid, "kappa=30000", "--sudo", *ALICE, "--yes")
    assert shown(run, netuid)["hyperparameters"]["kappa"] == 30_000

    for value in (60, 61):
        waits = limits(run, netuid)["immunity_period"]["in_blocks"]
        assert 1 <= waits <= 23
        blocks(waits - 1)
        run("subnet", "set", netuid, f"immunity-period={value}", *BOB, "--yes")
        assert shown(run, netuid)["hyperparameters"]["immunity_period"] == value
    waits = limits(run, netuid)["immunity_period"]["in_blocks"]
    assert waits > 1
    blocks(waits - 2)
    early = run("subnet", "set", netuid, "immunity-period=62", *BOB, "--yes", code=3)
    assert "RateLimited" in early.err or "Frozen" in early.err
    run("subnet", "set", netuid, "immunity-period=62", *BOB, "--yes")


def test_an_epoch_is_triggered(run: Callable[..., Any], blocks: Callable[[int], None], netuid: int) -> None:
    committed = run("subnet", "trigger-epoch", netuid, *BOB, "--yes", code=3)
    assert "CommitRevealOn" in committed.err
    run("subnet", "set", netuid, "commit-reveal-on=false", "tempo=100", "--sudo", *ALICE, "--yes")
    before = shown(run, netuid)
    done = run("subnet", "trigger-epoch", netuid, *BOB, "--yes", "--json")
    (event,) = [one for one in done["events"] if one["name"] == "EpochTriggered"]
    at = event["fields"]["block"]
    assert at < before["last_epoch_block"] + 100
    blocks(at - done["block_number"] - 1)
    assert shown(run, netuid)["epoch"] == before["epoch"]
    blocks(1)
    after = shown(run, netuid)
    assert (after["epoch"], after["last_epoch_block"]) == (before["epoch"] + 1, at)


def test_another_hotkey_of_the_owner(run: Callable[..., Any], netuid: int) -> None:
    strange = run("subnet", "owner-hotkey", netuid, "//Charlie//hot", *BOB, "--yes", code=3)
    assert "NotOwnersHotkey" in strange.err or "Frozen" in strange.err
    run("subnet", "register", netuid, *BOB, "--hotkey", "//Bob//second", "--yes")
    run("subnet", "set", netuid, "tempo=1000", "--sudo", *ALICE, "--yes")  # no epoch is near
    run("subnet", "owner-hotkey", netuid, "//Bob//second", *BOB, "--yes")
    again = run("subnet", "owner-hotkey", netuid, "//Bob//owner", *BOB, "--yes", code=3)
    assert "RateLimited" in again.err


def test_a_dissolved_subnet_gives_the_lock_back(
    run: Callable[..., Any], blocks: Callable[[int], None], netuid: int
) -> None:
    run("subnet", "name", netuid, "gone", *BOB, "--yes")
    lock = shown(run, netuid)["lock"]
    free = run("balance", "show", "//Bob", "--json")["free"]
    refused = run("subnet", "dissolve", netuid, *BOB, "--yes", code=2)
    assert "only" in refused.err
    done = run("subnet", "dissolve", netuid, *ALICE, "--yes", "--json")
    (event,) = [one for one in done["events"] if one["name"] == "SubnetDissolving"]
    assert event["fields"]["refund"] == lock  # it never earned
    run("subnet", "show", netuid, code=2)
    assert netuid not in [one["netuid"] for one in run("subnet", "list", "--json")]
    (waiting,) = run("subnet", "dissolving", "--json")
    assert (waiting["netuid"], waiting["lock"], waiting["refund"]) == (netuid, lock, lock)
    blocks(2)
    assert run("subnet", "dissolving", "--json") == []
    assert run("balance", "show", "//Bob", "--json")["free"] == free + lock
