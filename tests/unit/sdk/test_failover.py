"""Several nodes on real sockets: one is lost, silent, behind, of another network; nothing is lost or told twice."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from ganglion.chain.heads import Heads
from ganglion.chain.transport import Transport
from ganglion.config import Timeouts
from ganglion.errors import ChainError, ConnectionLost
from ganglion.testing import FakeNode

from .forks import ForkedChain

GENESIS, OTHER = "0x" + "11" * 32, "0x" + "22" * 32
QUICK = Timeouts(connect=2.0, request=5.0, silence=0.2, stale=0.3)


def number_of(chain):
    return int(chain.headers[chain.best]["number"], 16)


class Node(FakeNode):
    """A node with a chain of its own, whose name is an answer."""

    def __init__(self, name, chain=None, *, genesis=GENESIS):
        self.chain = chain or ForkedChain()
        answers = self.chain.answers() | {"system_name": name, "system_hold": name}
        super().__init__(answers, genesis=genesis)
        for kind in ("New", "Finalized"):
            self.answers[f"chain_subscribe{kind}Heads"] = f"{name}-{kind}"
            self.answers[f"chain_unsubscribe{kind}Heads"] = True

    async def tell(self, kind="New"):
        head = self.chain.best if kind == "New" else self.chain.final
        return await self.notify(f"chain_subscribe{kind}Heads", self.chain.headers[head])


@pytest.fixture
async def network():
    """`await network(node, ...)`: a transport to these nodes, which are started."""
    async with AsyncExitStack() as stack:

        async def connect(*nodes, genesis=None, timeouts=QUICK):
            for node in nodes:
                await stack.enter_async_context(node)
            transport = Transport([node.url for node in nodes], timeouts, genesis=genesis)
            stack.push_async_callback(transport.close)
            return transport

        yield connect


async def eventually(condition, seconds=4.0):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - polls a condition of the other side
            await asyncio.sleep(0.005)


async def test_the_first_is_used_and_the_next_when_it_is_gone(network):
    first, second = Node("first"), Node("second")
    rpc = await network(first, second)
    assert await rpc.request("system_name") == "first" and second.connections == 0
    await first.stop()
    assert await rpc.request("system_name") == "second" and rpc.nodes.switches == 1


async def test_a_node_that_is_connected_and_silent_is_left(network):
    first, second = Node("first"), Node("second")
    rpc = await network(first, second)
    assert await rpc.request("system_name") == "first"
    first.answers |= dict.fromkeys(first.answers, FakeNode.SILENCE)
    assert await rpc.request("system_name") == "second", "a read is repeated there within its own deadline"


async def test_a_node_of_another_network_is_passed_over_and_named(network):
    first, wrong, third = Node("first"), Node("wrong", genesis=OTHER), Node("third")
    rpc = await network(first, wrong, third)
    assert await rpc.request("system_name") == "first"
    await first.stop()
    assert await rpc.request("system_name") == "third"
    assert wrong.count("system_name") == 0
    await third.stop()
    with pytest.raises(ConnectionLost, match="another chain") as caught:
        await rpc.request("system_name", timeout=1.0)
    assert wrong.url in str(caught.value) and OTHER in str(caught.value)


async def test_the_networks_genesis_can_be_known_before(network):
    wrong, right = Node("wrong", genesis=OTHER), Node("right")
    rpc = await network(wrong, right, genesis=GENESIS)
    assert await rpc.request("system_name") == "right"


async def test_only_nodes_of_another_network(network):
    rpc = await network(Node("a", genesis=OTHER), Node("b", genesis=OTHER), genesis=GENESIS)
    with pytest.raises(ChainError, match="another chain") as caught:
        await rpc.connect(patient=False)
    assert not caught.value.retryable


async def test_a_node_that_syncs_is_passed_over(network):
    first, second = Node("first"), Node("second")
    first.answers["system_health"] = {"peers": 3, "isSyncing": True, "shouldHavePeers": True}
    rpc = await network(first, second)
    assert await rpc.request("system_name") == "second"


async def test_when_all_of_them_sync_the_first_is_used(network):
    first, second = Node("first"), Node("second")
    for node in (first, second):
        node.answers["system_health"] = {"peers": 3, "isSyncing": True, "shouldHavePeers": True}
    rpc = await network(first, second)
    assert await rpc.request("system_name") == "first"


async def test_a_node_whose_finality_stands_still_is_left_for_one_where_it_goes_on(network):
    first, second = Node("first"), Node("second")
    rpc = await network(first, second)
    assert await rpc.request("system_name") == "first"
    second.chain.blocks(8)
    second.chain.finalize()
    await eventually(lambda: second.count("system_name") == 0 and rpc.url == second.url and rpc.is_connected)
    assert await rpc.request("system_name") == "second"


async def test_where_finality_stands_still_everywhere_the_node_is_kept(network):
    first, second = Node("first"), Node("second")
    rpc = await network(first, second)
    assert await rpc.request("system_name") == "first"
    await eventually(lambda: second.connections >= 2)
    assert await rpc.request("system_name") == "first" and rpc.nodes.switches == 0


async def test_a_single_node_is_not_watched(network):
    node = Node("only")
    rpc = await network(node)
    assert await rpc.request("system_name") == "only"
    node.answers["system_hold"] = FakeNode.SILENCE
    asking = asyncio.create_task(rpc.request("system_hold", timeout=1.0))
    await asyncio.sleep(0.5)
    assert not asking.done() and node.connections == 1, "it may be busy, and there is no other"
    asking.cancel()


@pytest.mark.parametrize("kind", ["New", "Finalized"])
async def test_heads_across_a_lost_node_have_no_gap_and_no_repetition(network, kind):
    chain = ForkedChain()
    first, second = Node("first", chain), Node("second", chain)
    rpc = await network(first, second)
    told = []

    async def listen():
        async with Heads(rpc).subscribe(finalized=kind == "Finalized") as heads:
            async for head in heads:
                told.append(head.number)

    def grow(count):
        chain.blocks(count)
        chain.finalize()

    listening = asyncio.create_task(listen())
    await eventually(lambda: first.count(f"chain_subscribe{kind}Heads") == 1)
    for _ in range(3):
        grow(1)
        await first.tell(kind)
    await eventually(lambda: told == [1, 2, 3])
    await first.stop()
    grow(4)
    await eventually(lambda: second.count(f"chain_subscribe{kind}Heads") == 1)
    await second.tell(kind)
    await second.tell(kind)
    grow(1)
    await second.tell(kind)
    await eventually(lambda: len(told) >= 8)
    assert told == list(range(1, 9))
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
