"""The records of miners in memory and on disk: what rounds add, what a lie takes, what passed audits give back.

A disk that can't be written stops nothing: the newest records stay in memory and are written with the next ones.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from ganglion_validator.chain_view import Snapshot
from ganglion_validator.scoring import MinerKey, Record, RoundResult, combine, pay_off, punish
from ganglion_validator.store import Store, StoreFailed
from ganglion_validator.weights import to_weights

log = structlog.get_logger(__name__)

__all__ = ["ScoreBook"]


@dataclass(slots=True)
class ScoreBook:
    """Records by hotkey and registration.

    Attributes:
        memory: weight of the old score when a round adds a new one.
        shares: part of the weights that each task gets.
        unsaved: records that the disk does not have yet.
    """

    store: Store
    memory: float
    shares: Mapping[str, float] = field(default_factory=lambda: {"generate": 1.0})
    records: dict[MinerKey, Record] = field(default_factory=dict)
    unsaved: set[MinerKey] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.records = self.store.records()

    @property
    def scores(self) -> dict[MinerKey, float]:
        """Scores alone."""
        return {key: record.score for key, record in self.records.items()}

    def add(self, results: Sequence[RoundResult]) -> None:
        """Take a round's results, in memory and on disk."""
        changed = {r.key: combine(self.records.get(r.key), r, self.memory) for r in results}
        self._put(changed)
        log.info("round", scores={key.hotkey: round(one.score, 2) for key, one in changed.items()})

    def caught(self, key: MinerKey, task: str, reason: str) -> None:
        """Somebody lied: his score is gone at once."""
        record = punish(self.records.get(key), task)
        if record == self.records.get(key):
            return
        log.warning("caught", hotkey=key.hotkey, reason=reason, audits_owed=record.owed)
        self._put({key: record})

    def passed(self, key: MinerKey) -> None:
        """An audit of an own prompt was passed."""
        old = self.records.get(key)
        if old is not None and old.owed:
            self._put({key: pay_off(old)})

    def absent(self, serving: Collection[MinerKey]) -> list[MinerKey]:
        """Who has a score and does not serve any more."""
        return [key for key, record in self.records.items() if record.score > 0 and key not in serving]

    def weights(self, snapshot: Snapshot) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Weights of the present occupants; empty = abstain."""
        neurons = [(n.uid, MinerKey(n.hotkey, n.registered_at)) for n in snapshot.neurons.values()]
        return to_weights(self.records, neurons, self.shares)

    def forget_gone(self, snapshot: Snapshot) -> None:
        """Drop records of those who are no longer registered as they were."""
        present = {MinerKey(n.hotkey, n.registered_at) for n in snapshot.neurons.values()}
        gone = [key for key in self.records if key not in present]
        if not gone or not snapshot.exists:
            return
        for key in gone:
            del self.records[key]
        self.unsaved.difference_update(gone)
        try:
            self.store.forget_records(gone)
        except StoreFailed as error:  # they are forgotten again after the next start
            log.error("scores_not_forgotten", error=str(error), hint=error.hint)

    def _put(self, changed: Mapping[MinerKey, Record]) -> None:
        self.records.update(changed)
        self.unsaved.update(changed)
        try:
            self.store.save_records({key: self.records[key] for key in self.unsaved})
        except StoreFailed as error:
            log.error("scores_not_saved", error=str(error), hint=error.hint, waiting=len(self.unsaved))
            return
        self.unsaved.clear()
