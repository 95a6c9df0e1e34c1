"""The metagraph of 256 neurons: one runtime-API call, fetched from a node and decoded into NumPy.

`python tests/bench/metagraph.py` prints one JSON object. The node is a process of its own.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from chain import chain
from measuring import Subject, main, seconds, seconds_async
from populated import NETUID, populate
from processes import Rpc

from ganglion.client import Client
from ganglion.metagraph import decode

NEURONS, QUICK_NEURONS = 256, 16
FETCHES, DECODES, TABLES = 20, 500, 5  # in one round; their mean is the round's value
ABOUT = (
    "A subnet whose neurons, stake, weights and epochs came from transactions. Fetch: `await client.metagraph(1)` over "
    "WebSocket from a node in another process, runtime call and decoding included. Decode: the answer's bytes into "
    "NumPy columns. The rest is what a caller may do with them."
)


async def measure(quick: bool) -> dict[str, Any]:
    """All figures."""
    subject = Subject(ABOUT, quick)
    neurons = QUICK_NEURONS if quick else NEURONS
    with tempfile.TemporaryDirectory() as folder:
        async with chain(Path(folder)) as node, Client(node.url) as client:
            await populate(client, node.new_block, neurons)
            answer = await raw_answer(node.rpc)
            subject.workload(neurons=neurons, bytes=len(answer), fetches_per_round=fetches(quick))
            for _ in range(subject.rounds):
                await one_round(subject, client, answer)
                called = await seconds_async(lambda: raw_answer(node.rpc), fetches(quick))
                subject.figure("call", "ms", "runtime call alone, over HTTP").add(called * 1e3)
    return subject.to_json()


def fetches(quick: bool) -> int:
    """Fetches in one round."""
    return 2 if quick else FETCHES


async def raw_answer(rpc: Rpc) -> bytes:
    """The SCALE bytes that the runtime answers."""
    parameters = "0x" + NETUID.to_bytes(2, "little").hex()
    return bytes.fromhex((await rpc.call("state_call", "MetagraphApi_metagraph", parameters))[2:])


async def one_round(subject: Subject, client: Client, answer: bytes) -> None:
    """Fetch, decode, and what callers do next."""
    fetched = await seconds_async(lambda: client.metagraph(NETUID), fetches(subject.quick))
    subject.figure("fetch", "ms", "fetch and decode").add(fetched * 1e3)
    subject.figure("decode", "ms", "decode alone").add(seconds(lambda: decode(answer), DECODES) * 1e3)
    addressed = seconds(lambda: decode(answer).hotkey_addresses, TABLES)
    subject.figure("addresses", "ms", "decode and the address of each hotkey").add(addressed * 1e3)
    table = seconds(lambda: decode(answer).table(), TABLES)
    subject.figure("table", "ms", "decode and one Python record for each neuron").add(table * 1e3)


def run(quick: bool) -> dict[str, Any]:
    """All figures of this benchmark."""
    return asyncio.run(measure(quick))


if __name__ == "__main__":
    sys.exit(main(run))
