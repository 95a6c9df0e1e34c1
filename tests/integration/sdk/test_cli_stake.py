"""What a delegator types: see the risk, stake, give, move, take back; and what validators vote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ganglion.keys import Keypair

CHARLIE = ("--key", "//Charlie", "--yes")
DAVE = "//Dave"
DAVE_ADDRESS, CHARLIE_ADDRESS = (Keypair.from_uri(uri).ss58 for uri in ("//Dave", "//Charlie"))


@pytest.fixture
def netuid(run: Callable[..., Any]) -> int:
    """An active subnet of Bob's, whose hotkey is //Bob//staked."""
    created = run("subnet", "create", "--key", "//Bob", "--hotkey", "//Bob//staked", "--yes", "--json")
    (event,) = [one for one in created["events"] if one["name"] == "SubnetCreated"]
    number = event["fields"]["netuid"]
    run("subnet", "start", number, "--key", "//Bob", "--yes")
    run("subnet", "activate", number, "--key", "//Alice", "--yes")
    return number


def held(run: Callable[..., Any], key: str, netuid: int) -> dict[str, Any]:
    """A coldkey's line in a subnet."""
    rows = run("stake", "show", "--key", key, "--json")
    (row,) = [one for one in rows if one["netuid"] == netuid]
    return row


def wait_for(run: Callable[..., Any], blocks: Callable[[int], None], netuid: int, epoch: int) -> None:
    """Until the subnet has completed so many epochs."""
    while run("subnet", "show", netuid, "--json")["epoch"] < epoch:
        blocks(1)


def test_a_delegator_sees_the_most_that_can_be_lost_before(run: Callable[..., Any], netuid: int) -> None:
    on = ("-n", netuid, "--with", "//Bob//staked")
    told = run("stake", "exposure", "100", *on, "--json")
    assert 19_990_000_000 < int(told["per_epoch"]) <= 20_000_000_000 + 1
    assert int(told["per_epoch"]) < int(told["until_released"]) < int(told["amount"])
    added = run("stake", "add", "100", *on, *CHARLIE)
    assert "can be lost in one epoch" in added.err


def test_stake_is_given_at_once_and_moved_slowly(
    run: Callable[..., Any], blocks: Callable[[int], None], netuid: int
) -> None:
    on = ("-n", netuid, "--with", "//Bob//staked")
    run("stake", "add", "100", *on, *CHARLIE)
    run("stake", "transfer", "40", DAVE_ADDRESS, *on, *CHARLIE)
    assert 39_999_999_999 <= int(held(run, DAVE, netuid)["staked"]) <= 40_000_000_000
    other = run("subnet", "create", "--key", "//Eve", "--hotkey", "//Eve//hot", "--yes", "--json")
    (event,) = [one for one in other["events"] if one["name"] == "SubnetCreated"]
    target = event["fields"]["netuid"]
    moved = run("stake", "move", "all", *on, "--to", "//Eve//hot", "--to-netuid", target, *CHARLIE)
    assert "ganglion stake complete" in moved.err
    row = held(run, "//Charlie", netuid)
    assert row["destinations"][0][0] == target
    assert "nothing can be withdrawn" in run("stake", "withdraw", *CHARLIE).out
    wait_for(run, blocks, netuid, row["unbonding"][0][0])
    run("stake", "complete", CHARLIE_ADDRESS, "--key", "//Ferdie", "--yes")
    assert int(held(run, "//Charlie", target)["staked"]) > 59_000_000_000


def test_validators_vote_how_emission_is_split(
    run: Callable[..., Any], blocks: Callable[[int], None], netuid: int
) -> None:
    run("stake", "add", "100", "-n", netuid, "--with", "//Bob//staked", "--key", "//Bob", "--yes")
    refused = run("root-vote", "set", f"{netuid}=1", "--key", "//Charlie//none", "--yes", code=3)
    assert "NotHotkey" in refused.err or "balance" in refused.err
    run("root-vote", "set", f"{netuid}=1", "--key", "//Bob//staked", "--yes")
    (ballot,) = run("root-vote", "ballots", "--json")
    assert ballot["weights"] == {str(netuid): 1} and int(ballot["stake"]) >= 100_000_000_000
    for _ in range(60):
        blocks(1)
        shares = run("root-vote", "show", "--json")
        if any(one["netuid"] == netuid and int(one["voted"]) > 0 for one in shares):
            break
    (mine,) = [one for one in shares if one["netuid"] == netuid]
    assert int(mine["voted"]) > 0
    assert all(int(one["voted"]) == 0 for one in shares if one["netuid"] != netuid)
    blocks(5)  # a younger ballot is withdrawn for a fee, which the hotkey can't pay
    run("root-vote", "retract", "--key", "//Bob//staked", "--yes")
    assert run("root-vote", "ballots", "--json") == []
    run("root-vote", "set", "one=2", "--key", "//Bob//staked", "--yes", code=2)
