"""What no full node accepts is not exported, with the reason; and no full node accepts it indeed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from ganglion.devnet.export_blocks import export_blocks
from ganglion.keys import Keypair
from ganglion.testing import DevelopmentChain, development_chain
from ganglion_devnode import NodeConfig
from ganglion_devnode.chain.authority import Authorities, development_keystore
from ganglion_devnode.chain.block import Block
from ganglion_devnode.chain.blockfile import BlockFile, SignedBlock, write_count
from ganglion_devnode.node_errors import BlockRefused, NotExportable
from ganglion_devnode.replay import replay

from .full_node import import_blocks

pytestmark = pytest.mark.e2e
ANY_TIME = 1 << 62
ALICE = Keypair.from_uri("//Alice").public_key


def written(path: Path, blocks: list[SignedBlock]) -> Path:
    with path.open("wb") as file:
        write_count(file, len(blocks))
        for block in blocks:
            file.write(block.encode())
    return path


def blocks_of(path: Path) -> list[SignedBlock]:
    with BlockFile(path) as file:
        return list(file)


async def both_refuse(file: Path, folder: Path, last: int, reason: str, full_reason: str) -> None:
    """Both hosts take the blocks before the last one, and then stop."""
    with pytest.raises(BlockRefused, match=reason) as refused:
        await replay(file, NodeConfig(rpc_port=0))
    assert f"block {last}," in str(refused.value)
    code, log = await import_blocks(file, folder, "development")
    assert code != 0 and full_reason in log, (code, log)


async def chain_of(count: int, chain: DevelopmentChain) -> None:
    for n in range(count):
        draft = chain.client.balances.transfer(chain.key("Bob").ss58, 10**9 + n)
        await draft.submit(chain.key("Alice"))


async def test_a_head_in_the_future(tmp_path: Path) -> None:
    async with development_chain() as chain:
        await chain_of(3, chain)
        await chain.client.rpc.request("dev_timeTravel", [{"seconds": 40 * 86_400}])
        await chain.blocks(1)
        with pytest.raises(NotExportable, match=r"slot of block 4 is 8\d{5}\.\d s in the future") as error:
            await export_blocks(chain.client.rpc, tmp_path / "none")
        assert error.value.fault == "user" and "--to" in (error.value.hint or "")
        assert not os.listdir(tmp_path)
        file = tmp_path / "past"
        assert (await export_blocks(chain.client.rpc, file, last=3)).last == 3
        assert (await import_blocks(file, tmp_path / "full", "development"))[0] == 0
        future = tmp_path / "future"
        await export_blocks(chain.client.rpc, future, wall=lambda: ANY_TIME)
    await both_refuse(future, tmp_path / "refusing", 4, "in the future", "too far in the future")


async def test_storage_set_from_outside(tmp_path: Path) -> None:
    async with development_chain() as chain:
        await chain_of(2, chain)
        await chain.client.rpc.request("dev_setStorage", [[["0x1234", "0x5678"]]])
        await chain.blocks(1)
        with pytest.raises(NotExportable, match="block 3 holds storage that dev_setStorage wrote"):
            await export_blocks(chain.client.rpc, tmp_path / "none")
        file = tmp_path / "blocks"
        assert (await export_blocks(chain.client.rpc, file, last=2)).last == 2
        unmarked = SignedBlock(chain.node.chain.ledger.require(chain.node.chain.ledger.block_hash(3)))
    blocks = written(tmp_path / "synthetic", [*blocks_of(file), unmarked])
    await both_refuse(blocks, tmp_path / "full", 3, "dev_setStorage", "error importing block")


@pytest.mark.parametrize("damage", ["state root", "extrinsics", "seal"])
async def test_changed_blocks(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "blocks"
    async with development_chain() as chain:
        await chain_of(4, chain)
        await export_blocks(chain.client.rpc, file)
    blocks = blocks_of(file)
    blocks[2] = SignedBlock(_damaged(blocks[2].block, damage))
    changed = written(tmp_path / "changed", blocks)
    reasons = {
        "state root": "does not execute",
        "extrinsics": "does not execute",
        "seal": "its seal is not by",
    }
    await both_refuse(changed, tmp_path / "full", 3, reasons[damage], "error importing block")


def _damaged(block: Block, damage: str) -> Block:
    """A block that claims something false, sealed by the author whose turn it is; or sealed by nobody."""
    if damage == "seal":
        seal = replace(block.header.digest[-1], data=bytes(64))
        return Block.of(block.header.without_seal().with_item(seal), block.extrinsics)
    header = block.header.without_seal()
    if damage == "state root":
        header = replace(header, state_root=bytes(32))
    extrinsics = block.extrinsics if damage == "state root" else block.extrinsics[:-1]
    return Block.of(Authorities(development_keystore()).seal(header, ALICE), extrinsics)
