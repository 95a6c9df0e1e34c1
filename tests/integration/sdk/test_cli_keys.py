"""What a holder of keys types: exchange, publish, name, delegate, share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ganglion.keys import Keypair

Run = Callable[..., Any]
Blocks = Callable[[int], None]
ALICE, BOB, CHARLIE, DAVE, FERDIE = (
    ("--key", f"//{name}") for name in ("Alice", "Bob", "Charlie", "Dave", "Ferdie")
)


def ss58(uri: str) -> str:
    return Keypair.from_uri(uri).ss58


@pytest.fixture(scope="module")
def subnets() -> dict[str, int]:
    return {}


@pytest.fixture
def netuid(run: Run, subnets: dict[str, int]) -> int:
    """A subnet of Eve's with a neuron of Bob's."""
    if "one" not in subnets:
        made = run("subnet", "create", "--key", "//Eve", "--hotkey", "//Eve//owner", "--yes", "--json")
        (event,) = [one for one in made["events"] if one["name"] == "SubnetCreated"]
        subnets["one"] = event["fields"]["netuid"]
        run("subnet", "register", subnets["one"], *BOB, "--hotkey", "//Bob//hot", "--yes")
    return subnets["one"]


def events(done: dict[str, Any]) -> list[str]:
    return [one["name"] for one in done["events"]]


def hotkeys(run: Run, netuid: int) -> set[str]:
    return {one["hotkey"] for one in run("metagraph", netuid, "--json")["neurons"]}


def test_commitments(run: Run, netuid: int) -> None:
    hotkey = ("--key", "//Bob//hot")
    digest = "ab" * 32
    done = run(
        "commitment",
        "set",
        "hf:bob/model",
        "--hash",
        f"sha256:{digest}",
        "-n",
        netuid,
        *hotkey,
        "--yes",
        "--json",
    )
    assert "CommitmentSet" in events(done) and done["fee"] == 0
    (found,) = run("commitment", "show", netuid, "--json")
    assert (found["uid"], found["hotkey"]) == (1, ss58("//Bob//hot"))
    assert [field["kind"] for field in found["fields"]] == ["Raw", "Sha256"]
    assert found["fields"][0]["data"] == "hf:bob/model" and digest in found["fields"][1]["data"]
    assert "hf:bob/model" in run("commitment", "show", netuid, "--of", "//Bob//hot").out
    run("commitment", "set", "x" * 513, "-n", netuid, *hotkey, "--yes", code=2)
    run("commitment", "set", "-n", netuid, *hotkey, "--yes", code=2)
    run("commitment", "set", "a", "b", "c", "d", "-n", netuid, *hotkey, "--yes", code=2)
    run("commitment", "set", "y" * 300, "-n", netuid, *hotkey, "--yes")
    assert run("commitment", "show", netuid, "--json")[0]["fields"] == [{"kind": "BigRaw", "data": "y" * 300}]
    run("commitment", "set", "--clear", "-n", netuid, *hotkey, "--yes")
    assert run("commitment", "show", netuid, "--json") == []


def test_a_hotkey_is_exchanged(run: Run, blocks: Blocks, netuid: int) -> None:
    assert "NotOwned" in run("key", "swap-hotkey", "//Bob//hot", "//Bob//new", *CHARLIE, "--yes", code=3).err
    done = run("key", "swap-hotkey", "//Bob//hot", "//Bob//new", *BOB, "--yes", "--json")
    assert "HotkeySwapped" in events(done)
    assert ss58("//Bob//new") in hotkeys(run, netuid)
    assert set(run("key", "status", *BOB, "--json")["hotkeys"]) == {ss58("//Bob//hot"), ss58("//Bob//new")}
    again = run("key", "swap-hotkey", "//Bob//new", "//Bob//hot", "-n", netuid, *BOB, "--yes", code=3)
    assert "SwapRateLimited" in again.err
    blocks(5)
    run("key", "swap-hotkey", "//Bob//new", "//Bob//hot", "-n", netuid, *BOB, "--yes")
    assert ss58("//Bob//hot") in hotkeys(run, netuid)


def test_a_coldkey_is_moved(run: Run, blocks: Blocks, netuid: int) -> None:
    run("balance", "transfer", ss58("//safe"), "1", *ALICE, "--yes")
    announced = run("key", "announce-swap", "//safe", *BOB, "--yes")
    assert "blocks" in announced.err
    status = run("key", "status", *BOB, "--json")["swap"]
    assert status["state"] == "announced" and 0 < status["executable_in"] <= 20
    # The balance is frozen whole: not even a fee can be paid.
    run("balance", "transfer", ss58("//Dave"), "1", *BOB, "--yes", code=3)
    assert "TooEarly" in run("key", "swap-coldkey", "//Bob", "//safe", *DAVE, "--yes", code=3).err
    blocks(20)
    assert "executed" in run("key", "status", *BOB).out
    done = run("key", "swap-coldkey", "//Bob", "//safe", *DAVE, "--yes", "--json")
    assert "ColdkeySwapped" in events(done) and done["fee"] == 0
    moved = run("key", "status", "//safe", "--json")
    assert ss58("//Bob//hot") in moved["hotkeys"] and moved["swap"] is None
    assert run("key", "status", *BOB, "--json")["hotkeys"] == []


def test_a_dispute_and_its_end(run: Run, blocks: Blocks) -> None:
    run("key", "announce-swap", "//thief", *CHARLIE, "--yes")
    disputed = run("key", "dispute", *CHARLIE, "--yes", "--json")
    assert "ColdkeySwapDisputed" in events(disputed) and disputed["fee"] == 0
    run("key", "cancel", *CHARLIE, "--yes", code=3)
    assert run("key", "status", *CHARLIE, "--json")["swap"]["state"] == "disputed"
    run("key", "resolve", "//Charlie", *ALICE, "--yes")
    assert run("key", "status", *CHARLIE, "--json")["swap"] is None
    # Undecided, it is cancelled by anybody.
    run("key", "announce-swap", "//thief", *CHARLIE, "--yes")
    run("key", "dispute", *CHARLIE, "--yes")
    blocks(30)
    assert "anybody can cancel" in run("key", "status", *CHARLIE).out
    run("key", "cancel", "//Charlie", *DAVE, "--yes")
    run("balance", "transfer", ss58("//Dave"), "1", *CHARLIE, "--yes")
    # Its holder cancels an announcement of his own, not at once.
    run("key", "announce-swap", "//thief", *CHARLIE, "--yes")
    run("key", "cancel", *CHARLIE, "--yes", code=3)
    blocks(5)
    run("key", "cancel", *CHARLIE, "--yes")


def test_identities(run: Run) -> None:
    run("identity", "set", "display=Ferdie", "web=https://example.org", *FERDIE, "--yes")
    found = run("identity", "show", *FERDIE, "--json")["identity"]
    assert found == {"display": "Ferdie", "web": "https://example.org"}
    run("identity", "set", "display=Ferdie \u2713", *FERDIE, "--yes")
    assert run("identity", "show", "//Ferdie", "--json")["identity"] == {"display": "Ferdie \u2713"}
    run("identity", "set", "nick=F", *FERDIE, "--yes", code=2)
    run("identity", "set", f"display={'x' * 33}", *FERDIE, "--yes", code=2)
    run("identity", "clear", *FERDIE, "--yes")
    assert run("identity", "show", "//Ferdie", "--json")["identity"] is None


def test_proxies_do_what_their_type_says(run: Run) -> None:
    run("proxy", "add", "//Dave", "--type", "SmallTransfer", *FERDIE, "--yes")
    listed = run("proxy", "list", *FERDIE, "--json")
    assert listed["proxies"][0]["type"] == "SmallTransfer" and listed["deposit"] > 0
    small = run("balance", "transfer", ss58("//Eve"), "0.4", *FERDIE, "--dry-run", "--json")["encoded"]
    big = run("balance", "transfer", ss58("//Eve"), "0.5", *FERDIE, "--dry-run", "--json")["encoded"]
    encoded = [one if one.startswith("0x") else f"0x{one}" for one in (small, big)]
    run("proxy", "call", "//Ferdie", encoded[0], *DAVE, "--yes")
    assert "CallFiltered" in run("proxy", "call", "//Ferdie", encoded[1], *DAVE, "--yes", code=3).err
    run("proxy", "call", "//Ferdie", "System.remark", '{"remark": "0x01"}', *DAVE, "--yes", code=3)
    run("proxy", "call", "//Ferdie", "System.nothing", *DAVE, "--yes", code=2)
    run("proxy", "add", "//Dave", "--type", "Everything", *FERDIE, "--yes", code=2)
    run("proxy", "remove", "//Dave", "--type", "SmallTransfer", *FERDIE, "--yes")
    assert run("proxy", "list", *FERDIE, "--json")["proxies"] == []


def test_a_multisig_pays(run: Run) -> None:
    members = ("//Alice", "//Dave", "//Eve")
    account = run("multisig", "address", *members, "-t", 2, "--json")["address"]
    assert account == run("multisig", "address", *reversed(members), "-t", 2, "--json")["address"]
    run("balance", "transfer", account, "10", *ALICE, "--yes")
    call = ("Balances.transfer_keep_alive", f'{{"dest": "{ss58("//paid")}", "value": 2000000000}}')
    first = run(
        "multisig", "sign", *call, "--with", "//Dave", "--with", "//Eve", "-t", 2, *ALICE, "--yes", "--json"
    )
    assert "NewMultisig" in events(first)
    (pending,) = run("multisig", "list", account, "--json")
    assert pending["approvals"] == [ss58("//Alice")]
    done = run(
        "multisig", "sign", *call, "--with", "//Alice", "--with", "//Eve", "-t", 2, *DAVE, "--yes", "--json"
    )
    assert "MultisigExecuted" in events(done)
    assert run("multisig", "list", account, "--json") == []
    assert run("balance", "show", ss58("//paid"), "--json")["free"] == 2_000_000_000
    # One begins another and gives it up.
    run("multisig", "sign", *call, "--with", "//Dave", "--with", "//Eve", "-t", 2, *ALICE, "--yes")
    run("multisig", "cancel", *call, "--with", "//Dave", "--with", "//Eve", "-t", 2, *ALICE, "--yes")
    assert run("multisig", "list", account, "--json") == []
    # More than it has: the inner call's error is the command's.
    much = ("Balances.transfer_keep_alive", f'{{"dest": "{ss58("//paid")}", "value": 2000000000000}}')
    run("multisig", "sign", *much, "--with", "//Dave", "--with", "//Eve", "-t", 2, *ALICE, "--yes")
    run("multisig", "sign", *much, "--with", "//Alice", "--with", "//Eve", "-t", 2, *DAVE, "--yes", code=3)


def test_bonds_are_given_up_once_a_tempo(run: Run, netuid: int) -> None:
    reset = ("subnet", "reset-bonds", netuid, "--key", "//Eve//owner", "--hotkey", "//Eve//owner", "--yes")
    run(*reset, code=3)
    run("subnet", "set", netuid, "bonds_reset_on=true", "--sudo", *ALICE, "--yes")
    done = run(*reset, "--json")
    assert "BondsReset" in events(done) and done["fee"] == 0
    run(*reset, code=3)


def test_a_subnet_is_trimmed(run: Run, blocks: Blocks, netuid: int) -> None:
    for name in ("one", "two"):
        run("subnet", "register", netuid, *FERDIE, "--hotkey", f"//Ferdie//{name}", "--yes")
    before = hotkeys(run, netuid)
    assert "NotOwner" in run("subnet", "trim", netuid, 64, *FERDIE, "--yes", code=3).err
    assert "TooManyImmune" in run("subnet", "trim", netuid, 3, "--sudo", *ALICE, "--yes", code=3).err
    blocks(50)
    trimmed = run("subnet", "trim", netuid, len(before) - 1, "--sudo", *ALICE, "--yes")
    assert "1 neurons are gone" in trimmed.err
    left = hotkeys(run, netuid)
    assert left < before and ss58("//Eve//owner") in left
