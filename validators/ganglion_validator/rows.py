"""Rows about miners, from what was measured and found out. Pure.

The chain computes weights from them; here nothing is weighed but tasks against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ganglion.protocol.verdicts import VerdictRow
from ganglion_validator.reputation import Reputation
from ganglion_validator.scoring import MinerKey, Record
from ganglion_validator.verdict_tree import Tally, Who

PER_TOKEN = 1000  # work of one token per second
WHOLE = 1_000_000  # work of all miners, where there is more than one task

__all__ = ["Known", "rows_of", "works_of"]


@dataclass(frozen=True, slots=True)
class Known:
    """What rows are made from.

    Attributes:
        records: scores, and audits owed.
        tallies, reputations: by miner and profile; tallies of those verdicts that are filed (verdict_tree.py).
        profiles: of each task.
        shares: of each task, adding up to 1.
        number: short number of a profile, None while it is not registered.
    """

    records: Mapping[MinerKey, Record]
    tallies: Mapping[Who, Tally]
    reputations: Mapping[Who, Reputation]
    profiles: Mapping[str, bytes]
    shares: Mapping[str, float]
    number: Callable[[bytes], int | None]


def rows_of(known: Known, neurons: Iterable[tuple[int, MinerKey]]) -> tuple[VerdictRow, ...]:
    """Rows of the present occupants of whom there is something to say, ascending by uid.

    Args:
        neurons: (uid, occupant) of every slot but one's own.
    """
    works = works_of(known.records, known.shares)
    rows = (_row(known, uid, key, works.get(key, 0)) for uid, key in sorted(neurons, key=lambda n: n[0]))
    return tuple(row for row in rows if row is not None)


def _row(known: Known, uid: int, key: MinerKey, work: int) -> VerdictRow | None:
    """A lie counts whatever it was about; the profile is that of the present task."""
    tallies = [known.tallies.get((key, profile), Tally()) for profile in set(known.profiles.values())]
    llr = max(known.reputations.get((key, profile), Reputation()).llr for profile in known.profiles.values())
    record = known.records.get(key)
    owed = record.owed if record else 0
    audited = sum(tally.audited for tally in tallies)
    number = known.number(known.profiles[_task(known, key, record)])
    if number is None or not (audited or owed or llr):
        return None
    return VerdictRow(
        uid,
        number,
        work,
        audited,
        sum(tally.passed for tally in tallies),
        sum(tally.soft for tally in tallies),
        sum(tally.hard for tally in tallies),
        round(1000 * llr),
        owed,
    )


def _task(known: Known, key: MinerKey, record: Record | None) -> str:
    if record is not None and record.task in known.profiles:
        return record.task
    return next(
        (t for t, p in known.profiles.items() if (key, p) in known.tallies), next(iter(known.profiles))
    )


def works_of(records: Mapping[MinerKey, Record], shares: Mapping[str, float]) -> dict[MinerKey, int]:
    """Work of each miner: thousandths of tokens per second; where there is more than one task, millionths of the
    whole, of which each task has its share (a task without scores leaves its share to the others).
    """
    totals = {task: sum(r.score for r in records.values() if r.task == task) for task in shares}
    found = {}
    for key, record in records.items():
        if record.score <= 0 or record.task not in shares:
            continue
        if len(shares) == 1:
            found[key] = max(1, round(PER_TOKEN * record.score))
        else:
            found[key] = max(1, round(WHOLE * shares[record.task] * record.score / totals[record.task]))
    return found
