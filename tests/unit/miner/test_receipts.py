"""Acceptances that come back, what a requester sees again, and batches for the chain."""

from __future__ import annotations

import base64
import sqlite3
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from ganglion.errors import ConfigError, ProtocolError
from ganglion.keys import Keypair
from ganglion.protocol.acceptances import (
    MAX_ACCEPTED,
    PATH,
    acceptances_body,
    parse_unknown,
    receipt_path,
)
from ganglion.protocol.merkle import Proof, verify_proof
from ganglion.protocol.receipt_file import Inclusion
from ganglion.protocol.receipts import (
    Acceptance,
    SignedReceipt,
    accept_receipt,
    accepted_leaf,
    sign_receipt,
    verify_acceptance,
)
from ganglion_miner import receipt_tables
from ganglion_miner.receipt_store import ReceiptStore, StoreError

from .support import CHAT, MINER, VALIDATOR, a_receipt, dump, sign

LEAVES = (b"a leaf of some length", b"another")


def receipt(number: int = 0, requester: Keypair = VALIDATOR, created_at: int | None = None) -> SignedReceipt:
    made = replace(
        a_receipt().receipt,
        requester=requester.public_key,
        request_id=number.to_bytes(16, "big"),
        created_at=int(time.time() * 1000) if created_at is None else created_at,
    )
    return sign_receipt(MINER, made)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[ReceiptStore]:
    made = ReceiptStore(tmp_path / "receipts.sqlite")
    yield made
    made.close()


async def accepted(store: ReceiptStore, count: int, first: int = 0) -> list[SignedReceipt]:
    signed = [receipt(first + number) for number in range(count)]
    for one in signed:
        await store.keep(one)
    await store.accept([(one.digest(), accept_receipt(VALIDATOR, one)) for one in signed])
    return signed


async def test_what_is_kept_is_found(store):
    signed = receipt()
    await store.keep(signed, LEAVES)
    found = await store.find(signed.digest())
    assert (found.signed, found.leaves, found.acceptance, found.inclusion) == (signed, LEAVES, None, None)
    assert await store.find(bytes(32)) is None


async def test_an_acceptance_is_kept_once(store):
    (signed,) = await accepted(store, 1)
    first = (await store.find(signed.digest())).acceptance
    verify_acceptance(signed, first)
    await store.accept([(signed.digest(), Acceptance("sr25519", bytes(64))), (bytes(32), first)])
    assert (await store.find(signed.digest())).acceptance == first


async def test_a_batch_holds_what_was_accepted_and_stays_till_it_is_anchored(store):
    for number in range(3):
        await store.keep(receipt(100 + number))
    assert await store.waiting() == (0, 0.0) and await store.next_batch(10) is None
    signed = await accepted(store, 7)
    count, age = await store.waiting()
    assert count == 7 and age < 60
    batch = await store.next_batch(5)
    assert batch.count == 5 and await store.next_batch(5) == batch, "the same until it is on chain"
    assert (await store.find(signed[0].digest())).inclusion is None, "nothing is claimed before"
    await store.anchored(batch)
    for place, one in enumerate(signed[:5]):
        inclusion = (await store.find(one.digest())).inclusion
        assert (inclusion.root, inclusion.proof.index) == (batch.root, place)
        assert verify_proof(batch.root, accepted_leaf(one), inclusion.proof)
    assert (await store.next_batch(5)).count == 2
    assert (await store.find(signed[6].digest())).inclusion is None


async def test_a_batch_of_thousands(store):
    signed = await accepted(store, 1_500)
    batch = await store.next_batch(1_200)
    await store.anchored(batch)
    inclusion = (await store.find(signed[1_199].digest())).inclusion
    assert batch.count == 1_200 and verify_proof(batch.root, accepted_leaf(signed[1_199]), inclusion.proof)


