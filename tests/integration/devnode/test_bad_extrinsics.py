"""Extrinsics that must not enter a block: each is refused at once with Substrate's code and reason."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from substrateinterface import Keypair

from ganglion_devnode import DevNode

from .devnode_client import Http, RpcFailure, StartNode
from .devnode_signing import ALICE, BOB, CHARLIE, Signer

POOR = Keypair.create_from_uri("//Nobody funded this one")


@pytest.fixture
async def signer(node: DevNode) -> AsyncIterator[Signer]:
    signer = Signer(node.url)
    yield signer
    await signer.close()


async def refused(http: Http, node: DevNode, data: bytes | str) -> RpcFailure:
    """Submit and expect a refusal; the pool and the chain stay as they are."""
    head = node.chain.head
    with pytest.raises(RpcFailure) as caught:
        await http.call("author_submitExtrinsic", data if isinstance(data, str) else "0x" + data.hex())
    assert len(node.chain.pool) == 0
    assert node.chain.head is head
    return caught.value


async def test_old_nonce(http: Http, node: DevNode, signer: Signer) -> None:
    await http.call("author_submitExtrinsic", "0x" + (await signer.transfer(nonce=0)).hex())
    await node.chain.new_block()
    error = await refused(http, node, await signer.transfer(nonce=0, value=5))
    assert (error.code, error.message, error.data) == (1010, "Invalid Transaction", "Transaction is outdated")


async def test_far_nonce_waits_in_the_future(http: Http, node: DevNode, signer: Signer) -> None:
    await http.call("author_submitExtrinsic", "0x" + (await signer.transfer(nonce=7)).hex())
    assert (node.chain.pool.ready_count, node.chain.pool.future_count) == (0, 1)
    await node.chain.new_block(2)
    assert node.chain.pool.future_count == 1
    assert len(node.chain.head.extrinsics) == 1


async def test_expired_era(http: Http, node: DevNode, signer: Signer) -> None:
    data = await signer.transfer(era={"period": 4, "current": 0})
    await node.chain.new_block(8)
    error = await refused(http, node, data)
    # The runtime no longer knows the birth block's hash as the signed one, or finds it too old.
    assert error.code == 1010
    assert error.data in ("Transaction has a bad signature", "Transaction has an ancient birth block")


async def test_a_mortal_transaction_leaves_the_pool_when_its_era_ends(
    http: Http, node: DevNode, signer: Signer
) -> None:
    data = await signer.transfer(nonce=1, era={"period": 4, "current": 0})  # waits for nonce 0
    await http.call("author_submitExtrinsic", "0x" + data.hex())
    assert len(node.chain.pool) == 1
    await node.chain.new_block(8)
    assert len(node.chain.pool) == 0


async def test_wrong_signature(http: Http, node: DevNode, signer: Signer) -> None:
    data = bytearray(await signer.transfer())
    data[45] ^= 1  # within the 64 bytes after length, version, address and scheme
    error = await refused(http, node, bytes(data))
    assert (error.code, error.data) == (1010, "Transaction has a bad signature")


async def test_signed_for_another_chain(http: Http, start: StartNode, node: DevNode) -> None:
    other = await start(chain="local")
    stranger = Signer(other.url)
    error = await refused(http, node, await stranger.transfer())
    assert (error.code, error.data) == (1010, "Transaction has a bad signature")
    await stranger.close()


async def test_unfunded_account(http: Http, node: DevNode, signer: Signer) -> None:
    error = await refused(http, node, await signer.transfer(POOR, nonce=0))
    assert error.code == 1010
    assert error.data == "Inability to pay some fees (e.g. account balance too low)"


async def test_more_than_the_sender_has_fails_in_the_block_and_costs_the_fee(
    http: Http, node: DevNode, signer: Signer
) -> None:
    before = await signer.free(ALICE)
    await http.call("author_submitExtrinsic", "0x" + (await signer.transfer(value=before * 2)).hex())
    await node.chain.new_block()
    events = await signer.events(await http.call("chain_getBlockHash", 1))
    assert "System.ExtrinsicFailed" in events
    assert 0 < before - await signer.free(ALICE) < 10**8


async def test_the_same_twice(http: Http, node: DevNode, signer: Signer) -> None:
    node.sealer.automine = False
    data = "0x" + (await signer.transfer(CHARLIE)).hex()
    await http.call("author_submitExtrinsic", data)
    with pytest.raises(RpcFailure) as caught:
        await http.call("author_submitExtrinsic", data)
    assert (caught.value.code, caught.value.message) == (1013, "Transaction Already Imported")


async def test_replacement_needs_a_higher_tip(http: Http, node: DevNode, signer: Signer) -> None:
    node.sealer.automine = False
    await http.call("author_submitExtrinsic", "0x" + (await signer.transfer(value=1000, nonce=0)).hex())
    with pytest.raises(RpcFailure) as caught:
        await http.call("author_submitExtrinsic", "0x" + (await signer.transfer(value=2000, nonce=0)).hex())
    assert caught.value.code == 1014
    better = await signer.transfer(value=3000, nonce=0, tip=10**9)
    await http.call("author_submitExtrinsic", "0x" + better.hex())
    await node.chain.new_block()
    assert node.chain.head.extrinsics[1:] == (better,)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("0x", 1001),
        ("0x00", 1001),
        ("0x0400", 1002),  # an extrinsic version that does not exist: the runtime can't decode it
        ("0xdeadbeef", 1001),
        ("0x" + "ff" * 100, 1001),
        ("not hex", -32602),
        ("0x123", -32602),
    ],
)
async def test_bytes_that_are_no_extrinsic(http: Http, node: DevNode, data: str, code: int) -> None:
    assert (await refused(http, node, data)).code == code


async def test_an_extrinsic_larger_than_a_block(http: Http, node: DevNode, signer: Signer) -> None:
    remark = await signer.call("System", "remark", {"remark": "0x" + "00" * (4 << 20)})
    error = await refused(http, node, remark)
    assert (error.code, error.data) == (1010, "Transaction would exhaust the block limits")


async def test_a_large_extrinsic_is_validated_in_the_worker(
    http: Http, node: DevNode, signer: Signer
) -> None:
    remark = await signer.call("System", "remark", {"remark": "0x" + "00" * (1 << 20)}, BOB)
    await http.call("author_submitExtrinsic", "0x" + remark.hex())
    await node.chain.new_block()
    block = await http.call("chain_getBlock", await http.call("chain_getBlockHash", 1))
    assert block["block"]["extrinsics"][1] == "0x" + remark.hex()


async def test_dry_run_tells_the_outcome_and_changes_nothing(
    http: Http, node: DevNode, signer: Signer
) -> None:
    fine = "0x" + (await signer.transfer()).hex()
    root = node.chain.state.root()
    assert await http.call("system_dryRun", fine) == "0x0000"
    assert await http.call("system_dryRun", "0x" + (await signer.transfer(nonce=5)).hex()) == "0x010002"
    assert await http.call("system_dryRun", "0x" + (await signer.transfer(POOR, nonce=0)).hex()) == "0x010001"
    assert node.chain.state.root() == root
    assert node.chain.head.number == 0
