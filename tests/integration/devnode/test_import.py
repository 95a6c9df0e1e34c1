"""Blocks that others made: taken after all checks of a full node, refused with the rule that they break."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from ganglion.devnet.cli import main
from ganglion.keys import Keypair
from ganglion_devnode import DevNode, NodeConfig
from ganglion_devnode.chain.authority import Authorities, development_keystore
from ganglion_devnode.chain.block import Block
from ganglion_devnode.chain.blockfile import SignedBlock, write_count
from ganglion_devnode.chain.header import AURA, PRE_RUNTIME, DigestItem
from ganglion_devnode.chain.importer import Importer
from ganglion_devnode.chain.ledger import Ledger
from ganglion_devnode.chain.runtimes import Runtimes
from ganglion_devnode.node_errors import BlockRefused
from ganglion_devnode.opening import open_ledger
from ganglion_devnode.replay import replay

from .devnode_client import StartNode
from .devnode_signing import Signer

ALICE, BOB = (Keypair.from_uri(f"//{name}").public_key for name in ("Alice", "Bob"))


@pytest.fixture
async def chain_made(start: StartNode) -> tuple[DevNode, list[Block]]:
    """A node, and its blocks 0 to 5; each but the first has a transfer."""
    node = await start()
    signer = Signer(node.url)
    for _ in range(5):
        await node.chain.intake.submit(await signer.transfer(nonce=node.chain.head.number))
        while node.chain.pool.ready_count:
            await node.chain.new_block()
    await signer.close()
    ledger = node.chain.ledger
    return node, [ledger.require(ledger.block_hash(number) or b"") for number in range(6)]


@pytest.fixture
async def empty(compiled: Path) -> tuple[Ledger, Runtimes]:
    """The same chain at its genesis."""
    runtimes = Runtimes(None, 10.0, compiled)
    ledger, _ = await open_ledger(NodeConfig(), runtimes, AsyncExitStack())
    return ledger, runtimes


def sealed(block: Block, author: bytes = ALICE, **changes: object) -> Block:
    """Another block in its place, sealed anew."""
    extrinsics = changes.pop("extrinsics", block.extrinsics)
    header = replace(block.header.without_seal(), **changes)  # type: ignore[arg-type]
    return Block.of(Authorities(development_keystore()).seal(header, author), extrinsics)  # type: ignore[arg-type]


async def test_the_same_chain(
    chain_made: tuple[DevNode, list[Block]], empty: tuple[Ledger, Runtimes]
) -> None:
    node, blocks = chain_made
    ledger, runtimes = empty
    importer = Importer(ledger, runtimes)
    assert [await importer.add(block) for block in blocks] == [False, *[True] * 5]
    assert ledger.head == node.chain.head
    assert ledger.state.root() == node.chain.state.root()
    assert dict(ledger.state.main.items()) == dict(node.chain.state.main.items())
    assert not await importer.add(blocks[3])


def slot_item(block: Block, slot: int) -> tuple[DigestItem, ...]:
    rest = [
        item for item in block.header.without_seal().digest if (item.kind, item.engine) != (PRE_RUNTIME, AURA)
    ]
    return (DigestItem.aura_slot(slot), *rest)


BREAKING: dict[str, tuple[Callable[[Block], Block], str]] = {
    "another parent": (lambda block: sealed(block, parent_hash=bytes(32)), "follows block 0x0000"),
    "a gap": (lambda block: sealed(block, number=4), "the head here is block 2"),
    "no slot": (lambda block: sealed(block, digest=()), "names no Aura slot"),
    "an old slot": (lambda block: sealed(block, digest=slot_item(block, 5)), "not after its parent's"),
    "a future slot": (lambda block: sealed(block, digest=slot_item(block, 1 << 40)), "s in the future"),
    "another author": (lambda block: sealed(block, author=BOB), "its seal is not by 0x"),
    "no seal": (lambda block: Block.of(block.header.without_seal(), block.extrinsics), "no Aura seal"),
    "another slot": (
        lambda block: sealed(block, digest=slot_item(block, (block.header.slot() or 0) + 1)),
        "does not execute",
    ),
    "another state": (lambda block: sealed(block, state_root=bytes(32)), "does not execute"),
    "another body root": (lambda block: sealed(block, extrinsics_root=bytes(32)), "does not execute"),
    "a missing transaction": (
        lambda block: sealed(block, extrinsics=block.extrinsics[:1]),
        "does not execute",
    ),
    "no inherents": (
        lambda block: sealed(block, extrinsics=block.extrinsics[1:]),
        "does not execute|inherents",
    ),
    "nonsense inside": (
        lambda block: sealed(block, extrinsics=(*block.extrinsics, b"\x04\xff")),
        "does not execute",
    ),
    "a digest item too many": (
        lambda block: sealed(block, digest=(*block.header.without_seal().digest, DigestItem.other(b"x"))),
        "does not execute",
    ),
}


@pytest.mark.parametrize("change", BREAKING)
async def test_broken_blocks(
    chain_made: tuple[DevNode, list[Block]], empty: tuple[Ledger, Runtimes], change: str
) -> None:
    _, blocks = chain_made
    ledger, runtimes = empty
    importer = Importer(ledger, runtimes)
    for block in blocks[1:3]:
        await importer.add(block)
    state = ledger.state
    breaking, reason = BREAKING[change]
    with pytest.raises(BlockRefused, match=reason) as error:
        await importer.add(breaking(blocks[3]))
    assert error.value.fault == "peer" and not error.value.retryable
    assert ledger.head == blocks[2] and ledger.state is state
    assert await importer.add(blocks[3])


async def test_a_fork_is_refused(
    chain_made: tuple[DevNode, list[Block]], empty: tuple[Ledger, Runtimes]
) -> None:
    _, blocks = chain_made
    importer = Importer(*empty)
    for block in blocks:
        await importer.add(block)
    with pytest.raises(BlockRefused, match="this chain has 0x"):
        await importer.add(sealed(blocks[4], state_root=bytes(32)))


async def test_a_file_is_taken_over_in_parts(
    chain_made: tuple[DevNode, list[Block]], compiled: Path, tmp_path: Path
) -> None:
    _, blocks = chain_made
    config = NodeConfig(base_path=tmp_path / "chain", cache_dir=compiled)

    def file(last: int) -> Path:
        path = tmp_path / f"to-{last}"
        with path.open("wb") as out:
            write_count(out, last)
            out.write(b"".join(SignedBlock(block).encode() for block in blocks[1 : last + 1]))
        return path

    first = await replay(file(3), config)
    assert (first.imported, first.known, first.head, first.extrinsics) == (3, 0, 3, 6)
    rest = await replay(file(5), config)
    assert (rest.imported, rest.known, rest.head) == (2, 3, 5)
    assert rest.hash == "0x" + blocks[5].hash.hex()
    assert rest.state_root == "0x" + blocks[5].header.state_root.hex()


async def test_commands_of_users(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What can be got wrong on the command line, each with its hint; standard output stays empty."""
    blocks = str(tmp_path / "blocks")

    def run(*words: str) -> int:
        return main([*words, "--dir", str(tmp_path / "none")])

    wrong = {
        ("export-blocks", "--out", blocks): ("no devnet runs", 2),
        ("export-blocks", "--out", blocks, "--rpc", "ws://127.0.0.1:1", "--base-path", "x"): (
            "two chains",
            2,
        ),
        ("export-blocks", "--out", blocks, "--base-path", str(tmp_path / "x")): ("there is no folder", 2),
        ("import-blocks", blocks): ("can't be read", 2),
    }
    for words, (text, code) in wrong.items():
        assert await asyncio.to_thread(run, *words) == code
        shown = capsys.readouterr()
        assert text in shown.err and shown.out == ""
