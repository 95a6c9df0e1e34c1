"""What a validator filed that contradicts itself is found, each kind of it; what an honest one filed never is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganglion.disputes.filed import FiledVerdict, Filing, read_filing
from ganglion.disputes.refuting import Flaw, Occupant, flaws_of
from ganglion.keys import Keypair
from ganglion.pallets.audits import FiledEvidence
from ganglion.protocol.merkle import merkle_proofs, merkle_root, verify_proof
from ganglion.protocol.receipts import Finish, Kind, Receipt, SignedReceipt, sign_receipt
from ganglion.protocol.refutations import Foreign, Miscounted, Twice
from ganglion.protocol.verdicts import Outcome, Verdict, VerdictRow, encode_rows, rows_hash

NETWORK = b"\x01" * 32
VALIDATOR, FORMER, STRANGER = (Keypair.from_uri(f"//{name}") for name in ("Validator", "Former", "Stranger"))
MINERS = [Keypair.from_uri(f"//Miner{n}") for n in range(3)]
SLOTS = {uid: Occupant(key.public_key, 2) for uid, key in enumerate(MINERS)}
EPOCH = 7


def receipt(number: int, uid: int, **changes: object) -> SignedReceipt:
    made = Receipt(
        network=NETWORK,
        request=b"\2" * 32,
        request_id=number.to_bytes(16, "big"),
        miner=MINERS[uid].public_key,
        requester=VALIDATOR.public_key,
        profile=b"\5" * 32,
        kind=Kind.CHAT,
        prompt=b"\6" * 32,
        prompt_tokens=5,
        sampling=b"\7" * 32,
        output=b"\10" * 32,
        output_tokens=5,
        finish=Finish.LENGTH,
        nonce=bytes(16),
        created_at=1,
    )
    return sign_receipt(MINERS[uid], replace(made, **changes))  # type: ignore[arg-type]


def verdict(number: int, uid: int, outcome: Outcome, signed: SignedReceipt) -> Verdict:
    return Verdict(number.to_bytes(16, "big"), signed.digest(), uid, outcome)


def rows_of(verdicts: Sequence[Verdict]) -> tuple[VerdictRow, ...]:
    uids = sorted({one.uid for one in verdicts})
    count = {uid: [sum(v.uid == uid and v.outcome == o for v in verdicts) for o in Outcome] for uid in uids}
    return tuple(VerdictRow(uid, 0, 1, sum(count[uid]), *count[uid]) for uid in uids)


def filing(
    told: Sequence[tuple[Verdict, SignedReceipt]],
    *,
    rows: tuple[VerdictRow, ...] | None = None,
    epoch: int = EPOCH,
    author: Keypair = VALIDATOR,
    ordered: bool = True,
) -> Filing:
    """What a gateway tells of it, read as anybody reads it."""
    if ordered:
        told = sorted(told, key=lambda one: one[0].place)
    rows = rows_of([one for one, _ in told]) if rows is None else rows
    leaves = [one.leaf() for one, _ in told]
    filed = FiledEvidence(
        merkle_root(leaves), len(leaves), bytes(32), 0, bytes(32), rows_hash(rows), author.ss58
    )
    shown = [
        {
            "index": proof.index,
            "leaf": leaves[proof.index].hex(),
            "proof": [node.hex() for node in proof.nodes],
            "opening": {"receipt": told[proof.index][1].text()},
        }
        for proof in merkle_proofs(leaves)
    ]
    pages = [
        {"verdicts": shown[:2], "rows": encode_rows(rows).hex(), "leaves": len(leaves)},
        {"verdicts": shown[2:], "leaves": len(leaves)},
    ]
    return read_filing(pages, netuid=1, validator=VALIDATOR.ss58, epoch=epoch, filed=filed)


def honest(numbers: Sequence[int] = (1, 2, 3, 4), **changes: object) -> list[tuple[Verdict, SignedReceipt]]:
    found = []
    for at, number in enumerate(numbers):
        signed = receipt(number, at % 3, **changes)
        found.append((verdict(number, at % 3, Outcome(at % 3), signed), signed))
    return found


def found_in(filed: Filing, **known: object) -> list[Flaw]:
    return flaws_of(filed, **{"network": NETWORK, "slots": SLOTS, **known})  # type: ignore[arg-type]


def only(filed: Filing, **known: object) -> Flaw:
    (flaw,) = found_in(filed, **known)
    opening = flaw.refutation.first if isinstance(flaw.refutation, Twice) else flaw.refutation.opening
    assert opening.epoch == filed.epoch and opening.proof.index == flaw.index
    assert verify_proof(filed.filed.root, opening.verdict.leaf(), opening.proof)
    return flaw


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from(list(Outcome))), max_size=12),
    st.lists(st.integers(0, 2), max_size=5),
)
def test_nothing_is_found_in_what_an_honest_validator_filed(judged: list, before: list[int]):
    told = []
    for number, (uid, outcome) in enumerate(judged):
        signed = receipt(number, uid)
        told.append((verdict(number, uid, outcome, signed), signed))
    earlier = [
        (verdict(100 + n, uid, Outcome.PASSED, receipt(100 + n, uid)), receipt(100 + n, uid))
        for n, uid in enumerate(before)
    ]
    filed = filing(told)
    assert filed.rows is not None and filed.withheld == 0
    assert found_in(filed, earlier=[filing(earlier, epoch=6)]) == []


def test_what_changed_since_is_no_flaw():
    """The hotkey was swapped: receipts name it as it was when it filed. Slots were given to others after."""
    assert found_in(filing(honest(requester=FORMER.public_key), author=FORMER)) == []
    since = {uid: Occupant(STRANGER.public_key, EPOCH - 1) for uid in range(3)}
    assert found_in(filing(honest()), slots=since) == [] == found_in(filing(honest()), slots={})


def test_rows_that_count_otherwise():
    told = honest()
    rows = list(rows_of([one for one, _ in told]))
    rows[0] = replace(rows[0], passed=1, hard=1)  # of two that passed and softly failed
    rows[1] = replace(rows[1], passed=1, soft=0)
    found = found_in(filing(told, rows=tuple(rows)))
    assert {one.kind for one in found} == {"miscounted"} and all(one.sure for one in found)
    first = found[0]
    assert isinstance(first.refutation, Miscounted) and first.refutation.rows == tuple(rows)
    assert "where the rows count" in first.told


def test_verdicts_in_another_order_and_verdicts_of_nobody():
    told = honest()
    assert {one.kind for one in found_in(filing(list(reversed(told)), ordered=False))} == {"miscounted"}
    rows = rows_of([one for one, _ in told])[:-1]
    assert "the rows count nothing" in only(filing(told, rows=rows)).told


def test_a_request_with_two_verdicts():
    told = honest()
    signed = receipt(1, 0)
    twice = verdict(1, 0, Outcome.HARD, signed)
    flaw = only(filing([*told, (twice, signed)]))
    assert flaw.kind == "twice" and flaw.sure and isinstance(flaw.refutation, Twice)
    before = filing([(twice, signed)], epoch=5)
    flaw = only(filing(told), earlier=[before])
    assert (flaw.kind, flaw.refutation.second.epoch) == ("twice", 5)
    assert found_in(before, earlier=[filing(told)]) == [], "of two filings the later one is wrong"


@pytest.mark.parametrize(
    ("kind", "sure", "changes"),
    [
        ("not answered", True, {"network": b"\2" * 32}),
        ("other request", True, {"request_id": b"\xee" * 16}),
        ("other requester", False, {"requester": STRANGER.public_key}),
    ],
)
def test_receipts_of_somewhere_else(kind: str, sure: bool, changes: dict):
    signed = receipt(9, 1, **changes)
    flaw = only(filing([*honest(), (verdict(9, 1, Outcome.HARD, signed), signed)]))
    assert (flaw.kind, flaw.sure) == (kind, sure)
    assert isinstance(flaw.refutation, Foreign) and flaw.refutation.receipt == signed


def test_receipts_that_nobody_signed():
    signed = replace(receipt(9, 1), signature=bytes(64))
    flaw = only(filing([*honest(), (verdict(9, 1, Outcome.HARD, signed), signed)]))
    assert (flaw.kind, flaw.sure) == ("not answered", True)


def test_a_slot_that_was_somebody_elses():
    signed = receipt(9, 1)
    flaw = only(filing([*honest(), (verdict(9, 2, Outcome.HARD, signed), signed)]))
    assert (flaw.kind, flaw.sure) == ("other slot", False)


def test_what_is_sure_comes_first_and_a_verdict_has_one_flaw():
    strange, foreign = receipt(8, 0, requester=STRANGER.public_key), receipt(9, 2, network=b"\2" * 32)
    told = [*honest(), (verdict(8, 0, Outcome.PASSED, strange), strange)]
    told += [(verdict(9, 2, Outcome.HARD, foreign), foreign), (verdict(9, 2, Outcome.HARD, foreign), foreign)]
    found = found_in(filing(told))
    assert [one.sure for one in found] == [True, True, False] and len({one.index for one in found}) == 3


def test_what_is_withheld_proves_nothing():
    whole = filing(honest(), rows=rows_of([])[:0])
    assert {one.kind for one in found_in(whole)} == {"miscounted"}
    assert found_in(replace(whole, rows=None)) == []
    closed = [FiledVerdict(one.verdict, one.proof, None, None, "not opened") for one in whole.verdicts]
    hidden = replace(whole, rows=None, verdicts=tuple(closed[1:]))
    assert found_in(hidden) == [] and hidden.withheld == 4


def test_rows_that_were_not_filed_are_not_believed():
    told = honest()
    real = filing(told)
    other = replace(real.filed, rows=b"\7" * 32)
    pages = [{"verdicts": [], "rows": encode_rows(real.rows or ()).hex()}, {"verdicts": [], "rows": "zz"}]
    read = read_filing(pages, netuid=1, validator=VALIDATOR.ss58, epoch=EPOCH, filed=other)
    assert read.rows is None and read.withheld == 4
