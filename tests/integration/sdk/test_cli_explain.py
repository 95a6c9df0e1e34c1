"""`ganglion explain` and `ganglion emission` on a real chain: two validators and two miners in a subnet with two
mechanisms; every line that is printed adds up, to the nano.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

PEOPLE = ("Charlie", "Dave", "Eve", "Ferdie")


@pytest.fixture(scope="module")
def ready() -> dict[str, int]:
    return {}


@pytest.fixture
def netuid(run: Callable[..., Any], blocks: Callable[[int], None], ready: dict[str, int]) -> int:
    """Bob's subnet: Charlie (uid 1) and Dave (2) validate, Eve (3) and Ferdie (4) mine."""
    if "netuid" in ready:
        return ready["netuid"]
    created = run("subnet", "create", "--key", "//Bob", "--hotkey", "//Bob//owner", "--yes", "--json")
    (event,) = [one for one in created["events"] if one["name"] == "SubnetCreated"]
    netuid = event["fields"]["netuid"]
    run("subnet", "start", netuid, "--key", "//Bob", "--yes")
    run("subnet", "activate", netuid, "--key", "//Alice", "--yes")
    changes = ("commit-reveal-on=false", "mechanism-count=2", "emission-split=[49151,16384]")
    run("subnet", "set", netuid, *changes, "--sudo", "--key", "//Alice", "--yes")
    for one in PEOPLE:
        run("subnet", "register", netuid, "--key", f"//{one}", "--hotkey", f"//{one}//hot", "--yes")
    for one, amount in (("Charlie", 300), ("Dave", 100)):
        key = ("--key", f"//{one}", "--hotkey", f"//{one}//hot")
        run("stake", "add", amount, "-n", netuid, *key, "--yes")
    blocks(11)
    rows = {("Charlie", 0): ("3=1", "4=1"), ("Dave", 0): ("3=3", "4=1"), ("Charlie", 1): ("4=1",)}
    for (one, mechanism), row in rows.items():
        ran = ("weights", "set", netuid, *row, "--mechanism", mechanism, "--hotkey", f"//{one}//hot", "--yes")
        run(*ran)
    blocks(22)
    ready["netuid"] = netuid
    return netuid


def lines(text: str) -> list[tuple[str, int]]:
    """(What, nano) of each line of money that was printed."""
    found = re.findall(r"^(\S.*?)\s{2,}(-?)(\d+)\.(\d{9})(?=\s|$)", text, re.MULTILINE)
    return [(what, int(f"{sign}{whole}{nano}")) for what, sign, whole, nano in found]


def test_every_line_of_every_slot_adds_up(run: Callable[..., Any], netuid: int) -> None:
    neurons = run("metagraph", netuid, "--json")["neurons"]
    paid = 0
    for uid in range(5):
        found = run("explain", "--netuid", netuid, "--uid", uid, "--json")
        due = sum(one["as_miner"] + one["as_validator"] for one in found["mechanisms"])
        assert due - found["unpaid_as_miner"] - found["unpaid_as_validator"] == found["emission"]
        assert found["emission"] == neurons[uid]["emission"]
        paid += found["emission"]
        report = found["report"]
        went = ("owner", "miners", "validators", "dropped", "left")
        assert report["accrued"] + report["carried"] == sum(report[name] for name in went)

        printed = run("explain", "--netuid", netuid, "--uid", uid).out
        epoch, slot = printed.split(f"\nuid {uid}\n")
        assert sum(nano for _, nano in lines(epoch)) == 0, "what came in went out"
        *parts, (what, total) = lines(slot)
        assert (what, total) == ("paid", found["emission"]) and sum(nano for _, nano in parts) == total
    assert paid == report["miners"] + report["validators"] > 0


def test_a_miner_sees_who_weighed_it_and_what_the_consensus_cut(run: Callable[..., Any], netuid: int) -> None:
    eve = run("explain", "--netuid", netuid, "--uid", 3, "--json")
    assert [one["part"] for one in eve["mechanisms"]] == [49151, 16384]
    charlie, dave = [one for one in eve["votes"] if one["mechanism"] == 0]
    assert (charlie["uid"], charlie["weight"], charlie["counted"], charlie["changed"]) == (
        1,
        32767,
        32767,
        False,
    )
    # Three quarters of the stake say one half: what Dave says beyond that is cut.
    assert (dave["uid"], dave["weight"], dave["counted"]) == (2, 49151, 32767)
    assert eve["mechanisms"][1]["as_miner"] == 0, "nobody weighs it in mechanism 1"
    shown = run("explain", "--netuid", netuid, "--uid", 3).out
    assert "COUNTED" in shown and "mechanism 0 as miner" in shown and "mechanism 1" not in shown


def test_a_validator_sees_its_bonds(run: Callable[..., Any], netuid: int) -> None:
    charlie = run("explain", "--netuid", netuid, "--uid", 1, "--json")
    assert charlie["permit"] and charlie["stake"] > 300 * 10**9
    assert {(one["mechanism"], one["uid"]) for one in charlie["bonds"]} == {(0, 3), (0, 4), (1, 4)}
    shown = run("explain", "--netuid", netuid, "--uid", 1).out
    assert "OF ALL BONDS" in shown and "18.00% are the operator's take" in shown


def test_who_came_after_the_epoch_is_told_so(run: Callable[..., Any], netuid: int) -> None:
    run("subnet", "register", netuid, "--key", "//Alice", "--hotkey", "//Alice//hot", "--yes")
    refused = run("explain", "--netuid", netuid, "--uid", 5, code=2)
    assert "no epoch" in refused.err and "hint:" in refused.err
    run("explain", "--netuid", 999, "--uid", 0, code=2)


def test_emission_of_the_network_and_of_a_subnet(run: Callable[..., Any], netuid: int) -> None:
    network = run("emission", "--json")
    assert network["issued"] + network["pending"] + network["burned_for_ever"] <= network["cap"]
    assert network["block_emission"] * 12 // 10**9 == 0 < network["block_emission"]
    found = run("emission", netuid, "--json")
    blocks = found["report"]["block"] - found["report"]["last_block"]
    assert found["report"]["accrued"] in (blocks * network["block_emission"] + slack for slack in (-1, 0, 1))
    assert found["pending"] >= found["report"]["left"]
    shown = run("emission", netuid).out
    assert f"at block {found['next_epoch_block']}" in shown and sum(nano for _, nano in lines(shown)) == 0
