"""How often a miner's answers are audited, and what gathered evidence remembers."""

from __future__ import annotations

import pytest

from ganglion_validator.reputation import Reputation, after_audit, after_exchange, probability
from ganglion_validator.rows import works_of
from ganglion_validator.scoring import Record

from .support import key_of


def passed(count: int, start: Reputation | None = None) -> Reputation:
    one = start or Reputation()
    for _ in range(count):
        one = after_audit(one, passed=True, llr=-0.01, own=True)
    return one


def test_newcomers_are_all_audited_then_ever_fewer_down_to_the_floor():
    assert probability(Reputation(), 0.02) == probability(passed(49), 0.02) == 1.0
    seen = [probability(passed(n), 0.02) for n in range(50, 500, 10)]
    assert seen == sorted(seen, reverse=True) and seen[0] == 1.0 and seen[5] == 0.5
    assert seen[-1] == 0.02


@pytest.mark.parametrize("own", [True, False])
def test_one_failure_puts_it_back_to_all(own: bool):
    good = passed(400)
    assert probability(good, 0.02) == 0.02
    assert probability(after_audit(good, passed=False, llr=0.0, own=own), 0.02) == 1.0


def test_requests_of_friends_buy_no_trust():
    one = Reputation()
    for _ in range(500):
        one = after_audit(one, passed=True, llr=-0.01, own=False)
    assert probability(one, 0.02) == 1.0 and one.audits == 500
    almost = passed(100)
    assert after_audit(almost, passed=True, llr=0.0, own=False).streak == almost.streak


def test_an_honest_past_is_no_credit_for_a_dishonest_future():
    one = passed(10_000)
    assert one.llr == 0.0
    for _ in range(6):
        one = after_audit(one, passed=True, llr=2.5, own=True)
    assert one.llr == pytest.approx(15.0)
    assert passed(2000, one).llr == 0.0, "and honest answers wash out what chance gathered"


def test_refusals_lower_reliability_and_answers_restore_it():
    one = Reputation()
    for _ in range(100):
        one = after_exchange(one, answered=False)
    assert one.refusals == 100 and one.reliability == 0.02, "asked now and then, so that a change is seen"
    for _ in range(200):
        one = after_exchange(one, answered=True)
    assert one.reliability > 0.99 and one.refusals == 100


def test_work_is_tokens_per_second_or_a_share_where_tasks_differ():
    records = {
        key_of(0): Record("generate", 100.0),
        key_of(1): Record("generate", 300.0),
        key_of(2): Record("embed", 9.0),
        key_of(3): Record("generate", 0.0),
    }
    assert works_of(records, {"generate": 1.0}) == {key_of(0): 100_000, key_of(1): 300_000}
    shares = works_of(records, {"generate": 0.8, "embed": 0.2})
    assert shares == {key_of(0): 200_000, key_of(1): 600_000, key_of(2): 200_000}
