"""Reputations in memory and on disk, by miner and profile.

What an audit changes is on disk with the next write; a disk that can't be written stops nothing: what it lacks is
written later. How reliably miners answer changes with every request and is written with the next audit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from sqlite3 import Connection

import structlog

from ganglion_validator.reputation import Reputation, after_audit, after_exchange, probability
from ganglion_validator.scoring import MinerKey
from ganglion_validator.store import Store, StoreFailed

log = structlog.get_logger(__name__)

__all__ = ["Reputations"]

Who = tuple[MinerKey, bytes]  # and the hash of the profile


@dataclass(slots=True)
class Reputations:
    """All that are known.

    Attributes:
        floor: least probability of an audit.
    """

    store: Store
    floor: float
    known: dict[Who, Reputation] = field(default_factory=dict)
    unsaved: set[Who] = field(default_factory=set)

    def __post_init__(self) -> None:
        rows = self.store.read(
            "SELECT hotkey, registered_at, profile, audits, streak, llr, reliability, refusals FROM reputations"
        )
        self.known = {
            (MinerKey(hotkey, at), profile): Reputation(*rest) for hotkey, at, profile, *rest in rows
        }

    def of(self, key: MinerKey, profile: bytes) -> Reputation:
        """A newcomer's for who is not known."""
        return self.known.get((key, profile)) or Reputation()

    def probability(self, key: MinerKey, profile: bytes) -> float:
        """With which this miner's answers are audited."""
        return probability(self.of(key, profile), self.floor)

    def reliability(self, key: MinerKey, profile: bytes) -> float:
        """Part of the recent requests that it answered."""
        return self.of(key, profile).reliability

    def audited(self, key: MinerKey, profile: bytes, *, passed: bool, llr: float, own: bool) -> Reputation:
        """Take the outcome of an audit; call `write` after the batch."""
        changed = after_audit(self.of(key, profile), passed=passed, llr=llr, own=own)
        self._put(key, profile, changed)
        return changed

    def exchanged(self, key: MinerKey, profile: bytes, *, answered: bool) -> None:
        """Whether it answered a request that can be answered."""
        self._put(key, profile, after_exchange(self.of(key, profile), answered=answered))

    def _put(self, key: MinerKey, profile: bytes, changed: Reputation) -> None:
        self.known[key, profile] = changed
        self.unsaved.add((key, profile))

    def write(self, db: Connection) -> None:
        """Write what changed, in somebody's transaction; call `unsaved.clear()` when that is done."""
        rows = [
            (key.hotkey, key.registered_at, profile, *_columns(self.known[key, profile]))
            for key, profile in self.unsaved
        ]
        db.executemany("INSERT OR REPLACE INTO reputations VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def forget_gone(self, present: Iterable[MinerKey]) -> None:
        """Drop those who are no longer registered as they were."""
        here = set(present)
        gone = [who for who in self.known if who[0] not in here]
        for who in gone:
            del self.known[who]
            self.unsaved.discard(who)
        if not gone:
            return
        try:
            with self.store.transaction() as db:
                db.executemany(
                    "DELETE FROM reputations WHERE hotkey = ? AND registered_at = ?",
                    [(key.hotkey, key.registered_at) for key, _ in gone],
                )
        except StoreFailed as error:  # they are forgotten again after the next start
            log.error("reputations_not_forgotten", error=str(error), hint=error.hint)


def _columns(one: Reputation) -> tuple[float, ...]:
    return (one.audits, one.streak, one.llr, one.reliability, one.refusals)
