"""A pooled transaction, the events of its life, and the reasons for refusing one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ganglion.errors import ChainError, Fault
from ganglion_devnode.pool.validity import ValidityError, ValidTransaction

Status = Literal["ready", "future", "inBlock", "finalized", "usurped", "dropped", "invalid"]
FINAL_STATUSES: frozenset[str] = frozenset(("finalized", "usurped", "dropped", "invalid"))
U64_MAX = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Pooled:
    """A valid transaction.

    hash: blake2_256 of `data`; data: the extrinsic with its length prefix; valid_till: last block number for
    which the runtime's answer stands; arrival: order of submission; validated_at: block number of the
    runtime's answer.
    """

    hash: bytes
    data: bytes
    validity: ValidTransaction
    valid_till: int
    arrival: int
    validated_at: int

    @property
    def priority(self) -> int:
        """Higher goes first."""
        return self.validity.priority


@dataclass(frozen=True, slots=True)
class PoolEvent:
    """A transaction's status changed. block: for inBlock and finalized; by: hash of what usurped it."""

    hash: bytes
    status: Status
    block: bytes | None = None
    by: bytes | None = None
    reason: str | None = None


Watcher = Callable[[PoolEvent], None]


class PoolRefusal(ChainError):
    """The pool does not take a transaction."""

    fault: Fault = "user"


class AlreadyImported(PoolRefusal):
    """The very same transaction is in the pool."""


class TooLowPriority(PoolRefusal):
    """It would replace another of at least the same priority."""

    def __init__(self, new: int, old: int) -> None:
        super().__init__(
            f"Priority is too low: ({old} vs {new})", hint="raise the tip, or wait for the other one"
        )


class ImmediatelyDropped(PoolRefusal):
    """The pool is full of transactions that come first."""

    fault: Fault = "self"
    retryable = True


class CycleDetected(PoolRefusal):
    """It requires what it provides."""


class NoTagsProvided(PoolRefusal):
    """It provides nothing by which it could be told from others."""


class NotValid(PoolRefusal):
    """The runtime judged it."""

    def __init__(self, error: ValidityError) -> None:
        super().__init__(error.text)
        self.error = error
