"""From scores to the row of weights that goes on chain. Pure.

Scores of one task are tokens per second and compare with each other; each task has a share of the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ganglion.pallets.weights import normalise
from ganglion_validator.scoring import MinerKey, Record

__all__ = ["to_weights"]


def to_weights(
    records: Mapping[MinerKey, Record],
    neurons: Iterable[tuple[int, MinerKey]],
    shares: Mapping[str, float],
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Weights of the present occupants: (uids, u16 values), the best at 65,535; empty = abstain.

    Args:
        neurons: (uid, occupant) of every slot.
        shares: by task, positive; a task in which nobody has a score leaves its share to the others.
    """
    present = {uid: records[key] for uid, key in neurons if key in records and records[key].score > 0}
    totals = {
        task: sum(record.score for record in present.values() if record.task == task) for task in shares
    }
    by_uid = {
        uid: shares[record.task] * record.score / totals[record.task]
        for uid, record in present.items()
        if record.task in shares
    }
    uids, values = normalise(by_uid)
    return tuple(uids), tuple(values)
