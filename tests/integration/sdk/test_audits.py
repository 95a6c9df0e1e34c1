"""Weights that rest on evidence, through SDK and command line against a real chain."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from ganglion import Balance
from ganglion.errors import InvalidTransaction, UsageError
from ganglion.model.spec import ProfileSpec, Thresholds
from ganglion.pallets.audits import randomness_of
from ganglion.pallets.weights import Reveal
from ganglion.protocol.verdicts import Evidence, VerdictRow, rows_hash, secret_hash

SECRETS = [hashlib.blake2b(bytes([number]), digest_size=32).digest() for number in range(4)]
SALT = bytes(range(32))
ROWS = (VerdictRow(0, 0, 1500, 4, 4), VerdictRow(2, 0, 3000, 4, 2, 2))


def evidence(number: int, rows: tuple[VerdictRow, ...] = ROWS) -> Evidence:
    root = hashlib.blake2b(b"root %d" % number, digest_size=32).digest()
    return Evidence(SECRETS[number], secret_hash(SECRETS[number + 1]), root, 8, rows=rows)


async def judged(chain):
    """A subnet whose weights rest on verdicts, with Bob as a bonded validator (uid 1) and a miner (uid 2)."""
    client, bob, hotkey = chain.client, chain.key("Bob"), chain.key("Bob", "hot")
    netuid = await chain.subnet("Alice", tempo=10)
    await client.neurons.register(netuid, hotkey.ss58, 10**18).submit(bob)
    await client.neurons.register(netuid, chain.key("Charlie", "hot").ss58, 10**18).submit(
        chain.key("Charlie")
    )
    await client.staking.add_stake(hotkey.ss58, netuid, Balance.parse("100")).submit(bob)
    spec = ProfileSpec(files=(("model.safetensors", bytes(32)),), layers=2, thresholds=Thresholds())
    await client.models.register(spec, "tiny").submit(chain.key("Alice"))
    declared = client.models.declare(netuid, hotkey.ss58, spec.digest(), "audit", Balance.parse("50"))
    await declared.submit(bob)
    await chain.sudo(client.subnets.set_hyperparameters(netuid, {"verdicts_on": True}))
    await chain.blocks(11)
    return netuid, hotkey


async def next_epoch(chain, netuid: int) -> int:
    before = (await chain.client.epochs.clock(netuid)).epoch
    while (now := (await chain.client.epochs.clock(netuid)).epoch) == before:
        await chain.blocks(1)
    return now


async def file(chain, netuid, hotkey, given: Evidence):
    """Commit, wait for the next epoch, reveal; the epoch of the commitment."""
    client = chain.client
    uids, values = await client.audits.weights_of(netuid, hotkey.ss58, given.rows)
    commitment = client.weights.commitment(hotkey.ss58, netuid, 0, uids, values, SALT, 0, given)
    await client.weights.commit(netuid, commitment).submit(hotkey)
    epoch = (await client.epochs.clock(netuid)).epoch
    await next_epoch(chain, netuid)
    done = await client.weights.reveal(netuid, uids, values, SALT, evidence=given).submit(hotkey)
    assert done.fee == 0
    return epoch


async def test_evidence_is_filed_and_becomes_weights_and_randomness(chain):
    client = chain.client
    netuid, hotkey = await judged(chain)
    given = evidence(0)
    assert await client.audits.weights_of(netuid, hotkey.ss58, ROWS) == ([0, 2], [65535, 65535])
    epoch = await file(chain, netuid, hotkey, given)
    assert await client.weights.all(netuid) == {1: [(0, 65535), (2, 65535)]}
    filed = (await client.audits.filed(netuid, epoch))[hotkey.ss58]
    assert (filed.root, filed.leaves, filed.secret) == (given.root, 8, SECRETS[0])
    assert (filed.receipts_root, filed.receipts) == (bytes(32), 0)
    assert (filed.rows, filed.author) == (rows_hash(ROWS), hotkey.ss58)
    assert await client.audits.filed(netuid, epoch + 1) == {}
    assert await client.audits.announced(netuid, hotkey.ss58) == secret_hash(SECRETS[1])
    assert await client.audits.announced(netuid, chain.key("Bob").ss58) is None
    assert await client.audits.randomness(netuid) == {}
    now = await next_epoch(chain, netuid)
    assert await client.audits.randomness(netuid) == {now: randomness_of(netuid, now, [SECRETS[0]])}


async def test_what_the_chain_does_not_compute_or_expect_is_refused(chain):
    client = chain.client
    netuid, hotkey = await judged(chain)
    await file(chain, netuid, hotkey, evidence(0))
    given = evidence(1)
    commitment = client.weights.commitment(hotkey.ss58, netuid, 0, [0, 2], [65535, 1], SALT, 0, given)
    await client.weights.commit(netuid, commitment).submit(hotkey)
    with pytest.raises(InvalidTransaction):  # one an epoch
        await chain.blocks(5)
        await client.weights.commit(netuid, bytes(32)).submit(hotkey)
    await next_epoch(chain, netuid)
    for wrong in (
        Reveal(netuid, [0, 2], [65535, 1], SALT, evidence=given),  # not what the rows give
        Reveal(netuid, [0, 2], [65535, 65535], SALT, evidence=given),  # not what was committed to
        Reveal(netuid, [0, 2], [65535, 1], SALT),
        Reveal(netuid, [0, 2], [65535, 1], SALT, evidence=replace(given, secret=SECRETS[3])),
    ):
        with pytest.raises(InvalidTransaction):
            await client.weights.batch_reveal([wrong]).submit(hotkey)
    # It was kept back, which costs a tenth of the bond; then secrets begin anew.
    before = (await client.models.standing(netuid, hotkey.ss58)).audit_bond
    await next_epoch(chain, netuid)
    await chain.blocks(1)
    after = (await client.models.standing(netuid, hotkey.ss58)).audit_bond
    assert after == before - before * 6553 // 65535
    assert await client.audits.announced(netuid, hotkey.ss58) is None
    await file(chain, netuid, hotkey, evidence(2))


async def test_rows_that_make_no_sense_are_named(chain):
    client = chain.client
    netuid, hotkey = await judged(chain)
    for rows, text in (
        ((ROWS[1], ROWS[0]), "ascending"),
        ((VerdictRow(9, 0, 1, 0, 0),), "not in use"),
        ((VerdictRow(0, 0, 1, 3, 1),), "add up"),
        ((VerdictRow(0, 7, 1, 1, 1),), "not registered"),
    ):
        with pytest.raises(UsageError, match=text):
            await client.audits.weights_of(netuid, hotkey.ss58, rows)
    assert await client.audits.weights_of(netuid, chain.key("Bob").ss58, ROWS) is None
    assert await client.audits.weights_of(netuid, hotkey.ss58, ()) == ([], [])


async def test_without_a_bond_nothing_is_committed(chain):
    client, bob, hotkey = chain.client, chain.key("Bob"), chain.key("Bob", "hot")
    netuid = await chain.subnet("Alice", tempo=10, verdicts_on=True)
    await client.neurons.register(netuid, hotkey.ss58, 10**18).submit(bob)
    await client.staking.add_stake(hotkey.ss58, netuid, Balance.parse("100")).submit(bob)
    await chain.blocks(11)
    assert (await client.metagraph(netuid)).validator_permit[1]
    with pytest.raises(InvalidTransaction):
        await client.weights.commit(netuid, bytes(32)).submit(hotkey)
