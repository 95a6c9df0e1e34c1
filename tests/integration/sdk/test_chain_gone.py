"""The node goes away and comes back: nothing is lost, nothing is sent twice, another chain is refused."""

import asyncio

import pytest

from ganglion import Balance, Client
from ganglion.config import Timeouts
from ganglion.errors import ChainError, ConnectionLost, TransportError
from ganglion.keys import Keypair
from ganglion_devnode import DevNode, NodeConfig

ALICE, BOB = Keypair.from_uri("//Alice"), Keypair.from_uri("//Bob")


async def started(port: int = 0, **options) -> DevNode:
    return await DevNode.start(NodeConfig(rpc_port=port, **options))


def port_of(node: DevNode) -> int:
    return int(node.url.rsplit(":", 1)[1])


async def test_reads_and_subscriptions_survive_a_restart(tmp_path):
    node = await started(base_path=tmp_path / "chain")
    port = port_of(node)
    async with Client(node.url, timeouts=Timeouts(request=20)) as client:
        await client.balances.transfer(BOB.ss58, Balance.parse("1")).submit(ALICE)
        async with client.chain.subscribe() as heads:
            head = await anext(heads)
            assert (head.number, head.hash) == (1, await client.chain.hash())
            await node.stop()
            reading = asyncio.create_task(client.balances.free(BOB.ss58))
            await asyncio.sleep(0.5)
            assert not reading.done()
            node = await started(port, base_path=tmp_path / "chain")
            try:
                assert await reading == Balance.parse("1000001")
                await client.balances.transfer(BOB.ss58, Balance.parse("1")).submit(ALICE)
                assert (await anext(heads)).number == 2, "neither lost nor told twice"
            finally:
                await node.stop()


async def test_a_submission_in_flight_is_found_or_repeated(tmp_path):
    node = await started(base_path=tmp_path / "chain", sealing="manual")
    port = port_of(node)
    async with Client(node.url, timeouts=Timeouts(request=20, inclusion=30)) as client:
        signed = await client.balances.transfer(BOB.ss58, Balance.parse("1")).sign(ALICE)
        waiting = asyncio.create_task(signed.submit())
        await asyncio.sleep(0.5)
        await node.stop()
        node = await started(port, base_path=tmp_path / "chain")
        try:
            done = await waiting
            assert done.number == 1
            assert (await client.balances.account(ALICE.ss58)).nonce == 1
            assert await client.balances.free(BOB.ss58) == Balance.parse("1000001")
        finally:
            await node.stop()


async def test_a_node_that_stays_away_is_an_error_in_time():
    node = await started()
    async with Client(node.url, timeouts=Timeouts(connect=0.5, request=0.5)) as client:
        assert await client.chain.height() == 0
        await node.stop()
        with pytest.raises(TransportError) as caught:
            await client.chain.height()
        assert caught.value.retryable and caught.value.exit_code == 3


async def test_a_new_chain_at_the_same_address_is_refused():
    node = await started()
    port = port_of(node)
    async with Client(node.url, timeouts=Timeouts(connect=1, request=1)) as client:
        genesis = await client.chain.genesis()
        await node.stop()
        node = await started(port, chain="local")
        try:
            with pytest.raises(ChainError, match="another chain"):
                await client.chain.height()
            async with Client(node.url) as fresh:
                assert await fresh.chain.genesis() != genesis
        finally:
            await node.stop()


async def test_nobody_there_at_all():
    client = Client("ws://127.0.0.1:1", timeouts=Timeouts(connect=0.3))
    with pytest.raises(ConnectionLost):
        await client.connect()
    await client.close()
