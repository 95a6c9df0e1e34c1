"""The scores in memory and on disk: what rounds add, what a caught lie takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from ganglion_validator.chain_view import Snapshot
from ganglion_validator.scoring import MinerKey, RoundResult, combine, to_weights
from ganglion_validator.store import Store

log = structlog.get_logger(__name__)

__all__ = ["ScoreBook"]


@dataclass(slots=True)
class ScoreBook:
    """Scores by hotkey and registration.

    Attributes:
        memory: weight of the old score when a round adds a new one.
    """

    store: Store
    memory: float
    scores: dict[MinerKey, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scores = self.store.scores()

    def add(self, results: Sequence[RoundResult]) -> None:
        """Take a round's results, in memory and on disk."""
        changed = {r.key: combine(self.scores.get(r.key), r, self.memory) for r in results}
        self.store.save_scores(changed)
        self.scores.update(changed)
        log.info("round", scores={key.hotkey: round(score, 2) for key, score in changed.items()})

    def caught(self, key: MinerKey, reason: str) -> None:
        """Somebody lied: his score is gone at once."""
        log.warning("caught", hotkey=key.hotkey, reason=reason)
        if self.scores.get(key) != 0.0:
            self.store.save_scores({key: 0.0})
            self.scores[key] = 0.0

    def weights(self, snapshot: Snapshot) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Weights of the present occupants; empty = abstain."""
        neurons = [(n.uid, MinerKey(n.hotkey, n.registered_at)) for n in snapshot.neurons.values()]
        return to_weights(self.scores, neurons)

    def forget_gone(self, snapshot: Snapshot) -> None:
        """Drop scores of those who are no longer registered as they were."""
        present = {MinerKey(n.hotkey, n.registered_at) for n in snapshot.neurons.values()}
        gone = [key for key in self.scores if key not in present]
        if gone and snapshot.exists:
            self.store.forget_scores(gone)
            for key in gone:
                del self.scores[key]
