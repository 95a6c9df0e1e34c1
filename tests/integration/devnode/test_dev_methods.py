"""What only a development chain can do: blocks on demand, time travel, storage from outside, snapshots, sealing."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest

from ganglion_devnode import DevNode
from ganglion_devnode.chain.clock import DAY_MS
from ganglion_devnode.hashing import twox_128

from .devnode_client import Http, RpcFailure, StartNode, Ws
from .devnode_signing import ALICE, BOB, Signer

NOW_KEY = "0x" + (twox_128(b"Timestamp") + twox_128(b"Now")).hex()


async def timestamp(http: Http) -> int:
    """The head's time, ms, as the runtime keeps it."""
    return int.from_bytes(bytes.fromhex((await http.call("state_getStorage", NOW_KEY))[2:]), "little")


async def test_new_blocks(http: Http, node: DevNode) -> None:
    first = await http.call("dev_newBlock")
    assert first == await http.call("chain_getBlockHash", 1)
    last = await http.call("dev_newBlock", 5)
    assert int((await http.call("chain_getHeader", last))["number"], 16) == 6
    await http.call("dev_newBlock", {"to": 10})
    await http.call("dev_newBlock", {"count": 2})
    assert node.chain.head.number == 12


@pytest.mark.parametrize(
    "count", [0, -1, "two", {"to": 0}, {"count": 1, "to": 5}, {"until": 5}, 100_001, 1.5]
)
async def test_impossible_block_counts(http: Http, count: object) -> None:
    with pytest.raises(RpcFailure) as caught:
        await http.call("dev_newBlock", count)
    assert caught.value.code == -32602


async def test_virtual_time_is_one_slot_a_block_from_thirty_days_ago(http: Http) -> None:
    await http.call("dev_newBlock")
    first = await timestamp(http)
    assert abs(time.time() * 1000 - 30 * DAY_MS - first) < 60_000
    await http.call("dev_newBlock", 100)
    assert await timestamp(http) == first + 100_000


async def test_time_travel(http: Http, node: DevNode) -> None:
    await http.call("dev_newBlock")
    start = await timestamp(http)
    reached = await http.call("dev_timeTravel", {"seconds": 3600})
    assert reached == start + 3_600_000
    await http.call("dev_newBlock")
    assert await timestamp(http) == reached
    target = start + DAY_MS
    assert await http.call("dev_timeTravel", target) == target
    await http.call("dev_newBlock", 2)
    assert await timestamp(http) == target + 1000
    with pytest.raises(RpcFailure, match="not after the head") as caught:
        await http.call("dev_timeTravel", start)
    assert caught.value.code == -32602


@pytest.mark.parametrize(
    "target", [None, "tomorrow", {"days": 1}, {"seconds": "5"}, {"seconds": 1e400}, True, 10**18]
)
async def test_impossible_travels(http: Http, target: object) -> None:
    with pytest.raises(RpcFailure) as caught:
        await http.call("dev_timeTravel", target)
    assert caught.value.code == -32602


async def test_a_head_in_the_future_is_said(http: Http, caplog: pytest.LogCaptureFixture) -> None:
    await http.call("dev_newBlock")
    await http.call("dev_timeTravel", int(time.time() * 1000) + 3_600_000)
    await http.call("dev_newBlock", 3)
    assert 3_500_000 < (await http.call("dev_status"))["headInFutureMs"] < 3_700_000
    assert caplog.text.count("in the future") == 1


async def test_set_storage_is_a_block_of_its_own(http: Http, ws: Ws, node: DevNode) -> None:
    key = "0x" + b"made up".hex()
    watched = await ws.call("state_subscribeStorage", [key])
    assert (await ws.next(watched))["changes"] == [[key, None]]
    before = await http.call("chain_getHeader")
    block = await http.call("dev_setStorage", [[key, "0x01"]])
    header = await http.call("chain_getHeader", block)
    assert header["number"] == "0x1"
    assert header["stateRoot"] == "0x" + node.chain.state.root().hex() != before["stateRoot"]
    assert any(bytes.fromhex(log[2:]).endswith(b"dev-set-storage") for log in header["digest"]["logs"])
    assert await ws.next(watched) == {"block": block, "changes": [[key, "0x01"]]}
    # The next block builds on it, and is an ordinary one that re-executes.
    await http.call("dev_newBlock", 2)
    assert await http.call("state_getStorage", key) == "0x01"
    await http.call("dev_setStorage", [[key, None]])
    assert await http.call("state_getStorage", key) is None
    assert await http.call("state_getStorage", key, block) == "0x01"


