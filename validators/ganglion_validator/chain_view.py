"""What a validator must know of the chain and do there, as a narrow face.

`client_chain.py` implements `Chain` over ganglion.Client; tests have their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ganglion.protocol.receipt_file import ReceiptFile
from ganglion.protocol.verdicts import Evidence, VerdictRow


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a neuron serves, as the chain stores it."""

    family: int
    ip: int
    port: int
    protocol: int = 0


@dataclass(frozen=True, slots=True)
class Neuron:
    """One UID slot. `registered_at` tells a successor from his predecessor."""

    uid: int
    hotkey: str
    registered_at: int
    permit: bool
    last_update: int = 0
    endpoint: Endpoint | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The subnet's rules for weights. Periods in blocks, the reveal period in epochs. `verdicts_on`: weights have to
    rest on evidence.
    """

    tempo: int
    commit_reveal: bool
    reveal_period: int
    rate_limit: int
    version_key: int
    verdicts_on: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The subnet at one block; neurons by hotkey. `exists` is False where there is no such subnet."""

    block: int
    epoch: int
    last_epoch_block: int
    rules: Rules
    neurons: Mapping[str, Neuron]
    exists: bool = True


@dataclass(frozen=True, slots=True)
class OpenCommit:
    """A commitment on chain that waits for its reveal."""

    commitment: bytes
    epoch: int
    reveal_epoch: int


@dataclass(frozen=True, slots=True)
class Weights:
    """A row of weights with everything that its commitment covers."""

    uids: tuple[int, ...]
    values: tuple[int, ...]
    salt: bytes
    version_key: int
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class FiledEvidence:
    """What the chain keeps of a validator's evidence."""

    root: bytes
    leaves: int
    receipts_root: bytes
    receipts: int
    secret: bytes


class EvidenceSource(Protocol):
    """Where evidence comes from, for whoever commits weights: draft it, ask the chain for its weights, seal it, and
    only then store and send the commitment.
    """

    async def draft(self, snapshot: Snapshot) -> Evidence | None:
        """What there is now, None without anything; changes nothing. A period that was sealed and whose commitment
        was never included comes again, with the same secret. Raises StoreFailed.
        """

    def seal(self, evidence: Evidence, epoch: int) -> None:
        """Close the drafted period; the announced one begins. On disk when this returns. Raises StoreFailed."""

    def committed(self, evidence: Evidence, epoch: int) -> None:
        """A commitment to this evidence is in a block of this epoch. Idempotent. Raises StoreFailed."""


class Chain(Protocol):
    """The chain as a validator uses it. Every method has a deadline and raises ChainError."""

    async def genesis(self) -> bytes:
        """Genesis hash, 32 bytes."""

    async def snapshot(self) -> Snapshot:
        """The subnet at the last final block: what is scored, paid and forgotten goes by it."""

    async def tip(self) -> Snapshot:
        """The subnet at the best block, which may be replaced: what has a deadline goes by it."""

    async def open_commits(self) -> Sequence[OpenCommit]:
        """Own open commitments, at the block of the last `tip`."""

    def commitment(self, weights: Weights) -> bytes:
        """What to commit; call after `genesis`."""

    async def commit(self, commitment: bytes) -> None:
        """Commit; returns once it is in a block, and sees to it that it becomes final. Safe to repeat."""

    async def reveal(self, weights: Weights) -> None:
        """Reveal; as `commit`."""

    async def set_weights(self, weights: Weights) -> None:
        """Set weights in the open; as `commit`."""

    async def weights_of(self, rows: Sequence[VerdictRow]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """(uids, values) that the chain's own function gives for rows of this hotkey."""

    async def profile_number(self, profile: bytes) -> int | None:
        """Short number of a registered profile, at the last final block."""

    async def bonded(self, profile: bytes) -> frozenset[str]:
        """Hotkeys whose declaration to serve a profile is in force, at the last final block."""

    async def is_anchored(self, root: bytes) -> bool:
        """Whether this hotkey anchored a batch of receipts with this root."""

    async def anchor(self, root: bytes, count: int) -> None:
        """Anchor it; as `commit`."""

    async def finality(self, file: ReceiptFile) -> dict[str, Any]:
        """What the chain says of a receipt in an anchored batch: `finalized`, and if it is there `anchored_in` (block),
        `anchored_at` (unix milliseconds), `final_in` (blocks), `disputed`.
        """

    async def filed(self, epoch: int) -> FiledEvidence | None:
        """What this hotkey filed with the weights that it committed in an epoch, at the last final block."""

    async def announced(self) -> bytes | None:
        """Hash of the secret that this hotkey's next evidence must have, at the last final block; None: any."""

    async def close(self) -> None:
        """Close connections. Idempotent."""
