"""What is known of a miner beyond its score: how often to look at its answers, and how surely one comes. Pure.

A newcomer's answers are all audited. With each audit of the validator's own prompts passed in a row the probability
falls towards a floor; one failure of any kind, whoever asked, puts it back to 1. Who has friends among users could have
as many of their requests as he likes, of one token each: they buy no trust. Evidence of rounding (8-bit weights, say)
is too weak in one answer and is gathered: a sum of log-likelihood ratios that never falls below zero, so that a long
honest past is no credit for a dishonest future.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

NEWCOMER = 50  # own prompts' audits in a row for which all answers are audited
HALF = 50  # further ones after which half as many are
MEMORY = 0.95  # weight of the past when an exchange is added to reliability
LEAST_RELIABLE = 0.02  # enough to be asked now and then, so that a change is seen

__all__ = ["Reputation", "after_audit", "after_exchange", "probability"]


@dataclass(frozen=True, slots=True)
class Reputation:
    """Of one miner and profile.

    Attributes:
        audits: all of them.
        streak: of own prompts, passed since the last that failed.
        llr: gathered log-likelihood ratio of cheat to honest (natural logarithm), at least 0.
        reliability: part of the recent requests that it answered, 0 to 1.
        refusals: requests that it did not answer and another miner did.
    """

    audits: int = 0
    streak: int = 0
    llr: float = 0.0
    reliability: float = 1.0
    refusals: int = 0


def probability(one: Reputation, floor: float) -> float:
    """With which its answers are audited.

    Args:
        floor: for the best reputation, 0 to 1.
    """
    if one.streak < NEWCOMER:
        return 1.0
    return max(floor, 0.5 ** ((one.streak - NEWCOMER) / HALF))


def after_audit(one: Reputation, *, passed: bool, llr: float, own: bool) -> Reputation:
    """The reputation after an audit that gave this log-likelihood ratio.

    Args:
        own: whether the validator itself had asked.
    """
    streak = one.streak + own if passed else 0
    return replace(one, audits=one.audits + 1, streak=streak, llr=max(0.0, one.llr + llr))


def after_exchange(one: Reputation, *, answered: bool) -> Reputation:
    """The reputation after a request that it answered, or that another one answered in its place."""
    reliability = MEMORY * one.reliability + (1.0 - MEMORY) * answered
    return replace(one, reliability=max(LEAST_RELIABLE, reliability), refusals=one.refusals + (not answered))
