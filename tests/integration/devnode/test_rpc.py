"""The server: stock requests, limits, headers, slow readers. Over real sockets."""

from __future__ import annotations

import asyncio
import json
import socket

import aiohttp
import pytest

from ganglion_devnode import DevNode, NodeConfig
from ganglion_devnode.hashing import blake2_256, twox_128
from ganglion_devnode.node_errors import InvalidConfig, PortInUse
from ganglion_devnode.rpc import server
from ganglion_devnode.trie import lookup

from .devnode_client import Http, RpcFailure, StartNode, Ws

UNKNOWN = "0x" + "77" * 32
ACCOUNTS = "0x" + (twox_128(b"System") + twox_128(b"Account")).hex()


async def test_stock_requests(http: Http, node: DevNode) -> None:
    """What the JavaScript and Python clients send when they connect."""
    genesis = "0x" + node.chain.ledger.genesis.hash.hex()
    assert await http.call("chain_getBlockHash", 0) == genesis
    assert await http.call("chain_getBlockHash", [0, "0x0", 5]) == [genesis, genesis, None]
    assert await http.call("chain_getHead") == genesis
    assert await http.call("chainSpec_v1_genesisHash") == genesis
    assert await http.call("system_chain") == "Ganglion Development"
    assert await http.call("system_chainType") == "Development"
    assert await http.call("system_properties") == {
        "ss58Format": 42,
        "tokenDecimals": 9,
        "tokenSymbol": "GNG",
    }
    assert (await http.call("system_health"))["shouldHavePeers"] is False
    version = await http.call("state_getRuntimeVersion", None)
    assert (version["specName"], version["stateVersion"]) == ("ganglion", 1)
    assert version == await http.call("state_getRuntimeVersion", genesis)
    assert (await http.call("state_getMetadata"))[2:10] == b"meta".hex()
    versions = await http.call("state_call", "Metadata_metadata_versions", "0x")
    assert versions.startswith("0x")
    assert await http.call("state_call", "Metadata_metadata_versions", "") == versions  # unprefixed hex
    assert await http.call("chain_getHeader", UNKNOWN) is None
    assert await http.call("chain_getBlock", UNKNOWN) is None
    code = "0x" + b":code".hex()
    value = bytes.fromhex((await http.call("state_getStorage", code))[2:])
    assert await http.call("state_getStorageHash", code) == "0x" + blake2_256(value).hex()
    assert await http.call("state_getStorageSize", code) == len(value)
    assert (await http.call("state_queryStorageAt", [code], genesis))[0]["block"] == genesis


async def test_pages_of_keys(http: Http) -> None:
    everything = await http.call("state_getKeysPaged", ACCOUNTS, 1000)
    assert everything == sorted(everything)
    paged: list[str] = []
    start = ACCOUNTS  # some clients begin with the prefix itself
    while page := await http.call("state_getKeysPaged", ACCOUNTS, 5, start):
        paged += page
        start = page[-1]
    assert paged == everything == await http.call("state_getKeys", ACCOUNTS)
    assert [pair[0] for pair in await http.call("state_getPairs", ACCOUNTS)] == everything
    with pytest.raises(RpcFailure) as caught:
        await http.call("state_getKeysPaged", ACCOUNTS, 1001)
    assert caught.value.code == 4002


async def test_read_proof(http: Http, node: DevNode) -> None:
    key = (await http.call("state_getKeysPaged", ACCOUNTS, 1))[0]
    proof = await http.call("state_getReadProof", [key])
    nodes = [bytes.fromhex(entry[2:]) for entry in proof["proof"]]
    value = lookup(node.chain.state.root(), nodes, bytes.fromhex(key[2:]))
    assert value is not None
    assert "0x" + value.hex() == await http.call("state_getStorage", key)


async def test_storage_over_a_range_of_blocks(http: Http) -> None:
    key = "0x" + (twox_128(b"System") + twox_128(b"Number")).hex()
    constant = "0x" + b":code".hex()
    await http.call("dev_newBlock", 4)
    first, last = await http.call("chain_getBlockHash", 1), await http.call("chain_getBlockHash", 3)
    sets = await http.call("state_queryStorage", [key, constant], first, last)
    assert [[change[0] for change in entry["changes"]] for entry in sets] == [[key, constant], [key], [key]]
    assert [entry["changes"][0][1] for entry in sets] == ["0x01000000", "0x02000000", "0x03000000"]
    with pytest.raises(RpcFailure):
        await http.call("state_queryStorage", [key], last, first)


