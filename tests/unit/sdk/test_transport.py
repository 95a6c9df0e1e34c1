"""The WebSocket transport against a node whose every failure is scripted."""

import asyncio
import random

import pytest

from ganglion.chain.transport import BACKOFF_MOST, Transport, backoff
from ganglion.config import Timeouts
from ganglion.errors import (
    ChainError,
    ConfigError,
    ConnectionLost,
    RequestTimeout,
    RpcError,
)
from ganglion.testing import FakeNode

QUICK = Timeouts(connect=2.0, request=2.0)


@pytest.fixture
async def node():
    async with FakeNode({"system_name": "node", "echo": lambda params: params}) as made:
        yield made


@pytest.fixture
async def rpc(node):
    transport = Transport([node.url], QUICK)
    yield transport
    await transport.close()


async def eventually(condition, seconds=3.0):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - polls a condition of the other side
            await asyncio.sleep(0.005)


async def test_request(rpc):
    assert await rpc.request("system_name") == "node"
    assert rpc.genesis == "0x" + "11" * 32


async def test_many_at_once_get_their_own_answers(rpc):
    answers = await asyncio.gather(*(rpc.request("echo", [number]) for number in range(200)))
    assert answers == [[number] for number in range(200)]


async def test_batch(rpc):
    assert await rpc.batch([("echo", [1]), ("system_name", []), ("echo", [2])]) == [[1], "node", [2]]
    assert await rpc.batch([]) == []
    with pytest.raises(RpcError):
        await rpc.batch([("echo", [1]), ("missing", []), ("missing", [])])


async def test_an_error_of_the_node_is_an_error_here(rpc, node):
    node.answers["bad"] = {"error": {"code": 1010, "message": "Invalid Transaction", "data": "Stale"}}
    with pytest.raises(RpcError) as caught:
        await rpc.request("bad")
    assert caught.value.code == 1010 and caught.value.data == "Stale"
    with pytest.raises(RpcError, match="not found"):
        await rpc.request("missing")


async def test_silence_ends_at_the_deadline(rpc, node):
    node.answers["author_submitExtrinsic"] = FakeNode.SILENCE
    with pytest.raises(RequestTimeout, match=r"within 0\.1 s") as caught:
        await rpc.request("author_submitExtrinsic", timeout=0.1)
    assert caught.value.retryable and caught.value.exit_code == 3
    assert await rpc.request("system_name") == "node"


async def test_nobody_listens():
    transport = Transport(["ws://127.0.0.1:1"], Timeouts(connect=0.3, request=0.3))
    try:
        with pytest.raises(ConnectionLost, match=r"127\.0\.0\.1:1") as caught:
            await transport.connect()
        assert caught.value.hint
        with pytest.raises(ConnectionLost):
            await transport.request("system_name")
    finally:
        await transport.close()


async def test_impatient_connection_does_not_wait_for_the_deadline():
    transport = Transport(["ws://127.0.0.1:1", "ws://127.0.0.1:2"], Timeouts(connect=60))
    try:
        async with asyncio.timeout(3):
            with pytest.raises(ConnectionLost):
                await transport.connect(patient=False)
    finally:
        await transport.close()


async def test_a_read_survives_a_reconnection(rpc, node):
    assert await rpc.request("system_name") == "node"
    calls = []

    def first_hang_up(params):
        calls.append(params)
        return FakeNode.HANG_UP if len(calls) == 1 else "back"

    node.answers["state_getStorage"] = first_hang_up
    assert await rpc.request("state_getStorage", ["0x00"]) == "back"
    assert node.connections == 2


async def test_a_submission_is_not_repeated_behind_the_callers_back(rpc, node):
    node.answers["author_submitExtrinsic"] = FakeNode.HANG_UP
    with pytest.raises(ConnectionLost):
        await rpc.request("author_submitExtrinsic", ["0x00"])
    await asyncio.sleep(0.3)
    assert node.count("author_submitExtrinsic") == 1


async def test_a_node_that_is_gone_for_a_while_is_waited_for(rpc, node):
    assert await rpc.request("system_name") == "node"
    await node.stop()
    waiting = asyncio.create_task(rpc.request("system_name", timeout=5))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await node.start()
    assert await waiting == "node"


async def test_failover_to_the_next_node(node):
    async with FakeNode({"system_name": "second"}, genesis=node.genesis) as second:
        transport = Transport([node.url, second.url], QUICK)
        try:
            assert await transport.request("system_name") == "node"
            await node.stop()
            assert await transport.request("system_name") == "second"
        finally:
            await transport.close()


async def test_another_chain_is_refused(rpc, node):
    assert await rpc.request("system_name") == "node"
    node.genesis = "0x" + "22" * 32
    await node.drop()
    with pytest.raises(ChainError, match="another chain"):
        await rpc.request("system_name", timeout=0.5)
    assert node.count("system_name") == 1