async def test_set_storage_gives_an_account_money(http: Http, node: DevNode) -> None:
    signer = Signer(node.url)
    key, record = await account_entry(http, BOB.public_key)
    record[16:32] = (5).to_bytes(16, "little")
    await http.call("dev_setStorage", [[key, "0x" + record.hex()]])
    assert await signer.free(BOB) == 5
    await signer.close()


@pytest.mark.parametrize(
    "pairs",
    [
        None,
        [["0x01"]],
        [["0x01", 5]],
        ["0x01"],
        [["zz", "0x"]],
        [["0x" + b":child_storage:default:x".hex(), "0x"]],
    ],
)
async def test_impossible_storage(http: Http, node: DevNode, pairs: object) -> None:
    with pytest.raises(RpcFailure) as caught:
        await http.call("dev_setStorage", pairs)
    assert caught.value.code == -32602
    assert node.chain.head.number == 0


async def test_snapshot_and_revert(http: Http, ws: Ws, node: DevNode) -> None:
    signer = Signer(node.url)
    heads = await ws.call("chain_subscribeNewHeads")
    await http.call("dev_newBlock", 2)
    before = await http.call("chain_getBlockHash"), await signer.free(ALICE), await timestamp(http)
    first = await http.call("dev_snapshot")
    await http.call("author_submitExtrinsic", "0x" + (await signer.transfer()).hex())
    await http.call("dev_timeTravel", {"seconds": 1000})
    await http.call("dev_newBlock", 3)
    second = await http.call("dev_snapshot")
    assert await signer.free(ALICE) != before[1]

    assert await http.call("dev_revert", first) == before[0]
    assert (await http.call("chain_getBlockHash"), await signer.free(ALICE), await timestamp(http)) == before
    assert await http.call("chain_getBlockHash", 3) is None
    for used in (first, second):
        with pytest.raises(RpcFailure, match="no snapshot"):
            await http.call("dev_revert", used)
    numbers = []
    while not numbers or numbers[-1] != 2 or len(numbers) < 5:
        numbers.append(int((await ws.next(heads))["number"], 16))
    # The same transaction is valid again, and time goes on where it was.
    await http.call("author_submitExtrinsic", "0x" + (await signer.transfer()).hex())
    await http.call("dev_newBlock", {"to": 4})
    assert await timestamp(http) == before[2] + 2000
    await signer.close()


async def test_revert_to_what_pruning_took_away(start: StartNode, session: aiohttp.ClientSession) -> None:
    node = await start(sealing="manual", state_pruning=5)
    http = Http(session, node.http_url)
    await http.call("dev_newBlock", 3)
    point = await http.call("dev_snapshot")
    root = node.chain.state.root()
    await http.call("dev_newBlock", 200)
    with pytest.raises(RpcFailure, match="State already discarded") as caught:
        await http.call("state_getStorage", NOW_KEY, await http.call("chain_getBlockHash", 3))
    assert caught.value.code == 4003
    await http.call("dev_revert", point)
    assert (node.chain.head.number, node.chain.state.root()) == (3, root)
    await http.call("dev_newBlock", 10)


async def test_automine(http: Http, ws: Ws, node: DevNode) -> None:
    signer = Signer(node.url)
    assert await http.call("dev_getAutomine") is True
    assert await http.call("dev_setAutomine", False) is False
    waiting = await ws.call("author_submitAndWatchExtrinsic", "0x" + (await signer.transfer()).hex())
    await asyncio.sleep(0.2)
    assert node.chain.head.number == 0
    await http.call("dev_setAutomine", True)
    await ws.until(waiting, "finalized")
    assert node.chain.head.number == 1
    with pytest.raises(RpcFailure, match="must be true or false"):
        await http.call("dev_setAutomine", "on")
    await signer.close()


async def test_manual_sealing_waits_for_orders(start: StartNode, session: aiohttp.ClientSession) -> None:
    node = await start(sealing="manual")
    http = Http(session, node.http_url)
    signer = Signer(node.url)
    await http.call("author_submitExtrinsic", "0x" + (await signer.transfer()).hex())
    await asyncio.sleep(0.2)
    assert node.chain.head.number == 0
    sealed = await http.call("engine_createBlock", True, True)
    assert sealed["hash"] == await http.call("chain_getBlockHash")
    assert len(node.chain.head.extrinsics) == 2
    assert await http.call("engine_finalizeBlock", sealed["hash"]) is True
    with pytest.raises(RpcFailure, match="no extrinsics"):
        await http.call("engine_createBlock", False, True)
    await signer.close()


