"""Block 0 from a preset and from chain specification files, and a runtime that is replaced while the chain runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import zstandard

from ganglion.artifacts import runtime_artifact
from ganglion_devnode import DevNode
from ganglion_devnode.chain.genesis import merge
from ganglion_devnode.executor import load_code
from ganglion_devnode.executor.code import ZSTD_PREFIX
from ganglion_devnode.node_errors import InvalidConfig
from ganglion_devnode.state import CODE_KEY

from .devnode_client import StartNode, Ws
from .devnode_signing import ALICE, BOB, Signer


def write(folder: Path, genesis: object, **changes: object) -> str:
    path = folder / "spec.json"
    path.write_text(json.dumps({"name": "From a file", "id": "from-file", "genesis": genesis, **changes}))
    return str(path)


def test_merging_configurations() -> None:
    base = {"a": {"x": 1, "y": [1, 2]}, "b": 5}
    patch = {"a": {"y": [3], "z": None}, "b": {"n": 10**30}}
    assert merge(base, patch) == {"a": {"x": 1, "y": [3], "z": None}, "b": {"n": 10**30}}
    assert base == {"a": {"x": 1, "y": [1, 2]}, "b": 5}


async def test_a_plain_specification_with_the_presets_patch_has_the_presets_genesis(
    start: StartNode, node: DevNode, tmp_path: Path
) -> None:
    preset = json.loads((await node.chain.runtime()).preset("development") or b"")
    code = "0x" + runtime_artifact().code().hex()
    plain = await start(chain=write(tmp_path, {"runtimeGenesis": {"code": code, "patch": preset}}))
    assert plain.chain.ledger.genesis.hash == node.chain.ledger.genesis.hash
    other = merge(preset, {"balances": {"balances": preset["balances"]["balances"][:3]}})
    less = await start(chain=write(tmp_path, {"runtimeGenesis": {"code": code, "patch": other}}))
    assert less.chain.ledger.genesis.hash != node.chain.ledger.genesis.hash


async def test_a_raw_specification_reproduces_a_chain(
    start: StartNode, node: DevNode, tmp_path: Path
) -> None:
    top = {"0x" + key.hex(): "0x" + value.hex() for key, value in node.chain.state.main.items()}
    raw = await start(chain=write(tmp_path, {"raw": {"top": top, "childrenDefault": {}}}), verify_blocks=True)
    assert raw.chain.ledger.genesis.hash == node.chain.ledger.genesis.hash
    await raw.chain.new_block(3)


@pytest.mark.parametrize(
    ("genesis", "text"),
    [
        ({}, "malformed"),
        ({"raw": {"top": {"0x00": "0x00"}}}, ":code is missing"),
        ({"raw": {"top": {"zz": "0x00"}}}, "malformed"),
        ({"runtimeGenesis": {"patch": {}, "config": {}}}, "more than one"),
        ({"runtimeGenesis": {"config": {"balances": 5}}}, "refuses the genesis configuration"),
        ({"runtimeGenesis": {"patch": {"nothing": {"x": 1}}}}, "refuses the genesis configuration"),
    ],
)
async def test_wrong_specifications(start: StartNode, tmp_path: Path, genesis: object, text: str) -> None:
    with pytest.raises(InvalidConfig, match=text):
        await start(chain=write(tmp_path, genesis))


async def test_a_missing_specification(start: StartNode, tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="can't be read"):
        await start(chain=str(tmp_path / "nothing.json"))


async def test_several_authorities_take_turns(start: StartNode, node: DevNode, tmp_path: Path) -> None:
    preset = json.loads((await node.chain.runtime()).preset("development") or b"")
    (alice,) = preset["session"]["keys"]
    bob = [BOB.ss58_address, BOB.ss58_address, {"aura": BOB.ss58_address, "grandpa": BOB.ss58_address}]
    patch = merge(preset, {"session": {"keys": [alice, bob]}})
    shared = await start(chain=write(tmp_path, {"runtimeGenesis": {"patch": patch}}), verify_blocks=True)
    await shared.chain.new_block(6)
    slots = []
    for number in range(1, 7):
        block = shared.chain.ledger.require(shared.chain.ledger.block_hash(number) or b"")
        slots.append(block.header.slot() or 0)
        author = (ALICE, BOB)[slots[-1] % 2]
        assert author.verify(block.header.without_seal().hash(), block.header.digest[-1].data)
    assert [slot - slots[0] for slot in slots] == list(range(6))


async def test_runtime_upgrade_by_sudo(node: DevNode, ws: Ws) -> None:
    """The same runtime in other compression is other code: it is compiled, and counts from the next block on."""
    signer = Signer(node.url)
    old = node.chain.state.get(CODE_KEY) or b""
    new = ZSTD_PREFIX + zstandard.compress(load_code(old), 3)
    assert new != old
    data = await signer.sudo("System", "set_code_without_checks", {"code": "0x" + new.hex()})
    watched = await ws.call("author_submitAndWatchExtrinsic", "0x" + data.hex())
    await ws.until(watched, "finalized")
    upgraded = node.chain.head
    assert node.chain.state.get(CODE_KEY) == new
    assert upgraded.header.runtime_updated
    assert "System.CodeUpdated" in await signer.events("0x" + upgraded.hash.hex())
    assert await node.chain.runtime() is not await node.chain.runtime(
        node.chain.ledger.state_of(node.chain.ledger.genesis)
    )
    await node.chain.new_block(3)
    watched = await ws.call("author_submitAndWatchExtrinsic", "0x" + (await signer.transfer()).hex())
    assert "finalized" in (await ws.until(watched, "finalized"))[-1]
    await signer.close()
