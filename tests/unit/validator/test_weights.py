"""From scores to the row on chain."""

from __future__ import annotations

from ganglion_validator.scoring import MinerKey, Record
from ganglion_validator.weights import to_weights

A, B, C = (MinerKey(name, 1) for name in "abc")
ONE = {"generate": 1.0}


def test_weights_are_proportional_with_the_best_at_the_top():
    records = {A: Record("generate", 50.0), B: Record("generate", 100.0), C: Record("generate", 0.0)}
    assert to_weights(records, [(3, A), (1, B), (2, C)], ONE) == ((1, 3), (65535, 32768))


def test_it_abstains_when_it_knows_nothing():
    assert to_weights({}, [(0, A)], ONE) == ((), ())
    assert to_weights({A: Record("generate", 0.0)}, [(0, A)], ONE) == ((), ())


def test_a_successor_in_the_slot_inherits_nothing():
    records = {A: Record("generate", 50.0), B: Record("generate", 10.0)}
    again = MinerKey("a", 77)
    assert to_weights(records, [(0, again), (1, B)], ONE) == ((1,), (65535,))


def test_each_task_gets_its_share_however_fast_its_units_are():
    records = {A: Record("generate", 10.0), B: Record("generate", 30.0), C: Record("embed", 1e6)}
    uids, values = to_weights(records, [(0, A), (1, B), (2, C)], {"generate": 0.8, "embed": 0.2})
    assert uids == (0, 1, 2)
    total = sum(values)
    assert [round(value / total, 3) for value in values] == [0.2, 0.6, 0.2]


def test_a_task_without_work_leaves_its_share_to_the_other():
    records = {A: Record("embed", 5.0)}
    assert to_weights(records, [(0, A)], {"generate": 0.8, "embed": 0.2}) == ((0,), (65535,))


def test_a_task_that_is_not_checked_here_counts_nothing():
    assert to_weights({A: Record("embed", 5.0)}, [(0, A)], ONE) == ((), ())
