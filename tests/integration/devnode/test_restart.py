"""A chain on disk: killed at any moment it goes on from its last sealed block, and no unit of balance is lost."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sqlite3
from pathlib import Path

import aiohttp
import pytest

from ganglion_devnode.chain.block import Block
from ganglion_devnode.chain.runtimes import Runtimes
from ganglion_devnode.hashing import twox_128
from ganglion_devnode.node_errors import InvalidConfig
from ganglion_devnode.state import State
from ganglion_devnode.storage.sqlite import DATABASE_NAME, SqliteStore

from .devnode_client import Http, RpcFailure, StartNode, Ws
from .devnode_signing import ALICE, BOB, Signer
from .process import NodeProcess, failure, start_process

ISSUANCE = twox_128(b"Balances") + twox_128(b"TotalIssuance")
ACCOUNTS = twox_128(b"System") + twox_128(b"Account")


def conserved(state: State) -> None:
    """Issuance is the sum of all accounts, free and reserved."""
    accounts = [value for _, value in state.main.items(ACCOUNTS)]
    total = sum(int.from_bytes(v[16:32], "little") + int.from_bytes(v[32:48], "little") for v in accounts)
    assert int.from_bytes(state.get(ISSUANCE) or b"", "little") == total


async def busy(url: str, announced: list[int], accepted: list[int]) -> None:
    """Transfers as fast as they go, and note of each head announced, until the node is gone."""
    signer = Signer(url)
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as opened:
        ws = Ws(opened)
        heads = await ws.call("chain_subscribeNewHeads")

        async def note() -> None:
            while True:
                announced.append(int((await ws.notes_of(heads).get())["number"], 16))

        noting = asyncio.create_task(note())
        try:
            nonce = (await signer.account(ALICE))["nonce"]
            while True:
                data = await signer.transfer(nonce=nonce, value=1000)
                await asyncio.wait_for(ws.call("author_submitExtrinsic", "0x" + data.hex()), 5)
                nonce += 1
                accepted.append(nonce)
        except (aiohttp.ClientError, ConnectionError, TimeoutError, RpcFailure, OSError):
            pass
        finally:
            noting.cancel()


async def test_killed_at_random_moments(tmp_path: Path) -> None:
    dice = random.Random(7)
    announced: list[int] = [0]
    options = ("--base-path", tmp_path / "chain", "--verify-blocks")
    for _ in range(4):
        node = await start_process(*options)
        async with aiohttp.ClientSession() as session:
            head = int((await Http(session, node.http_url).call("chain_getHeader"))["number"], 16)
        assert head >= max(announced)
        load = asyncio.create_task(busy(node.url, announced, []))
        await asyncio.sleep(1.0 + dice.random())
        assert await node.end(signal.SIGKILL) == -signal.SIGKILL
        load.cancel()
        await asyncio.gather(load, return_exceptions=True)
    assert max(announced) > 20

    store = SqliteStore(tmp_path / "chain", 1024)
    stored = store.load()
    assert stored is not None
    assert stored.head.number >= max(announced)
    conserved(stored.state)
    linked_to_genesis(store, stored.head)
    store.close()


def linked_to_genesis(store: SqliteStore, head: Block) -> None:
    """Every stored block hangs together with its parent by hash."""
    child = head
    while child.number:
        parent = store.block(child.header.parent_hash)
        assert parent is not None
        assert parent.number == child.number - 1
        child = parent


async def test_history_and_balances_after_a_restart(start: StartNode, tmp_path: Path, compiled: Path) -> None:
    node = await start(base_path=tmp_path, state_pruning=50)
    signer = Signer(node.url)
    await node.chain.intake.submit(await signer.transfer(value=12345))
    await node.chain.new_block(60)
    free = await signer.free(BOB)
    await signer.close()
    head, roots = node.chain.head, {}
    for number in range(head.number - 49, head.number + 1):
        block = node.chain.ledger.require(node.chain.ledger.block_hash(number) or b"")
        roots[number] = block.header.state_root
    await node.stop()

    again = await start(base_path=tmp_path, state_pruning=50)
    assert again.chain.head == head
    for number, root in roots.items():
        block = again.chain.ledger.require(again.chain.ledger.block_hash(number) or b"")
        assert again.chain.ledger.state_of(block).root() == root
    signer = Signer(again.url)
    assert await signer.free(BOB) == free
    await signer.close()
    await again.chain.new_block(2)
    runtime = await Runtimes(None, 10.0, compiled).of(again.chain.state)
    parent = again.chain.ledger.require(again.chain.head.header.parent_hash)
    runtime.execute_block(again.chain.ledger.state_of(parent), again.chain.head)
    conserved(again.chain.state)


async def test_another_chain_in_the_base_path(start: StartNode, tmp_path: Path) -> None:
    node = await start(base_path=tmp_path)
    await node.stop()
    with pytest.raises(InvalidConfig, match="holds the chain ganglion-development") as caught:
        await start(base_path=tmp_path, chain="local")
    assert caught.value.hint


async def test_disk_full_halts_until_there_is_space(
    start: StartNode, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    node = await start(base_path=tmp_path, sealing="manual")
    async with aiohttp.ClientSession() as session, session.ws_connect(node.url) as opened:
        ws = Ws(opened)
        await ws.call("dev_newBlock", 3)
        heads = await ws.call("chain_subscribeNewHeads")
        await ws.next(heads)
        connection = sqlite3_connection(node)
        connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")
        big = [["0x01", "0x" + "00" * 200_000]]
        with pytest.raises(RpcFailure, match="could not be stored") as caught:
            await ws.call("dev_setStorage", big)
        assert caught.value.data["retryable"] is True
        assert "space" in caught.value.data["hint"]
        assert (await ws.call("dev_status"))["halted"]["error"] == "CommitFailed"
        assert node.chain.head.number == 3
        await asyncio.sleep(0.1)
        assert ws.notes_of(heads).empty()  # nothing was announced
        connection.execute("PRAGMA max_page_count = 1000000")
        await ws.call("dev_setStorage", big)
        assert (await ws.next(heads))["number"] == "0x4"
        assert (await ws.call("dev_status"))["halted"] is None


async def test_a_full_disk_is_tried_again_by_itself(start: StartNode, tmp_path: Path) -> None:
    node = await start(base_path=tmp_path)
    signer = Signer(node.url)
    connection = sqlite3_connection(node)
    connection.execute(
        "CREATE TRIGGER full BEFORE INSERT ON blocks BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
    )
    async with aiohttp.ClientSession() as session, session.ws_connect(node.url) as opened:
        ws = Ws(opened)
        waiting = await ws.call("author_submitAndWatchExtrinsic", "0x" + (await signer.transfer()).hex())
        assert await ws.next(waiting) == "ready"
        await asyncio.sleep(0.3)
        assert (await ws.call("dev_status"))["halted"]["retryable"] is True
        assert node.chain.head.number == 0
        connection.execute("DROP TRIGGER full")
        assert "finalized" in (await ws.until(waiting, "finalized"))[-1]
    await signer.close()


def sqlite3_connection(node: object) -> sqlite3.Connection:
    """The node's own connection, on which limits can be set."""
    return node.chain.ledger._store.connection  # type: ignore[attr-defined]


