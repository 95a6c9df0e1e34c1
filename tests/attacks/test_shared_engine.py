"""One engine behind four UIDs earns what one UID earns: all are loaded at once, so they share its throughput."""

from __future__ import annotations

from pathlib import Path

import pytest

from .. import virtual_time
from .network import SETTINGS, Behaviour, Engine, Network, Speed, cpu, gpu

LAST = 20  # rounds that are looked at, after the loads have settled
SECONDS = 900.0


async def network(folder: Path, speed: Speed, slots: int, uids: int, seed: int) -> Network:
    """Two honest miners with an engine each, and one engine behind so many UIDs."""
    shared = Engine(speed, slots)
    honest = [Behaviour(Engine(speed, slots)) for _ in range(2)]
    made = Network(folder, [*honest, *(Behaviour(shared) for _ in range(uids))], seed=seed)
    await made.live(SECONDS)
    return made


@pytest.mark.parametrize(
    ("speed", "slots"),
    [(cpu, 16), (gpu, 32)],
    ids=["a CPU engine whose batch saturates", "a GPU engine whose answers are slow and many"],
)
def test_four_uids_earn_at_most_a_tenth_more_than_one(tmp_path: Path, speed: Speed, slots: int):
    earned = {}
    for uids in (1, 4):
        (tmp_path / str(uids)).mkdir()
        run = virtual_time.run(network(tmp_path / str(uids), speed, slots, uids, seed=uids))
        shares = run.shares(LAST)
        honest = sum(shares[:2]) / 2
        earned[uids] = sum(shares[2:]) / honest
    assert 0.9 < earned[1] < 1.1, "an engine of its own earns as the others"
    assert earned[4] <= 1.1 * earned[1], earned
    assert earned[4] > 0.5, "the simulation did load the shared engine"


def test_with_a_light_load_the_attack_would_work(tmp_path: Path):
    """Why the load climbs: with two requests in flight at each UID, four UIDs look like several engines."""
    from dataclasses import replace

    light = replace(SETTINGS, max_concurrency=2)

    async def go() -> list[float]:
        shared = Engine(gpu, 32)
        made = Network(
            tmp_path, [Behaviour(Engine(gpu, 32)), *(Behaviour(shared) for _ in range(4))], settings=light
        )
        await made.live(300.0)
        return made.shares(20)

    shares = virtual_time.run(go())
    assert sum(shares[1:]) > 3 * shares[0]
