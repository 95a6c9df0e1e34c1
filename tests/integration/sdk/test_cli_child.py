"""`ganglion child` on a real chain: stake that votes through another's hotkey, what it earns there, and pay that is
staked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

GNG = 10**9


@pytest.fixture(scope="module")
def ready() -> dict[str, int]:
    return {}


@pytest.fixture
def netuid(run: Callable[..., Any], blocks: Callable[[int], None], ready: dict[str, int]) -> int:
    """Bob's subnet: Charlie (uid 1) validates, Eve (2) mines; Dave stakes with a hotkey that does neither."""
    if "netuid" in ready:
        return ready["netuid"]
    created = run("subnet", "create", "--key", "//Bob", "--hotkey", "//Bob//owner", "--yes", "--json")
    (event,) = [one for one in created["events"] if one["name"] == "SubnetCreated"]
    netuid = event["fields"]["netuid"]
    run("subnet", "start", netuid, "--key", "//Bob", "--yes")
    run("subnet", "activate", netuid, "--key", "//Alice", "--yes")
    run("subnet", "set", netuid, "commit-reveal-on=false", "--sudo", "--key", "//Alice", "--yes")
    for one in ("Charlie", "Dave", "Eve"):
        run("subnet", "register", netuid, "--key", f"//{one}", "--hotkey", f"//{one}//hot", "--yes")
    for one in ("Charlie", "Dave"):
        run("stake", "add", 100, "-n", netuid, "--key", f"//{one}", "--hotkey", f"//{one}//hot", "--yes")
    blocks(11)
    run("weights", "set", netuid, "3=1", "--hotkey", "//Charlie//hot", "--yes")
    ready["netuid"] = netuid
    return netuid


def family(run: Callable[..., Any], netuid: int, who: str) -> dict[str, Any]:
    return run("child", "show", "-n", netuid, "--of", f"//{who}//hot", "--json")


def own(run: Callable[..., Any], who: str) -> int:
    """Everything that a coldkey has in pools."""
    return sum(one["staked"] for one in run("stake", "show", f"//{who}", "--json"))


def test_stake_votes_through_a_child_and_earns_there(
    run: Callable[..., Any], blocks: Callable[[int], None], netuid: int
) -> None:
    daves = ("-n", netuid, "--key", "//Dave", "--hotkey", "//Dave//hot")
    run("child", "take", 10, "-n", netuid, "--key", "//Charlie", "--hotkey", "//Charlie//hot", "--yes")
    asked = run("child", "set", "//Charlie//hot=75", *daves, "--yes")
    assert "on; dividends and slashes follow it" in asked.err
    coming = family(run, netuid, "Dave")
    assert coming["children"] == {} and list(coming["next_children"].values()) == [49_151]
    while family(run, netuid, "Dave")["next_epoch"] is not None:
        blocks(1)
    dave, charlie = family(run, netuid, "Dave"), family(run, netuid, "Charlie")
    (given,) = charlie["parents"].values()
    assert given == dave["pool"] * 49_151 // 65_535
    assert (dave["counts"], charlie["counts"]) == (dave["pool"] - given, charlie["pool"] + given)
    assert "child" in run("child", "show", "-n", netuid, "--of", "//Dave//hot").out

    assert family(run, netuid, "Charlie")["take"] == 6_553
    before = own(run, "Dave")
    blocks(10)
    assert own(run, "Dave") > before, "Dave sets no weights, Charlie's earn for him"
    assert "are its parents'" in run("explain", "--netuid", netuid, "--uid", 1).out


def test_what_cannot_be_says_why(run: Callable[..., Any], netuid: int) -> None:
    charlies = ("-n", netuid, "--key", "//Charlie", "--hotkey", "//Charlie//hot", "--yes")
    refused = run("child", "set", "//Eve//hot=5", *charlies, code=3)
    assert "ParentAndChild" in refused.err and "hint:" in refused.err
    run("child", "set", "//Eve//hot=60", "//Dave//hot=60", *charlies, code=2)
    run("child", "set", "//Eve//hot", *charlies, code=2)
    assert "TakeOutOfBounds" in run("child", "take", 50, *charlies, code=3).err
    dave = ("-n", netuid, "--key", "//Dave", "--hotkey", "//Charlie//hot", "--yes")
    assert "NotOwner" in run("child", "take", 5, *dave, code=3).err


def test_a_child_refuses_and_lets_parents_go(run: Callable[..., Any], netuid: int) -> None:
    charlies = ("-n", netuid, "--key", "//Charlie", "--hotkey", "//Charlie//hot", "--yes")
    run("child", "refuse", *charlies)
    bobs = ("-n", netuid, "--key", "//Bob", "--hotkey", "//Bob//owner", "--yes")
    run("stake", "add", 50, "-n", netuid, "--key", "//Bob", "--hotkey", "//Bob//owner", "--yes")
    refused = run("child", "set", "//Charlie//hot=50", *bobs, code=3)
    assert "ChildRefuses" in refused.err and "hint:" in refused.err
    run("child", "refuse", "--off", *charlies)
    run("child", "drop", "//Dave//hot", *charlies)
    dave = family(run, netuid, "Dave")
    assert dave["children"] and dave["next_children"] == {} and dave["next_epoch"] is not None


def test_a_miners_pay_is_staked_where_it_wants(
    run: Callable[..., Any], blocks: Callable[[int], None], netuid: int
) -> None:
    eves = ("-n", netuid, "--key", "//Eve")
    assert run("child", "auto-stake", *eves, "--json")["hotkey"] is None
    run("child", "auto-stake", "//Charlie//hot", *eves, "--yes")
    assert run("child", "auto-stake", *eves, "--json")["hotkey"] is not None
    free = run("balance", "show", "//Eve", "--json")["free"]
    blocks(20)
    assert own(run, "Eve") > 0
    assert run("balance", "show", "//Eve", "--json")["free"] == free
    run("child", "auto-stake", "--off", *eves, "--yes")
    blocks(10)
    assert run("balance", "show", "//Eve", "--json")["free"] > free - GNG // 100
