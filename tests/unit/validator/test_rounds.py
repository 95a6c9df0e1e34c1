"""Rounds: what counts as delivered within the window, what is sampled, what silence costs."""

from __future__ import annotations

from typing import Any

import pytest

from ganglion.protocol.identity import random_identity
from ganglion.protocol.receipts import Kind
from ganglion.protocol.sampling import SamplingParams
from ganglion.verification.rules import Verdict
from ganglion_validator.dispatch import Delivery
from ganglion_validator.rounds import MOST_AUDITS, Round, Rounds, RoundSettings, results_of
from ganglion_validator.scoring import RoundResult, Tally

from .support import a_job, key_of

A, B, C = key_of(0), key_of(1), key_of(2)
OK, SOFT, HARD = Verdict(True), Verdict(False, soft=True), Verdict(False, hard=True)


def a_round(**tallies: Any) -> Round:
    return Round("generate", 100.0, 102.0, {A: Tally(asked=3), B: Tally(asked=3)})


def delivery(
    key: Any = A, started: float = 100.5, finished: float = 101.0, tokens: int = 10, **job: Any
) -> Delivery:
    made = a_job(**{"own": True, **job})
    return Delivery(key, made, random_identity(), b"s" * 32, None, started, finished, tuple(range(tokens)))


def test_what_was_begun_and_ended_in_the_window_counts():
    one = a_round()
    assert one.take(delivery())
    assert one.tallies[A].tokens == 10


@pytest.mark.parametrize(
    "late",
    [
        delivery(finished=102.1),
        delivery(started=99.0),  # held back for this moment, or work from before
        delivery(C),
        delivery(kind=Kind.EMBEDDING),  # embeddings are another task's work
    ],
)
def test_what_is_not_of_this_window_does_not(late: Delivery):
    one = a_round()
    assert not one.take(late)
    assert [tally.tokens for tally in one.tallies.values()] == [0, 0]


def sampled(one: Round, rate: float) -> list[Delivery]:
    return one.sample(lambda _: rate, rate)


def test_work_that_could_be_prepared_does_not_count_and_is_audited_all_the_same():
    one = a_round()
    assert one.take(delivery(counts=False, sampling=SamplingParams(0.0)))
    assert (one.tallies[A].tokens, one.tallies[A].answers, len(sampled(one, 1.0))) == (0, 1, 1)


def test_seeded_requests_are_neither_work_nor_audits_nor_a_sign_of_life():
    """A miner that refuses all own prompts, and a friend who asks it what it has ready: its score must go."""
    one = a_round()
    assert not one.take(delivery(own=False, seed=4, counts=False))
    assert one.tallies[A] == Tally(asked=3) and sampled(one, 1.0) == [] and one.seconds == {}
    one.take(delivery(B))
    one.judge(one.deliveries[0], OK)
    assert RoundResult(A, "generate", 0.0) in results_of(one)


def test_a_friends_single_request_is_worth_nothing_to_who_does_no_other_work():
    one = a_round()
    one.take(delivery(own=False, tokens=1000))
    one.judge(one.deliveries[0], OK)
    assert one.tallies[A].work == 0.0
    assert RoundResult(A, "generate", 0.0) in results_of(one)


def test_users_work_counts_at_the_pace_of_the_validators_own():
    """Four own answers of 10 tokens in a second each; users' answers of an honest engine come as fast."""
    one = a_round()
    for _ in range(4):
        one.take(delivery(started=100.0, finished=101.0))
    for _ in range(3):
        one.take(delivery(own=False, started=100.0, finished=101.0))
    assert one.tallies[A].work == 70.0
    for _ in range(50):  # a look-up: 500 tokens in no time
        one.take(delivery(own=False, started=101.0, finished=101.001))
    assert 70.0 < one.tallies[A].work < 71.0
    for found in one.deliveries[4:]:
        one.judge(found, SOFT)
    assert one.tallies[A].work == 40.0


def test_own_answers_that_do_not_count_set_the_pace_all_the_same():
    one = a_round()
    one.take(delivery(started=100.0, finished=101.0, counts=False, sampling=SamplingParams(0.0)))
    one.take(delivery(own=False, started=100.0, finished=101.0))
    assert one.tallies[A].work == 10.0


