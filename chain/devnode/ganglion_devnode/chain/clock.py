"""The chain's clock: which slot and timestamp the next block gets.

Two kinds. The virtual clock (instant and manual sealing) starts in the past and gives each block the next
slot, so that a burst of blocks does not run ahead of real time. The wall clock (interval sealing) follows
real time plus the offset that time travel asked for. Both give slots that grow strictly, with timestamps at
the start of the slot. Knows no runtime; signed HTTP never uses this clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

DAY_MS = 24 * 60 * 60 * 1000
DEFAULT_AGE_MS = 30 * DAY_MS
MAX_TIMESTAMP_MS = 1 << 53  # exact in JSON readers; the year 287396


def wall_ms() -> int:
    """Milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Tick:
    """A block's place in time: Aura slot and milliseconds since the Unix epoch."""

    slot: int
    timestamp: int


class Clock:
    """Slots and timestamps for new blocks.

    Args:
        slot_duration: milliseconds per slot, as the runtime says.
        virtual: one slot per block from `genesis_time`, instead of following the wall.
        genesis_time: milliseconds; the virtual clock's first block is at or just before it.
        wall: reads real time in milliseconds.
    """

    def __init__(
        self,
        slot_duration: int,
        *,
        virtual: bool,
        genesis_time: int | None = None,
        wall: Callable[[], int] = wall_ms,
    ) -> None:
        self.slot_duration = slot_duration
        self.virtual = virtual
        self.genesis_time = wall() - DEFAULT_AGE_MS if genesis_time is None else genesis_time
        self.offset = 0
        self._target = 0
        self._wall = wall

    def wall(self) -> int:
        """Real time, ms."""
        return self._wall()

    def now(self) -> int:
        """What a wall-bound chain takes for the present: real time plus the travelled offset."""
        return self._wall() + self.offset

    def next(self, parent: Tick | None) -> Tick:
        """Slot and timestamp of the block after `parent` (None: after genesis)."""
        floor = parent.slot + 1 if parent is not None else 0
        wanted = self._target
        if not self.virtual:
            wanted = max(wanted, self.now())
        elif parent is None:
            wanted = max(wanted, self.genesis_time)
        slot = max(floor, wanted // self.slot_duration)
        return Tick(slot, slot * self.slot_duration)

    def sealed(self, tick: Tick) -> None:
        """Take note that a block with `tick` is on the chain: what it has reached is no longer a target."""
        if self._target <= tick.timestamp + self.slot_duration - 1:
            self._target = 0
        if not self.virtual and tick.timestamp > self.now():
            self.offset += tick.timestamp - self.now()

    def travel(self, timestamp: int, head: Tick | None) -> int:
        """Let the next block be at `timestamp` (ms) or the first slot after it; returns that block's
        timestamp.

        Raises ValueError if the head is already later: time runs forward only (`dev_revert` goes back).
        """
        if timestamp > MAX_TIMESTAMP_MS:
            raise ValueError(f"timestamp {timestamp} is out of range; it is in milliseconds")
        if head is not None and timestamp <= head.timestamp:
            raise ValueError(f"timestamp {timestamp} is not after the head's, {head.timestamp}")
        self._target = -(-timestamp // self.slot_duration) * self.slot_duration
        if not self.virtual:
            self.offset += self._target - self.now()
        return self.next(head).timestamp

    def save(self) -> tuple[int, int]:
        """State to restore by `restore`, for snapshots."""
        return self.offset, self._target

    def restore(self, saved: tuple[int, int]) -> None:
        """Go back to a saved state."""
        self.offset, self._target = saved

    def ahead(self, tick: Tick | None) -> int:
        """By how many milliseconds a block's slot lies in the real future; 0 if it does not.

        A full node refuses blocks whose slot has not come yet.
        """
        return 0 if tick is None else max(0, tick.timestamp - self._wall())
