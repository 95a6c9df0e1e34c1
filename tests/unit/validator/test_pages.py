"""Pages of verdicts and proofs of receipts: whoever asks, however often, the event loop goes on."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.merkle import Proof, merkle_root, verify_proof
from ganglion.protocol.verdicts import Evidence, Outcome, Verdict, VerdictRow, decode_rows
from ganglion_validator import period_store, receipt_book
from ganglion_validator.gateway import pages as module
from ganglion_validator.gateway.pages import PAGE, Pages
from ganglion_validator.period_store import Entry, Period, PeriodStore
from ganglion_validator.receipt_book import ReceiptBook
from ganglion_validator.scoring import MinerKey
from ganglion_validator.store import Store
from ganglion_validator.verdict_tree import Tree

from .support import Gateway

MINER, PROFILE, REQUESTER = MinerKey("5miner", 1), b"p" * 32, b"r" * 32
COUNT = 3 * PAGE + 7


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "scores.sqlite")
    yield made
    made.close()


def revealed(periods: PeriodStore, epoch: int, count: int = COUNT) -> Period:
    """A period with so many verdicts that everybody may read."""
    ids = [hashlib.blake2b(b"%d %d" % (epoch, n), digest_size=16).digest() for n in range(count)]
    entries = [
        Entry(MINER, PROFILE, REQUESTER, Verdict(one, bytes(32), 1, Outcome.PASSED), '{"receipt": "ab"}')
        for one in ids
    ]
    periods.add(entries, lambda db: None)
    period, following = periods.open, periods.announced
    rows = (VerdictRow(1, 0, 1, count, count),)
    tree = Tree.of(REQUESTER, rows, {MINER: 1}, [PROFILE])
    leaves = [verdict.leaf() for verdict in periods.verdicts(period.number, tree)]
    evidence = Evidence(period.secret, following.secret, merkle_root(leaves), count, rows=rows)
    periods.seal(period.number, epoch, periods.mark(), evidence, tree)
    periods.mark_committed(evidence, epoch)
    periods.end(period.number, "revealed")
    found = periods.revealed(epoch)
    assert found is not None
    return found


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Of each read beside the loop its thread and number of rows; each read of the store is a failure if it is long."""
    seen: list[tuple[str, int]] = []
    beside, plain = period_store.read_beside, Store.read

    def noted(*args: Any) -> list[tuple[Any, ...]]:
        rows = beside(*args)
        seen.append((threading.current_thread().name, len(rows)))
        return rows

    def short(self: Store, *args: Any) -> list[tuple[Any, ...]]:
        rows = plain(self, *args)
        assert len(rows) < PAGE, "the event loop reads a whole period"
        return rows

    monkeypatch.setattr(period_store, "read_beside", noted)
    monkeypatch.setattr(receipt_book, "read_beside", noted)
    monkeypatch.setattr(Store, "read", short)
    return seen


@pytest.fixture
def full(store: Store) -> tuple[PeriodStore, Period]:
    periods = PeriodStore(store)
    return periods, revealed(periods, 10)


async def test_a_period_is_read_once_and_never_on_the_event_loop(full: Any, threads: list):
    (periods, period), pages = full, Pages()
    told, root, rows = [], "", ""
    for offset in range(0, COUNT, PAGE):
        page = json.loads(await pages.page(periods, period, "5v", offset))
        assert page["offset"] == offset and page["leaves"] == COUNT
        root, rows, told = page["root"], page.get("rows", rows), told + page["verdicts"]
    assert ("rows" in page) is False and [row.audited for row in decode_rows(bytes.fromhex(rows))] == [COUNT]
    assert [one["index"] for one in told] == list(range(COUNT))
    assert merkle_root([bytes.fromhex(one["leaf"]) for one in told]).hex() == root
    for one in told[:: PAGE // 3]:
        proof = Proof(one["index"], COUNT, tuple(map(bytes.fromhex, one["proof"])))
        assert verify_proof(bytes.fromhex(root), bytes.fromhex(one["leaf"]), proof)
        assert one["opening"] == {"receipt": "ab"} and one["outcome"] == "passed"
    assert json.loads(await pages.page(periods, period, "5v", COUNT))["verdicts"] == []
    assert sum(count == COUNT for _, count in threads) == 1, "the period was read once"
    assert threading.main_thread().name not in {name for name, _ in threads}


async def test_only_some_wait_for_a_page(store: Store, monkeypatch: pytest.MonkeyPatch):
    periods, gate = PeriodStore(store), threading.Event()
    period, page = revealed(periods, 10, 3), module._page

    def slow(*args: Any) -> bytes:
        assert gate.wait(10)
        return page(*args)

    monkeypatch.setattr(module, "_page", slow)
    pages = Pages()
    asked = [asyncio.create_task(pages.page(periods, period, "5v", 0)) for _ in range(50)]
    await asyncio.sleep(0.05)
    refused = [one for one in asked if one.done()]
    assert len(refused) == 50 - module.MOST_WAITING
    assert all(isinstance(one.exception(), RequestError) for one in refused)
    gate.set()
    assert len({await one for one in asked if one not in refused}) == 1


async def test_trees_are_few_and_built_at_a_bounded_rate(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "BUILT_AT_ONCE", 4)
    periods, pages = PeriodStore(store), Pages()
    known = [revealed(periods, epoch, 3) for epoch in range(3)]
    with pytest.raises(RequestError, match="too often"):
        for number in range(12):
            await pages.page(periods, known[number % 3], "5v", 0)
    assert len(pages._kept) == module.KEPT


async def test_who_hangs_up_has_nothing_built_again(store: Store, monkeypatch: pytest.MonkeyPatch):
    periods, gate, build, built = PeriodStore(store), threading.Event(), module._filed, []
    period = revealed(periods, 10, 3)

    def slow(*args: Any) -> Any:
        built.append(args)
        assert gate.wait(10)
        return build(*args)

    monkeypatch.setattr(module, "_filed", slow)
    pages = Pages()
    for _ in range(12):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await pages.page(periods, period, "5v", 0)
    gate.set()
    assert await pages.page(periods, period, "5v", 0) and len(built) == 1


async def test_a_period_that_was_dropped_is_unknown(store: Store):
    periods, pages = PeriodStore(store), Pages()
    period = revealed(periods, 10, 3)
    await pages.page(periods, period, "5v", 0)
    with store.transaction() as db:
        db.execute("DELETE FROM verdicts")
    with pytest.raises(RequestError) as refused:
        await pages.page(periods, period, "5v", 0)
    assert refused.value.code == "unknown_route"


async def test_the_place_of_a_receipt_is_found_beside_the_event_loop(miner: Any, front: Any, threads: list):
    gate: Gateway = await front({0: await miner(0)})
    book: ReceiptBook = gate.state.receipts
    for _ in range(5):
        await gate.ask()
    batch = await book.next_batch(100)
    await book.anchored(batch)
    files = [await book.file(one.identity.request_id) for one in gate.delivered for _ in range(3)]
    assert all(file.inclusion is not None and file.inclusion.root == batch.root for file in files)
    assert [count for _, count in threads] == [5], "a batch is read once"
    assert threading.main_thread().name not in {name for name, _ in threads}
