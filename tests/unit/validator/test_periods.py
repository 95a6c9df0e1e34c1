"""Periods of secrets and the evidence drafted from them: what a kill at any moment leaves, what is told when."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from ganglion.keys import ss58
from ganglion.protocol.identity import audit_identity
from ganglion.protocol.merkle import merkle_root
from ganglion.protocol.receipts import Finish, Kind, Receipt, sign_receipt
from ganglion.protocol.verdicts import Evidence, Outcome, VerdictRow, secret_hash
from ganglion.protocol.verdicts import Verdict as WireVerdict
from ganglion.verification.rules import Verdict
from ganglion_validator.chain_view import FiledEvidence
from ganglion_validator.dispatch import Delivery
from ganglion_validator.period_store import PeriodStore
from ganglion_validator.reputations import Reputations
from ganglion_validator.scorebook import ScoreBook
from ganglion_validator.scoring import Record
from ganglion_validator.store import Store, StoreFailed
from ganglion_validator.verdict_book import VerdictBook, entry_of
from ganglion_validator.verdict_tree import Tree

from .support import MINERS, NETWORK, PROFILE, VALIDATOR, a_job, key_of, snapshot_of

OK, SOFT = Verdict(True, n=5), Verdict(False, soft=True, llr=2.5, n=5)
HARD = Verdict(False, hard=True, max_margin=0.25, position=3, n=5)
SNAPSHOT = snapshot_of({MINERS[0]: 1000, MINERS[1]: 1001})


def delivery(number: int, miner: int = 0, **changes: Any) -> Delivery:
    identity = audit_identity(b"s" * 32, number)
    receipt = Receipt(
        network=NETWORK,
        request=b"\1" * 32,
        request_id=identity.request_id,
        miner=ss58.decode(MINERS[miner].ss58),
        requester=VALIDATOR.public_key,
        profile=PROFILE,
        kind=Kind.CHAT,
        prompt=b"\2" * 32,
        prompt_tokens=5,
        sampling=b"\3" * 32,
        output=b"\4" * 32,
        output_tokens=5,
        finish=Finish.LENGTH,
        nonce=identity.nonce,
        created_at=1,
    )
    job = a_job(**{"own": True, **changes})
    signed = sign_receipt(MINERS[miner], receipt)
    return Delivery(key_of(miner), job, identity, b"s" * 32, signed, 0.0, 1.0, (1, 2, 3, 4, 5), uid=miner + 1)


def held(book: VerdictBook, period: int) -> int:
    """Verdicts of a period, filed or not."""
    return book.periods._store.read("SELECT count(*) FROM verdicts WHERE period = ?", period)[0][0]


class FiledChain:
    """What was filed, by epoch."""

    def __init__(self) -> None:
        self.evidence: dict[int, Evidence] = {}

    forgot = False

    async def announced(self) -> bytes | None:
        if self.forgot:
            return None
        return self.evidence[max(self.evidence)].next if self.evidence else None

    async def filed(self, epoch: int) -> FiledEvidence | None:
        one = self.evidence.get(epoch)
        return one and FiledEvidence(one.root, one.leaves, one.receipts_root, one.receipts, one.secret)


@pytest.fixture
def made(tmp_path: Path):
    """`book = made()`; again as after a kill."""
    stores: list[Store] = []

    def start() -> VerdictBook:
        for store in stores:
            store.close()
        stores.append(Store(tmp_path / "scores.sqlite"))
        scores = ScoreBook(stores[-1], 0.5)
        scores.records |= {key_of(0): Record("generate", 120.5), key_of(1): Record("generate", 60.25)}
        reputations = Reputations(stores[-1], 0.02)
        book = VerdictBook(
            PeriodStore(stores[-1]),
            reputations,
            scores,
            VALIDATOR.ss58,
            {"generate": PROFILE},
            {PROFILE: 7}.get,
        )
        book.filing = True
        book.round_over("generate")
        book.round_over("generate")
        return book

    yield start
    stores[-1].close()


async def test_a_draft_holds_what_was_found_out(made: Any):
    book = made()
    first, second, third = delivery(1), delivery(2), delivery(3, 1)
    book.record([(first, OK), (second, SOFT), (third, HARD)])
    found = await book.draft(SNAPSHOT)
    assert found.rows == (
        VerdictRow(1, 7, 120_500, 2, 1, 1, 0, 2500, 0),
        VerdictRow(2, 7, 60_250, 1, 0, 0, 1, 0, 0),
    )
    leaves = sorted(
        (entry_of(d, v).verdict for d, v in ((first, OK), (second, SOFT), (third, HARD))),
        key=lambda one: (one.uid, one.outcome, one.request_id),
    )
    assert (found.leaves, found.root) == (3, merkle_root([one.leaf() for one in leaves]))
    assert found.secret == book.periods.open.secret and found.next == secret_hash(
        book.periods.announced.secret
    )
    lie = next(one for one in leaves if one.outcome is Outcome.HARD)
    assert (lie.margin, lie.position, lie.uid, lie.receipt) == (250_000, 3, 2, third.receipt.digest())
    assert WireVerdict.decode(lie.encode()) == lie and len(lie.leaf()) != 64
    assert Evidence.decode(found.encode()) == found


async def test_a_draft_changes_nothing_and_a_seal_takes_what_was_drafted(made: Any):
    book = made()
    book.record([(delivery(1), OK), (delivery(11, 1), OK)])
    before = book.periods.open
    found = await book.draft(SNAPSHOT)
    assert await book.draft(SNAPSHOT) == found and book.periods.open == before
    book.record([(delivery(2), OK)])  # while the chain was asked
    book.seal(found, 10)
    assert [held(book, number) for number in (before.number, before.number + 1)] == [2, 1]
    assert secret_hash(book.periods.open.secret) == found.next
    assert book.periods.announced.secret not in (book.periods.open.secret, before.secret)


async def test_a_sealed_period_that_reached_no_block_comes_again(made: Any):
    book = made()
    book.record([(delivery(1), OK)])
    found = await book.draft(SNAPSHOT)
    book.seal(found, 10)
    book = made()  # killed before the commitment was stored or sent
    book.record([(delivery(2), OK)])
    again = await book.draft(SNAPSHOT)
    assert (again.secret, again.next, again.root) == (found.secret, found.next, found.root)
    book.seal(again, 11)
    book.committed(again, 11)
    book.committed(again, 11)
    book.record([(delivery(3, 1), OK)])
    following = await book.draft(SNAPSHOT)
    assert secret_hash(following.secret) == again.next and following.leaves == 2
    assert [(one.epoch, one.secret) for one in book.periods.committed()] == [(11, found.secret)]


async def test_openings_are_told_when_the_chain_has_the_evidence_for_good_and_not_before(made: Any):
    book, chain = made(), FiledChain()
    book.record([(delivery(1), OK), (delivery(2, own=False), HARD)])
    found = await book.draft(SNAPSHOT)
    book.seal(found, 10)
    book.committed(found, 10)
    await book.follow(chain, snapshot_of({}, epoch=11))
    assert book.periods.revealed(10) is None
    chain.evidence[10] = found
    await book.follow(chain, snapshot_of({}, epoch=11))
    period = book.periods.revealed(10)
    assert period.secret == found.secret
    leaves = book.periods.verdicts(period.number, book.periods.tree(period.number))
    told = book.periods.openings_beside([one.request_id for one in leaves])
    openings = {one.outcome: json.loads(told[one.request_id]) for one in leaves}
    assert openings[Outcome.PASSED]["token_ids"] == [1, 2, 3, 4, 5]
    assert set(openings[Outcome.HARD]) == {"receipt"}, "a user's prompt is nobody else's"


async def test_a_missed_reveal_ends_its_period_unseen(made: Any):
    book, chain = made(), FiledChain()
    book.record([(delivery(1), OK)])
    found = await book.draft(SNAPSHOT)
    book.seal(found, 10)
    book.committed(found, 10)
    await book.follow(chain, snapshot_of({}, epoch=15))
    assert len(book.periods.committed()) == 1
    await book.follow(chain, snapshot_of({}, epoch=16))
    assert book.periods.committed() == [] and book.periods.revealed(10) is None


def exchange(copy: Path, database: Path) -> None:
    """As the guide says: the file, and nothing of what was beside the lost one."""
    for name in database.parent.glob(f"{database.name}-*"):
        name.unlink()
    copy.replace(database)


@pytest.mark.parametrize("missed", [False, True], ids=["", "missed"])
@pytest.mark.parametrize("filed_since", [0, 1, 2, 3])
async def test_no_secret_is_used_that_a_lost_store_told(
    made: Any, tmp_path: Path, filed_since: int, missed: bool
):
    """The store comes back from a copy, after which the lost one filed the evidence of so many periods; it may also
    have left a commitment open that was missed, after which the chain waits for no certain secret.
    """
    chain, copy = FiledChain(), tmp_path / "copy.sqlite"

    async def file(book: VerdictBook, epoch: int) -> bytes:
        book.record([(delivery(epoch), OK)])
        for _ in range(2):
            book.round_over("generate")
        chain.evidence[epoch] = found = await book.draft(SNAPSHOT)
        book.seal(found, epoch)
        book.committed(found, epoch)
        await book.follow(chain, snapshot_of({}, epoch=epoch + 1))
        return found.secret

    book = made()
    told = [await file(book, 10)]
    with sqlite3.connect(tmp_path / "scores.sqlite") as db, sqlite3.connect(copy) as out:
        db.backup(out)
    before = [book.periods.open.secret, book.periods.announced.secret]
    told += [await file(book, 11 + n) for n in range(filed_since)]
    book.periods._store.close()
    exchange(copy, tmp_path / "scores.sqlite")

    book = made()
    chain.forgot = missed
    await book.follow(chain, snapshot_of({}, epoch=20))
    now = [book.periods.open.secret, book.periods.announced.secret]
    assert not set(now) & set(told)
    assert (filed_since == 0) == (now == before)
    if not missed:
        expected = secret_hash(now[0]) == chain.evidence[max(chain.evidence)].next
        assert expected == (filed_since <= 1), "the secret that is waited for is used where it is known"


async def test_a_period_that_knows_too_little_goes_on(made: Any):
    """A slow machine and short epochs: of two who work one was audited, or only a liar was. Weights of before stay."""
    book = made()
    book._rounds.clear()
    book.scores.records[key_of(1)] = Record("generate", 0.0, 64, 64)
    book.record([(delivery(1, 1), HARD)])
    assert await book.draft(SNAPSHOT) is None, "the liar's row would take the worker's weight"
    book.round_over("generate")
    assert await book.draft(SNAPSHOT) is None, "this round began before the period"
    book.record([(delivery(2), OK)])
    found = await book.draft(SNAPSHOT)
    assert [(row.uid, row.passed, row.hard) for row in found.rows] == [(1, 1, 0), (2, 0, 1)]
    book.seal(found, 10)
    book.committed(found, 10)
    assert await book.draft(SNAPSHOT) is None
    book.record([(delivery(3, 1), OK)])
    book.round_over("generate")
    assert await book.draft(SNAPSHOT) is None
    book.round_over("generate")  # a whole round in which the worker gave nothing
    assert [row.uid for row in (await book.draft(SNAPSHOT)).rows] == [2]


async def test_nothing_found_out_is_nothing_to_file(made: Any):
    book = made()
    assert await book.draft(SNAPSHOT) is None
    book.number = lambda _: None  # its profile is not registered
    book.record([(delivery(1), OK)])
    assert await book.draft(SNAPSHOT) is None


async def test_verdicts_and_reputations_survive_a_kill(made: Any):
    book = made()
    book.record([(delivery(n), OK) for n in range(5)])
    book = made()
    assert book.reputations.of(key_of(0), PROFILE).streak == 5
    assert (await book.draft(SNAPSHOT)).rows[0].passed == 5


def test_a_full_disk_costs_the_evidence_and_no_more(made: Any, monkeypatch: pytest.MonkeyPatch):
    book = made()

    def full(entries: Any, beside: Any) -> int:
        raise StoreFailed("the disk is full")

    monkeypatch.setattr(book.periods, "add", full)
    assert book.record([(delivery(1), OK)])[0].streak == 1 and book.left_out == 1


def test_periods_and_verdicts_are_bounded(made: Any, monkeypatch: pytest.MonkeyPatch):
    from ganglion_validator import period_store

    monkeypatch.setattr(period_store, "MOST_VERDICTS", 3)
    monkeypatch.setattr(period_store, "KEPT_PERIODS", 2)
    book = made()
    for epoch in range(10, 16):
        book.record([(delivery(10 * epoch + n), OK) for n in range(5)])
        open_now = book.periods.open
        evidence = Evidence(open_now.secret, bytes(32))
        book.periods.seal(open_now.number, epoch, book.periods.mark(), evidence, Tree.of(b"", (), {}, ()))
        book.periods.mark_committed(evidence, epoch)
        book.periods.end(open_now.number, "revealed")
    assert book.left_out == 12
    assert [book.periods.revealed(epoch) is not None for epoch in range(10, 16)] == [False] * 4 + [True] * 2
    assert book.periods._store.read("SELECT count(*) FROM verdicts") == [(6,)]


def test_numbers_are_never_given_out_twice(made: Any):
    book = made()
    number = book.periods.open.number
    secret, first = book.periods.reserve(number, 100)
    assert book.periods.reserve(number, 100) == (secret, first + 100)
    assert made().periods.reserve(number, 100) == (secret, first + 200)
