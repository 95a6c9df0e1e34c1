"""Nodes that come from nothing: full sync and warp sync reach the head with the same state, key by key.

`--sync fast` is left out: in this release of polkadot-sdk it fetches the state of every new finalized block again and
never follows the head.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .network import Network
from .node import Node

pytestmark = pytest.mark.e2e
SYNC_SECONDS = 120
BLOCKS = 12
SAYS = {"full": "Imported #", "warp": "State sync is complete"}


@pytest.fixture(params=SAYS)
def newcomer(request: pytest.FixtureRequest, network: Network) -> Iterator[tuple[Node, str]]:
    """A node with an empty folder and the authorities' addresses, not started."""
    mode = request.param
    name = f"new-{mode}"
    yield network.add(name, "--sync", mode), mode
    network.drop(name)


def test_it_reaches_the_head_with_the_same_state(network: Network, newcomer: tuple[Node, str]):
    node, mode = newcomer
    alice = network.nodes["alice"]
    network.wait(f"block {BLOCKS} is finalized", lambda: alice.finalized() >= BLOCKS, SYNC_SECONDS)
    goal = alice.finalized()
    node.start()
    network.wait(f"{node.name} has finalized block {goal}", lambda: node.finalized() >= goal, SYNC_SECONDS)
    network.wait("it follows the head", lambda: node.number() >= alice.number() - 1, SYNC_SECONDS)
    network.finalize([node, alice], 2, SYNC_SECONDS)
    network.wait(f"the log says {SAYS[mode]!r}", lambda: SAYS[mode] in node.log(), SYNC_SECONDS)
    network.wait(
        "it has the chain from its first block on", lambda: node.hash(1) == alice.hash(1), SYNC_SECONDS
    )
    block = alice.hash(network.agree([node, alice]))
    assert block is not None
    header = node.rpc("chain_getHeader", block)
    assert header["stateRoot"] == alice.rpc("chain_getHeader", block)["stateRoot"]
    theirs = alice.rpc("state_getPairs", "0x", block, timeout=60)
    assert len(theirs) > 100
    assert node.rpc("state_getPairs", "0x", block, timeout=60) == theirs
