"""What became of a daemon's transactions, in its log."""

from __future__ import annotations

from collections.abc import Hashable

import structlog

from ganglion.chain.extrinsics import Finalized
from ganglion.errors import GanglionError

log = structlog.get_logger(__name__)

__all__ = ["log_outcome"]


def log_outcome(label: Hashable, outcome: Finalized | GanglionError) -> None:
    """Say that a transaction is final, or that it never will be."""
    what = label[0] if isinstance(label, tuple) else str(label)
    if isinstance(outcome, Finalized):
        log.info("transaction_final", what=what, block=outcome.in_block.number, hash=outcome.hash)
    else:
        log.warning("transaction_failed", what=what, error=str(outcome), hint=outcome.hint)
