"""A full node that runs: blocks, finality, metrics, a restart after kill -9, and what it refuses."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganglion import Client
from ganglion.keys import Keypair

from ...full_node import FullNode, binary, until


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullNode]:
    started = FullNode("--dev", folder=tmp_path_factory.mktemp("full") / "node")
    yield started
    started.end()


def test_it_makes_blocks_and_finalizes_them(node: FullNode):
    until(lambda: node.finalized() >= 3, 30, "three finalized blocks")
    assert 0 <= node.number() - node.finalized() <= 5


def test_it_serves_finality_proofs_and_fees(node: FullNode):
    methods = set(node.rpc("rpc_methods")["methods"])
    wanted = {"grandpa_roundState", "grandpa_proveFinality", "payment_queryInfo", "system_accountNextIndex"}
    assert wanted | {"chainHead_v1_follow", "state_getReadProof"} <= methods
    assert node.rpc("grandpa_roundState")["best"]["thresholdWeight"] == 1


async def test_the_sdk_transfers_on_it(node: FullNode):
    bob, receiver = Keypair.from_uri("//Bob"), Keypair.from_uri("//full//node").ss58
    async with Client(node.url) as client:
        await client.balances.transfer(receiver, 5 * 10**9).submit(bob)
        assert int(await client.balances.free(receiver)) == 5 * 10**9


def test_after_kill_9_it_goes_on_where_it_was(tmp_path: Path):
    first = FullNode("--dev", folder=tmp_path / "node")
    until(lambda: first.finalized() >= 3, 30, "three finalized blocks")
    kept = first.rpc("chain_getBlockHash", 2)
    first.end(kill=True)
    second = FullNode("--dev", folder=tmp_path / "node")
    try:
        assert second.rpc("chain_getBlockHash", 2) == kept
        reached = second.number()
        until(lambda: second.finalized() > reached, 30, "new blocks are finalized")
    finally:
        second.end()


def test_two_nodes_on_one_database_are_refused(node: FullNode):
    with pytest.raises(AssertionError, match="Database file is in use"):
        FullNode("--dev", folder=node.folder)
    assert node.number() > 0, "the first one is unharmed"


def test_metrics_for_prometheus(tmp_path: Path):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    node = FullNode("--dev", "--prometheus-port", str(port), folder=tmp_path / "node", metrics=True)
    try:
        until(lambda: node.finalized() >= 1, 30, "a finalized block")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
            text = response.read().decode()
    finally:
        node.end()
    assert 'substrate_block_height{status="finalized",chain="ganglion-development"}' in text


def test_the_binary_names_no_path_of_the_machine_that_built_it():
    assert str(Path(__file__).resolve().parents[3]).encode() not in Path(binary()).read_bytes()