async def test_an_open_batch_survives_the_process(tmp_path):
    path = tmp_path / "receipts.sqlite"
    store = ReceiptStore(path)
    await accepted(store, 3)
    batch = await store.next_batch(10)
    store.close()
    again = ReceiptStore(path)
    await accepted(again, 3, first=50)
    assert await again.next_batch(10) == batch
    again.close()


async def test_leaves_go_after_a_day_and_when_there_are_too_many(tmp_path):
    database = sqlite3.connect(tmp_path / "x", isolation_level=None)
    receipt_tables.prepare(database)
    now = int(time.time() * 1000)
    old, young = receipt(1, created_at=now - 25 * 3600 * 1000), receipt(2, created_at=now)
    receipt_tables.insert(database, [(old, LEAVES), (young, LEAVES)])
    receipt_tables.prune(database, 10, now)
    assert receipt_tables.find(tmp_path / "x", old.digest()).leaves is None
    assert receipt_tables.find(tmp_path / "x", young.digest()).leaves == LEAVES
    receipt_tables.prune(database, 10, now, max_bytes=1)
    assert receipt_tables.find(tmp_path / "x", young.digest()).leaves is None
    receipt_tables.prune(database, 1, now)
    assert receipt_tables.find(tmp_path / "x", old.digest()) is None
    assert receipt_tables.find(tmp_path / "x", young.digest()) is not None
    database.close()


async def test_a_disk_that_is_full_says_so(store):
    pages = store._database.execute("pragma page_count").fetchone()[0]
    signed = await accepted(store, 1)
    store._database.execute(f"pragma max_page_count={pages}")
    with pytest.raises(StoreError, match="cannot be written"):
        for number in range(200):
            await store._do(
                lambda database, n=number: receipt_tables.insert(database, [(receipt(n), (bytes(3_000),))])
            )
    assert await store.find(signed[0].digest())


async def test_an_older_file_is_moved_aside(tmp_path):
    path = tmp_path / "receipts.sqlite"
    database = sqlite3.connect(path)
    database.execute("create table receipts (id integer primary key, created_at integer, receipt blob)")
    database.execute("pragma user_version=1")
    database.close()
    store = ReceiptStore(path)
    await store.keep(receipt())
    assert store.count() == 1 and store.lost == 0
    store.close()
    assert list(tmp_path.glob("*damaged*"))


@pytest.fixture
async def keeping(miner, store):
    miner.state.receipts = store
    return miner


async def send(miner, body, key: Keypair = VALIDATOR):
    status, reply, _ = await miner.ask(body, key, PATH)
    return status, reply


async def look(miner, digest: bytes, key: Keypair = VALIDATOR):
    path = receipt_path(digest)
    headers = sign(b"", key, path=path, method="GET")
    response = await miner.session.get(miner.server.make_url(path), headers=headers)
    return response.status, await response.json()


async def test_acceptances_come_back_in_a_batch(keeping, store):
    mine, foreign = receipt(1), receipt(2, MINER)
    for one in (mine, foreign):
        await store.keep(one)
    bad = receipt(3)
    await store.keep(bad)
    given = [
        (mine.digest(), accept_receipt(VALIDATOR, mine)),
        (foreign.digest(), accept_receipt(MINER, foreign)),
        (bad.digest(), accept_receipt(VALIDATOR, mine)),
        (bytes(32), accept_receipt(VALIDATOR, mine)),
    ]
    status, reply = await send(keeping, acceptances_body(given))
    assert status == 200 and reply["kept"] == 1
    assert reply["refused"] == [foreign.digest().hex(), bad.digest().hex()]
    assert parse_unknown(reply) == [bytes(32)]
    assert (await store.find(mine.digest())).acceptance and not (await store.find(bad.digest())).acceptance


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "accepted"),
        ({"accepted": []}, "accepted"),
        ({"accepted": [{}] * (MAX_ACCEPTED + 1)}, "accepted"),
        ({"accepted": [3]}, "accepted[0]"),
        ({"accepted": [{"receipt": "00", "acceptance": "AA"}]}, "accepted[0].receipt"),
        ({"accepted": [{"receipt": "00" * 32, "acceptance": "é"}]}, "accepted[0]"),
        (
            {"accepted": [{"receipt": "00" * 32, "acceptance": base64.b64encode(bytes(64)).decode()}]},
            "accepted[0]",
        ),
        ({"accepted": [{"receipt": "00" * 32, "acceptance": "AA", "x": 1}]}, "accepted[0].x"),
        ({"accepted": [{"receipt": "00" * 32, "acceptance": "AA"}], "x": 1}, "x"),
    ],
)
async def test_bodies_that_are_none(keeping, body, param):
    status, reply = await send(keeping, body)
    assert status == 400 and reply["error"]["param"] == param


