"""From deliveries to scores to weights. Pure: no clock, no I/O, no randomness.

In a round all serving miners are loaded at the same time for the same window. A miner's result is its verified
throughput: tokens per second that arrived within the window, times the part of its audited answers that passed;
one hard failure makes it zero. An engine behind several UIDs shares its throughput among them, because all of
them are loaded at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ganglion.pallets.weights import normalise

__all__ = ["MinerKey", "RoundResult", "Tally", "combine", "to_weights"]


@dataclass(frozen=True, slots=True)
class MinerKey:
    """A hotkey in its slot: who is registered again starts again."""

    hotkey: str
    registered_at: int


@dataclass(slots=True)
class Tally:
    """What one miner did in one round.

    Attributes:
        tokens: output tokens of answers that were complete, well-formed and in time.
        passed, failed_soft, failed_hard: outcomes of its audited answers.
        broken: exchanges that gave no valid answer.
    """

    tokens: int = 0
    passed: int = 0
    failed_soft: int = 0
    failed_hard: int = 0
    broken: int = 0

    @property
    def audited(self) -> int:
        """Audited answers."""
        return self.passed + self.failed_soft + self.failed_hard

    def throughput(self, window: float) -> float | None:
        """Verified tokens per second; None when nothing is known: no audit, and no failure either.

        Args:
            window: seconds of the round.
        """
        if self.failed_hard:
            return 0.0
        if self.audited == 0:
            return 0.0 if self.broken and not self.tokens else None
        return self.tokens / window * (self.passed / self.audited)


@dataclass(frozen=True, slots=True)
class RoundResult:
    """A miner's throughput in a round, and whether it was caught."""

    key: MinerKey
    throughput: float
    caught: bool


def combine(old: float | None, result: RoundResult, memory: float) -> float:
    """The score after a round.

    Args:
        old: score before; None for a newcomer, whose first round counts whole.
        memory: weight of the old score, 0 to 1. Who was caught loses all of it.
    """
    if result.caught:
        return 0.0
    if old is None:
        return result.throughput
    return memory * old + (1.0 - memory) * result.throughput


def to_weights(
    scores: Mapping[MinerKey, float], neurons: Iterable[tuple[int, MinerKey]]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Weights of the present occupants: (uids, u16 values), the best at 65,535; empty = abstain.

    Args:
        neurons: (uid, occupant) of every slot.
    """
    by_uid = {uid: scores[key] for uid, key in neurons if key in scores}
    uids, values = normalise(by_uid)
    return tuple(uids), tuple(values)
