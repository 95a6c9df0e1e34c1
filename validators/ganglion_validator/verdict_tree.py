"""Which verdicts of a period are filed with its rows, and in which order. Pure.

The chain holds rows and single verdicts to each other: of every index of the tree the rows say whose verdict stands
there and how it ended. So a verdict is in the tree exactly when a row counts it: its miner holds the slot that it held
when it was judged, and who files it is who asked. Others (the miner is gone, its slot has another number now, the
validator has a new hotkey) are neither counted nor filed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ganglion.protocol.verdicts import VerdictRow, decode_rows, encode_rows
from ganglion_validator.scoring import MinerKey

__all__ = ["Tally", "Tree", "Who", "counted"]

Who = tuple[MinerKey, bytes]


@dataclass(frozen=True, slots=True)
class Tally:
    """How the audits of one miner and profile ended."""

    passed: int = 0
    soft: int = 0
    hard: int = 0

    @property
    def audited(self) -> int:
        """All of them."""
        return self.passed + self.soft + self.hard


@dataclass(frozen=True, slots=True)
class Tree:
    """What decides about a period's leaves, kept with the period: they are the same after a restart, and when their
    miners are long gone.

    Attributes:
        requester: public key of who files them, who asked.
        rows: as they are filed.
        miners: who held the slot of each row.
        profiles: whose audits were counted.
    """

    requester: bytes
    rows: tuple[VerdictRow, ...]
    miners: Mapping[int, MinerKey]
    profiles: frozenset[bytes]

    @classmethod
    def of(
        cls,
        requester: bytes,
        rows: Iterable[VerdictRow],
        slots: Mapping[MinerKey, int],
        profiles: Iterable[bytes],
    ) -> Tree:
        """From rows and who holds which slot."""
        rows = tuple(rows)
        told = {row.uid for row in rows}
        return cls(
            requester, rows, {uid: key for key, uid in slots.items() if uid in told}, frozenset(profiles)
        )

    def holds(self, key: MinerKey, profile: bytes, uid: int) -> bool:
        """Whether a verdict about this miner, judged in this slot, is a leaf."""
        return self.miners.get(uid) == key and profile in self.profiles

    def to_text(self) -> str:
        """For the disk."""
        miners = [[uid, key.hotkey, key.registered_at] for uid, key in sorted(self.miners.items())]
        profiles = sorted(profile.hex() for profile in self.profiles)
        rows, requester = encode_rows(self.rows).hex(), self.requester.hex()
        return json.dumps({"requester": requester, "rows": rows, "miners": miners, "profiles": profiles})

    @classmethod
    def from_text(cls, text: str) -> Tree:
        """What `to_text` wrote."""
        said = json.loads(text)
        return cls(
            bytes.fromhex(said["requester"]),
            decode_rows(bytes.fromhex(said["rows"])),
            {uid: MinerKey(hotkey, at) for uid, hotkey, at in said["miners"]},
            frozenset(map(bytes.fromhex, said["profiles"])),
        )


def counted(
    tallies: Mapping[tuple[MinerKey, bytes, int], Tally],
    slots: Mapping[MinerKey, int],
    profiles: Iterable[bytes],
) -> dict[Who, Tally]:
    """Of tallies by miner, profile and slot those that a row may count.

    Args:
        slots: of every present miner.
        profiles: that the validator has a model of.
    """
    known = frozenset(profiles)
    return {
        (key, profile): tally
        for (key, profile, uid), tally in tallies.items()
        if slots.get(key) == uid and profile in known
    }
