"""What two hosts say of the same blocks, read over RPC from both and compared byte for byte."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

from ganglion import Client
from ganglion.errors import RpcError

EVENTS = "0x26aa394eea5630e07c48ae0c9558cef780d41e5e16056765bc8461851072c9d7"  # System.Events
AT_ONCE = 16
RESULTS = ("dispatch_error", "error", "result", "sudo_result")  # fields of events that tell of failures


@dataclass(frozen=True)
class BlockFacts:
    """One block.

    Attributes:
        header: with state root, extrinsics root and digest, as `chain_getHeader` gives it.
        extrinsics: 0x-hex.
        events: SCALE bytes of the block's events, dispatch errors included, 0x-hex.
    """

    number: int
    hash: str
    header: dict[str, Any]
    extrinsics: tuple[str, ...]
    events: str


async def facts(client: Client, number: int) -> BlockFacts:
    """Of one block."""
    block_hash = await client.rpc.request("chain_getBlockHash", [number])
    block, events = await asyncio.gather(
        client.rpc.request("chain_getBlock", [block_hash]),
        client.rpc.request("state_getStorage", [EVENTS, block_hash]),
    )
    header = block["block"]["header"]
    return BlockFacts(number, block_hash, header, tuple(block["block"]["extrinsics"]), events)


async def compare_chains(one: Client, other: Client, last: int) -> None:
    """Assert that blocks 0 to ``last`` are the same on both, with the same events in their states."""
    for start in range(0, last + 1, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, last + 1))
        left = await asyncio.gather(*(facts(one, number) for number in numbers))
        right = await asyncio.gather(*(facts(other, number) for number in numbers))
        for a, b in zip(left, right, strict=True):
            assert a == b, f"block {a.number} differs"


async def compare_verdicts(one: Client, other: Client, transactions: list[bytes], head: str) -> int:
    """Assert that both give every transaction the same verdict after block ``head``; returns how many are refused.

    Asks for validity as a pool does, and applies each to the head's state: what is refused never stands in a
    block, so that its error shows only here.
    """
    external, refused = "02", 0
    for data in transactions:
        calls = (
            ("TaggedTransactionQueue_validate_transaction", "0x" + external + data.hex() + head[2:]),
            ("BlockBuilder_apply_extrinsic", "0x" + data.hex()),
        )
        for method, argument in calls:
            left, right = await asyncio.gather(
                _answer(one, method, argument, head), _answer(other, method, argument, head)
            )
            assert left == right, f"{method} of 0x{data.hex()}: {left} and {right}"
        refused += left is None or left.startswith("0x01")
    return refused


async def _answer(client: Client, method: str, argument: str, at: str) -> str | None:
    """The runtime's answer; None if it traps."""
    try:
        return await client.rpc.request("state_call", [method, argument, at])
    except RpcError:
        return None


async def compare_states(one: Client, other: Client, block_hash: str) -> int:
    """Assert that the states of a block hold the same keys and values; returns how many keys."""
    count, start = 0, None
    while True:
        page = ["0x", 1000, start, block_hash]
        keys, others = await asyncio.gather(
            one.rpc.request("state_getKeysPaged", page), other.rpc.request("state_getKeysPaged", page)
        )
        assert keys == others
        if not keys:
            return count
        left, right = await asyncio.gather(
            one.rpc.request("state_queryStorageAt", [keys, block_hash]),
            other.rpc.request("state_queryStorageAt", [keys, block_hash]),
        )
        assert sorted(left[0]["changes"]) == sorted(right[0]["changes"])
        count, start = count + len(keys), keys[-1]


async def outcomes(client: Client, last: int) -> tuple[Counter[str], Counter[str]]:
    """How often each event, and each dispatch error, is in blocks 1 to ``last``."""
    events: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    for number in range(1, last + 1):
        for event in await client.events.at(await client.chain.hash(number)):
            events[f"{event.pallet}.{event.name}"] += 1
            for field, value in event.fields.items():
                if field in RESULTS and value != "Ok" and not (isinstance(value, dict) and "Ok" in value):
                    errors[str(value)] += 1
    return events, errors
