"""Session keys are rotated on the running network, and the old ones are thrown away."""

from __future__ import annotations

import pytest

from ganglion import Client

from .authorities import SessionKeys, keys_of, rotate_keys, wait_for_keys
from .network import AUTHORITIES, Network
from .node import Node

pytestmark = pytest.mark.e2e
FINALITY_SECONDS = 90


def key_files(node: Node, keys: SessionKeys) -> set[str]:
    """Names of the keystore's files for these keys: type and public key."""
    return {b"aura".hex() + keys.aura[2:], b"gran".hex() + keys.grandpa[2:]}


def files(node: Node) -> set[str]:
    return {file.name for file in node.keystore.iterdir()}


async def test_keys_are_rotated_and_the_old_ones_deleted(network: Network):
    nodes = [network.nodes[name] for name in AUTHORITIES]
    bob, dave = network.nodes["bob"], network.nodes["dave"]
    async with Client(bob.url) as client:
        old = await keys_of(client, bob)
        new = await rotate_keys(client, bob)
        assert files(bob) == key_files(bob, old) | key_files(bob, new)
        await wait_for_keys(network, client, nodes)
    assert bob.stop() == 0
    for one in key_files(bob, old):
        (bob.keystore / one).unlink()
    bob.start()
    network.healthy()
    dave.kill()  # three of four must vote: without bob's new key there is no finality
    try:
        network.finalize([node for node in nodes if node is not dave], 3, FINALITY_SECONDS)
    finally:
        dave.start()
    network.wait("bob makes blocks", lambda: "Pre-sealed block" in bob.log(), FINALITY_SECONDS)
    assert files(bob) == key_files(bob, new)
    assert not any(one.read_text() in node.log() for node in [bob] for one in bob.keystore.iterdir())
