"""A node that was cut off has a transaction in a block of its own; the others' blocks win; it is executed once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganglion import Balance, Client
from ganglion.keys import Keypair

from ...full_node import FullNode, until
from .nodes import NAMES, introduce, start

FERDIE, RECEIVER = Keypair.from_uri("//Ferdie"), Keypair.from_uri("//reorganised")
AMOUNT = Balance.parse("5")


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[dict[str, FullNode]]:
    """Three of four authorities that finalise, and one that knows nobody."""
    made: dict[str, FullNode] = {}
    try:
        for name in NAMES:
            made[name] = start(name, tmp_path)
        introduce(made["charlie"], [made["bob"]])
        introduce(made["dave"], [made["bob"], made["charlie"]])
        yield made
    finally:
        for node in made.values():
            node.end(kill=True)


async def test_a_transaction_in_a_dropped_block_is_executed_once(nodes: dict[str, FullNode]):
    alone, majority = nodes["alice"], nodes["bob"]
    until(lambda: majority.finalized() >= 2, 60, "three of four authorities finalise")
    async with Client(alone.url) as client, Client(majority.url) as other:
        done = await client.balances.transfer(RECEIVER.ss58, AMOUNT).submit(FERDIE, timeout=60)
        assert not done.final and alone.finalized() == 0
        assert await other.chain.hash(done.number) != done.block, "in a block that only this node has"
        waiting = asyncio.create_task(done.finalized(timeout=90))
        await asyncio.to_thread(introduce, alone, [majority, nodes["charlie"], nodes["dave"]])
        final = await waiting
        assert final.in_block.final and final.block != done.block
        assert await other.chain.hash(final.in_block.number) == final.block
        assert await other.chain.is_final(final.in_block.number, final.block)
        assert (await other.balances.account(FERDIE.ss58)).nonce == 1
        assert await other.balances.free(RECEIVER.ss58) == AMOUNT, "paid once"