async def test_interval_sealing_keeps_wall_time(start: StartNode, session: aiohttp.ClientSession) -> None:
    node = await start(sealing="interval", verify_blocks=True)
    http = Http(session, node.http_url)
    for _ in range(200):
        if node.chain.head.number >= 3:
            break
        await asyncio.sleep(0.05)
    assert node.chain.head.number >= 3
    assert 0 <= time.time() * 1000 - await timestamp(http) < 3000
    slots = [
        node.chain.ledger.require(node.chain.ledger.block_hash(n) or b"").header.slot() for n in (1, 2, 3)
    ]
    assert slots[2] - slots[0] == 2  # type: ignore[operator]
    assert (await http.call("dev_status"))["headInFutureMs"] == 0
    # Blocks made ahead of time do not stop it.
    await http.call("dev_newBlock", 20)
    number = node.chain.head.number
    for _ in range(100):
        if node.chain.head.number > number:
            break
        await asyncio.sleep(0.05)
    assert node.chain.head.number > number
    assert (await http.call("dev_status"))["headInFutureMs"] > 10_000


async def account_entry(http: Http, public_key: bytes) -> tuple[str, bytearray]:
    """Storage key and value of an account's record."""
    keys = await http.call(
        "state_getKeysPaged", "0x" + (twox_128(b"System") + twox_128(b"Account")).hex(), 1000
    )
    key = next(key for key in keys if key.endswith(public_key.hex()))
    return key, bytearray.fromhex((await http.call("state_getStorage", key))[2:])


async def test_waiting_transactions_are_judged_again_after_each_block(
    http: Http, ws: Ws, node: DevNode
) -> None:
    signer = Signer(node.url)
    waiting = await ws.call(
        "author_submitAndWatchExtrinsic", "0x" + (await signer.transfer(BOB, nonce=5)).hex()
    )
    assert await ws.next(waiting) == "future"
    key, record = await account_entry(http, BOB.public_key)
    record[0:4] = (5).to_bytes(4, "little")  # the nonce that it waits for
    await http.call("dev_setStorage", [[key, "0x" + record.hex()]])
    assert (await ws.until(waiting, "finalized"))[0] == "ready"

    await http.call("dev_setAutomine", False)
    ready = await ws.call(
        "author_submitAndWatchExtrinsic", "0x" + (await signer.transfer(BOB, nonce=6)).hex()
    )
    assert await ws.next(ready) == "ready"
    key, record = await account_entry(http, BOB.public_key)
    record[16:32] = bytes(16)  # no money for the fee any more
    await http.call("dev_setStorage", [[key, "0x" + record.hex()]])
    assert await ws.next(ready) == "invalid"
    assert len(node.chain.pool) == 0
    await signer.close()


async def test_unsafe_methods_are_unknown_on_a_public_address(
    start: StartNode, session: aiohttp.ClientSession
) -> None:
    node = await start(rpc_host="0.0.0.0")
    http = Http(session, node.http_url)
    names = (await http.call("rpc_methods"))["methods"]
    assert names == sorted(names)
    assert not [name for name in names if name.startswith(("dev_", "engine_")) or name == "author_insertKey"]
    for name in ("dev_newBlock", "dev_setStorage", "author_insertKey", "engine_createBlock"):
        with pytest.raises(RpcFailure) as caught:
            await http.call(name)
        assert caught.value.code == -32601
    opened = await start(rpc_host="0.0.0.0", rpc_methods="unsafe")
    assert await Http(session, opened.http_url).call("dev_newBlock")


async def test_keys(http: Http, node: DevNode) -> None:
    key = "0x" + BOB.public_key.hex()
    assert await http.call("author_hasKey", key, "aura") is True
    assert await http.call("author_hasKey", key, "babe") is False
    await http.call("author_insertKey", "babe", "//Bob", key)
    assert await http.call("author_hasKey", key, "babe") is True
    with pytest.raises(RpcFailure, match="is not the key"):
        await http.call("author_insertKey", "babe", "//Alice", key)
    keys = await http.call("author_rotateKeys")
    assert len(bytes.fromhex(keys[2:])) == 64  # aura and grandpa
    assert await http.call("author_hasKey", "0x" + keys[2:66], "aura") is True
