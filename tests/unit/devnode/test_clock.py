"""Slots grow strictly and timestamps stay on them, whatever is asked of the clock."""

from __future__ import annotations

import pytest

from ganglion_devnode.chain.authority import Authorities, development_keystore
from ganglion_devnode.chain.clock import DAY_MS, Clock, Tick
from ganglion_devnode.keystore import MemoryKeystore
from ganglion_devnode.node_errors import NoAuthority

NOW = 1_790_000_000_123


class Wall:
    def __init__(self) -> None:
        self.ms = NOW

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def wall() -> Wall:
    return Wall()


def run(clock: Clock, blocks: int, parent: Tick | None = None) -> list[Tick]:
    ticks = []
    for _ in range(blocks):
        parent = clock.next(parent)
        clock.sealed(parent)
        ticks.append(parent)
    return ticks


def test_virtual_clock_starts_thirty_days_ago_with_one_slot_a_block(wall: Wall) -> None:
    ticks = run(Clock(6000, virtual=True, wall=wall), 5)
    assert NOW - 30 * DAY_MS - 6000 < ticks[0].timestamp <= NOW - 30 * DAY_MS
    assert [tick.slot - ticks[0].slot for tick in ticks] == [0, 1, 2, 3, 4]
    assert all(tick.timestamp == tick.slot * 6000 for tick in ticks)


def test_virtual_clock_takes_a_genesis_time(wall: Wall) -> None:
    clock = Clock(1000, virtual=True, genesis_time=1_000_000_500, wall=wall)
    assert run(clock, 2) == [Tick(1_000_000, 1_000_000_000), Tick(1_000_001, 1_000_001_000)]


def test_wall_clock_follows_the_wall(wall: Wall) -> None:
    clock = Clock(1000, virtual=False, wall=wall)
    first = run(clock, 1)[0]
    wall.ms += 7_000
    second = clock.next(first)
    assert first.timestamp == NOW - NOW % 1000
    assert second.slot - first.slot == 7
    assert clock.offset == 0


def test_blocks_made_ahead_of_the_wall_shift_it_instead_of_stopping_the_chain(wall: Wall) -> None:
    clock = Clock(1000, virtual=False, wall=wall)
    ticks = run(clock, 10)
    assert ticks[-1].slot - ticks[0].slot == 9
    assert clock.ahead(ticks[-1]) == ticks[-1].timestamp - NOW > 0
    wall.ms += 1_000
    assert clock.next(ticks[-1]).slot == ticks[-1].slot + 1


@pytest.mark.parametrize("virtual", [True, False])
def test_time_travel_sets_the_next_block(wall: Wall, virtual: bool) -> None:
    clock = Clock(1000, virtual=virtual, wall=wall)
    head = run(clock, 3)[-1]
    target = head.timestamp + 5 * DAY_MS + 1
    reached = clock.travel(target, head)
    assert target <= reached < target + 1000
    first, second = run(clock, 2, head)
    assert first.timestamp == reached
    assert second.timestamp == reached + 1000


@pytest.mark.parametrize("back", [0, 1, 10_000])
def test_time_never_runs_back(wall: Wall, back: int) -> None:
    clock = Clock(1000, virtual=True, wall=wall)
    head = run(clock, 3)[-1]
    with pytest.raises(ValueError, match="not after the head"):
        clock.travel(head.timestamp - back, head)
    assert clock.next(head).slot == head.slot + 1


def test_a_timestamp_in_microseconds_is_refused(wall: Wall) -> None:
    with pytest.raises(ValueError, match="milliseconds"):
        Clock(1000, virtual=True, wall=wall).travel(10**17, None)


def test_saved_state_brings_time_back(wall: Wall) -> None:
    clock = Clock(1000, virtual=True, wall=wall)
    head = run(clock, 1)[0]
    saved = clock.save()
    clock.travel(head.timestamp + DAY_MS, head)
    clock.restore(saved)
    assert clock.next(head).slot == head.slot + 1


def test_author_of_a_slot() -> None:
    keystore = development_keystore()
    alice, bob = keystore.public_keys(b"aura", "sr25519")[:2]
    authorities = Authorities(keystore)
    assert authorities.slot_for(Tick(7, 7000), 1000, [alice, bob]) == (Tick(7, 7000), bob)
    # A foreign authority's slot is passed over, and time with it.
    assert authorities.slot_for(Tick(8, 8000), 1000, [b"\x09" * 32, bob]) == (Tick(9, 9000), bob)


def test_no_author_is_an_error_with_a_hint() -> None:
    with pytest.raises(NoAuthority) as caught:
        Authorities(MemoryKeystore()).slot_for(Tick(1, 1000), 1000, [b"\x01" * 32])
    assert "Alice" in (caught.value.hint or "")