def test_too_many_at_once_are_not_sent():
    acceptance = Acceptance("sr25519", bytes(64))
    with pytest.raises(ProtocolError, match="not 257"):
        acceptances_body([(bytes(32), acceptance)] * (MAX_ACCEPTED + 1))
    for reply in ({}, {"unknown": 3}, {"unknown": ["zz"]}):
        with pytest.raises(ProtocolError):
            parse_unknown(reply)


async def test_a_requester_sees_its_own_answers_only(keeping, store):
    signed = receipt(1)
    await store.keep(signed, LEAVES)
    await store.accept([(signed.digest(), accept_receipt(VALIDATOR, signed))])
    await store.anchored(await store.next_batch(10))
    status, shown = await look(keeping, signed.digest())
    assert status == 200 and SignedReceipt.from_text(shown["receipt"]) == signed
    assert [base64.b64decode(leaf) for leaf in shown["trace"]] == list(LEAVES)
    inclusion = Inclusion.from_json(shown["inclusion"])
    assert inclusion.proof == Proof(0, 1, ()) and verify_proof(
        inclusion.root, accepted_leaf(signed), inclusion.proof
    )
    foreign = receipt(2, MINER)
    await store.keep(foreign)
    for digest in (foreign.digest(), bytes(32)):
        assert (await look(keeping, digest))[0] == 404
    path = "/v1/receipts/zz"
    response = await keeping.session.get(
        keeping.server.make_url(path), headers=sign(b"", path=path, method="GET")
    )
    assert response.status == 404


async def test_strangers_and_unsigned_requests_are_refused(keeping):
    raw = dump({"accepted": []})
    assert (await keeping.raw(raw, {}, PATH)).status == 401
    assert (await send(keeping, {"accepted": []}, Keypair.from_uri("//Nobody")))[0] == 403


async def test_a_miner_without_a_store_says_so(miner):
    body = acceptances_body([(bytes(32), Acceptance("sr25519", bytes(64)))])
    assert (await send(miner, body))[0] == 503


async def test_answers_of_the_echo_engine_have_no_leaves(miner):
    _, body, _ = await miner.ask(CHAT)
    assert "trace" not in body["x_ganglion"] and body["x_ganglion"]["sampling"]["max_tokens"] > 0


async def test_two_miners_do_not_share_a_data_folder(tmp_path: Path):
    first = ReceiptStore(tmp_path / "receipts.sqlite")
    with pytest.raises(ConfigError, match="another miner works with"):
        ReceiptStore(tmp_path / "receipts.sqlite")
    first.close()
    ReceiptStore(tmp_path / "receipts.sqlite").close()


async def test_a_mistake_in_one_write_does_not_end_the_others(tmp_path: Path, monkeypatch):
    store = ReceiptStore(tmp_path / "receipts.sqlite")
    monkeypatch.setattr(receipt_tables, "insert", lambda *_: 1 / 0)
    await store.keep(a_receipt())
    assert store.lost == 1
    monkeypatch.undo()
    await store.keep(a_receipt())
    assert (store.lost, store.count()) == (1, 1)
    store.close()
