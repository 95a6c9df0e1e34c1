"""Block 0 of every preset that has authorities is the same block on both hosts, and every author's blocks import."""

from __future__ import annotations

from pathlib import Path

import pytest

from ganglion import Client
from ganglion.devnet.export_blocks import export_blocks
from ganglion.testing import development_chain

from .comparing import compare_chains, compare_states
from .full_node import import_blocks, running

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("preset", ["development", "local"])
async def test_the_same_chain_from_genesis_on(preset: str, tmp_path: Path) -> None:
    file = tmp_path / "blocks"
    async with development_chain(chain=preset) as chain:
        for name in ("Alice", "Bob", "Charlie"):
            await chain.client.balances.transfer(chain.key("Dave").ss58, 10**9).submit(chain.key(name))
        await chain.blocks(60)
        last = (await export_blocks(chain.client.rpc, file)).last
        code, log = await import_blocks(file, tmp_path / "full", preset)
        assert code == 0, log
        async with running(tmp_path / "full", preset) as url, Client(url) as full:
            await compare_chains(chain.client, full, last)
            for number in (0, last):
                assert await compare_states(chain.client, full, await full.chain.hash(number)) > 50
            for question in ("system_chain", "system_properties", "state_getMetadata"):
                left = await chain.client.rpc.request(question)
                assert left == await full.rpc.request(question)
