"""The stock Python client: connects, reads, pays, transfers, sees its transaction in a block."""

from __future__ import annotations

import asyncio

import aiohttp
from substrateinterface import SubstrateInterface

from ganglion_devnode import DevNode

from .devnode_client import Http, StartNode, Ws
from .devnode_signing import ALICE, BOB, CHARLIE, Signer

GNG = 10**9


def transfer(url: str) -> dict[str, object]:
    """What a script with substrate-interface does."""
    client = SubstrateInterface(url=url)
    before = client.query("System", "Account", [BOB.ss58_address]).value["data"]["free"]
    call = client.compose_call("Balances", "transfer_keep_alive", {"dest": BOB.ss58_address, "value": GNG})
    fee = client.get_payment_info(call, ALICE)["partialFee"]
    extrinsic = client.create_signed_extrinsic(call, ALICE, era={"period": 64})
    receipt = client.submit_extrinsic(extrinsic, wait_for_inclusion=True)
    final = client.submit_extrinsic(client.create_signed_extrinsic(call, ALICE), wait_for_finalization=True)
    facts = {
        "chain": client.chain,
        "token": (client.token_symbol, client.token_decimals),
        "success": (receipt.is_success, final.is_success),
        "fee": (fee, receipt.total_fee_amount),
        "events": [event.value["event_id"] for event in receipt.triggered_events],
        "gained": client.query("System", "Account", [BOB.ss58_address]).value["data"]["free"] - before,
        "accounts": len(list(client.query_map("System", "Account", page_size=5))),
        "height": client.get_block_number(client.get_chain_head()),
        "block": len(client.get_block(receipt.block_hash)["extrinsics"]),
    }
    client.close()
    return facts


async def test_transfer_end_to_end(node: DevNode) -> None:
    facts = await asyncio.to_thread(transfer, node.url)
    assert facts["chain"] == "Ganglion Development"
    assert facts["token"] == ("GNG", 9)
    assert facts["success"] == (True, True)
    assert facts["gained"] == 2 * GNG
    assert facts["height"] == 2
    assert facts["block"] == 2  # the timestamp and the transfer
    assert facts["accounts"] > 5
    assert "Transfer" in facts["events"]  # type: ignore[operator]
    fee, paid = facts["fee"]  # type: ignore[misc]
    assert 0 < paid <= fee * 1.1


def nonce_over_http(url: str) -> int:
    """A read without WebSocket."""
    client = SubstrateInterface(url=url)
    return int(client.query("System", "Account", [ALICE.ss58_address]).value["nonce"])


async def test_reading_over_http(node: DevNode) -> None:
    assert await asyncio.to_thread(nonce_over_http, node.http_url) == 0


async def test_a_hundred_transfers_in_one_block(start: StartNode) -> None:
    node = await start(sealing="manual", verify_blocks=True)
    signer = Signer(node.url)
    hashes = []
    for nonce in range(100):
        hashes.append(await node.chain.intake.submit(await signer.transfer(nonce=nonce)))
    assert node.chain.pool.ready_count == 100
    await node.chain.new_block()
    assert len(node.chain.head.extrinsics) == 101
    assert len(node.chain.pool) == 0
    assert (await signer.account(ALICE))["nonce"] == 100
    await signer.close()


async def test_next_index_counts_what_waits(start: StartNode, session: aiohttp.ClientSession) -> None:
    node = await start(sealing="manual")
    http = Http(session, node.http_url)
    signer = Signer(node.url)
    for nonce in (0, 1, 3):
        await http.call("author_submitExtrinsic", "0x" + (await signer.transfer(nonce=nonce)).hex())
    assert await http.call("system_accountNextIndex", ALICE.ss58_address) == 2  # 3 is not consecutive
    assert await http.call("account_nextIndex", CHARLIE.ss58_address) == 0
    await http.call("dev_newBlock")
    assert await http.call("system_accountNextIndex", ALICE.ss58_address) == 2
    assert (await http.call("dev_status"))["pool"] == {"ready": 0, "future": 1}
    await signer.close()


async def test_signatures_of_several_accounts_in_any_order(node: DevNode, ws: Ws) -> None:
    node.sealer.automine = False
    signer = Signer(node.url)
    later = await ws.call("author_submitAndWatchExtrinsic", "0x" + (await signer.transfer(nonce=1)).hex())
    assert await ws.next(later) == "future"
    other = await ws.call(
        "author_submitAndWatchExtrinsic", "0x" + (await signer.transfer(CHARLIE, nonce=0)).hex()
    )
    first = await ws.call("author_submitAndWatchExtrinsic", "0x" + (await signer.transfer(nonce=0)).hex())
    assert await ws.next(later) == "ready"
    assert len(await ws.call("author_pendingExtrinsics")) == 3
    await ws.call("dev_newBlock")
    block = await ws.call("chain_getBlockHash")
    for subscription in (first, later, other):
        seen = await ws.until(subscription, "finalized")
        assert seen[-2:] == [{"inBlock": block}, {"finalized": block}]
    await signer.close()
