#!/usr/bin/env python3
"""What a full node answers: metagraphs per second and the size of the state, by the number of neurons.

The subnet is made by transactions on a development chain in this process; its state becomes the genesis of a chain
specification, from which a full node starts. `python -m tests.e2e.multihost.load.reads` prints JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

from ganglion.testing import DevelopmentChain, development_chain

from ....full_node import FullNode

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bench"))

from populated import NETUID, populate

SIZES = (64, 256)
CALLERS = (1, 8)
SECONDS = 8.0
METHOD = "MetagraphApi_metagraph"
ARGUMENT = "0x" + NETUID.to_bytes(2, "little").hex()


async def state(chain: DevelopmentChain) -> dict[str, str]:
    """Every key and value, 0x-hex."""
    return dict(await chain.client.rpc.request("state_getPairs", ["0x"]))


def size(pairs: dict[str, str]) -> int:
    """Bytes of keys and values without the code."""
    return sum((len(key) + len(value) - 4) // 2 for key, value in pairs.items() if key != "0x3a636f6465")


def specification(pairs: dict[str, str], file: Path) -> Path:
    """A chain whose genesis holds this state."""
    file.write_text(
        json.dumps(
            {
                "name": "Reads",
                "id": f"reads-{file.stem}",
                "chainType": "Development",
                "bootNodes": [],
                "telemetryEndpoints": None,
                "protocolId": None,
                "properties": None,
                "codeSubstitutes": {},
                "genesis": {"raw": {"top": pairs, "childrenDefault": {}}},
            }
        )
    )
    return file


async def reads_per_second(url: str, callers: int) -> tuple[float, int]:
    """Metagraphs per second with so many callers at once, and the bytes of one."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "state_call", "params": [METHOD, ARGUMENT]}
    ends, done, length = time.monotonic() + SECONDS, 0, 0

    async def caller(session: aiohttp.ClientSession) -> None:
        nonlocal done, length
        while time.monotonic() < ends:
            async with session.post(url, json=body) as response:
                length = (len((await response.json())["result"]) - 2) // 2
            done += 1

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
        began = time.monotonic()
        await asyncio.gather(*(caller(session) for _ in range(callers)))
        return done / (time.monotonic() - began), length


async def measure(neurons: int, folder: Path) -> dict[str, Any]:
    """Figures for one size."""
    async with development_chain() as chain:
        before = size(await state(chain))
        await populate(chain.client, chain.blocks, neurons)
        pairs = await state(chain)
    spec = specification(pairs, folder / f"{neurons}.json")
    node = await asyncio.to_thread(FullNode, "--chain", spec, folder=folder / str(neurons))
    try:
        url = node.url.replace("ws", "http")
        rates = {callers: await reads_per_second(url, callers) for callers in CALLERS}
    finally:
        await asyncio.to_thread(node.end)
    return {
        "neurons": neurons,
        "state_bytes": size(pairs) - before,
        "metagraph_bytes": rates[CALLERS[0]][1],
        "per_second": {callers: round(rate, 1) for callers, (rate, _) in rates.items()},
    }


async def run() -> list[dict[str, Any]]:
    """All sizes."""
    with tempfile.TemporaryDirectory(prefix="ganglion-reads-") as folder:
        return [await measure(neurons, Path(folder)) for neurons in SIZES]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run()), indent=1))
