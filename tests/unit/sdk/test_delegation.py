"""Child keys: what the command line reads, and what calls and answers become."""

from __future__ import annotations

import pytest

from ganglion.balance import Balance
from ganglion.cli.child import parse_children, rows
from ganglion.errors import UsageError
from ganglion.pallets.delegation import (
    Family,
    drop_parent,
    set_auto_stake,
    set_child_take,
    set_children,
    set_refusing,
)


def test_parts_are_rounded_down_so_that_all_is_never_more_than_all() -> None:
    assert parse_children(["a=100"]) == {"a": 65_535}
    thirds = parse_children(["a=33.4%", "b=33.3", "c=33.3"])
    assert sum(thirds.values()) <= 65_535 and thirds["a"] == 21_888
    assert set_children(1, "p", thirds).args["children"] == [["a", 21_888], ["b", 21_823], ["c", 21_823]]


@pytest.mark.parametrize("wrong", ["a", "a=", "a=x", "a=-1", "a=101", "a=0", "a=0.0001"])
def test_what_is_no_part_is_refused(wrong: str) -> None:
    with pytest.raises(UsageError):
        parse_children([wrong])


def test_too_many_and_too_much_are_refused_before_they_are_sent() -> None:
    with pytest.raises(UsageError, match="once"):
        parse_children(["a=1", "a=2"])
    with pytest.raises(UsageError, match="at most 5"):
        set_children(1, "p", dict.fromkeys("abcdef", 1))
    with pytest.raises(UsageError, match="more than 100"):
        set_children(1, "p", {"a": 65_535, "b": 1})
    assert set_children(1, "p", {}).args["children"] == []


def test_calls_name_what_the_chain_names() -> None:
    assert set_child_take(1, "h", 9).args == {"netuid": 1, "hotkey": "h", "take": 9}
    assert set_auto_stake(1, None).args == {"netuid": 1, "hotkey": None}
    assert drop_parent(1, "h", "p").args == {"netuid": 1, "hotkey": "h", "parent": "p"}
    assert set_refusing(1, "h", True).args == {"netuid": 1, "hotkey": "h", "refuses": True}


def test_families_are_shown_with_what_comes() -> None:
    answer = {
        "children": [["c", 32_768]],
        "next": [7, [["d", 65_535]]],
        "parents": [],
        "take": 5,
        "pool": 1_000,
        "counts": 500,
    }
    found = Family.decode(answer)
    assert (found.children, found.next_epoch, found.next_children) == ({"c": 32_768}, 7, {"d": 65_535})
    shown = rows(found)
    assert [(one["hotkey"], one["stake"], one["when"]) for one in shown] == [
        ("c", 500, "now"),
        ("d", 1_000, "after epoch 7"),
    ]
    alone = Family.decode({**answer, "children": [], "next": None, "parents": [["p", 30]]})
    assert alone.next_epoch is None and alone.parents == {"p": Balance(30)}
    assert [one["role"] for one in rows(alone)] == ["parent"]
