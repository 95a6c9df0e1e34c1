"""The development chain: seconds from start to the first block, and blocks per second, empty and full.

`python tests/bench/chain.py` prints one JSON object. The chain runs as its own process and is asked over HTTP.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measuring import Subject, main, seconds_async
from processes import Rpc, free_port, memory, process, session

from ganglion.client import Client
from ganglion.keys import Keypair, ss58
from ganglion_devnode import DevNode, NodeConfig

COMMAND = str(Path(sys.executable).with_name("ganglion"))
START_SECONDS = 60.0
TRANSFERS = 100
ALICE = Keypair.from_uri("//Alice")
ABOUT = (
    "`ganglion devnet chain` and `ganglion devnet up` are started as a user does; the clock runs from the start of "
    "the process to the answer of `chain_getBlockHash(1)`. Python's bytecode is cached, as after any first start. "
    "Block rates: instant sealing, in memory, the sealing alone (transfers are in the pool already) and with the "
    "submission of the transfers."
)


@dataclass(frozen=True)
class Running:
    """A `ganglion devnet chain`: its RPC, its process, and the seconds until it answered."""

    rpc: Rpc
    pid: int
    answered: float

    @property
    def url(self) -> str:
        """For clients over WebSocket."""
        return self.rpc.url.replace("http", "ws")

    async def new_block(self) -> None:
        """Make a block."""
        await self.rpc.call("dev_newBlock")


@asynccontextmanager
async def chain(folder: Path, *flags: str, cache: Path | None = None) -> AsyncIterator[Running]:
    """Start `ganglion devnet chain` and wait until it answers."""
    port, log = free_port(), folder / "chain.log"
    env = {} if cache is None else {"XDG_CACHE_HOME": str(cache)}
    began = time.perf_counter()
    words = [COMMAND, "devnet", "chain", "--rpc-port", str(port), *flags]
    async with process(words, log, env) as started, session() as http:
        rpc = Rpc(http, f"http://127.0.0.1:{port}")
        await rpc.until(lambda it: it.call("system_chain"), START_SECONDS, started, log)
        yield Running(rpc, started.pid, time.perf_counter() - began)


async def first_block(rpc: Rpc) -> Any:
    """Hash of block 1, None before there is one."""
    return await rpc.call("chain_getBlockHash", 1)


async def start_instant(cache: Path | None = None) -> float:
    """Seconds to a block that was asked for as soon as the RPC answered."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        async with chain(Path(folder), cache=cache) as node:
            await node.new_block()
            assert await first_block(node.rpc)
            return time.perf_counter() - began


async def start_cold() -> float:
    """The same where the runtime was never compiled."""
    with tempfile.TemporaryDirectory() as cache:
        return await start_instant(Path(cache))


async def start_interval() -> tuple[float, float]:
    """Seconds to the first block of a chain that keeps wall time, and to the first answer of its RPC."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        async with chain(Path(folder), "--sealing", "interval") as node:
            while not await first_block(node.rpc):  # noqa: ASYNC110 (a block is only seen by asking)
                await asyncio.sleep(0.005)
            return time.perf_counter() - began, node.answered


async def start_devnet() -> float:
    """Seconds from `ganglion devnet up` to its chain's first block."""
    with tempfile.TemporaryDirectory() as folder:
        port, log = free_port(), Path(folder) / "up.log"
        ports = ["--rpc-port", str(port), "--gateway-port", "0", "--miner-port", "0"]
        began = time.perf_counter()
        words = [COMMAND, "devnet", "up", "--dir", f"{folder}/devnet", *ports]
        async with process(words, log) as started, session() as http:
            await Rpc(http, f"http://127.0.0.1:{port}").until(first_block, START_SECONDS, started, log)
            return time.perf_counter() - began


async def start_in_process() -> float:
    """Seconds of DevNode.start and one block, as in a test."""
    began = time.perf_counter()
    node = await DevNode.start(NodeConfig(rpc_port=0))
    await node.chain.new_block()
    took = time.perf_counter() - began
    await node.stop()
    return took


