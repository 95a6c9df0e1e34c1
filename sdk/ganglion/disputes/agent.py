"""What a party of a dispute or a member of its committee does next: pure functions of the dispute and of what was
computed.

Honest machines that reproduce the profile's self-test compute the same bits. So the challenger agrees with a hash
exactly when it is his own, and the accused posts what it computed: whoever lies is left with a step that no honest
machine computes. A machine that does not reproduce the self-test says so (`Waive`, abstention) instead of guessing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ganglion.pallets.disputes import Bisection, CommitteeVote, Dispute, Stage
from ganglion.protocol.verdicts import Outcome, Verdict

BILLION = 10**9
ACCUSED_WRONG, CHALLENGER_WRONG, ABSTAIN = (
    CommitteeVote.ACCUSED_WRONG,
    CommitteeVote.CHALLENGER_WRONG,
    CommitteeVote.ABSTAIN,
)

__all__ = [
    "Answer",
    "Judge",
    "Move",
    "Post",
    "Rechecked",
    "Replayed",
    "Vote",
    "Waive",
    "on_verdict",
    "party_move",
    "vote_on",
]


class Replayed(Protocol):
    """A canonical replay of the disputed token by a machine that reproduces the self-test: hashes of steps 0 to
    L + 1, and the margin in millionths of a logit.
    """

    @property
    def steps(self) -> tuple[bytes, ...]: ...

    @property
    def margin(self) -> int: ...


@dataclass(frozen=True)
class Rechecked:
    """The answer re-verified by the profile's rules.

    Attributes:
        hard: whether it is a hard failure.
        leaves_shown: whether every rule was applied: the evidence had the activation leaves, or there are none.
        near: whether a number stands so near to its limit that another machine may have found the opposite.
    """

    hard: bool
    leaves_shown: bool = False
    near: bool = False


@dataclass(frozen=True)
class Answer:
    """The accused's margin and hash of the last step."""

    margin: int
    hash: bytes


@dataclass(frozen=True)
class Post:
    """The accused's hash of the middle step."""

    hash: bytes


@dataclass(frozen=True)
class Judge:
    """Whether the challenger agrees."""

    agrees: bool


@dataclass(frozen=True)
class Waive:
    """No bisection with this machine."""


@dataclass(frozen=True)
class Vote:
    """A member's vote."""

    vote: CommitteeVote


Move = Answer | Post | Judge | Waive | Vote


def party_move(dispute: Dispute, replayed: Replayed | None) -> Move | None:
    """What whoever's turn it is does; None where no party has to move.

    Args:
        replayed: None where this machine can't replay canonically.
    """
    if dispute.stage not in (Stage.ANSWERING, Stage.POSTING, Stage.JUDGING):
        return None
    if replayed is None or len(replayed.steps) != dispute.layers + 2:
        return Waive()
    if dispute.stage is Stage.ANSWERING:
        return Answer(replayed.margin, replayed.steps[-1])
    bisection = dispute.bisection
    if bisection is None:
        return None
    own = replayed.steps[bisection.middle_step]
    return Post(own) if dispute.stage is Stage.POSTING else Judge(bisection.middle == own)


def vote_on(
    dispute: Dispute, tolerance: int, replayed: Replayed | None = None, rechecked: Rechecked | None = None
) -> CommitteeVote:
    """A member's vote.

    Args:
        tolerance: the profile's, billionths: an output that differs less is no lie.
        replayed: of the disputed token, for a claim about a margin; None where this machine can't.
        rechecked: of the whole answer, for every other claim; None where this machine can't.
    """
    claim = dispute.claim
    if claim.kind == "Margin":
        return ABSTAIN if replayed is None else _on_margin(dispute, tolerance, replayed)
    if rechecked is None:
        return ABSTAIN
    if claim.kind == "Answer":
        return ACCUSED_WRONG if rechecked.hard else CHALLENGER_WRONG
    return ABSTAIN if claim.verdict is None else on_verdict(claim.verdict, dispute.limit, rechecked)


def _on_margin(dispute: Dispute, tolerance: int, replayed: Replayed) -> CommitteeVote:
    """The claim must be true, the accused must have said otherwise, and the located step must be false. The hash of the
    last step is the accused's own answer, which the challenger never judged: true or not, it is the accused who says
    another margin than it hashed.
    """
    if replayed.margin <= dispute.limit:
        return CHALLENGER_WRONG
    bisection = dispute.bisection
    if bisection is None:
        return ACCUSED_WRONG
    if not differs(replayed.margin, bisection.margin, tolerance):
        return CHALLENGER_WRONG
    judged = bisection.located and bisection.high <= dispute.layers
    refuted = judged and _own(replayed, bisection) == bisection.hash
    return CHALLENGER_WRONG if refuted else ACCUSED_WRONG


def _own(replayed: Replayed, bisection: Bisection) -> bytes | None:
    return replayed.steps[bisection.high] if bisection.high < len(replayed.steps) else None


def differs(margin: int, claimed: int, tolerance: int) -> bool:
    """Whether two margins differ by more than the tolerance, relative to the larger one."""
    return abs(margin - claimed) * BILLION > tolerance * max(margin, claimed, 1)


def on_verdict(filed: Verdict, limit: int, rechecked: Rechecked) -> CommitteeVote:
    """Whether a filed verdict is wrong: passed and hard contradict each other; soft contradicts nothing. Nobody is
    wrong about what stands near to a limit: a miner can choose tokens that do.

    Args:
        limit: margin that the profile allows, millionths of a logit.
    """
    if filed.outcome is Outcome.SOFT:
        return CHALLENGER_WRONG
    if filed.outcome is Outcome.PASSED:
        return ACCUSED_WRONG if rechecked.hard and not rechecked.near else CHALLENGER_WRONG
    if rechecked.hard:
        return CHALLENGER_WRONG
    # It may have been hard for its activation leaves. Whoever leaves them out of the evidence gains nothing by it.
    by_leaves = filed.margin <= limit and not rechecked.leaves_shown
    return ABSTAIN if by_leaves or rechecked.near else ACCUSED_WRONG
