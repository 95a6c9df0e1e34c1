"""Authorities that change and keys that rotate: headers announce it, and both hosts follow."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ganglion import Client
from ganglion.chain.calls import Call
from ganglion.devnet.export_blocks import export_blocks
from ganglion.keys import Keypair
from ganglion.testing import DevelopmentChain, development_chain
from ganglion_devnode import NodeConfig
from ganglion_devnode.chain.blockfile import BlockFile
from ganglion_devnode.chain.header import CONSENSUS, Header
from ganglion_devnode.replay import replay

from .comparing import compare_chains
from .full_node import export_blocks as node_export
from .full_node import import_blocks, running

pytestmark = pytest.mark.e2e
AUTHOR = ("--alice", "--validator", "--force-authoring", "--node-key", "22" * 32)
SESSION = 10  # blocks, of the preset `local`
GRANDPA = b"FRNK"


def session_keys(owner: Keypair, uri: str) -> Call:
    """Announce the keys of a secret URI for an account, with the proof that the owner holds them."""
    aura, grandpa = Keypair.from_uri(uri), Keypair.from_uri(uri, scheme="ed25519")
    statement = b"POP_" + owner.public_key
    keys = {"aura": "0x" + aura.public_key.hex(), "grandpa": "0x" + grandpa.public_key.hex()}
    return Call(
        "Session", "set_keys", {"keys": keys, "proof": aura.sign(statement) + grandpa.sign(statement)}
    )


def hands_over(header: Header) -> bool:
    """Whether the block tells GRANDPA of another authority set."""
    return any((item.kind, item.engine) == (CONSENSUS, GRANDPA) for item in header.digest)


async def submit(client: Client, signer: Keypair, call: Call) -> None:
    await client.compose(call.pallet, call.function, **call.args).submit(signer)


async def authorities(client: Client) -> set[str]:
    return set(await client.call_api("AuraApi", "authorities"))


def hexes(*uris: str) -> set[str]:
    return {"0x" + Keypair.from_uri(uri).public_key.hex() for uri in uris}


async def rotated(client: Client) -> bool:
    return await authorities(client) == hexes("//Rotated")


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask twice a second."""
    for _ in range(400):  # two sessions of 60 blocks
        if await holds():
            return
        await asyncio.sleep(0.5)
    raise AssertionError("not within 200 s")


async def two_sessions(chain: DevelopmentChain) -> None:
    height = await chain.client.chain.height()
    await chain.blocks(2 * SESSION - height % SESSION + 1)


async def test_the_dev_nodes_authorities_change(tmp_path: Path) -> None:
    """Eve joins, Charlie and Dave leave, Bob rotates his keys; the full node checks every seal."""
    file = tmp_path / "blocks"
    async with development_chain(chain="local") as chain:
        client = chain.client
        await submit(client, chain.key("Eve"), session_keys(chain.key("Eve"), "//Eve"))
        accounts = [chain.key(name).ss58 for name in ("Alice", "Bob", "Eve")]
        await chain.sudo(client.compose("Authorities", "set", accounts=accounts))
        await two_sessions(chain)
        assert await authorities(client) == hexes("//Alice", "//Bob", "//Eve")
        await submit(client, chain.key("Bob"), session_keys(chain.key("Bob"), "//Ferdie"))
        await two_sessions(chain)
        assert await authorities(client) == hexes("//Alice", "//Ferdie", "//Eve")
        await chain.blocks(2 * SESSION)
        last = (await export_blocks(client.rpc, file)).last
        code, log = await import_blocks(file, tmp_path / "full", "local")
        assert code == 0, log
        async with running(tmp_path / "full", "local") as url, Client(url) as full:
            await compare_chains(client, full, last)
    with BlockFile(file) as blocks:
        headers = [signed.block.header for signed in blocks]
    assert Counter(map(hands_over, headers))[True] == 2
    assert (await replay(file, NodeConfig(chain="local"))).head == last


@pytest.mark.long
async def test_the_full_nodes_keys_rotate(tmp_path: Path) -> None:
    """Alice works on with other keys; the dev node checks every seal, and proofs of finality travel in the file."""
    file, theirs, base_path = tmp_path / "blocks", tmp_path / "theirs", tmp_path / "full"
    alice = Keypair.from_uri("//Alice")
    async with running(base_path, "development", *AUTHOR) as url:
        async with Client(url) as full:
            for kind, scheme in (("aura", "sr25519"), ("gran", "ed25519")):
                public = Keypair.from_uri("//Rotated", scheme=scheme).public_key
                await full.rpc.request("author_insertKey", [kind, "//Rotated", "0x" + public.hex()])
            await submit(full, alice, session_keys(alice, "//Rotated"))
            await until(lambda: rotated(full))
            height = await full.chain.height()
            await full.chain.wait_for(height + 2, timeout=60, finalized=True)
            last = await full.chain.height()
            await export_blocks(full.rpc, file, last=last)
    await node_export(theirs, base_path, "development", last)
    with BlockFile(file) as blocks:
        signed = list(blocks)
    assert [one for one in signed if one.justifications], (
        "an authority set hands over with a proof of finality"
    )
    assert any(hands_over(one.block.header) for one in signed)
    with BlockFile(theirs) as blocks:
        assert list(blocks) == signed
    assert (await replay(file, NodeConfig())).head == last
