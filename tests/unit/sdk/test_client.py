"""The client over scripted connections: runtime upgrades, pinned reads, the fallback to metadata version 14."""

import asyncio

import pytest

from ganglion import Client, SyncClient
from ganglion.balance import Balance
from ganglion.chain.metadata import lower
from ganglion.chain.runtimes import METADATA_V15
from ganglion.config import NetworkConfig
from ganglion.errors import DecodeError, RpcError, UsageError
from ganglion.keys import Keypair
from ganglion.pallets import subnets
from ganglion.testing import FakeTransport

from .conftest import GENESIS

ALICE = Keypair.from_uri("//Alice")
HEAD = "0x" + "aa" * 32
OLD = "0x" + "bb" * 32


def optional(raw):
    return "0x01" + ((len(raw) << 2 | 2).to_bytes(4, "little") + raw).hex()


@pytest.fixture
def rpc(metadata):
    versions = {"specVersion": 1, "transactionVersion": 1}
    return FakeTransport(
        {
            "chain_getBlockHash": lambda params: GENESIS if params == [0] else HEAD,
            "state_getRuntimeVersion": lambda params: {
                **versions,
                "specVersion": 1 if params != [OLD] else 9,
            },
            "state_call": lambda params: optional(metadata),
            "state_getStorage": None,
        }
    )


def test_the_network_can_be_given_in_several_ways():
    assert Client().network.name == "development"
    assert Client("ws://a:1").network.rpc == ("ws://a:1",)
    assert Client(["ws://a:1", "ws://b:1"]).network.rpc == ("ws://a:1", "ws://b:1")
    network = NetworkConfig.testnet("wss://a")
    assert Client(network).network is network


async def test_metadata_is_fetched_once(rpc):
    async with Client(rpc=rpc) as client:
        for _ in range(3):
            assert (await client.balances.account(ALICE.ss58)).free == Balance(0)
    assert rpc.count("state_call") == 1 and rpc.closed


async def test_an_upgrade_while_connected_reloads_the_metadata(rpc):
    async with Client(rpc=rpc) as client:
        await client.balances.free(ALICE.ss58)
        rpc.push("state_subscribeRuntimeVersion", {"specVersion": 1, "transactionVersion": 1})
        await client.balances.free(ALICE.ss58)
        assert rpc.count("state_call") == 1
        rpc.push("state_subscribeRuntimeVersion", {"specVersion": 2, "transactionVersion": 3})
        await client.balances.free(ALICE.ss58)
        runtime = await client.context.runtimes.current()
        assert (runtime.runtime_version, runtime.transaction_version) == (2, 3)
        assert rpc.count("state_call") == 2


async def test_old_blocks_are_read_with_their_own_runtime(rpc):
    async with Client(rpc=rpc) as client:
        view = await client.at(OLD)
        await view.balances.free(ALICE.ss58)
        await view.balances.free(ALICE.ss58)
        assert (await client.context.runtimes.at(OLD)).runtime_version == 9
        assert ["Metadata_metadata_at_version", METADATA_V15, OLD] in [params for _, params in rpc.requests]
        assert rpc.count("state_call") == 1
        assert ("state_getStorage", rpc.requests[-1][1]) == rpc.requests[-1] and rpc.requests[-1][1][1] == OLD


@pytest.mark.parametrize("refusal", ["0x00", RpcError("no such function", code=4003)])
async def test_a_node_without_version_15(rpc, metadata, refusal):
    rpc.answers["state_call"] = refusal
    rpc.answers["state_getMetadata"] = "0x" + lower(metadata).v14.hex()
    async with Client(rpc=rpc) as client:
        assert "MetagraphApi" in await client.context.apis.methods()
        rpc.answers["state_call"] = "0x" + (5).to_bytes(8, "little").hex()
        assert await client.subnets.lock_price() == Balance(5)


async def test_a_runtime_with_other_columns_is_noticed(rpc, monkeypatch):
    async with Client(rpc=rpc) as client:
        runtime = await client.context.runtimes.current()
        monkeypatch.setattr(runtime, "api_answer_fields", lambda api, method: ("netuid", "new"))
        with pytest.raises(DecodeError, match="other columns"):
            await client.metagraph(1)


