"""Pallet RootVote: how emission is split over subnets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganglion.balance import Balance
from ganglion.chain.calls import ApiCall, Call

PALLET, API = "RootVote", "RootVoteApi"

__all__ = ["Ballot", "Share", "ballots", "next_tally", "retract", "shares", "vote"]


@dataclass(frozen=True)
class Ballot:
    """What a hotkey wants.

    Attributes:
        stake: at the last tally, or at the vote where there was none since.
        weights: by subnet; only the proportions count.
        cast_at: block of the vote.
    """

    hotkey: str
    stake: Balance
    weights: dict[int, int]
    cast_at: int

    @classmethod
    def decode(cls, value: Any) -> Ballot:
        """From the codec's plain value."""
        hotkey, stake, weights, cast_at = value
        return cls(hotkey, Balance(stake), {netuid: weight for netuid, weight in weights}, cast_at)


@dataclass(frozen=True)
class Share:
    """A subnet's emission from one tally to the next.

    Attributes:
        voted: by the vote.
        fees: by fees that were burned in it.
    """

    netuid: int
    voted: Balance
    fees: Balance

    @classmethod
    def decode(cls, value: Any) -> Share:
        """From the codec's plain value."""
        netuid, voted, fees = value
        return cls(netuid, Balance(voted), Balance(fees))


def vote(weights: Mapping[int, int]) -> Call:
    """Cast a ballot (netuid to weight, up to 65,535 each), in the place of an earlier one; signed by the hotkey."""
    return Call(PALLET, "vote", {"weights": sorted(weights.items())}, feeless=True)


def retract() -> Call:
    """Withdraw the signer's ballot."""
    return Call(PALLET, "retract", {}, feeless=True)


def ballots() -> ApiCall[list[Ballot]]:
    """All ballots, most stake first."""
    return ApiCall(API, "ballots", (), lambda found: [Ballot.decode(one) for one in found])


def shares() -> ApiCall[list[Share]]:
    """What the last tally found; empty while all parts are equal."""
    return ApiCall(API, "shares", (), lambda found: [Share.decode(one) for one in found])


def next_tally() -> ApiCall[tuple[int, int]]:
    """Block of the next tally if nothing is paused meanwhile, and blocks between two."""
    return ApiCall(API, "next_tally", (), lambda found: (int(found[0]), int(found[1])))
