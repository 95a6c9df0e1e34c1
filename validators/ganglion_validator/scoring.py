"""From deliveries to scores. Pure: no clock, no I/O, no randomness.

In a round all serving miners are loaded at the same time for the same window. A miner's result is its verified
throughput: tokens per second that arrived within the window, times the part of its audited answers that passed.
Users' requests in the same window count as well, but no faster than the miner answers the validator's own prompts:
who is user and miner at once could prepare the answers, at any temperature, and would be paid for a look-up.
An engine behind several UIDs shares its throughput among them, because all of them are loaded at once.

One lie takes the whole score, and puts its author on probation: nothing counts until so many audits of own prompts
were passed in a row, twice as many after each further lie. Without that, a miner that cheats users between rounds and
works well within them would earn half of an honest one's pay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

FIRST_PENALTY = 64  # audits of own prompts; an honest miner fails none in 200,000 tokens
MAX_PENALTY = 1 << 14

__all__ = ["MinerKey", "Record", "RoundResult", "Tally", "combine", "pay_off", "punish"]


@dataclass(frozen=True, slots=True)
class MinerKey:
    """A hotkey in its slot: who is registered again starts again."""

    hotkey: str
    registered_at: int


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a miner.

    Attributes:
        task: "generate" or "embed"; scores of different tasks are never compared.
        score: verified tokens per second, averaged over rounds; 0 on probation.
        owed: audits to pass before work counts again.
        penalty: what was owed after the last lie.
    """

    task: str
    score: float
    owed: int = 0
    penalty: int = 0


@dataclass(slots=True)
class Tally:
    """What one miner did in one round.

    Attributes:
        asked: own prompts that were sent to it.
        answers: answers that were whole, well-formed, in time and such as can be audited.
        tokens: of answers to own prompts that count as work.
        made, seconds: tokens of all answers to own prompts, and the time that they were in flight.
        user_tokens, user_seconds: of users' answers that count as work.
        passed, failed_soft, failed_hard: outcomes of its audited answers.
    """

    asked: int = 0
    answers: int = 0
    tokens: int = 0
    made: int = 0
    seconds: float = 0.0
    user_tokens: int = 0
    user_seconds: float = 0.0
    passed: int = 0
    failed_soft: int = 0
    failed_hard: int = 0

    @property
    def audited(self) -> int:
        """Audited answers."""
        return self.passed + self.failed_soft + self.failed_hard

    @property
    def work(self) -> float:
        """Tokens that count: a user's answer as many as the validator's own would have had in the same time."""
        if self.seconds <= 0.0:
            return float(self.tokens)
        return self.tokens + min(self.user_tokens, self.user_seconds * self.made / self.seconds)

    def throughput(self, window: float) -> float | None:
        """Verified tokens per second; None when the round says nothing.

        Whoever was asked and gave nothing in time delivered nothing, whatever the reason he named.

        Args:
            window: seconds of the round.
        """
        if self.failed_hard:
            return 0.0
        if self.audited == 0:
            return 0.0 if self.asked and not self.answers else None
        return self.work / window * (self.passed / self.audited)


@dataclass(frozen=True, slots=True)
class RoundResult:
    """A miner's throughput in a round of a task, and whether it lied."""

    key: MinerKey
    task: str
    throughput: float
    caught: bool = False


def combine(old: Record | None, result: RoundResult, memory: float) -> Record:
    """The record after a round.

    Args:
        old: None for a newcomer, whose first round counts whole.
        memory: weight of the old score, 0 to 1.
    """
    if result.caught:
        return punish(old, result.task)
    if old is None:
        return Record(result.task, result.throughput)
    if old.owed:
        return replace(old, task=result.task, score=0.0)
    if old.task != result.task:
        return replace(old, task=result.task, score=result.throughput)
    return replace(old, score=memory * old.score + (1.0 - memory) * result.throughput)


def punish(old: Record | None, task: str) -> Record:
    """The record of one who lied. Lies during a probation start it again; the next one is twice as long."""
    if old is None:
        return Record(task, 0.0, FIRST_PENALTY, FIRST_PENALTY)
    penalty = old.penalty if old.owed else min(MAX_PENALTY, max(FIRST_PENALTY, 2 * old.penalty))
    return Record(old.task, 0.0, penalty, penalty)


def pay_off(old: Record) -> Record:
    """The record after a passed audit."""
    return replace(old, owed=old.owed - 1) if old.owed else old