async def test_the_command_line(tmp_path: Path) -> None:
    log_file = tmp_path / "logs" / "node.jsonl"
    node = await start_process("--log-file", log_file, "--sealing", "manual", "--genesis-time", "2026-01-01")
    async with aiohttp.ClientSession() as session:
        http = Http(session, node.http_url)
        await http.call("dev_newBlock")
        assert (await http.call("dev_status"))["sealing"] == "manual"
        now = await http.call("state_getStorage", "0x" + (twox_128(b"Timestamp") + twox_128(b"Now")).hex())
        assert int.from_bytes(bytes.fromhex(now[2:]), "little") == 1_767_225_600_000
    assert await node.end(signal.SIGTERM) == 0
    assert node.process.stdout is not None
    assert await node.process.stdout.read() == b""
    entries = [json.loads(line) for line in log_file.read_text().splitlines()]
    assert any("listening" in entry["event"] for entry in entries)
    assert "stopping at block 1" in node.lines[-1]


async def test_the_command_line_says_what_is_wrong(tmp_path: Path) -> None:
    node: NodeProcess = await start_process("--base-path", tmp_path / "chain")
    port = node.url.rpartition(":")[2]
    code, text = await failure("--rpc-port", port)
    assert (code, "port" in text, "hint: " in text) == (2, True, True)
    code, text = await failure("--rpc-port", "0", "--base-path", tmp_path / "chain")
    assert (code, f"in use by process {node.process.pid}" in text, "hint: " in text) == (2, True, True)
    assert await node.end(signal.SIGINT) == 0

    path = tmp_path / "chain" / DATABASE_NAME
    path.write_bytes(path.read_bytes()[:10_000])
    code, text = await failure("--rpc-port", "0", "--base-path", tmp_path / "chain")
    assert (code, "can't be used" in text, "hint: " in text) == (3, True, True)

    code, text = await failure("--rpc-port", "0", "--chain", "moonnet")
    assert (code, "no preset 'moonnet'" in text, "development" in text) == (2, True, True)
    (tmp_path / "spec.json").write_text("{")
    code, text = await failure("--rpc-port", "0", "--chain", tmp_path / "spec.json")
    assert (code, "not JSON" in text) == (2, True)
    code, text = await failure("--rpc-port", "0", "--code", tmp_path / "nothing.wasm")
    assert (code, "can't be read" in text) == (2, True)
    code, text = await failure("--rpc-port", "0", "--sealing", "interval", "--interval", "0.1")
    assert (code, "shorter than a slot" in text) == (2, True)
    code, text = await failure("--state-pruning", "all")
    assert (code, "archive" in text) == (2, True)
