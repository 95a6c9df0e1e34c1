"""What shows anybody, without a model, that a validator filed something false. Knows neither chain nor gateways.

Rows and single verdicts are bound to each other (protocol/verdicts.py): the rows say of every place in the tree whose
verdict stands there and how it ended. A request has one verdict. A verdict is about an answer that the miner in its
slot signed for this validator.
"""

from __future__ import annotations

from dataclasses import dataclass

from ganglion.protocol.merkle import Proof
from ganglion.protocol.receipts import SignedReceipt
from ganglion.protocol.verdicts import Verdict, VerdictRow

__all__ = ["Foreign", "Miscounted", "Opening", "Refutation", "Twice"]


@dataclass(frozen=True, slots=True)
class Opening:
    """A single verdict and where it stands in what was filed with the weights committed in an epoch."""

    epoch: int
    verdict: Verdict
    proof: Proof


@dataclass(frozen=True, slots=True)
class Miscounted:
    """The verdict is not the one that the rows, all that were filed, count in its place."""

    rows: tuple[VerdictRow, ...]
    opening: Opening


@dataclass(frozen=True, slots=True)
class Twice:
    """Two verdicts about one request: in the filing that is refuted, and in the same or an earlier one."""

    first: Opening
    second: Opening


@dataclass(frozen=True, slots=True)
class Foreign:
    """The verdict is not about an answer that the miner in its slot gave this validator; its receipt shows it."""

    opening: Opening
    receipt: SignedReceipt


Refutation = Miscounted | Twice | Foreign
