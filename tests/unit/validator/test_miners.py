"""Whom to ask: addresses that the network allows, shares by score, room, rest after a failure."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from ganglion.protocol.errors_table import RequestError
from ganglion_validator.chain_view import Endpoint
from ganglion_validator.miners import Miners, Offer, _read_offer

from .support import MINERS, PROFILE, VALIDATOR, key_of, snapshot_of

PUBLIC = 0x08080808


def miners(*, private: bool = True, limit: int = 4) -> Miners:
    made = Miners(VALIDATOR.ss58, private, limit, clock=lambda: 100.0, chance=random.Random(1))
    made.update(snapshot_of({key: 8000 + n for n, key in enumerate(MINERS)}))
    for miner in made.known.values():
        miner.offer = Offer("m", PROFILE.hex(), "generate")
    return made


def pick(made: Miners, scores: dict | None = None, **options: object) -> str:
    return made.pick("generate", PROFILE.hex(), scores or {}, **options).key.hotkey


def test_all_serving_neurons_but_oneself_are_known():
    assert set(miners().known) == {key_of(n) for n in range(4)}


def test_private_addresses_are_dialled_only_where_the_network_allows_it(capsys: pytest.CaptureFixture):
    made = Miners(VALIDATOR.ss58, False, 4)
    snapshot = snapshot_of(dict.fromkeys(MINERS[:3], 8000))
    neurons = dict(snapshot.neurons)
    neurons[MINERS[0].ss58] = replace(neurons[MINERS[0].ss58], endpoint=Endpoint(4, PUBLIC, 80))
    neurons[MINERS[2].ss58] = replace(neurons[MINERS[2].ss58], endpoint=Endpoint(4, 0x0A000001, 80))
    for _ in range(5):
        made.update(replace(snapshot, neurons=neurons))
    assert set(made.known) == {key_of(0)}
    assert capsys.readouterr().out.count("endpoint_refused") == 2, "told once each, not at every block"


def test_what_is_known_is_kept_until_the_endpoint_changes():
    made = miners()
    made.known[key_of(0)].in_flight = 3
    made.update(snapshot_of({MINERS[0]: 8000, MINERS[1]: 9999}))
    assert set(made.known) == {key_of(0), key_of(1)}
    assert made.known[key_of(0)].in_flight == 3
    assert made.known[key_of(1)].offer is None, "another address must say anew what it serves"


def test_requests_go_by_score_and_newcomers_get_a_few():
    scores = {key_of(0): 300.0, key_of(1): 100.0, key_of(2): 0.0}
    counts = Counter(pick(miners_, scores) for miners_ in [miners()] for _ in range(4000))
    assert 2.5 < counts[MINERS[0].ss58] / counts[MINERS[1].ss58] < 3.5
    assert counts[MINERS[2].ss58] == 0, "who was caught gets none"
    assert 0 < counts[MINERS[3].ss58] < 300


def test_without_scores_all_are_asked():
    made = miners()
    assert len(Counter(pick(made) for _ in range(200))) == 4


def test_full_resting_and_tried_miners_are_passed_over():
    made = miners(limit=2)
    one, two, three, four = (made.known[key_of(n)] for n in range(4))
    one.in_flight, two.broken_until = 2, 101.0
    assert set(pick(made, avoid=[three.key]) for _ in range(50)) == {four.key.hotkey}
    three.in_flight = four.in_flight = 2
    assert pick(made) == two.key.hotkey, "a resting one is better than none"
    two.in_flight = 2
    with pytest.raises(RequestError) as caught:
        pick(made)
    assert caught.value.code == "queue_full"


def test_nobody_serves_the_model():
    made = miners()
    with pytest.raises(RequestError) as caught:
        made.pick("generate", "00" * 32, {})
    assert caught.value.code == "not_ready" and caught.value.retry_after


@pytest.mark.parametrize(
    "answer", [{}, {"data": []}, {"data": [1]}, {"data": [{"id": "m"}]}, {"data": {"a": 1}}]
)
def test_an_offer_that_makes_no_sense_is_none(answer: dict):
    assert _read_offer(answer) is None


def test_a_small_miner_is_not_asked_what_it_would_have_to_refuse():
    made = miners()
    for number, miner in enumerate(made.known.values()):
        miner.offer = Offer("m", PROFILE.hex(), "generate", context=1024 * (number + 1))
    assert {pick(made, tokens=3000) for _ in range(50)} == {MINERS[2].ss58, MINERS[3].ss58}
    assert len({pick(made, tokens=1024) for _ in range(200)}) == 4
    with pytest.raises(RequestError) as refused:
        pick(made, tokens=4097)
    assert refused.value.code == "context_length_exceeded"
    made.known[key_of(0)].offer = Offer("m", PROFILE.hex(), "generate")
    assert pick(made, tokens=4097) == MINERS[0].ss58, "one that does not say is asked"


@pytest.mark.parametrize(
    ("said", "context"), [(512, 512), (0, 0), (-1, 0), (True, 0), ("512", 0), (1e9, 0), (None, 0)]
)
def test_how_long_a_context_is_offered(said: object, context: int):
    extra = {"profile": PROFILE.hex(), "task": "generate", "context_length": said}
    found = _read_offer({"data": [{"id": "m", "x_ganglion": extra}]})
    assert found is not None and found.context == context
