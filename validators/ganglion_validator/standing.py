"""Whether miners have a reason to answer this validator, and if not, when that may change. Pure but for a clock.

Miners admit hotkeys with a validator permit, and permits change at the end of an epoch. Until then a user is told
so at once; knows nothing of HTTP and of miners.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ganglion_validator.chain_view import Snapshot

UNKNOWN_PACE = 6.0  # seconds a block, before two were seen
LONGEST_WAIT = 3600.0
BLOCKS = 16

__all__ = ["Pace", "Standing", "standing_of"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a validator may ask of miners.

    Attributes:
        permit: whether its own metagraph shows a permit.
        reason, hint: why not, and what to do about it; empty with a permit.
        seconds: until it may be otherwise.
    """

    permit: bool = True
    reason: str = ""
    hint: str = ""
    seconds: float = 0.0


@dataclass(slots=True)
class Pace:
    """How fast blocks come, measured from the newest ones."""

    clock: Callable[[], float] = time.monotonic
    seen: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=BLOCKS))

    def saw(self, block: int) -> None:
        """The newest block is this one."""
        if self.seen and block < self.seen[-1][0]:
            self.seen.clear()
        if not self.seen or block > self.seen[-1][0]:
            self.seen.append((block, self.clock()))

    @property
    def seconds(self) -> float:
        """Seconds a block."""
        if len(self.seen) < 2:
            return UNKNOWN_PACE
        (first, began), (last, ended) = self.seen[0], self.seen[-1]
        return (ended - began) / (last - first)


def standing_of(snapshot: Snapshot | None, hotkey: str, pace: float) -> Standing:
    """The standing of a hotkey in a metagraph.

    Args:
        pace: seconds a block.
    """
    if snapshot is None:
        return Standing(False, "the chain has not been reached", seconds=pace)
    neuron = snapshot.neurons.get(hotkey)
    if neuron is not None and neuron.permit:
        return Standing()
    left = max(1, snapshot.last_epoch_block + snapshot.rules.tempo - snapshot.block)
    seconds = min(LONGEST_WAIT, max(1.0, left * pace))
    if neuron is None:
        return Standing(
            False,
            "its hotkey is not registered in the subnet",
            "register it: ganglion subnet register",
            seconds,
        )
    return Standing(
        False,
        f"it holds no validator permit, and the epoch ends in {left} blocks",
        "permits go to the neurons with most stake at the end of an epoch",
        seconds,
    )
