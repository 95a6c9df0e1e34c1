"""A runtime that traps or loops: the transaction is dropped with its reason, the node and the chain go on."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

import aiohttp
import pytest

from ganglion_devnode import DevNode
from ganglion_devnode.node_errors import InvalidConfig, RuntimeBroken

from .devnode_client import Http, RpcFailure, StartNode, Ws
from .mini_runtime import (
    BREAK_KEY,
    EXHAUST,
    LOOP,
    LOOP_IN_VALIDATION,
    OK,
    TRAP,
    TRAP_IN_VALIDATION,
    code,
    transaction,
    write_spec,
)

CALL_SECONDS = 0.5


@pytest.fixture
async def node(start: StartNode, tmp_path: Path) -> DevNode:
    return await start(chain=write_spec(tmp_path), call_seconds=CALL_SECONDS)


async def statuses(ws: Ws, data: bytes) -> list[object]:
    """All statuses of a transaction that ends as invalid or finalized."""
    subscription = await ws.call("author_submitAndWatchExtrinsic", "0x" + data.hex())
    seen: list[object] = []
    while not seen or not (seen[-1] == "invalid" or (isinstance(seen[-1], dict) and "finalized" in seen[-1])):
        seen.append(await ws.next(subscription))
    return seen


async def test_the_mini_runtime_runs(ws: Ws, node: DevNode) -> None:
    seen = await statuses(ws, transaction(OK, 1))
    block = "0x" + node.chain.head.hash.hex()
    assert seen == ["ready", {"inBlock": block}, {"finalized": block}]
    await node.chain.new_block(200)
    assert node.chain.head.number == 201
    assert node.chain.state.root() == node.chain.head.header.state_root


@pytest.mark.parametrize("action", [TRAP, LOOP])
async def test_a_transaction_that_traps_or_loops_is_dropped(
    ws: Ws, node: DevNode, action: int, caplog: pytest.LogCaptureFixture
) -> None:
    node.sealer.automine = False
    bad = await ws.call("author_submitAndWatchExtrinsic", "0x" + transaction(action, 1).hex())
    good = await ws.call("author_submitAndWatchExtrinsic", "0x" + transaction(OK, 2).hex())
    with caplog.at_level(logging.WARNING):
        await ws.call("dev_newBlock")
    assert (await ws.until(bad, "invalid"))[-1] == "invalid"
    assert (await ws.until(good, "finalized"))[0] == "ready"
    assert node.chain.head.extrinsics == (transaction(OK, 2),)
    assert ("unreachable" if action == TRAP else "stopped after its limit") in caplog.text
    assert len(node.chain.pool) == 0


async def test_instant_sealing_survives_bad_transactions(ws: Ws, node: DevNode) -> None:
    assert (await statuses(ws, transaction(TRAP, 1)))[-1] == "invalid"
    assert node.chain.head.number == 0  # nothing to seal
    assert "finalized" in (await statuses(ws, transaction(OK, 2)))[-1]  # type: ignore[operator]
    assert node.chain.head.number == 1


async def test_what_never_fits_is_dropped_not_tried_for_ever(ws: Ws, node: DevNode) -> None:
    assert (await statuses(ws, transaction(EXHAUST, 1)))[-1] == "invalid"
    assert node.chain.head.number == 0


@pytest.mark.parametrize("action", [TRAP_IN_VALIDATION, LOOP_IN_VALIDATION])
async def test_validation_that_traps_or_loops(ws: Ws, action: int) -> None:
    before = time.monotonic()
    with pytest.raises(RpcFailure) as caught:
        await ws.call("author_submitExtrinsic", "0x" + transaction(action, 1).hex())
    assert caught.value.code == 1002
    assert "Verification Error" in caught.value.message
    assert time.monotonic() - before < CALL_SECONDS + 5


async def test_a_looping_state_call_ends_at_its_deadline_and_others_are_served(
    ws: Ws, session: aiohttp.ClientSession, node: DevNode
) -> None:
    data = "0x02" + transaction(LOOP_IN_VALIDATION, 1).hex()
    slow = asyncio.create_task(ws.call("state_call", "TaggedTransactionQueue_validate_transaction", data))
    await asyncio.sleep(0.05)
    assert await Http(session, node.http_url).call("system_health")
    with pytest.raises(RpcFailure, match="stopped after its limit") as caught:
        await slow
    assert caught.value.code == 4003


@pytest.mark.parametrize(("value", "reason"), [(1, "unreachable"), (2, "stopped after its limit")])
async def test_a_runtime_that_breaks_blocks_halts_production_until_a_revert(
    ws: Ws, node: DevNode, value: int, reason: str
) -> None:
    snapshot = await ws.call("dev_snapshot")
    await ws.call("dev_setStorage", [["0x" + BREAK_KEY.hex(), f"0x{value:02x}"]])
    with pytest.raises(RpcFailure) as caught:
        await ws.call("dev_newBlock")
    assert reason in caught.value.message
    assert "dev_revert" in caught.value.data["hint"]
    halted = (await ws.call("dev_status"))["halted"]
    assert (halted["error"], halted["fault"]) == ("RuntimeBroken", "chain")

    # A transaction waits; after the revert it enters a block by itself.
    subscription = await ws.call("author_submitAndWatchExtrinsic", "0x" + transaction(OK, 1).hex())
    await asyncio.sleep(2 * CALL_SECONDS)
    assert node.chain.head.number == 1
    await ws.call("dev_revert", snapshot)
    await ws.until(subscription, "finalized")
    assert (await ws.call("dev_status"))["halted"] is None


async def test_code_that_is_no_runtime(ws: Ws, node: DevNode) -> None:
    snapshot = await ws.call("dev_snapshot")
    await ws.call("dev_setStorage", [["0x" + b":code".hex(), "0x" + b"\0asm junk".hex()]])
    for _ in range(2):
        with pytest.raises(RpcFailure, match="can't be loaded"):
            await ws.call("dev_newBlock")
    await ws.call("dev_revert", snapshot)
    await ws.call("dev_newBlock")


async def test_a_new_runtime_counts_from_the_next_block(ws: Ws, node: DevNode) -> None:
    subscription = await ws.call("state_subscribeRuntimeVersion")
    assert (await ws.next(subscription))["specVersion"] == 1
    old = "0x" + node.chain.head.hash.hex()
    await ws.call(
        "dev_setStorage", [["0x" + b":code".hex(), "0x" + code(spec_version=2, slot_duration=500).hex()]]
    )
    assert (await ws.next(subscription))["specVersion"] == 2
    assert (await ws.call("state_getRuntimeVersion"))["specVersion"] == 2
    assert (await ws.call("state_getRuntimeVersion", old))["specVersion"] == 1
    assert (await ws.call("dev_status"))["slotDurationMs"] == 500
    await ws.call("dev_newBlock", 2)


async def test_a_genesis_that_is_no_runtime(start: StartNode, tmp_path: Path) -> None:
    with pytest.raises((RuntimeBroken, InvalidConfig)) as caught:
        await start(chain=write_spec(tmp_path, b"\0asm\1\0\0\0junk"))
    assert caught.value.hint
