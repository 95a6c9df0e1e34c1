"""How many requests to keep in flight at a miner so that it is fully loaded. Pure.

A miner's score is its throughput under full load: with fewer requests than fill it, an engine behind several UIDs
would be measured as several engines. So each miner's load climbs a ladder (2, 4, 8 ...) as long as a step up
brings more tokens; the step above is tried again now and then. For the same reason a window is long enough
for several answers: where hardly one fits, more load would never look like more throughput.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field

GAIN = 1.05  # a step up must bring this much
AGAIN = 0.1  # part of the rounds in which the step above is tried again
MEMORY = 0.5
ANSWERS = 4  # that fit a window, one after the other
STRETCH = 10  # longest window, as a multiple of the shortest

__all__ = ["Ladder", "window_for"]


@dataclass(slots=True)
class Ladder:
    """The load of one miner.

    Attributes:
        base, top: fewest and most requests in flight.
        seen: throughput at each step, averaged.
        answer_seconds: how long its answers took in the last round; 0 = none came.
        resumed: its score is older than this ladder, so that the first climb need not count.
    """

    base: int
    top: int
    seen: dict[int, float] = field(default_factory=dict)
    answer_seconds: float = 0.0
    resumed: bool = False

    def best(self) -> int:
        """The step that is worth its load."""
        step = self.base
        while 2 * step <= self.top and self.seen.get(2 * step, 0.0) > GAIN * self.seen.get(step, 0.0):
            step *= 2
        return step

    def choose(self, chance: random.Random) -> int:
        """The step for the next round."""
        best = self.best()
        up = 2 * best
        if best not in self.seen or up > self.top:
            return best
        return up if up not in self.seen or chance.random() < AGAIN else best

    def is_trial(self, step: int) -> bool:
        """Whether a round at this step only looks for the right load."""
        if step in self.seen and step != self.best():
            return True
        return self.resumed and not self.is_settled()

    def is_settled(self) -> bool:
        """Whether the climb has found its end."""
        best = self.best()
        return best in self.seen and (2 * best > self.top or 2 * best in self.seen)

    def learn(self, step: int, throughput: float, answer_seconds: float) -> None:
        """What a round at this step brought: tokens per second, verified or not."""
        old = self.seen.get(step)
        self.seen[step] = throughput if old is None else MEMORY * old + (1 - MEMORY) * throughput
        self.answer_seconds = answer_seconds


def window_for(shortest: float, ladders: Iterable[Ladder]) -> float:
    """Seconds of the next round: several times what half of the miners take for an answer, within bounds."""
    known = [ladder.answer_seconds for ladder in ladders if ladder.answer_seconds]
    typical = statistics.median(known) if known else 0.0
    return min(STRETCH * shortest, max(shortest, ANSWERS * typical))
