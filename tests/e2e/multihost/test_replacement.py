"""A dead authority is removed by root, and a new node takes its place; only then may another one fail.

Last in this folder: the network has another member afterwards.
"""

from __future__ import annotations

import pytest

from ganglion import Client

from .authorities import name, rotate_keys, wait_for_keys
from .network import Network

pytestmark = pytest.mark.e2e
FINALITY_SECONDS = 90
SYNC_SECONDS = 120


async def test_a_dead_authority_is_replaced(network: Network):
    alice, bob, charlie = (network.nodes[one] for one in ("alice", "bob", "charlie"))
    network.drop("dave")
    async with Client(alice.url) as client:
        await name(client, [alice, bob, charlie])
        await wait_for_keys(network, client, [alice, bob, charlie])
        network.finalize([alice, bob, charlie], 3, FINALITY_SECONDS)
        assert alice.rpc("grandpa_roundState")["best"]["totalWeight"] == 3

        eve = network.add("eve", account="//Eve").start()
        network.wait("eve follows", lambda: eve.finalized() >= charlie.finalized() - 1, SYNC_SECONDS)
        await rotate_keys(client, eve)
        await name(client, [alice, bob, charlie, eve])
        await wait_for_keys(network, client, [alice, bob, charlie, eve])
    network.healthy()
    charlie.kill()
    try:
        network.finalize([alice, bob, eve], 3, FINALITY_SECONDS)
    finally:
        charlie.start()
    network.wait("eve makes blocks", lambda: "Pre-sealed block" in eve.log(), FINALITY_SECONDS)
    network.healthy()