async def test_something_that_is_no_node():
    async def http(reader, writer):
        await reader.read(100)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(http, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport = Transport([f"ws://127.0.0.1:{port}"], Timeouts(connect=0.4))
    try:
        with pytest.raises(ConnectionLost):
            await transport.connect()
    finally:
        await transport.close()
        server.close()
        await server.wait_closed()


async def test_nonsense_makes_a_new_connection(rpc, node):
    assert await rpc.request("system_name") == "node"
    await node.send_raw("this is not JSON")
    await eventually(lambda: node.connections == 2)
    assert await rpc.request("system_name") == "node"


async def test_subscription_and_its_end(rpc, node):
    node.answers |= {"chain_subscribeNewHeads": "s1", "chain_unsubscribeNewHeads": True}
    async with await rpc.subscribe("chain_subscribeNewHeads", [], "chain_unsubscribeNewHeads") as heads:
        await node.notify("chain_subscribeNewHeads", {"number": "0x1"})
        assert await heads.next(1) == {"number": "0x1"}
        await node.notify("chain_subscribeNewHeads", 2)
        await node.notify("chain_subscribeNewHeads", 3)
        await eventually(lambda: len(heads.state.queue) == 2)
        assert heads.latest() == 3 and heads.latest() is None
        with pytest.raises(RequestTimeout):
            await heads.next(0.05)
    await eventually(lambda: node.count("chain_unsubscribeNewHeads") == 1)


async def test_subscriptions_are_resumed(rpc, node):
    names = iter(("s1", "s2", "s3"))
    node.answers["chain_subscribeNewHeads"] = lambda params: next(names)
    heads = await rpc.subscribe("chain_subscribeNewHeads", [], "chain_unsubscribeNewHeads")
    await node.drop()
    await eventually(lambda: node.count("chain_subscribeNewHeads") == 2)
    await eventually(lambda: heads.state.remote == "s2")
    await node.notify("chain_subscribeNewHeads", "after")
    assert await heads.next(1) == "after"


async def test_a_watched_transaction_ends_with_its_connection(rpc, node):
    node.answers["author_submitAndWatchExtrinsic"] = "w1"
    watch = await rpc.subscribe(
        "author_submitAndWatchExtrinsic", ["0x"], "author_unwatchExtrinsic", resumable=False
    )
    await node.notify("author_submitAndWatchExtrinsic", "ready")
    assert await watch.next(1) == "ready"
    await node.drop()
    with pytest.raises(ConnectionLost):
        await watch.next(2)
    assert [item async for item in watch] == []
    await asyncio.sleep(0.2)
    assert node.count("author_submitAndWatchExtrinsic") == 1


async def test_a_subscription_that_the_new_connection_refuses_ends(rpc, node):
    answers = iter(("s1", {"error": {"code": -32601, "message": "gone"}}))
    node.answers["chain_subscribeNewHeads"] = lambda params: next(answers)
    heads = await rpc.subscribe("chain_subscribeNewHeads", [], "chain_unsubscribeNewHeads")
    await node.drop()
    with pytest.raises(ConnectionLost):
        await heads.next(3)


async def test_a_refused_subscription_leaves_nothing(rpc):
    with pytest.raises(RpcError):
        await rpc.subscribe("chain_subscribeNewHeads", [], "chain_unsubscribeNewHeads")
    assert rpc._core.subscriptions == () and not rpc._readers


async def test_close_fails_what_waits_and_can_be_repeated(rpc, node):
    node.answers["slow"] = FakeNode.SILENCE
    node.answers["chain_subscribeNewHeads"] = "s1"
    heads = await rpc.subscribe("chain_subscribeNewHeads", [], "chain_unsubscribeNewHeads")
    waiting = asyncio.create_task(rpc.request("slow"))
    reading = asyncio.create_task(heads.next())
    await eventually(lambda: node.count("slow") == 1)
    await rpc.close()
    await rpc.close()
    for task in (waiting, reading):
        with pytest.raises(ConnectionLost):
            await task
    with pytest.raises(ConnectionLost, match="closed"):
        await rpc.request("system_name")
    await eventually(lambda: not node._sockets)


async def test_close_wakes_who_waits_for_a_connection():
    transport = Transport(["ws://127.0.0.1:1"], Timeouts(request=30))
    waiting = asyncio.create_task(transport.request("system_name"))
    await asyncio.sleep(0.05)
    await transport.close()
    async with asyncio.timeout(1):
        with pytest.raises(ConnectionLost):
            await waiting


async def test_a_cancelled_request_leaves_nothing(rpc, node):
    node.answers["slow"] = FakeNode.SILENCE
    waiting = asyncio.create_task(rpc.request("slow"))
    await eventually(lambda: node.count("slow") == 1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert rpc._core.pending == 0 and not rpc._waiting


def test_backoff_is_bounded_and_jittered():
    rng = random.Random(1)
    pauses = [backoff(attempt, rng) for attempt in range(200)]
    assert max(pauses) <= BACKOFF_MOST and min(pauses) > 0
    assert len({backoff(3, rng) for _ in range(10)}) == 10


@pytest.mark.parametrize("urls", [["http://a"], ["nonsense"]])
def test_urls_are_checked_at_once(urls):
    with pytest.raises(ConfigError):
        Transport(urls)