async def test_a_subnet_that_does_not_exist(rpc):
    async with Client(rpc=rpc) as client:
        await client.context.runtimes.current()
        rpc.answers["state_call"] = "0x00"
        assert await client.subnets.get(7) is None
        for attempt in (client.subnets.require(7), client.metagraph(7)):
            with pytest.raises(UsageError, match="no subnet 7"):
                await attempt


async def test_commitments_need_the_genesis_hash(rpc):
    client = Client(rpc=rpc)
    arguments = (ALICE.ss58, 1, 0, [1], [65535], bytes(32), 0)
    with pytest.raises(UsageError, match="not connected"):
        client.weights.commitment(*arguments)
    async with client:
        assert len(client.weights.commitment(*arguments)) == 32


async def test_a_reading_loop_does_not_collect_upgrades(rpc):
    async with Client(rpc=rpc) as client:
        await client.context.runtimes.current()
        for number in range(5000):
            rpc.push("state_subscribeRuntimeVersion", {"specVersion": 1, "transactionVersion": number})
        (subscription,) = rpc.subscriptions["state_subscribeRuntimeVersion"]
        assert len(subscription.state.queue) <= 1024


async def test_concurrent_first_reads_load_once(rpc):
    async with Client(rpc=rpc) as client:
        await asyncio.gather(*(client.balances.free(ALICE.ss58) for _ in range(10)))
    assert rpc.count("state_call") == 1


def test_hyperparameter_names_become_variants():
    call = subnets.set_hyperparameters(1, {"tempo": 5, "commit_reveal_on": True, "yuma3_on": False})
    assert call.args["changes"] == [{"Tempo": 5}, {"CommitRevealOn": True}, {"Yuma3On": False}]
    for wrong in ({}, {f"x{number}": 1 for number in range(41)}):
        with pytest.raises(UsageError):
            subnets.set_hyperparameters(1, wrong)


# -- the sync face


def test_sync_client_has_the_same_answers(rpc):
    with SyncClient(rpc=rpc) as client:
        assert client.chain.genesis() == GENESIS
        assert client.balances.free(ALICE.ss58) == Balance(0)
        assert len(client.weights.commitment(ALICE.ss58, 1, 0, [1], [65535], bytes(32), 0)) == 32
        draft = client.balances.transfer(ALICE.ss58, 5)
        assert draft.call.function == "transfer_keep_alive" and len(draft.encode()) > 32
        wrapped = client.system.sudo(draft)
        assert wrapped.call.args["call"] == draft.call
        assert client.system.batch_all([draft, wrapped]).call.pallet == "Utility"
        assert client.at(HEAD).balances.free(ALICE.ss58) == Balance(0)
        assert "metagraph" in dir(client.chain) or "height" in dir(client.chain)


def test_sync_client_raises_what_the_async_one_raises(rpc):
    with SyncClient(rpc=rpc) as client:
        with pytest.raises(UsageError, match="no pallet"):
            client.query("Nothing", "x")
        with pytest.raises(AttributeError):
            _ = client.nothing
        with pytest.raises(AttributeError):
            client.balances.free = 1
    client.close()
    with pytest.raises(UsageError, match="closed"):
        client.balances.free(ALICE.ss58)


def test_sync_subscriptions_are_iterators(rpc):
    head = {
        "number": "0x5",
        "parentHash": HEAD,
        "stateRoot": HEAD,
        "extrinsicsRoot": HEAD,
        "digest": {"logs": []},
    }
    rpc.answers["chain_subscribeNewHeads"] = lambda params: None
    with SyncClient(rpc=rpc) as client, client.chain.subscribe() as heads:
        rpc.push("chain_subscribeNewHeads", head)
        client._loop.run(lambda: [one.notify() for one in rpc.subscriptions["chain_subscribeNewHeads"]])
        assert next(iter(heads)).number == 5


async def test_sync_client_inside_a_running_loop_works_from_a_thread(rpc):
    def work():
        with SyncClient(rpc=rpc) as client:
            return client.chain.genesis()

    assert await asyncio.to_thread(work) == GENESIS


def test_a_sync_client_that_can_not_be_made_leaves_no_thread():
    import threading

    before = threading.active_count()
    with pytest.raises(Exception, match="WebSocket"):
        SyncClient("http://a")
    assert threading.active_count() == before
