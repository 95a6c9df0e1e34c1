"""What council, voters and guardians type: a decision from the first motion to its effect, a pause, the audit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from ganglion.client import Client
from ganglion.keys import Keypair

MEMBERS = ("//Alice", "//Bob", "//Charlie")
SEATS = sorted(Keypair.from_uri(f"//{name}").ss58 for name in ("Alice", "Bob", "Charlie", "Dave", "Eve"))
LOCK_AGE, VOTING, DELAY, TERM = 30, 10, 5, 100


def sent(run: Callable[..., Any], *argv: object, key: str = "//Alice", code: int = 0) -> Any:
    return run("gov", *argv, "--key", key, "--yes", code=code)


def asked(run: Callable[..., Any], *argv: object, code: int = 0) -> Any:
    return run("gov", *argv, "--json", code=code)


@pytest.fixture
def netuid(run: Callable[..., Any]) -> int:
    """A subnet in which Bob has 100 GNG of his own and Dave 60, of which 50 each are locked."""
    eve = Keypair.from_uri("//Eve").ss58
    for one in run("subnet", "list", "--json"):
        if one["owner"] == eve:
            return one["netuid"]
    created = run("subnet", "create", "--key", "//Eve", "--hotkey", "//Eve//owner", "--yes", "--json")
    (event,) = [one for one in created["events"] if one["name"] == "SubnetCreated"]
    found = event["fields"]["netuid"]
    for name, amount in (("//Bob", 100), ("//Dave", 60)):
        keys = ("--key", name, "--hotkey", f"{name}//hot", "--yes")
        run("subnet", "register", found, *keys)
        run("stake", "add", amount, "--netuid", found, *keys)
        run("gov", "lock", found, "50 GNG", *keys)
    return found


def test_seats_are_shown(run: Callable[..., Any]) -> None:
    found = asked(run, "council")
    assert sorted(found["council"]) == sorted(found["guardians"]) == SEATS
    assert "Guardians" in run("gov", "council").out


def test_three_guardians_pause_and_the_clock_stands_still(
    run: Callable[..., Any], blocks: Callable[[int], None]
) -> None:
    refused = sent(run, "pause", 20, key="//Ferdie", code=2)
    assert "no seat in Guardians" in refused.err
    for member in MEMBERS[:2]:
        assert "other members approve" in sent(run, "pause", 20, key=member).err
    assert "has voted so" in sent(run, "pause", 20, key="//Bob", code=2).err
    (motion,) = asked(run, "status")["motions"]
    assert (motion["of"], len(motion["ayes"])) == ("Guardians", 2)
    assert "pause(blocks=20)" in motion["call"]
    assert "carried" in sent(run, "pause", 20, key="//Charlie").err

    before = asked(run, "status")
    assert before["paused_until"] is not None
    transfer = ("balance", "transfer", Keypair.from_uri("//Dave").ss58, "1 GNG", "--key", "//Bob", "--yes")
    assert "CallFiltered" in run(*transfer, code=3).err
    blocks(5)
    assert asked(run, "status")["clock"] == before["clock"]
    for member in MEMBERS[1:]:
        sent(run, "extend", 30, key=member)
    assert "carried" in sent(run, "extend", 30, key="//Dave").err
    assert asked(run, "status")["paused_until"] == before["paused_until"] + 30
    for member in MEMBERS[:2]:
        sent(run, "extend", 31, key=member)
    assert "PauseTooLong" in sent(run, "extend", 31, key="//Charlie", code=3).err
    blocks(60)
    after = asked(run, "status")
    assert after["paused_until"] is None and after["pause_allowed_at"] > after["clock"]
    run(*transfer)
    for member in MEMBERS[:2]:
        sent(run, "pause", 1, key=member)
    assert "CoolingDown" in sent(run, "pause", 1, key="//Charlie", code=3).err


def test_a_motion_that_three_reject_is_closed(run: Callable[..., Any]) -> None:
    sent(run, "propose", "System.remark", '{"remark": "0x01"}')
    (motion,) = [one for one in asked(run, "status")["motions"] if one["of"] == "Council"]
    for member in ("//Bob", "//Charlie", "//Dave"):
        sent(run, "approve", motion["hash"], "--reject", key=member)
    assert [one for one in asked(run, "status")["motions"] if one["of"] == "Council"] == []
    assert "no open motion" in sent(run, "approve", motion["hash"], key="//Eve", code=2).err


def test_council_and_voters_decide_and_the_scheduler_enacts(
    run: Callable[..., Any], blocks: Callable[[int], None], netuid: int
) -> None:
    blocks(LOCK_AGE)
    voters = asked(run, "voters")["voters"]
    assert [int(one["counted"]) for one in voters] == [50_000_000_000] * 2
    change = f'{{"netuid": {netuid}, "changes": [{{"MaxAllowedUids": 128}}]}}'
    for member in MEMBERS:
        done = sent(run, "propose", "Subnets.set_hyperparameters", change, key=member)
    assert "carried" in done.err
    (referendum,) = asked(run, "status")["referenda"]
    index = referendum["index"]
    shown = asked(run, "show", index)
    assert "set_hyperparameters" in shown["decoded"] and len(shown["ballots"]) == 2
    assert "NotInSnapshot" in sent(run, "vote", index, key="//Alice", code=3).err
    sent(run, "vote", index, key="//Bob")
    assert (
        "VoteOpen"
        in run("gov", "unlock", netuid, "--key", "//Bob", "--hotkey", "//Bob//hot", "--yes", code=3).err
    )
    sent(run, "vote", index, "--reject", key="//Dave")
    sent(run, "vote", index, key="//Dave")  # changed
    assert int(asked(run, "show", index)["for"]) == 100_000_000_000
    blocks(VOTING + 1)
    assert asked(run, "status")["referenda"][0]["stage"] == "Approved"
    blocks(DELAY + 2)
    assert asked(run, "status")["referenda"] == []
    released = sent(run, "unnote", referendum["call"])
    assert "Released" in released.out or "Cleared" in released.out
    limits = run("subnet", "hyperparameters", netuid, "--json")
    assert [one["value"] for one in limits if one["name"] == "max_allowed_uids"] == [128]
    run("gov", "unlock", netuid, "--key", "//Bob", "--hotkey", "//Bob//hot", "--yes")
    run("gov", "lock", netuid, "50 GNG", "--key", "//Bob", "--hotkey", "//Bob//hot", "--yes")


def test_voters_elect_a_council(run: Callable[..., Any], blocks: Callable[[int], None], netuid: int) -> None:
    blocks(LOCK_AGE)
    sent(run, "stand", key="//Ferdie")
    sent(run, "stand", "2 GNG", key="//Eve")
    sent(run, "withdraw", key="//Eve")
    ferdie = Keypair.from_uri("//Ferdie").ss58
    assert [one["who"] for one in asked(run, "candidates")["next"]] == [ferdie]
    status = asked(run, "status")
    blocks(status["election_at"] - status["clock"])
    assert asked(run, "status")["election_open"]
    assert [one["who"] for one in asked(run, "candidates")["open"]] == [ferdie]
    for voter in ("//Bob", "//Dave"):
        sent(run, "elect", ferdie, key=voter)
    blocks(VOTING + 2)
    council = asked(run, "council")["council"]
    assert ferdie in council and len(council) == 5


def test_four_of_the_council_end_a_pause(run: Callable[..., Any], blocks: Callable[[int], None]) -> None:
    status = asked(run, "status")
    blocks(max(0, status["pause_allowed_at"] - status["clock"]))
    for guardian in ("//Bob", "//Dave", "//Eve"):
        done = sent(run, "pause", 60, key=guardian)
    assert "carried" in done.err
    council = [
        name
        for name in ("Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie")
        if Keypair.from_uri(f"//{name}").ss58 in asked(run, "council")["council"]
    ]
    for member in council[:3]:
        assert "other members" in sent(run, "end-pause", key=f"//{member}").err
    assert asked(run, "status")["paused_until"] is not None
    assert "carried" in sent(run, "end-pause", key=f"//{council[3]}").err
    assert asked(run, "status")["paused_until"] is None


def test_an_upgrade_is_proposed_by_its_hash_and_not_applied_before(
    run: Callable[..., Any], home: Any
) -> None:
    code = home / "code.wasm"
    code.write_bytes(b"not the code that anybody authorised")
    member = asked(run, "council")["council"][0]
    name = next(
        n
        for n in ("Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie")
        if Keypair.from_uri(f"//{n}").ss58 == member
    )
    sent(run, "propose-upgrade", code, key=f"//{name}")
    (motion,) = [one for one in asked(run, "status")["motions"] if "submit" in one["call"]]
    assert motion["ayes"] == [member]
    assert "NothingAuthorized" in sent(run, "apply-upgrade", code, key="//Ferdie", code=3).err


def test_the_audit_tells_every_privilege_and_sudos_key(run: Callable[..., Any], node: Any) -> None:
    found = asked(run, "audit", code=1)
    alice = Keypair.from_uri("//Alice")
    assert (found["ok"], found["sudo_key"]) == (False, alice.ss58)
    assert found["presets"] == {"development": alice.ss58, "local": alice.ss58, "testnet": None}
    by = {(one["pallet"], one["call"]): one["by"] for one in found["privileges"]}
    assert by["Subnets", "activate"] == by["System", "set_code"] == "root"
    assert by["Governance", "pause"] == "guardians 3/5"
    assert by["SafeMode", "force_enter"] == "nobody"

    async def give_up() -> None:
        async with Client(node.url) as client:
            await client.compose("Sudo", "remove_key").submit(alice)

    asyncio.run(give_up())
    audit = run("gov", "audit")
    assert "this chain gives nobody Sudo's key" in audit.err and "preset testnet: no sudo key" in audit.err
