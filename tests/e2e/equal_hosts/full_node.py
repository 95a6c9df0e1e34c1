"""Files of blocks through the full node, and a full node that keeps every state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ...full_node import FullNode, run

COMMAND_SECONDS = 300
KEEP_ALL = ("--state-pruning", "archive", "--blocks-pruning", "archive")


async def import_blocks(file: Path, base_path: Path, chain: str) -> tuple[int, str]:
    """Import a file into the chain in a folder; the exit code and what the node logged."""
    words = ("import-blocks", "--chain", chain, "--base-path", base_path, *KEEP_ALL, "--binary", file)
    done = await asyncio.to_thread(run, *words, timeout=COMMAND_SECONDS)
    return done.returncode, done.stderr


async def export_blocks(file: Path, base_path: Path, chain: str, last: int) -> None:
    """Export the chain in a folder up to a block, as the full node does it."""
    words = ("export-blocks", "--chain", chain, "--base-path", base_path, "--to", str(last), "--binary", file)
    done = await asyncio.to_thread(run, *words, timeout=COMMAND_SECONDS)
    assert done.returncode == 0, done.stderr


@asynccontextmanager
async def running(base_path: Path, chain: str, *options: str) -> AsyncIterator[str]:
    """A running node; gives the URL of its RPC."""
    words = ("--chain", chain, "--rpc-methods", "unsafe", *KEEP_ALL, *options)
    node = await asyncio.to_thread(FullNode, *words, folder=base_path)
    try:
        yield node.url
    finally:
        assert await asyncio.to_thread(node.end) == 0, node.log()[-3000:]
