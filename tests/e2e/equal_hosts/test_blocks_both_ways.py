"""One runtime, two hosts: thousands of random transactions give the same chain on both, byte for byte.

The dev node's chain is exported, and the full node executes it again; the full node's chain is exported, and the dev
node executes it again. Headers (with state roots, extrinsics roots and digests), extrinsics, events and dispatch errors
of every block are compared, then the last state, then the verdicts on transactions that no block would take.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import zstandard

from ganglion import Client
from ganglion.chain.calls import Call
from ganglion.testing import DevelopmentChain, development_chain
from ganglion_devnode.executor import load_code
from ganglion_devnode.executor.code import ZSTD_PREFIX

from ..running import COMMAND
from .comparing import compare_chains, compare_states, compare_verdicts, outcomes
from .full_node import export_blocks, import_blocks, running
from .traffic import Traffic
from .world import World

pytestmark = pytest.mark.e2e
VERDICTS = 250
COMMAND_SECONDS = 300
AUTHOR = ("--alice", "--validator", "--force-authoring", "--node-key", "11" * 32)
SIZES = [pytest.param(2_000, 1, id="short"), pytest.param(20_000, 2, id="long", marks=pytest.mark.long)]


@asynccontextmanager
async def dev_chain(folder: Path, chain: str = "development") -> AsyncIterator[DevelopmentChain]:
    """A dev node that keeps every state on disk."""
    async with development_chain(
        sealing="manual", base_path=folder, state_pruning=None, chain=chain
    ) as running_chain:
        yield running_chain


async def ganglion(*words: str | Path) -> None:
    """A command as a user types it."""
    done = await asyncio.to_thread(
        subprocess.run,
        [COMMAND, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr


async def replace_code(chain: DevelopmentChain, traffic: Traffic) -> None:
    """The same runtime in other compression is other code: it counts from the next block on."""
    old = bytes.fromhex((await chain.client.rpc.request("state_getStorage", ["0x" + b":code".hex()]))[2:])
    new = ZSTD_PREFIX + zstandard.compress(load_code(old), 3)
    assert new != old
    for function in (
        "set_code",
        "set_code_without_checks",
    ):  # the first is refused: the version is not higher
        await traffic.world.refresh()
        call = Call("System", function, {"code": new})
        weight = {"ref_time": 0, "proof_size": 0}
        sudo = Call("Sudo", "sudo_unchecked_weight", {"call": call, "weight": weight})
        await traffic.submit(traffic.world.alice, sudo)
        await traffic.next_block()
    found = bytes.fromhex((await chain.client.rpc.request("state_getStorage", ["0x" + b":code".hex()]))[2:])
    assert found == new


async def busy(chain: DevelopmentChain, count: int, seed: int) -> Traffic:
    """A dev chain with much on it: random transactions, skipped slots, another runtime in the middle."""
    jumps = random.Random(seed)

    async def next_block() -> None:
        if jumps.random() < 0.1:
            await chain.client.rpc.request("dev_timeTravel", [{"seconds": jumps.randrange(1, 3_600)}])
        await chain.blocks(jumps.choice((1, 1, 1, 2)))

    traffic = Traffic(World.of(chain.client, seed), next_block)
    await traffic.begin()
    await traffic.run(count // 2)
    await replace_code(chain, traffic)
    await traffic.run(count // 2)
    return traffic


async def compare_all(one: Client, other: Client, traffic: Traffic, last: int) -> None:
    """Everything that two hosts can be asked about the same blocks; fails also where little had happened."""
    await compare_chains(one, other, last)
    head = await one.chain.hash(last)
    assert await compare_states(one, other, head) > 200
    odd = traffic.odd[-VERDICTS:]
    refused = await compare_verdicts(one, other, odd, head)
    assert refused > len(odd) // 3 > 10
    events, errors = await outcomes(one, last)
    assert len(events) > 35 and len(errors) > 25, (events, errors)
    assert events["System.ExtrinsicSuccess"] > traffic.accepted // 4
    assert events["System.ExtrinsicFailed"] > traffic.accepted // 6


@pytest.mark.parametrize(("count", "seed"), SIZES)
async def test_the_full_node_executes_the_dev_nodes_chain(count: int, seed: int, tmp_path: Path) -> None:
    file = tmp_path / "blocks"
    async with dev_chain(tmp_path / "dev") as chain:
        traffic = await busy(chain, count, seed)
        last = await chain.client.chain.height()
        await ganglion("devnet", "export-blocks", "--rpc", chain.node.url, "--out", file)
        code, log = await import_blocks(file, tmp_path / "full", "development")
        assert code == 0 and f"Imported {last} blocks. Best: #{last}" in log, log
        async with running(tmp_path / "full", "development") as url, Client(url) as full:
            assert await full.chain.height() == last
            await compare_all(chain.client, full, traffic, last)


@pytest.mark.parametrize(("count", "seed"), SIZES)
async def test_the_dev_node_executes_the_full_nodes_chain(count: int, seed: int, tmp_path: Path) -> None:
    file, theirs, base_path = tmp_path / "blocks", tmp_path / "theirs", tmp_path / "full"
    async with running(base_path, "development", *AUTHOR) as url:
        async with Client(url) as full:

            async def next_block() -> None:
                await full.chain.wait_for(await full.chain.height() + 1, timeout=30)

            traffic = Traffic(World.of(full, seed + 100), next_block)
            await traffic.begin()
            await traffic.run(count, most=120)
            last = await full.chain.height()
            words = ("--rpc", url, "--to", str(last), "--out", file)
            await ganglion("devnet", "export-blocks", *words)
            await ganglion("devnet", "import-blocks", file, "--base-path", tmp_path / "dev")
            async with dev_chain(tmp_path / "dev") as chain:
                assert await chain.client.chain.height() == last
                await compare_all(full, chain.client, traffic, last)
    await export_blocks(theirs, base_path, "development", last)
    assert file.read_bytes() == theirs.read_bytes()
