"""Memory stays flat however many blocks are made, and what is kept is what was asked for."""

from __future__ import annotations

import gc

import psutil
import pytest

from ganglion_devnode import DevNode
from ganglion_devnode.storage.memory import KEPT_BLOCKS

from .devnode_client import StartNode
from .devnode_signing import Signer

MIB = 1 << 20


def resident() -> int:
    """Bytes of memory that this process occupies."""
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def kept(node: DevNode) -> dict[str, int]:
    """How many of each thing the chain holds in memory."""
    ledger = node.chain.ledger
    return {
        "tries": len(ledger._history._hot),
        "overwritten": len(ledger._history._undo),
        "rebuilt": len(ledger._history._rebuilt),
        "blocks": len(ledger._store._by_number),  # type: ignore[attr-defined]
        "cached": len(ledger._cache),
    }


async def test_what_is_kept_is_bounded(start: StartNode) -> None:
    node = await start(sealing="manual", state_pruning=100)
    await node.chain.new_block(500)
    settled, before = kept(node), resident()
    await node.chain.new_block(1500)
    after = kept(node)
    assert after.pop("blocks") == 2000
    assert settled.pop("blocks") == 500
    assert after == settled
    assert after["overwritten"] < 100
    assert resident() - before < 12 * MIB


@pytest.mark.long
async def test_ten_thousand_blocks_with_transfers(start: StartNode) -> None:
    node = await start(sealing="manual")
    signer = Signer(node.url)
    await node.chain.new_block(KEPT_BLOCKS + 1024)
    before = resident()
    for nonce in range(100):
        await node.chain.intake.submit(await signer.transfer(nonce=nonce))
        await node.chain.new_block(100)
    await signer.close()
    assert kept(node)["blocks"] == KEPT_BLOCKS
    assert kept(node)["overwritten"] <= 1024
    assert resident() - before < 16 * MIB
    oldest = node.chain.ledger.require(node.chain.ledger.block_hash(node.chain.head.number - 1023) or b"")
    assert node.chain.ledger.state_of(oldest).root() == oldest.header.state_root
