"""Signed transfers, made beforehand, and their way into the nodes' pools at a given pace."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from hashlib import blake2b

import aiohttp

from ganglion import Balance, Client
from ganglion.keys import Keypair

from ..network import Network

FUNDS = Balance.from_gng(100)
ONE = Balance.from_gng("0.001")
BATCH = 50
FUNDED_AT_ONCE = 200
STEP_SECONDS = 0.25
MOST_WAITING = 3_000  # of a pool's 8,192


@dataclass(frozen=True)
class Transaction:
    """A transfer.

    Attributes:
        data: SCALE bytes as 0x-hex.
        hash: blake2-256 of them.
        node: which node gets it; one account's transactions all go to the same one, in order.
    """

    data: str
    hash: str
    node: int


async def prepare(network: Network, senders: int, count: int) -> list[Transaction]:
    """Fund so many accounts and sign so many transfers of them, in turn."""
    keys = [Keypair.from_uri(f"//load//{n}") for n in range(senders)]
    async with Client(network.nodes["alice"].url) as client:
        for start in range(0, senders, FUNDED_AT_ONCE):
            some = keys[start : start + FUNDED_AT_ONCE]
            transfers = [client.balances.transfer(key.ss58, FUNDS) for key in some]
            done = await client.system.batch_all(transfers).submit(Keypair.from_uri("//Alice"))
        await done.finalized()
        runtime = await client.context.runtimes.current()
        call = client.balances.transfer(keys[0].ss58, ONE).call
        composed = runtime.call(call.pallet, call.function, call.arguments())
        made = []
        for n in range(count):
            key = keys[n % senders]
            data = runtime.sign(composed, key, nonce=n // senders)
            made.append(
                Transaction("0x" + data.hex(), blake2b(data, digest_size=32).hexdigest(), n % senders % 4)
            )
        return made


class Sender:
    """Sends transactions evenly over so many seconds, or, with 0 seconds, as the chain takes them.

    Attributes:
        sent_at: time of each transaction that a pool took, by hash.
        included: hashes that were seen in blocks; whoever watches blocks fills it.
        refused: messages of those that no pool took.
        finished: nothing more will be sent.
    """

    def __init__(self, network: Network, transactions: list[Transaction], seconds: float) -> None:
        self._urls = [f"http://{node.host.control}:9944" for node in network.nodes.values()]
        self._transactions = transactions
        self._seconds = seconds
        self.sent_at: dict[str, float] = {}
        self.included: set[str] = set()
        self.refused: list[str] = []
        self.finished = False

    @property
    def all_included(self) -> bool:
        return len(self.included) >= len(self.sent_at)

    async def run(self) -> None:
        """Send all of them."""
        began, done = time.monotonic(), 0
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
            while done < len(self._transactions):
                due = self._due(time.monotonic() - began, done)
                batch = self._transactions[done : done + due]
                done += len(batch)
                await asyncio.gather(
                    *(self._to_node(session, node, batch) for node in range(len(self._urls)))
                )
                await asyncio.sleep(STEP_SECONDS)

    def _due(self, elapsed: float, done: int) -> int:
        if self._seconds:
            return int(len(self._transactions) * min(1.0, (elapsed + STEP_SECONDS) / self._seconds)) - done
        return max(0, min(500, MOST_WAITING - (len(self.sent_at) - len(self.included))))

    async def _to_node(self, session: aiohttp.ClientSession, node: int, batch: list[Transaction]) -> None:
        mine = [one for one in batch if one.node == node]
        for start in range(0, len(mine), BATCH):
            await self._post(session, node, mine[start : start + BATCH])

    async def _post(self, session: aiohttp.ClientSession, node: int, some: list[Transaction]) -> None:
        asked = [
            {"jsonrpc": "2.0", "id": n, "method": "author_submitExtrinsic", "params": [one.data]}
            for n, one in enumerate(some)
        ]
        now = time.time()
        async with session.post(self._urls[node], json=asked) as response:
            answers = await response.json(content_type=None)
        for answer in answers:
            one = some[answer["id"]]
            if "result" in answer:
                self.sent_at[one.hash] = now
            else:
                self.refused.append(str(answer["error"]))
