"""Receipts on a real chain: a batch of a thousand under one root, proofs of its receipts, what is free."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ganglion.errors import DispatchError, InvalidTransaction, UsageError
from ganglion.keys import Keypair
from ganglion.pallets.receipts import anchor
from ganglion.protocol.merkle import Proof, merkle_proofs, merkle_root
from ganglion.protocol.receipt_file import Inclusion
from ganglion.protocol.receipts import Finish, Kind, Receipt, SignedReceipt, accepted_leaf, sign_receipt

MINER = Keypair.from_uri("//Bob//miner", "ed25519")


def receipt(number: int, requester: Keypair) -> SignedReceipt:
    digest = number.to_bytes(32, "big")
    made = Receipt(
        network=b"\1" * 32,
        request=digest,
        request_id=digest[16:],
        miner=MINER.public_key,
        requester=requester.public_key,
        profile=b"\2" * 32,
        kind=Kind.CHAT,
        prompt=b"\3" * 32,
        prompt_tokens=5,
        output=b"\4" * 32,
        output_tokens=6,
        finish=Finish.STOP,
        nonce=digest[:16],
        created_at=7,
        stream=digest if number % 2 else None,
    )
    return sign_receipt(MINER, made)


async def test_a_thousand_requests_under_one_root(chain):
    netuid = await chain.subnet("Alice")
    validator = chain.key("Bob", "validator")
    await chain.client.neurons.register(netuid, validator.ss58, 10**12).submit(chain.key("Bob"))
    batch = [receipt(number, validator) for number in range(1_000)]
    leaves = [accepted_leaf(one) for one in batch]
    root, proofs = merkle_root(leaves), merkle_proofs(leaves, (0, 499, 999))

    assert (await chain.client.balances.account(validator.ss58)).free == 0
    quota = await chain.client.receipts.quota(netuid, validator.ss58)
    done = await chain.client.receipts.anchor(netuid, root, len(batch)).submit(validator)
    assert done.fee == 0, "free within the quota: a hotkey holds nothing"
    event = done.event("Receipts", "Anchored").fields
    assert (event["root"], event["count"]) == ("0x" + root.hex(), 1_000)
    after = await chain.client.receipts.quota(netuid, validator.ss58)
    assert after.free == quota.free - 1 and after.full_at > done.number
    totals = await chain.client.receipts.totals(netuid, validator.ss58)
    assert (totals.batches, totals.receipts, totals.last_block) == (1, 1_000, done.number)

    for proof in proofs:
        (line,) = await chain.client.receipts.inclusion(batch[proof.index], Inclusion(root, proof))
        assert (line.netuid, line.hotkey, line.role) == (netuid, validator.ss58, "Requester")
        assert (line.count, line.block) == (1_000, done.number) and line.at > 1_700_000_000_000
        assert line.final_in > 0 and not line.finalized and not line.disputed
    place = Inclusion(root, proofs[1])
    assert await chain.client.receipts.inclusion(batch[500], place) == []
    assert await chain.client.receipts.inclusion(replace(batch[499], signature=bytes(64)), place) == []
    moved = Inclusion(root, Proof(498, 1_000, proofs[1].nodes))
    assert await chain.client.receipts.inclusion(batch[499], moved) == []
    with pytest.raises(InvalidTransaction, match="pay"):  # what fails is not free
        await chain.client.receipts.anchor(netuid, root, 1_000).submit(validator)
    assert await chain.client.receipts.anchored_at(netuid, validator.ss58, root) == done.number
    assert await chain.client.receipts.anchored_at(netuid, chain.key("Bob").ss58, root) is None


async def test_it_becomes_final_when_nobody_can_dispute_it_any_more(chain):
    netuid = await chain.subnet("Alice")
    validator = chain.key("Bob", "validator")
    await chain.client.neurons.register(netuid, validator.ss58, 10**12).submit(chain.key("Bob"))
    one = receipt(1, validator)
    root = merkle_root([accepted_leaf(one)])
    await chain.client.receipts.anchor(netuid, root, 1).submit(validator)
    place = Inclusion(root, Proof(0, 1, ()))
    (line,) = await chain.client.receipts.inclusion(one, place)
    await chain.blocks(line.final_in)
    (line,) = await chain.client.receipts.inclusion(one, place)
    assert line.finalized and line.final_in == 0


async def test_nobody_without_a_slot_anchors(chain):
    netuid = await chain.subnet("Alice")
    with pytest.raises(DispatchError, match="NotRegistered"):
        await chain.client.receipts.anchor(netuid, b"\1" * 32, 1).submit(chain.key("Alice"))
    assert await chain.client.receipts.totals(netuid, chain.key("Alice").ss58) is None
    assert await chain.client.receipts.quota(99, chain.key("Alice").ss58) is None


@pytest.mark.parametrize(("root", "count"), [(bytes(32), 1), (b"\1" * 31, 1), (b"\1" * 32, 0)])
def test_batches_that_are_none(root, count):
    with pytest.raises(UsageError):
        anchor(1, root, count)


def test_an_anchor_is_plain_json():
    assert json.dumps(anchor(1, b"\1" * 32, 5).arguments())
