"""One engine, several miners: the request is passed on, and the other's answer sold as one's own."""

from __future__ import annotations

from dataclasses import replace

from ganglion.protocol.sampling import SamplingParams

from .redteam.attacks import ATTACKS, OTHER_MINER
from .redteam.lab import Lab, caught, seed_of


def test_another_miners_answer_is_caught(lab: Lab):
    wanted = lab.requests(6, 64)
    assert seed_of(b"attack", 0) != seed_of(b"attack", 0, OTHER_MINER), "the miner's key is in the seed"
    verdicts = [
        lab.judged(one, 16) for one in lab.measured(ATTACKS["another miner's answer"].make(lab, wanted))
    ]
    assert caught(verdicts) == 1.0


def test_without_chance_there_is_one_right_answer_whoever_gives_it(lab: Lab):
    """Which is why such requests count for nobody (test_prepared_answers)."""
    wanted = [replace(one, sampling=SamplingParams(0.0)) for one in lab.requests(2, 32)]
    assert caught(lab.verdicts(ATTACKS["another miner's answer"].make(lab, wanted))) == 0.0
