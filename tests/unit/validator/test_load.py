"""The ladder of load: it climbs while that brings tokens, and comes down again."""

from __future__ import annotations

import random
from collections.abc import Callable

from ganglion_validator.load import ANSWERS, STRETCH, Ladder, window_for


def settle(throughput: Callable[[int], float], rounds: int = 60, top: int = 64) -> Ladder:
    ladder, chance = Ladder(2, top), random.Random(5)
    for _ in range(rounds):
        step = ladder.choose(chance)
        assert 2 <= step <= top
        ladder.learn(step, throughput(step), 1.0)
    return ladder


def test_it_climbs_until_the_engine_is_full():
    assert settle(lambda n: 50.0 * min(n, 16)).best() == 16
    assert settle(lambda n: 100.0).best() == 2
    assert settle(lambda n: 50.0 * n).best() == 64


def test_it_does_not_stay_where_load_costs_throughput():
    assert settle(lambda n: 100.0 if n <= 4 else 10.0).best() in (2, 4)
    assert settle(lambda n: 0.0).best() == 2


def test_it_notices_that_an_engine_became_larger_or_smaller():
    size = 4
    ladder, chance = Ladder(2, 64), random.Random(5)
    for number in range(400):
        size = 4 if number < 100 else 32 if number < 250 else 4
        step = ladder.choose(chance)
        ladder.learn(step, 50.0 * min(step, size), 1.0)
        if number == 249:
            assert ladder.best() == 32
    assert ladder.best() <= 8


def test_a_window_is_long_enough_for_several_answers_and_one_slow_miner_does_not_stretch_it():
    slow = [Ladder(2, 64, answer_seconds=3.0) for _ in range(3)]
    assert window_for(2.0, slow) == 3.0 * ANSWERS
    assert window_for(2.0, [*(Ladder(2, 64, answer_seconds=0.1) for _ in range(3)), slow[0]]) == 2.0
    assert window_for(2.0, [Ladder(2, 64, answer_seconds=1e6)]) == 2.0 * STRETCH
    assert window_for(2.0, [Ladder(2, 64)]) == 2.0


def test_looking_for_the_right_load_does_not_count():
    climbing = Ladder(2, 64)
    assert not climbing.is_trial(2), "a newcomer's climb is all that is known of it"
    resumed = Ladder(2, 64, resumed=True)
    assert resumed.is_trial(2)
    for step, throughput in ((2, 100.0), (4, 200.0), (8, 200.0)):
        resumed.learn(step, throughput, 1.0)
    assert resumed.best() == 4 and resumed.is_settled()
    assert not resumed.is_trial(4) and resumed.is_trial(8)
