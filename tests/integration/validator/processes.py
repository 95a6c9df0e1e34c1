"""A real chain in this process, and daemons in processes of their own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession

from ganglion.balance import Balance
from ganglion.client import Client
from ganglion.keys import Keypair
from ganglion_devnode import DevNode, NodeConfig
from ganglion_validator.scoring import MinerKey, Record
from ganglion_validator.store import Store

NETUID = 1
ALICE, BOB, CHARLIE = (Keypair.from_uri(f"//{name}") for name in ("Alice", "Bob", "Charlie"))
OWNER, VALIDATOR, MINER = (Keypair.from_uri(f"//{name}") for name in ("owner-hot", "v-hot", "m-hot"))
STAKE = Balance.parse("100 GNG")
PATIENCE = 120.0  # seconds; two daemons import torch on a busy machine


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Network:
    """A chain that can be stopped and started again at the same address; blocks are made when a test says so."""

    def __init__(self, folder: Path, genesis_time: int | None = None) -> None:
        self.folder = folder
        self.genesis_time = genesis_time  # of the chain's clock, milliseconds; None is a month ago
        self.port = free_port()
        self.node: DevNode | None = None
        self.client: Client | None = None

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self.node = await DevNode.start(
            NodeConfig(rpc_port=self.port, base_path=self.folder, genesis_time=self.genesis_time)
        )
        self.client = await Client(self.url).connect()

    async def stop(self) -> None:
        client, node, self.client, self.node = self.client, self.node, None, None
        if client is not None:
            await client.close()
        if node is not None:
            await node.stop()

    async def create_subnet(self) -> None:
        """An active subnet with one registered miner."""
        assert self.client is not None
        lock = await self.client.subnets.lock_price()
        await self.client.subnets.create(OWNER.ss58, int(lock) * 2).submit(ALICE)
        await self.client.subnets.start(NETUID).submit(ALICE)
        await self.client.system.sudo(self.client.subnets.activate(NETUID)).submit(ALICE)
        await self.register(MINER, CHARLIE)

    async def register(self, hotkey: Keypair, coldkey: Keypair) -> None:
        assert self.client is not None
        price = await self.client.subnets.registration_price(NETUID)
        await self.client.neurons.register(NETUID, hotkey.ss58, int(price) * 2).submit(coldkey)

    async def stake(self) -> None:
        assert self.client is not None
        await self.client.staking.add_stake(VALIDATOR.ss58, NETUID, int(STAKE)).submit(BOB)

    async def blocks(self, count: int) -> None:
        assert self.node is not None
        for _ in range(count):
            await self.node.chain.new_block()

    async def key_of(self, hotkey: Keypair) -> MinerKey:
        assert self.client is not None
        metagraph = await self.client.metagraph(NETUID)
        uid = metagraph.hotkey_addresses.index(hotkey.ss58)
        return MinerKey(hotkey.ss58, int(metagraph.registered_at[uid]))

    async def until(self, holds: Callable[[], Any], *, tick: float = 0.25, blocks: bool = True) -> Any:
        """Make blocks until something holds; what it then is. Fails after PATIENCE seconds."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found = holds()
                if asyncio.iscoroutine(found):
                    found = await found
                if found:
                    return found
                if blocks:
                    await self.blocks(1)
                await asyncio.sleep(tick)

    async def open_commits(self) -> list[Any]:
        assert self.client is not None
        return list(await self.client.weights.open_commits(NETUID, 0, VALIDATOR.ss58))

    async def row(self) -> list[tuple[int, int]]:
        """The validator's weights on chain."""
        assert self.client is not None
        uid = await self.client.neurons.uid(NETUID, VALIDATOR.ss58)
        return (await self.client.weights.all(NETUID)).get(uid, [])


def seed_scores(folder: Path, records: dict[MinerKey, float]) -> None:
    """Scores of earlier rounds, as a validator leaves them on its disk."""
    store = Store(folder / f"validator-{NETUID}-{VALIDATOR.ss58}.sqlite")
    store.save_records({key: Record("generate", score) for key, score in records.items()})
    store.close()


@dataclass
class Daemon:
    """A daemon and where it can be looked at."""

    process: asyncio.subprocess.Process
    port: int
    log_file: Path
    stderr: Path

    def events(self, name: str) -> list[dict[str, Any]]:
        """Its log lines of one kind."""
        lines = self.log_file.read_text().splitlines() if self.log_file.exists() else []
        return [one for line in lines if (one := json.loads(line))["event"] == name]

    def said(self) -> str:
        return self.stderr.read_text()

    async def get(self, path: str) -> tuple[int, Any]:
        async with ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{self.port}{path}") as response:
                return response.status, await response.json()

    async def chat(self) -> tuple[int, Any]:
        body = {"model": "ganglion-tiny", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 8}
        async with ClientSession() as session:
            async with session.post(
                f"http://127.0.0.1:{self.port}/v1/chat/completions", json=body
            ) as response:
                return response.status, await response.json()

    async def listening(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while True:
                assert self.process.returncode is None, self.said()
                try:
                    await self.get("/healthz")
                    return
                except ClientError:
                    await asyncio.sleep(0.1)

    async def end(self, number: int = signal.SIGTERM) -> int:
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), 30)


@asynccontextmanager
async def daemon(module: str, folder: Path, port: int, flags: dict[str, Any]) -> AsyncIterator[Daemon]:
    """`python -m module` with these flags; killed at the end if it still runs."""
    os.makedirs(folder, exist_ok=True)
    log_file, stderr = folder / "log", folder / "stderr"
    common = {"--netuid": NETUID, "--data-dir": folder, "--log-file": log_file}
    words = [str(part) for pair in (common | flags).items() for part in pair]
    with stderr.open("ab") as sink:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *words, stderr=sink, env=os.environ | {"OMP_NUM_THREADS": "1"}
        )
    try:
        yield Daemon(process, port, log_file, stderr)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def validator(network: Network, folder: Path, port: int | None = None, **flags: Any) -> Any:
    """The validator; looks at the chain often, so that a test need not be slow."""
    port = port or free_port()
    own = {
        "--rpc": network.url,
        "--hotkey": "//v-hot",
        "--gateway-port": port,
        "--chain-interval": 0.1,
        "--registration-poll": 0.1,
    }
    return daemon("ganglion_validator", folder, port, own | flags)


def miner(network: Network, folder: Path) -> Any:
    """An honest miner with the bundled model."""
    port = free_port()
    own = {
        "--rpc": network.url,
        "--hotkey": "//m-hot",
        "--host": "127.0.0.1",
        "--port": port,
        "--metagraph-interval": 0.3,
        "--registration-poll": 0.2,
    }
    return daemon("ganglion_miner", folder, port, own)


async def cli(*words: str) -> None:
    """Run `ganglion` as a user would."""
    code = "import sys; from ganglion.cli import main; sys.exit(main())"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, *words)
    assert await asyncio.wait_for(process.wait(), 60) == 0
