"""Rows and leaves are bound to each other: of every index the rows say whose verdict stands there and how it ended,
whatever became of the miners, and after a restart as before.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganglion.protocol.merkle import merkle_root
from ganglion.protocol.verdicts import Outcome, Verdict, VerdictRow, rows_hash, standing
from ganglion_validator import period_store
from ganglion_validator.reputation import Reputation
from ganglion_validator.rows import Known, rows_of
from ganglion_validator.scoring import MinerKey
from ganglion_validator.verdict_book import entry_of
from ganglion_validator.verdict_tree import Tally, Tree, counted

from .support import MINERS, VALIDATOR, snapshot_of
from .test_periods import HARD, OK, SNAPSHOT, SOFT, delivery, made

__all__ = ["made"]  # a fixture

outcomes = st.sampled_from(list(Outcome))
people = st.integers(0, 5).map(lambda n: MinerKey(f"hotkey {n}", n))
judged = st.tuples(people, st.integers(0, 4), outcomes, st.sampled_from([b"a", b"b", b"unknown"]))


def tallied(verdicts: list) -> dict:
    found: dict = {}
    for key, uid, outcome, profile in verdicts:
        old = found.get((key, profile, uid), Tally())
        ended = {
            name: getattr(old, name) + (outcome.name.lower().startswith(name[:4]))
            for name in ("passed", "soft", "hard")
        }
        found[key, profile, uid] = Tally(**ended)
    return found


@given(st.lists(judged, max_size=60), st.permutations(range(6)), st.integers(0, 6))
def test_rows_say_of_every_index_what_stands_there(verdicts: list, order: list[int], present: int):
    """Slots change hands and numbers while audits go on; some are about a model that is not known any more."""
    slots = {MinerKey(f"hotkey {n}", n): uid for uid, n in enumerate(order[:present])}
    profiles = {"generate": b"a", "embed": b"b", "again": b"a"}
    tallies = counted(tallied(verdicts), slots, profiles.values())
    known = Known(
        {}, tallies, {(key, b"a"): Reputation(llr=1.0) for key in slots}, profiles, {}, {b"a": 1}.get
    )
    rows = rows_of(known, [(uid, key) for key, uid in slots.items()])
    tree = Tree.of(b"own", rows, slots, profiles.values())
    leaves = sorted(
        (
            Verdict(bytes([n]) * 16, bytes(32), uid, outcome)
            for n, (key, uid, outcome, profile) in enumerate(verdicts)
            if tree.holds(key, profile, uid)
        ),
        key=lambda one: one.place,
    )
    assert [standing(rows, index) for index in range(len(leaves) + 1)] == [
        *((one.uid, one.outcome) for one in leaves),
        None,
    ]
    assert sum(row.audited for row in rows) == len(leaves)
    assert Tree.from_text(tree.to_text()) == tree


async def test_who_is_gone_is_neither_counted_nor_filed(made: Any):
    """A miner that left, one whose slot got another number, one that registered anew in the same slot."""
    book = made()
    filed = [(delivery(1), OK), (delivery(3), HARD), (delivery(4), OK)]
    book.record([*filed, (delivery(2, 1), SOFT)])
    book.record([(replace(delivery(5), uid=9), OK)])
    book.record([(replace(delivery(6), key=MinerKey(MINERS[0].ss58, 77)), OK)])
    found = await book.draft(snapshot_of({MINERS[0]: 1000}))
    assert [(row.uid, row.passed, row.soft, row.hard) for row in found.rows] == [(1, 2, 0, 1)]
    leaves = sorted((entry_of(*one).verdict for one in filed), key=lambda one: one.place)
    assert [one.outcome for one in leaves] == [Outcome.PASSED, Outcome.PASSED, Outcome.HARD]
    assert (found.leaves, found.root) == (3, merkle_root([one.leaf() for one in leaves]))


async def test_requests_that_repeat_themselves_are_no_evidence(made: Any):
    """Whoever sends the same seed again would get a second verdict on the same request id into a later filing."""
    book = made()
    book.record([(delivery(1), OK), (delivery(2, own=False, seed=7), HARD)])
    found = await book.draft(SNAPSHOT)
    assert (found.leaves, [(row.uid, row.audited) for row in found.rows]) == (1, [(1, 1)])


async def test_what_an_earlier_hotkey_asked_is_not_filed(made: Any):
    """The key was swapped within the period: the receipts name who asked."""
    book = made()
    book.record([(delivery(1), OK), (delivery(2, 1), OK)])
    book.own = MINERS[2].ss58
    assert await book.draft(SNAPSHOT) is None
    book.own = VALIDATOR.ss58
    assert (await book.draft(SNAPSHOT)).leaves == 2


async def test_the_leaves_are_those_of_the_commitment_that_is_in_a_block(made: Any):
    """Drafted, killed, drafted again when a miner was gone: either commitment may turn out to be the one."""
    for which in (0, 1):
        book = made()
        book.record([(delivery(10 * which + n, n % 2), OK) for n in range(6)])
        drafts = []
        for epoch, there in enumerate((SNAPSHOT, snapshot_of({MINERS[0]: 1000}))):
            drafts.append(await book.draft(there))
            book.seal(drafts[-1], 10 + epoch)
            book = made()
            for _ in range(2):
                book.round_over("generate")
        assert [one.leaves for one in drafts] == [6, 3] and drafts[0].secret == drafts[1].secret
        number = book.periods.sealed.number
        assert book.periods.tree(number) is None
        book.committed(drafts[which], 10 + which)
        book = made()
        tree = book.periods.tree(number)
        leaves = [one.leaf() for one in book.periods.verdicts(number, tree)]
        assert merkle_root(leaves) == drafts[which].root and rows_hash(tree.rows) == rows_hash(
            drafts[which].rows
        )
        book.periods.end(number, "revealed")


async def test_no_period_is_told_in_part(made: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(period_store, "KEPT_VERDICTS", 7)
    book = made()
    told = []
    for epoch in range(10, 14):
        book.record([(delivery(10 * epoch + n), OK) for n in range(3)])
        found = await book.draft(SNAPSHOT)
        book.seal(found, epoch)
        for _ in range(2):
            book.round_over("generate")
        book.committed(found, epoch)
        period = book.periods.committed()[0]
        book.periods.end(period.number, "revealed")
        told.append(found)
    assert [period.epoch for period in book.periods.all_revealed()] == [12, 13]
    for period, evidence in zip(book.periods.all_revealed(), told[2:], strict=True):
        leaves = book.periods.verdicts(period.number, book.periods.tree(period.number))
        assert merkle_root([one.leaf() for one in leaves]) == evidence.root


async def test_a_store_of_before_tells_nothing_of_what_it_cannot_show(made: Any, tmp_path: Path):
    """Periods that were filed before trees were kept."""
    book = made()
    book.record([(delivery(1), OK)])
    found = await book.draft(SNAPSHOT)
    book.seal(found, 10)
    book.committed(found, 10)
    number = book.periods.committed()[0].number
    with sqlite3.connect(tmp_path / "scores.sqlite") as db:
        db.execute("UPDATE periods SET tree = NULL")
    assert book.periods.tree(number) is None


def test_no_count_of_a_row_is_cut_off():
    """A cut off count would say of a place that another verdict stands there."""
    most = VerdictRow(1, 0, 0, period_store.MOST_VERDICTS, period_store.MOST_VERDICTS)
    assert VerdictRow.decode(most.encode()) == most
