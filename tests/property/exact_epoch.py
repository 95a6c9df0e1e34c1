"""The epoch in rational numbers: the definition of docs/explanation/consensus.md, plain and slow.

Rounds nothing (the logistic function excepted, which has 40 digits). Takes states in the form of
tests/conformance/vectors/yuma.json. Deliberately shares no code with the chain and knows nothing of fixed
point; it leaves out what the tests do not vary: commitments, thresholds and owners.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

Column = list[Fraction]
Matrix = dict[tuple[int, int], Fraction]  # (row, column) -> value; absent is 0
ZERO, ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True)
class Exact:
    """What an epoch decides, and what its errors are proportional to."""

    consensus: Column
    trust: Column
    incentive: Column
    dividends: Column
    bonds: Matrix  # as they are stored
    margin: Fraction  # distance of the majority from the nearest sum of stakes; where it is nil medians jump
    rank: Fraction  # sum of all ranks
    divisors: Column  # what bonds on each UID are divided by; 1 where by nothing
    thinness: Fraction  # sum over columns of incentive / divisor
    earned: Fraction  # dividends before they are normalised, summed


def epoch(state: dict[str, Any]) -> Exact:
    """One epoch."""
    n, permits = state["n"], state["permits"]
    stake = normalised([Fraction(one) for one in state["stake"]])
    counts = [
        permits[uid] and state["last_update"][uid] + state["cutoff"] >= state["block"] for uid in range(n)
    ]
    active = normalised([stake[uid] if counts[uid] else ZERO for uid in range(n)])
    weights = row_shares(state)
    majority = Fraction(state["kappa"], 65535)
    medians = [median(weights, active, column, majority) for column in range(n)]
    consensus = [value for value, _ in medians]
    clipped = {(i, j): min(w, consensus[j]) for (i, j), w in weights.items()}
    rank = [sum((active[i] * clipped.get((i, j), ZERO) for i in range(n)), ZERO) for j in range(n)]
    incentive = normalised(rank)
    penalty = Fraction(state["bonds_penalty"], 65535)
    target = {cell: w + penalty * (clipped[cell] - w) for cell, w in weights.items()}
    bonds, bought = grown(state, target, active, consensus)
    shares, divisors = column_shares(bonds, n)
    earned = [sum((shares.get((i, j), ZERO) * incentive[j] for j in range(n)), ZERO) for i in range(n)]
    if state["yuma3"]:
        earned = [active[i] * earned[i] for i in range(n)]
        stored = bonds
    else:
        largest = [max((shares.get((i, j), ZERO) for i in range(n)), default=ZERO) for j in range(n)]
        stored = {(i, j): share / largest[j] for (i, j), share in shares.items()}
    divisors = [(bought or ONE) * (divisor or ONE) for bought, divisor in zip(bought, divisors, strict=True)]
    thinness = [incentive[j] / divisors[j] for j in range(n)]
    return Exact(
        consensus=consensus,
        trust=[sum((clipped.get((i, j), ZERO) for j in range(n)), ZERO) for i in range(n)],
        incentive=incentive,
        dividends=normalised(earned),
        bonds={(i, j): bond for (i, j), bond in stored.items() if state["next_permits"][i]},
        margin=min((margin for _, margin in medians), default=ONE),
        rank=sum(rank, ZERO),
        divisors=divisors,
        thinness=sum(thinness, ZERO),
        earned=sum(earned, ZERO),
    )


def normalised(column: Column) -> Column:
    """Shares of the sum; zeros stay zeros."""
    total = sum(column, ZERO)
    return [value / total for value in column] if total else column


def row_shares(state: dict[str, Any]) -> Matrix:
    """Weights of permitted validators on others that were there when they were set, as shares of their row."""
    shares: Matrix = {}
    for row, cells in state["weights"].items():
        i = int(row)
        kept = {
            j: value
            for j, value in cells
            if j != i and state["last_update"][i] > state["reg"][j] and state["permits"][i]
        }
        total = sum(kept.values())
        shares |= {(i, j): Fraction(value, total) if total else ZERO for j, value in kept.items()}
    return shares


def median(weights: Matrix, active: Column, column: int, majority: Fraction) -> tuple[Fraction, Fraction]:
    """The lowest weight up to which more than 1 - majority of the stake votes, and how narrowly."""
    votes = sorted((weights.get((i, column), ZERO), stake) for i, stake in enumerate(active) if stake)
    minority, below, margin, found = ONE - majority, ZERO, ONE, None
    for weight, stake in votes:
        below += stake
        if found is None and below > minority:
            found = weight
        margin = min(margin, abs(below - minority))
    if found is None:
        found = votes[-1][0] if votes else ZERO
    return found, margin


def column_shares(matrix: Matrix, n: int) -> tuple[Matrix, Column]:
    """Each cell divided by the sum of its column, and the sums."""
    sums = [sum((matrix.get((i, j), ZERO) for i in range(n)), ZERO) for j in range(n)]
    return {(i, j): value / sums[j] for (i, j), value in matrix.items() if sums[j]}, sums


def grown(state: dict[str, Any], target: Matrix, active: Column, consensus: Column) -> tuple[Matrix, Column]:
    """The new bonds, and by column what bought shares were divided by (1 where nothing is)."""
    n, alpha = state["n"], ONE - Fraction(state["bma"], 1_000_000)
    stored = {
        (int(i), j): Fraction(value, 65535) for i, cells in state["bonds_in"].items() for j, value in cells
    }
    if not state["yuma3"]:
        stored, _ = column_shares(stored, n)
        target, sums = column_shares({(i, j): weight * active[i] for (i, j), weight in target.items()}, n)
        return averaged(target, stored, lambda i, j: alpha), sums
    known = state["previous_consensus"]
    if known is not None and not state["liquid_legacy"]:
        consensus = [Fraction(value, 65535) for value in known]
    if not (state["liquid"] and any(consensus)):
        return averaged(target, stored, lambda i, j: alpha), [ONE] * n
    if state["liquid_legacy"]:
        # What clipping emptied counts as absent; an explicit zero does not, unless it was interpolated.
        zeros = state["bonds_penalty"] in (0, 65535)
        kept = {cell for cell, weight in target.items() if weight or (zeros and named_zero(state, *cell))}
        stored = {cell: bond for cell, bond in stored.items() if cell in kept}

    def rate(i: int, j: int) -> Fraction:
        return liquid_alpha(state, consensus[j], target.get((i, j), ZERO), stored.get((i, j), ZERO))

    return averaged(target, stored, rate), [ONE] * n


def named_zero(state: dict[str, Any], row: int, column: int) -> bool:
    """Whether a validator weighs a UID with zero explicitly."""
    return [column, 0] in [list(cell) for cell in state["weights"].get(str(row), [])]


def averaged(new: Matrix, old: Matrix, rate: Any) -> Matrix:
    """`rate * new + (1 - rate) * old` where either has a cell."""
    result = {}
    for i, j in new.keys() | old.keys():
        part = rate(i, j)
        result[i, j] = part * new.get((i, j), ZERO) + (ONE - part) * old.get((i, j), ZERO)
    return {cell: value for cell, value in result.items() if value}


def liquid_alpha(state: dict[str, Any], consensus: Fraction, weight: Fraction, bond: Fraction) -> Fraction:
    """The rate of one bond."""
    distance = weight - consensus if weight >= bond else bond - weight
    distance = max(ZERO, min(ONE, distance))
    exponent = Fraction(-state["steepness"], 100) * (distance - Fraction(1, 2))
    low, high = Fraction(state["alpha_low"], 65535), Fraction(state["alpha_high"], 65535)
    return low + (high - low) / (ONE + exponential(exponent))


def exponential(exponent: Fraction) -> Fraction:
    """`e^exponent` to 40 digits."""
    with localcontext() as context:
        context.prec = 40
        return Fraction((Decimal(exponent.numerator) / Decimal(exponent.denominator)).exp())
