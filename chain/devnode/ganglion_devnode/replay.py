"""Re-executes a file of blocks: verifies what another host of the same runtime made, or takes its chain over.

Knows the file, the chain that it extends, and no network.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from ganglion_devnode.chain.authority import development_keystore
from ganglion_devnode.chain.blockfile import BlockFile
from ganglion_devnode.chain.importer import Importer
from ganglion_devnode.chain.ledger import Ledger
from ganglion_devnode.chain.runtimes import Runtimes
from ganglion_devnode.config import NodeConfig
from ganglion_devnode.opening import open_ledger

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did.

    Attributes:
        imported, known: blocks executed, and blocks that the chain had already.
        extrinsics: in the executed blocks, inherents included.
        head, hash, state_root: of the newest block; hashes as 0x-hex.
    """

    imported: int
    known: int
    extrinsics: int
    head: int
    hash: str
    state_root: str


async def replay(path: Path, config: NodeConfig, progress: Progress | None = None) -> Replayed:
    """Import all blocks of a file into the chain of `config` (in memory without a base path).

    Args:
        progress: called with blocks done and their total, now and then.

    Raises:
        BadBlockFile: the file is unreadable or damaged.
        BlockRefused: a block is wrong; those before it are kept.
    """
    async with AsyncExitStack() as cleanup:
        runtimes = Runtimes(development_keystore(), config.call_seconds, config.cache_dir)
        ledger, _ = await open_ledger(config, runtimes, cleanup)
        return await replay_into(ledger, runtimes, path, progress)


async def replay_into(
    ledger: Ledger, runtimes: Runtimes, path: Path, progress: Progress | None = None
) -> Replayed:
    """As `replay`, into an open chain."""
    importer = Importer(ledger, runtimes)
    imported = known = extrinsics = 0
    with BlockFile(path) as file:
        for signed in file:
            new = await importer.add(signed.block)
            imported, known = imported + new, known + (not new)
            extrinsics += len(signed.block.extrinsics) if new else 0
            if progress is not None and (imported + known) % 100 == 0:
                progress(imported + known, file.count)
            await asyncio.sleep(0)
    head = ledger.head
    root = "0x" + head.header.state_root.hex()
    return Replayed(imported, known, extrinsics, head.number, "0x" + head.hash.hex(), root)