def test_how_long_users_wait_is_no_measure_for_the_window():
    one = a_round()
    one.take(delivery(own=False, finished=150.0))
    assert one.seconds == {}


def test_newcomers_are_audited_all_the_same_with_bounds():
    """All of a newcomer's answers are drawn, but one round looks at so many; of A, who is known, a part is."""
    one = a_round()
    for key in (A, B):
        for _ in range(400):
            one.take(delivery(key))
    found = one.sample(lambda key: 0.02 if key == A else 1.0, 0.02)
    assert 1 <= sum(d.key == A for d in found) < 25
    assert sum(d.key == B for d in found) == MOST_AUDITS


def test_the_sample_has_at_least_one_of_each_and_follows_the_draw():
    one = a_round()
    for key in (A, B):
        for _ in range(400):
            one.take(delivery(key))
    assert {d.key for d in sampled(one, 0.0)} == {A, B} and len(sampled(one, 0.0)) == 2
    assert 140 < len(sampled(one, 0.25)) < 260
    assert sampled(one, 0.25) == sampled(one, 0.25)
    assert len(sampled(one, 1.0)) == 800


def test_results_are_throughput_and_lies():
    one = a_round()
    for key in (A, A, B, B):
        one.take(delivery(key))
    for found, verdict in zip(one.deliveries, (OK, OK, OK, HARD), strict=True):
        one.judge(found, verdict)
    assert results_of(one) == [
        RoundResult(A, "generate", 10.0),
        RoundResult(B, "generate", 0.0, caught=True),
    ]


def test_a_soft_failure_is_no_work_and_no_lie():
    one = a_round()
    one.take(delivery())
    one.take(delivery())
    one.judge(one.deliveries[0], OK)
    one.judge(one.deliveries[1], SOFT)
    (found, silent) = results_of(one)
    assert found == RoundResult(A, "generate", 10 / 2 * 0.5) and silent == RoundResult(B, "generate", 0.0)


def test_who_is_asked_and_gives_nothing_gets_nothing_whatever_it_said():
    one = a_round()
    one.take(delivery())
    one.judge(one.deliveries[0], OK)
    assert RoundResult(B, "generate", 0.0) in results_of(one)


def test_who_has_a_score_and_does_not_serve_any_more_loses_it():
    one = a_round()
    one.take(delivery())
    one.judge(one.deliveries[0], OK)
    assert RoundResult(C, "generate", 0.0) in results_of(one, absent=[C])
    assert len(results_of(one, absent=[A])) == 2, "who serves is judged by its work"


def test_a_round_in_which_nobody_delivers_says_nothing():
    assert results_of(a_round(), absent=[C]) == []


def test_an_audit_that_failed_here_says_nothing_of_the_miner():
    one = a_round()
    one.take(delivery())
    one.take(delivery(B))
    one.judge(one.deliveries[0], None)
    one.judge(one.deliveries[1], OK)
    assert [found.key for found in results_of(one)] == [B]


async def test_a_liar_is_replayed_once_and_the_others_as_drawn():
    looked: list[Any] = []

    class Audits:
        async def verify(self, deliveries: Any) -> list[Verdict]:
            looked.extend(delivery.key for delivery in deliveries)
            return [HARD if delivery.key == B else OK for delivery in deliveries]

    one = a_round()
    for key in (A, B):
        for _ in range(100):
            one.take(delivery(key))
    settings = RoundSettings(1.0, 2.0, 2, 4, 1.0, 0.25)
    rounds = Rounds("generate", settings, None, None, Audits(), serving=list, on_results=list)  # type: ignore[arg-type]
    await rounds._audit(one)
    assert looked.count(B) == 1 and looked.count(A) > 10
    assert len(set(map(id, sampled(one, 0.25)))) == looked.count(A) + sum(
        delivery.key == B for delivery in sampled(one, 0.25)
    ), "no answer is replayed twice"


def test_a_round_that_tries_another_load_tells_of_lies_only():
    one = a_round()
    one.trials = frozenset({A, B})
    for key in (A, B):
        one.take(delivery(key))
    one.judge(one.deliveries[0], OK)
    one.judge(one.deliveries[1], HARD)
    assert results_of(one) == [RoundResult(B, "generate", 0.0, caught=True)]