async def test_unknown_blocks_and_methods(http: Http) -> None:
    for method, *params in (("state_getStorage", "0x00"), ("state_call", "Core_version", "0x")):
        with pytest.raises(RpcFailure, match="UnknownBlock") as caught:
            await http.call(method, *params, UNKNOWN)
        assert caught.value.code == 4003
    with pytest.raises(RpcFailure, match="Exported method Foo_bar is not found"):
        await http.call("state_call", "Foo_bar", "0x")
    with pytest.raises(RpcFailure) as caught:
        await http.call("chainHead_v1_follow", True)
    assert caught.value.code == -32601


@pytest.mark.parametrize(
    ("method", "params", "text"),
    [
        ("chain_getBlockHash", [-1], "`hash` (position 1)"),
        ("chain_getBlockHash", [{}], "must be a block number"),
        ("chain_getHeader", ["0x12"], "must be a hash of 32 bytes"),
        ("state_getStorage", [5], "`key` (position 1) must be a hex string, got a number"),
        ("state_call", ["Core_version", ["0x"]], "`bytes` (position 2) must be a hex string, got an array"),
        ("state_getKeysPaged", ["0x", "ten"], "`count` (position 2) must be a whole number"),
        ("system_accountNextIndex", ["5Grw"], "`account` (position 1)"),
        ("system_accountNextIndex", [7], "must be a string"),
        ("payment_queryInfo", [None], "is missing"),
        ("author_submitExtrinsic", [{"a": 1}], "must be a hex string, got an object"),
        ("system_chain", ["extra"], "at most 0 parameters"),
    ],
)
async def test_wrong_types(http: Http, method: str, params: list[object], text: str) -> None:
    with pytest.raises(RpcFailure) as caught:
        await http.call(method, *params)
    assert caught.value.code == -32602
    assert text in caught.value.message


async def test_batch_over_both_transports(http: Http, ws: Ws) -> None:
    batch = [{"jsonrpc": "2.0", "id": n, "method": "system_name"} for n in (1, 2)]
    answers = await http.post(batch)
    assert [answer["result"] for answer in answers] == ["Ganglion Dev Node"] * 2
    raw = ws.socket
    ws._reader.cancel()
    await asyncio.sleep(0)
    await raw.send_json(batch)
    assert await asyncio.wait_for(raw.receive_json(), 5) == answers


async def test_subscriptions_to_heads(ws: Ws) -> None:
    names = ("chain_subscribeNewHead", "chain_subscribeFinalizedHeads", "chain_subscribeAllHeads")
    subscriptions = [await ws.call(name) for name in names]
    for subscription in subscriptions:
        assert (await ws.next(subscription))["number"] == "0x0"
    await ws.call("dev_newBlock", 3)
    for subscription in subscriptions:
        assert [(await ws.next(subscription))["number"] for _ in range(3)] == ["0x1", "0x2", "0x3"]
    assert await ws.call("chain_unsubscribeNewHead", subscriptions[0]) is True
    assert await ws.call("chain_unsubscribeNewHead", subscriptions[0]) is False
    await ws.call("dev_newBlock")
    assert (await ws.next(subscriptions[1]))["number"] == "0x4"
    assert ws.notes[subscriptions[0]].empty()


async def test_closing_a_connection_ends_its_subscriptions(
    node: DevNode, session: aiohttp.ClientSession
) -> None:
    before = len(node.chain.ledger._listeners)
    async with session.ws_connect(node.url) as opened:
        client = Ws(opened)
        for _ in range(5):
            await client.call("chain_subscribeNewHeads")
        assert len(node.chain.ledger._listeners) == before + 5
    for _ in range(100):
        if len(node.chain.ledger._listeners) == before:
            break
        await asyncio.sleep(0.02)
    assert len(node.chain.ledger._listeners) == before


