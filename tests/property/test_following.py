"""Whatever tree of blocks there is and whatever a node announces of it, blocks are handed on once and in order."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from ganglion.chain.following import follow
from ganglion.chain.head import Head

ZEROS = "0x" + "00" * 32
# Block n + 1 stands on one of the blocks before it, counted back from the newest; mostly on the newest.
TREES = st.lists(st.one_of(st.just(0), st.integers(0, 4)), min_size=1, max_size=60)
ANNOUNCED = st.lists(st.integers(0, 59), min_size=1, max_size=40)


def grow(tree: list[int]) -> list[dict]:
    """Headers, a parent before its children."""
    headers = [header(0, ZEROS, 0)]
    for back in tree:
        parent = headers[max(0, len(headers) - 1 - back)]
        headers.append(header(int(parent["number"], 16) + 1, Head.parse(parent).hash, len(headers)))
    return headers


def header(number: int, parent: str, salt: int) -> dict:
    extrinsics = "0x" + salt.to_bytes(32, "big").hex()
    common = {"stateRoot": ZEROS, "extrinsicsRoot": extrinsics, "digest": {"logs": []}}
    return {"number": hex(number), "parentHash": parent, **common}


def handed_on(headers: list[dict], announced: list[dict], *, finalized: bool) -> list[Head]:
    known = {Head.parse(one).hash: Head.parse(one) for one in headers}

    async def all_of_them() -> list[Head]:
        async def stream():
            for one in announced:
                yield one

        async def fetch(block: str) -> Head:
            return known[block]

        return [head async for head in follow(stream(), fetch, finalized=finalized)]

    return asyncio.run(all_of_them())


@given(TREES, ANNOUNCED)
def test_of_any_tree_each_block_comes_once_and_after_its_parent(tree: list[int], chosen: list[int]):
    headers = grow(tree)
    announced = [headers[number % len(headers)] for number in chosen]
    found = handed_on(headers, announced, finalized=False)
    assert len({head.hash for head in found}) == len(found)
    assert {Head.parse(one).hash for one in announced} <= {head.hash for head in found}
    asked = {Head.parse(one).hash for one in announced}
    assert all(head.hash in asked or head.number >= found[0].number for head in found)
    seen = {found[0].hash}
    began = found[0].number
    for head in found[1:]:
        assert head.parent in seen or head.number <= began, (
            "only what came before the beginning has no parent here"
        )
        seen.add(head.hash)


@given(st.integers(1, 60), ANNOUNCED)
def test_of_a_chain_heights_grow_by_one(length: int, chosen: list[int]):
    headers = grow([0] * length)
    announced = [headers[number % len(headers)] for number in chosen]
    found = handed_on(headers, announced, finalized=True)
    numbers = [head.number for head in found]
    highest = max(int(one["number"], 16) for one in announced)
    assert numbers == list(range(int(announced[0]["number"], 16), highest + 1))
