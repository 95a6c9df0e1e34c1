"""Scores: verified throughput, the cost of a lie, averages."""

from __future__ import annotations

import pytest

from ganglion_validator.scoring import (
    FIRST_PENALTY,
    MAX_PENALTY,
    MinerKey,
    Record,
    RoundResult,
    Tally,
    combine,
    pay_off,
    punish,
)

KEY = MinerKey("m", 1)


def result(throughput: float, *, caught: bool = False, task: str = "generate") -> RoundResult:
    return RoundResult(KEY, task, throughput, caught)


@pytest.mark.parametrize(
    ("tally", "expected"),
    [
        (Tally(asked=4, answers=4, tokens=200, passed=2), 100.0),
        (Tally(asked=4, answers=4, tokens=150, passed=3, failed_soft=1), 75.0 * 0.75),
        (Tally(asked=4, answers=4, tokens=200, passed=3, failed_hard=1), 0.0),
        (Tally(asked=4), 0.0),  # asked and gave nothing, whatever it said
        (Tally(asked=4, answers=3, tokens=90), None),  # nothing could be audited: nothing is known
        (Tally(), None),
    ],
)
def test_throughput_is_verified_tokens_a_second_times_the_pass_rate(tally: Tally, expected: float | None):
    assert tally.throughput(2.0) == expected


def test_a_newcomers_first_round_counts_whole_and_later_ones_are_averaged():
    first = combine(None, result(100.0), 0.75)
    assert first == Record("generate", 100.0)
    assert combine(first, result(20.0), 0.75).score == 0.75 * 100 + 0.25 * 20


def test_a_lie_takes_the_score_and_counts_nothing_until_it_is_paid_off():
    record = punish(Record("generate", 100.0), "generate")
    assert (record.score, record.owed) == (0.0, FIRST_PENALTY)
    for _ in range(FIRST_PENALTY - 1):
        record = pay_off(record)
        assert combine(record, result(100.0), 0.5).score == 0.0
    record = pay_off(record)
    assert combine(record, result(100.0), 0.5).score == 50.0


def test_each_relapse_costs_twice_as_much_and_lies_in_a_row_once():
    record = punish(None, "generate")
    assert punish(record, "generate").penalty == FIRST_PENALTY, "it is the same incident"
    penalties = []
    for _ in range(20):
        while record.owed:
            record = pay_off(record)
        record = punish(record, "generate")
        penalties.append(record.penalty)
    assert penalties[:3] == [2 * FIRST_PENALTY, 4 * FIRST_PENALTY, 8 * FIRST_PENALTY]
    assert penalties[-1] == MAX_PENALTY


def test_changing_the_task_does_not_pay_a_penalty_off():
    lied = punish(Record("generate", 100.0), "generate")
    assert combine(lied, result(500.0, task="embed"), 0.5).score == 0.0
    honest = combine(Record("generate", 100.0), result(500.0, task="embed"), 0.5)
    assert honest == Record("embed", 500.0), "units of two tasks are not averaged"


def test_being_caught_in_a_round_is_a_lie():
    assert combine(Record("generate", 9.0), result(0.0, caught=True), 0.5).owed == FIRST_PENALTY