async def test_a_slow_reader_is_disconnected_and_others_are_not(
    start: StartNode, session: aiohttp.ClientSession
) -> None:
    node = await start(sealing="manual", max_message_bytes=1 << 20)
    reader, writer = await asyncio.open_connection("127.0.0.1", node.port, limit=1024)
    writer.write(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert b"101" in await reader.readline()
    big = json.dumps({"id": 1, "method": "state_subscribeStorage", "params": [["0x01"]]}).encode()
    writer.write(bytes((0x81, 0x80 | len(big), 0, 0, 0, 0)) + big)  # one masked text frame
    await asyncio.sleep(0.1)
    async with session.ws_connect(node.url, max_msg_size=0) as opened:
        good = Ws(opened)
        heads = await good.call("chain_subscribeNewHeads")
        for round_ in range(40):
            await node.chain.set_storage({b"\x01": bytes((round_,)) * 200_000})
            await good.next(heads)
        for _ in range(200):
            if len(node.chain.ledger._listeners) <= 4:
                break
            await asyncio.sleep(0.05)
        assert await good.call("system_name") == "Ganglion Dev Node"
    writer.close()
    # What is left are the listeners of the pool, the sealer, and perhaps the good client's.
    assert len(node.chain.ledger._listeners) <= 4


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Content-Type": "text/plain"}, 415),
        ({"Host": "evil.example"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:3000"}, 200),
    ],
)
async def test_headers_of_http_calls(
    node: DevNode, session: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    body = json.dumps({"id": 1, "method": "system_name"})
    sent = {"Content-Type": "application/json", **headers}
    async with session.post(node.http_url, data=body, headers=sent) as response:
        assert response.status == status
        answer = await response.json()
        assert ("result" in answer) == (status == 200)
        assert response.headers.get("Access-Control-Allow-Origin") == (
            headers.get("Origin") if status == 200 else None
        )


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
)
async def test_headers_of_websockets(
    node: DevNode, session: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await session.ws_connect(node.url, headers=headers)
    assert caught.value.status == 403
    async with session.ws_connect(node.url, headers={"Origin": "http://localhost:5173"}) as opened:
        assert await Ws(opened).call("system_name")


async def test_preflight(node: DevNode, session: aiohttp.ClientSession) -> None:
    asked = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    async with session.options(node.http_url, headers=asked) as response:
        assert response.status == 204
        assert response.headers["Access-Control-Allow-Headers"] == "content-type"
    async with session.options(
        node.http_url, headers={**asked, "Origin": "https://evil.example"}
    ) as response:
        assert response.status == 403
    async with session.get(node.http_url) as response:
        assert response.status == 405


async def test_message_size_limits(start: StartNode, session: aiohttp.ClientSession) -> None:
    node = await start(max_message_bytes=100_000)
    body = json.dumps({"id": 1, "method": "state_call", "params": ["Core_version", "00" * 60_000]})
    async with session.post(
        node.http_url, data=body, headers={"Content-Type": "application/json"}
    ) as response:
        assert response.status == 413
    async with session.ws_connect(node.url) as opened:
        await opened.send_str(body)
        assert (await opened.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
        assert opened.close_code == 1009
    with pytest.raises(RpcFailure) as caught:
        await Http(session, node.http_url).call("state_getStorage", "0x" + b":code".hex())
    assert caught.value.code == -32008


async def test_a_body_that_never_comes_holds_no_place(
    start: StartNode, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "BODY_SECONDS", 0.5)
    monkeypatch.setattr(server, "MAX_POSTS", 1)
    node = await start()
    reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
    head = (
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    )
    writer.write(head.encode() + b'{"id": 1')
    await asyncio.sleep(0.1)
    call = {"json": {"id": 1, "method": "system_name"}}
    async with session.post(node.http_url, **call) as refused:
        assert refused.status == 503 and refused.headers["Retry-After"] == "1"
    answer = (await asyncio.wait_for(reader.readuntil(b"0.5 s"), 5)).decode()
    assert answer.startswith("HTTP/1.1 408") and "did not arrive within 0.5 s" in answer
    writer.close()
    async with session.post(node.http_url, **call) as taken:
        assert taken.status == 200 and (await taken.json())["result"]


async def test_connections_are_bounded(start: StartNode, session: aiohttp.ClientSession) -> None:
    node = await start(max_connections=2)
    opened = [await session.ws_connect(node.url) for _ in range(2)]
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await session.ws_connect(node.url)
    assert caught.value.status == 503
    await opened[0].close()
    async with session.ws_connect(node.url) as again:
        assert await Ws(again).call("system_name")
    await opened[1].close()


async def test_port_in_use(node: DevNode) -> None:
    with pytest.raises(PortInUse, match=str(node.port)) as caught:
        await DevNode.start(NodeConfig(rpc_port=node.port))
    assert "--rpc-port" in (caught.value.hint or "")


async def test_an_address_of_another_machine() -> None:
    with pytest.raises(InvalidConfig) as caught:
        await DevNode.start(NodeConfig(rpc_host="192.0.2.1", rpc_port=0))
    assert "--rpc-host" in (caught.value.hint or "")


async def test_ipv6(start: StartNode, session: aiohttp.ClientSession) -> None:
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return  # a machine without IPv6 has nothing to show here
    node = await start(rpc_host="::1")
    assert await Http(session, node.http_url).call("dev_newBlock")


async def test_stopping_closes_connections(start: StartNode, session: aiohttp.ClientSession) -> None:
    node = await start()
    opened = await session.ws_connect(node.url)
    await node.stop()
    message = await asyncio.wait_for(opened.receive(), 5)
    assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", node.port)
