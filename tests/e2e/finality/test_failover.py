"""The node that clients are on is killed; they and a daemon go on with the next one."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ganglion import Balance, Client
from ganglion.config import NetworkConfig, Timeouts
from ganglion.devnet.plan import NETUID
from ganglion.keys import Keypair

from ...full_node import FullNode, until
from .nodes import NAMES, start_together

OWNER, HOTKEY = Keypair.from_uri("//Eve"), Keypair.from_uri("//Eve//miner")
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
PROGRAM = Path(sys.executable).parent / "ganglion-miner"


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[FullNode]]:
    """Four authorities that know each other."""
    made: list[FullNode] = []
    try:
        start_together(NAMES, tmp_path, made)
        yield made
    finally:
        for node in made:
            node.end(kill=True)


@asynccontextmanager
async def miner(urls: list[str], folder: Path) -> AsyncIterator[str]:
    """A miner daemon that listens; gives its URL."""
    settings = {
        "NETWORK": "local",
        "RPC": ",".join(urls),
        "NETUID": str(NETUID),
        "HOTKEY": "//Eve//miner",
        "HOST": "127.0.0.1",
        "PORT": "0",
        "METAGRAPH_INTERVAL": "1",
        "DATA_DIR": str(folder),
        "LOG_FILE": str(folder / "miner.log"),
    }
    env = os.environ | ONE_THREAD | {f"GANGLION_MINER_{name}": value for name, value in settings.items()}
    process = await asyncio.to_thread(subprocess.Popen, [str(PROGRAM)], env=env, stdin=subprocess.DEVNULL)
    try:
        port = await eventually(lambda: said(folder, "listening").get("port"), 60, "the miner listens")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 30)


def said(folder: Path, event: str) -> dict:
    """The newest line of that name in the miner's log; empty without one."""
    file = folder / "miner.log"
    lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return next((line for line in reversed(lines) if line.get("event") == event), {})


async def eventually(holds, seconds: float, what: str):
    """Wait without stopping the event loop."""
    return await asyncio.to_thread(until, holds, seconds, what)


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as response:
        return response.read().decode()


def gauge(url: str, name: str) -> float:
    """A value that Prometheus would read."""
    found = [
        line for line in get(f"{url}/metrics").splitlines() if line.startswith(f"ganglion_miner_{name} ")
    ]
    return float(found[0].split()[1])


async def test_a_killed_node_stops_neither_client_nor_daemon(nodes: list[FullNode], tmp_path: Path):
    urls = [node.url for node in nodes[:3]]
    quick = Timeouts(silence=6.0)
    async with (
        Client(NetworkConfig.local(*urls), timeouts=quick) as client,
        miner(urls, tmp_path) as url,
        client.chain.subscribe(finalized=True) as heads,
    ):
        await client.subnets.create(Keypair.from_uri("//Eve//owner").ss58, 10**18).submit(OWNER)
        await client.neurons.register(NETUID, HOTKEY.ss58, Balance.parse("10")).submit(OWNER)
        await eventually(lambda: said(tmp_path, "endpoint_published"), 60, "the miner serves")
        assert client.rpc.url == nodes[0].url

        signed = await client.balances.transfer(HOTKEY.ss58, Balance.parse("1")).sign(OWNER)
        waiting = asyncio.create_task(signed.submit(wait_for="finalized"))
        before = [await anext(heads)]
        nodes[0].end(kill=True)
        done = await waiting
        assert done.final and client.rpc.url == nodes[1].url
        assert (await client.balances.account(OWNER.ss58)).nonce == 3, "sent again perhaps, executed once"

        while before[-1].number < done.number:
            before.append(await anext(heads))
        numbers = [head.number for head in before]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "no gap, no repetition"

        reached = before[-1].number
        await eventually(lambda: nodes[1].finalized() > reached + 2, 60, "three of four finalise on")
        assert json.loads(get(f"{url}/readyz"))["chain"]["reachable"]
        assert gauge(url, "chain_age_seconds") < 15
        assert gauge(url, "finality_lag_blocks") <= 6 and gauge(url, "finality_stalled_seconds") < 30
        final = await eventually(lambda: said(tmp_path, "transaction_final"), 30, "the endpoint is final")
        assert final["what"] == "serve"
        assert (await client.neurons.endpoint(NETUID, HOTKEY.ss58)) is not None
