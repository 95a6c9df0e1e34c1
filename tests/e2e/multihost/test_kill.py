"""kill -9 of each authority in turn: the three others finalize on; it comes back and catches up."""

from __future__ import annotations

import pytest

from .network import AUTHORITIES, Network

pytestmark = pytest.mark.e2e
GO_ON_SECONDS = 90
BACK_SECONDS = 90
BLOCKS = 3


@pytest.mark.parametrize("name", AUTHORITIES)
def test_the_rest_finalizes_on_and_it_catches_up(network: Network, name: str):
    node = network.nodes[name]
    others = [other for other in network.nodes.values() if other is not node]
    had = network.agree([node, *others])
    kept = node.hash(had)
    node.kill()
    network.finalize(others, BLOCKS, GO_ON_SECONDS)
    missed = max(other.finalized() for other in others)
    node.start()
    assert node.finalized() >= had and node.hash(had) == kept, "it forgot what it had finalized"
    network.wait(f"{name} has block {missed} finalized", lambda: node.finalized() >= missed, BACK_SECONDS)
    made = node.number()
    network.finalize([node, *others], BLOCKS, BACK_SECONDS)
    network.agree([node, *others])
    network.wait(f"{name} makes blocks again", lambda: "Pre-sealed block" in node.log(), BACK_SECONDS)
    assert node.number() > made
