"""A node that was cut off has a transaction in a block of its own; the others' blocks win; it is executed once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ganglion import Balance, Client
from ganglion.chain.outbox import Outbox
from ganglion.keys import Keypair

from ...full_node import FullNode
from .nodes import NAMES, introduce, start, start_together

FERDIE, EVE = Keypair.from_uri("//Ferdie"), Keypair.from_uri("//Eve")
RECEIVER, OTHER = Keypair.from_uri("//reorganised"), Keypair.from_uri("//reorganised//too")
LABEL = ("pay", "once")
AMOUNT = Balance.parse("5")


@pytest.fixture
def majority(tmp_path: Path) -> Iterator[list[FullNode]]:
    """Three of four authorities, which finalise without the fourth."""
    made: list[FullNode] = []
    try:
        start_together(NAMES[1:], tmp_path, made)
        yield made
    finally:
        for node in made:
            node.end(kill=True)


@pytest.fixture
def alone(majority: list[FullNode], tmp_path: Path) -> Iterator[FullNode]:
    """The fourth, which knows nobody and makes blocks of its own."""
    made = start(NAMES[0], tmp_path, "--force-authoring")
    yield made
    made.end(kill=True)


async def test_a_transaction_in_a_dropped_block_is_executed_once(majority: list[FullNode], alone: FullNode):
    async with Client(alone.url) as client, Client(majority[0].url) as other:
        settled: list[Any] = []
        outbox = Outbox(client.context, EVE, lambda *pair: settled.append(pair))
        payment = client.balances.transfer(OTHER.ss58, AMOUNT)
        done, _ = await asyncio.gather(
            client.balances.transfer(RECEIVER.ss58, AMOUNT).submit(FERDIE, timeout=60),
            outbox.send(LABEL, payment, timeout=60),
        )
        assert not done.final and alone.finalized() == 0
        await other.chain.wait_for(done.number, timeout=60)
        assert await other.chain.hash(done.number) != done.block, "in a block that only this node has"
        waiting = asyncio.create_task(done.finalized(timeout=90))
        await asyncio.to_thread(introduce, alone, majority)
        while not waiting.done():
            await outbox.send(LABEL, payment, timeout=60)  # as a daemon whose chain shows nothing of it does
            await asyncio.sleep(0.5)
        final = await waiting
        assert final.in_block.final and final.block != done.block
        assert await other.chain.hash(final.in_block.number) == final.block
        assert await other.chain.is_final(final.in_block.number, final.block)
        assert (await other.balances.account(FERDIE.ss58)).nonce == 1
        assert await other.balances.free(RECEIVER.ss58) == AMOUNT, "paid once"

        async with asyncio.timeout(60):
            while not settled:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        assert settled[0][0] == LABEL and settled[0][1].in_block.final
        assert (await other.balances.account(EVE.ss58)).nonce == 1
        assert await other.balances.free(OTHER.ss58) == AMOUNT
        await outbox.close()