async def starts(subject: Subject) -> None:
    """All ways to start."""
    chain_start = "process start of `ganglion devnet chain` to block 1"
    figure = subject.figure
    for _ in range(subject.rounds):
        figure("start_instant", "s", f"{chain_start}, instant sealing").add(await start_instant())
        block, answered = await start_interval()
        figure("start_interval", "s", f"{chain_start}, interval sealing: waits for the next 1 s slot").add(
            block
        )
        figure("start_rpc", "s", "process start of `ganglion devnet chain` to its first RPC answer").add(
            answered
        )
        cold = f"{chain_start}, instant sealing, runtime not compiled yet"
        figure("start_cold", "s", cold).add(await start_cold())
        in_process = "`DevNode.start` to block 1 inside a test"
        figure("start_in_process", "s", in_process).add(await start_in_process())
        figure("start_devnet", "s", "process start of `ganglion devnet up` to block 1").add(
            await start_devnet()
        )


class Transfers:
    """Signed transfers of one sender to accounts that exist."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._to = [ss58.encode(bytes([7]) * 31 + bytes([i])) for i in range(TRANSFERS)]
        self._nonce = 0

    async def next(self) -> list[str]:
        """One for each receiver, as hex."""
        signed = []
        for to in self._to:
            draft = self._client.balances.transfer(to, 10_000_000)
            signed.append((await draft.sign(ALICE, nonce=self._nonce, period=None)).data.hex())
            self._nonce += 1
        return ["0x" + data for data in signed]


async def full_block(rpc: Rpc, transfers: list[str]) -> tuple[float, float]:
    """Seconds to submit, and to seal, all transfers in one block."""
    began = time.perf_counter()
    await rpc.batch([("author_submitExtrinsic", [data]) for data in transfers])
    submitted = time.perf_counter()
    block = await rpc.call("dev_newBlock")
    sealed = time.perf_counter()
    extrinsics = (await rpc.call("chain_getBlock", block))["block"]["extrinsics"]
    if set(transfers) - set(extrinsics):
        raise RuntimeError(f"the block holds {len(extrinsics)} extrinsics and not all transfers")
    return submitted - began, sealed - submitted


class Rates:
    """Blocks per second of one node, empty and full."""

    def __init__(self, subject: Subject, node: Running, transfers: Transfers) -> None:
        self._subject = subject
        self._node = node
        self._transfers = transfers
        self.empty_blocks = 50 if subject.quick else 1_000
        subject.workload(empty_blocks_per_round=self.empty_blocks, transfers_per_block=TRANSFERS)

    async def one_round(self) -> None:
        """Empty blocks, then a full one."""
        rpc, figure, count = self._node.rpc, self._subject.figure, self.empty_blocks
        took = await seconds_async(lambda: rpc.call("dev_newBlock", count))
        figure("blocks_empty", "blocks/s", "empty blocks, one call for all of a round").add(count / took)
        took = await seconds_async(self._node.new_block, count // 5)
        figure("blocks_empty_asked", "blocks/s", "empty blocks, one call each").add(1 / took)
        submit, seal = await full_block(rpc, await self._transfers.next())
        full = f"blocks with {TRANSFERS} signed transfers"
        figure("blocks_full", "blocks/s", f"{full}, sealing").add(1 / seal)
        figure("blocks_full_submitted", "blocks/s", f"{full}, validation and sealing").add(
            1 / (submit + seal)
        )
        figure("transfers", "transfers/s", "transfers validated and sealed").add(TRANSFERS / (submit + seal))


async def rates(subject: Subject) -> None:
    """Blocks per second, and what the process holds before and after."""
    with tempfile.TemporaryDirectory() as folder:
        async with chain(Path(folder), "--sealing", "manual") as node, Client(node.url) as client:
            subject.figure("memory_start", "MB", "memory of the chain's process after its start").add(
                memory(node.pid)
            )
            transfers = Transfers(client)
            await full_block(node.rpc, await transfers.next())  # the receivers exist from here on
            several = Rates(subject, node, transfers)
            for _ in range(subject.rounds):
                await several.one_round()
            blocks = (await client.chain.height()) // 100 * 100
            subject.figure(
                "memory_blocks", "MB", f"memory of the chain's process after {blocks:,} blocks"
            ).add(memory(node.pid))


async def measure(quick: bool) -> dict[str, Any]:
    """All figures."""
    subject = Subject(ABOUT, quick)
    await start_in_process()  # compiles the runtime where that has not happened
    await start_instant()  # and the modules
    await start_devnet()
    await starts(subject)
    await rates(subject)
    return subject.to_json()


def run(quick: bool) -> dict[str, Any]:
    """All figures of this benchmark."""
    return asyncio.run(measure(quick))


if __name__ == "__main__":
    sys.exit(main(run))
