"""A network of four cut into two halves: no half finalizes, both go on, and nothing that either took in is lost."""

from __future__ import annotations

import asyncio
import time

import pytest

from ganglion import Balance, Client
from ganglion.keys import Keypair

from .network import Network
from .node import Node

pytestmark = pytest.mark.e2e
LEFT, RIGHT = ("alice", "bob"), ("charlie", "dave")
HEAL_SECONDS = 120
SETTLE_SECONDS = 4
CUT_SECONDS = 16
AMOUNTS = {LEFT: Balance.from_gng(3), RIGHT: Balance.from_gng(5)}


async def test_finality_stops_nothing_is_lost_and_one_chain_goes_on(network: Network):
    nodes = [network.nodes[name] for name in (*LEFT, *RIGHT)]
    network.switch.partition([*LEFT, "validator-1", "miner-1"], [*RIGHT, "miner-2"])
    try:
        await asyncio.sleep(SETTLE_SECONDS)  # votes that were on their way
        await halves_go_on_without_finality(network, nodes)
    finally:
        network.switch.heal()
    healed = time.monotonic()
    network.wait("one chain", lambda: len({n.rpc("chain_getBlockHash") for n in nodes}) == 1, HEAL_SECONDS)
    network.finalize(nodes, 2, HEAL_SECONDS - (time.monotonic() - healed))
    network.agree(nodes)
    for node in nodes:
        await has_both_transfers(network, node)


async def halves_go_on_without_finality(network: Network, nodes: list[Node]) -> None:
    finalized = [node.finalized() for node in nodes]
    best = [node.number() for node in nodes]
    cut = time.monotonic()
    await asyncio.gather(*(transfer(network.nodes[side[0]], side) for side in (LEFT, RIGHT)))
    await asyncio.sleep(max(0.0, CUT_SECONDS - (time.monotonic() - cut)))
    assert [node.finalized() for node in nodes] == finalized, "half of the authorities has finalized a block"
    grown = [node.number() - before for node, before in zip(nodes, best, strict=True)]
    assert min(grown) >= 2, f"blocks since the cut: {grown}"
    common = min(node.number() for node in nodes)
    assert nodes[0].hash(common) == nodes[1].hash(common) != nodes[2].hash(common) == nodes[3].hash(common)


async def transfer(node: Node, side: tuple[str, ...]) -> None:
    """Send one half's transfer and see it in a block of that half."""
    sender = Keypair.from_uri(f"//{side[1].capitalize()}")
    async with Client(node.url) as client:
        await client.balances.transfer(receiver(side), AMOUNTS[side]).submit(sender, timeout=30)


def receiver(side: tuple[str, ...]) -> str:
    """Address that only this half's transfer pays."""
    return Keypair.from_uri(f"//partition//{side[0]}").ss58


async def has_both_transfers(network: Network, node: Node) -> None:
    """Both halves' transfers are in the finalized chain, once each."""
    async with Client(node.url) as client:
        paid: dict[tuple[str, ...], int] = {}
        deadline = time.monotonic() + HEAL_SECONDS
        while paid != AMOUNTS:
            assert time.monotonic() < deadline, f"{node.name} has {paid}\n{network.report()}"
            at = await client.at(await client.chain.finalized())
            paid = {side: await at.balances.free(receiver(side)) for side in AMOUNTS}
            assert all(paid[side] <= AMOUNTS[side] for side in AMOUNTS), f"paid twice: {paid}"
            await asyncio.sleep(0.5)
