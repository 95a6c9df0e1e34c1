"""Watches a network: which transactions are in which block, when each block was made, seen and finalized, and what
the nodes' processes and databases take."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ganglion.devnet.fleet import pss

from ..network import Network
from ..node import Node
from .sending import Sender

POLL_SECONDS = 0.1
DRAIN_SECONDS = 120


@dataclass(frozen=True)
class Phase:
    """A part of the measurement.

    Attributes:
        count: transactions.
        seconds: over which they are sent; 0 = as fast as the chain takes them.
    """

    name: str
    count: int
    seconds: float


@dataclass
class Blocks:
    """What one node's finalized chain held, by height; times are this machine's clock."""

    best_at: dict[int, float] = field(default_factory=dict)
    final_at: dict[int, float] = field(default_factory=dict)
    transactions: dict[int, list[str]] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)


class Watch:
    """Follows one node's heads.

    Attributes:
        drained: set once everything was sent and is in a finalized block.
    """

    def __init__(self, node: Node, sender: Sender) -> None:
        self._node = node
        self._sender = sender
        self.first = self._finalized = node.finalized()
        self._best = node.number()
        self.blocks = Blocks()
        self.drained = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.to_thread(self._look)
            if self._sender.finished and self._sender.all_included:
                self.drained.set()
            await asyncio.sleep(POLL_SECONDS)

    def _look(self) -> None:
        now = time.time()
        best, final = self._node.number(), self._node.finalized()
        for number in range(self._best + 1, best + 1):
            self.blocks.best_at[number] = now
        for number in range(self._finalized + 1, final + 1):
            self.blocks.final_at[number] = now
            self._read(number)
        self._best, self._finalized = max(best, self._best), max(final, self._finalized)

    def _read(self, number: int) -> None:
        block = self._node.rpc("chain_getBlock", self._node.hash(number), timeout=30)["block"]
        bodies = [bytes.fromhex(one[2:]) for one in block["extrinsics"]]
        hashes = [blake2b(one, digest_size=32).hexdigest() for one in bodies]
        self.blocks.transactions[number] = [one for one in hashes if one in self._sender.sent_at]
        self.blocks.sizes[number] = sum(map(len, bodies))
        self._sender.included.update(self.blocks.transactions[number])


def disk(folder: Path) -> int:
    """Bytes that files take on the disk."""
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


def memory(node: Node) -> int:
    """Proportional set size of a node's process, bytes."""
    assert node.process is not None
    found = pss(node.process.pid)
    assert found is not None
    return found


def settled(node: Node) -> int:
    """Bytes that a node's database takes once its write-ahead log is worked in, which a stop in order does."""
    assert node.stop() == 0, node.log()[-2000:]
    size = disk(node.database)
    node.start()
    return size


async def measure(network: Network, phase: Phase, sender: Sender) -> dict[str, Any]:
    """Run one phase and say what it was like; rates in 1/s, times in seconds, sizes in bytes."""
    nodes = list(network.nodes.values())
    network.healthy()
    space, first = await asyncio.to_thread(settled, nodes[0]), nodes[-1].finalized()
    network.healthy()
    began, load = time.time(), os.getloadavg()[0]
    watch = Watch(nodes[-1], sender)
    watching = asyncio.create_task(watch.run())
    try:
        await asyncio.gather(sender.run(), asyncio.sleep(phase.seconds))
        sender.finished = True
        with suppress(TimeoutError):
            await asyncio.wait_for(watch.drained.wait(), DRAIN_SECONDS)
    finally:
        watching.cancel()
    if watching.done() and not watching.cancelled():
        watching.result()
    took = time.time() - began
    sizes = [memory(node) for node in nodes]
    network.healthy()
    grown, last = await asyncio.to_thread(settled, nodes[0]) - space, nodes[-1].finalized()
    return {
        "phase": phase.name,
        "seconds": round(took, 1),
        "load_average": [round(load, 1), round(os.getloadavg()[0], 1)],
        "memory": sizes,
        "disk_before": space,
        "disk_grown": grown,
        "disk_blocks": [first, last],
        **_blocks(watch.blocks),
        **_transactions(watch.blocks, sender),
    }


def _blocks(blocks: Blocks) -> dict[str, Any]:
    """Blocks, their size, and the time from being the best to being finalized."""
    lags = [blocks.final_at[n] - at for n, at in blocks.best_at.items() if n in blocks.final_at]
    first, last = min(blocks.final_at), max(blocks.final_at)
    return {
        "blocks": last - first + 1,
        "block_seconds": round((blocks.final_at[last] - blocks.final_at[first]) / max(1, last - first), 2),
        "bytes_per_block": round(statistics.mean(blocks.sizes.values())),
        "best_to_final": spread(lags),
    }


def _transactions(blocks: Blocks, sender: Sender) -> dict[str, Any]:
    """Transactions per second, and the time from submission to finality."""
    holding = {number: found for number, found in blocks.transactions.items() if found}
    if not holding:
        return {"sent": len(sender.sent_at), "included": 0}
    final = [blocks.final_at[n] - sender.sent_at[one] for n, found in holding.items() for one in found]
    best = [
        blocks.best_at[n] - sender.sent_at[one]
        for n, found in holding.items()
        if n in blocks.best_at
        for one in found
    ]
    first, last = min(holding), max(holding)
    made = blocks.best_at[last] - min(sender.sent_at.values())
    return {
        "sent": len(sender.sent_at),
        "included": len(sender.included),
        "refused": len(sender.refused),
        "per_second": round(len(sender.included) / made, 1),
        "most_in_a_block": max(map(len, holding.values())),
        "blocks_with_transactions": last - first + 1,
        "submitted_to_best": spread(best),
        "submitted_to_final": spread(final),
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and largest."""
    if not values:
        return {}
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered), 2),
        "p95": round(ordered[int(len(ordered) * 0.95)], 2) if len(ordered) > 1 else round(ordered[0], 2),
        "max": round(ordered[-1], 2),
    }
