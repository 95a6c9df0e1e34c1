"""Builds one block on a parent: inherents, transactions in the order given, roots. Does not seal or store it.

A transaction that traps or loops is left out and reported; a runtime that does so at the start or end of a
block breaks the chain, and is said to. Knows the pool only as something that gives transactions.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Protocol

from ganglion_devnode.chain.block import Block, decode_body
from ganglion_devnode.chain.clock import Tick
from ganglion_devnode.chain.header import SYNTHETIC, DigestItem, Header
from ganglion_devnode.chain.runtime import Runtime
from ganglion_devnode.errors import RuntimeFailure
from ganglion_devnode.node_errors import RuntimeBroken
from ganglion_devnode.overlay import Overlay
from ganglion_devnode.pool.transaction import Pooled
from ganglion_devnode.pool.validity import Applied, ValidityError
from ganglion_devnode.scale import ScaleError
from ganglion_devnode.state import State, StateChanges

MAX_BLOCK_BYTES = (4 << 20) + 512
FREE_SKIPS = 8  # transactions without room in the block before it counts as full


class Verdict(Enum):
    """What became of one transaction."""

    INCLUDED = auto()
    REFUSED = auto()
    NO_ROOM = auto()  # it may fit into another block


class Queue(Protocol):
    """Transactions in order; see `pool.best`."""

    def next(self) -> Pooled | None:
        """The next one."""

    def done(self, tx: Pooled) -> None:
        """It is in the block."""


class EmptyQueue:
    """No transactions."""

    def next(self) -> Pooled | None:
        """None."""
        return None

    def done(self, tx: Pooled) -> None:
        """Never called."""


@dataclass(slots=True)
class Built:
    """A block without its seal, the state after it, and what became of the transactions tried.

    full: transactions were left for want of room or time; migrating: the runtime takes none in this block.
    """

    header: Header
    extrinsics: tuple[bytes, ...]
    changes: StateChanges
    state: State
    tick: Tick
    included: list[Pooled]
    refused: list[tuple[Pooled, str]]
    full: bool
    migrating: bool


class BlockBuilder:
    """One block in the making.

    Args:
        budget: seconds after which no further transaction is tried; they wait for the next block.
    """

    def __init__(self, runtime: Runtime, parent: Block, state: State, tick: Tick, budget: float) -> None:
        self._runtime = runtime
        self._parent = parent
        self._state = state
        self._tick = tick
        self._overlay = Overlay(state)
        self._extrinsics: list[bytes] = []
        self._size = 0
        self._until = time.monotonic() + budget
        self._included: list[Pooled] = []
        self._refused: list[tuple[Pooled, str]] = []
        self._full = False

    def build(self, queue: Queue, patch: Mapping[bytes, bytes | None] | None = None) -> Built:
        """Run the whole block. `patch` is written over the finished state (a synthetic block)."""
        try:
            takes_transactions = self._initialize()
            if takes_transactions:
                self._fill(queue)
            header = Header.decode(self._runtime.finalize_block(self._overlay))
        except (RuntimeFailure, ScaleError) as error:
            raise RuntimeBroken(
                f"block {self._parent.number + 1} can't be built: {error}",
                hint="the runtime fails outside of any transaction; dev_revert goes back to a snapshot",
            ) from error
        if patch is not None:
            header = self._write(patch, header)
        changes = self._overlay.changes()
        state = self._state.apply(changes)
        self._check_root(header, state)
        return Built(
            header=header,
            extrinsics=tuple(self._extrinsics),
            changes=changes,
            state=state,
            tick=self._tick,
            included=self._included,
            refused=self._refused,
            full=self._full,
            migrating=not takes_transactions,
        )

    def _initialize(self) -> bool:
        header = Header(
            self._parent.hash, self._parent.number + 1, digest=(DigestItem.aura_slot(self._tick.slot),)
        )
        takes_transactions = self._runtime.initialize_block(self._overlay, header)
        for inherent in decode_body(self._runtime.inherents(self._overlay, self._tick)):
            outcome = self._runtime.apply_extrinsic(self._overlay, inherent)
            if isinstance(outcome, ValidityError) or outcome.error is not None:
                text = outcome.text if isinstance(outcome, ValidityError) else "its call failed"
                raise RuntimeBroken(f"the runtime refuses an inherent of block {header.number}: {text}")
            self._push(inherent)
        return takes_transactions

    def _push(self, extrinsic: bytes) -> None:
        self._extrinsics.append(extrinsic)
        self._size += len(extrinsic)

    def _fill(self, queue: Queue) -> None:
        skipped = 0
        while skipped < FREE_SKIPS and (tx := queue.next()) is not None:
            if time.monotonic() >= self._until:
                self._full = True
                return
            verdict = self._try(tx)
            if verdict is Verdict.INCLUDED:
                queue.done(tx)
            elif verdict is Verdict.NO_ROOM:
                skipped += 1
                self._full = True

    def _try(self, tx: Pooled) -> Verdict:
        """Apply one transaction."""
        if self._size + len(tx.data) > MAX_BLOCK_BYTES:
            return Verdict.NO_ROOM
        try:
            outcome = self._runtime.apply_extrinsic(self._overlay, tx.data)
        except (RuntimeFailure, ScaleError) as error:
            return self._refuse(tx, str(error))
        if isinstance(outcome, Applied):
            self._push(tx.data)
            self._included.append(tx)
            return Verdict.INCLUDED
        if outcome.exhausts and self._included:
            return Verdict.NO_ROOM
        return self._refuse(tx, outcome.text)

    def _refuse(self, tx: Pooled, reason: str) -> Verdict:
        self._refused.append((tx, reason))
        return Verdict.REFUSED

    def _write(self, patch: Mapping[bytes, bytes | None], header: Header) -> Header:
        """The synthetic change: storage set from outside, a new root, and a digest item that says so."""
        for key, value in patch.items():
            self._overlay.set(key, value)
        root = self._overlay.root(self._runtime.version.state_version)
        return replace(header, state_root=root).with_item(DigestItem.other(SYNTHETIC))

    def _check_root(self, header: Header, state: State) -> None:
        if header.parent_hash != self._parent.hash or header.number != self._parent.number + 1:
            raise RuntimeBroken(
                f"the runtime finished block {header.number} on another parent than it was given"
            )
        if state.root() != header.state_root:
            raise RuntimeBroken(
                f"block {header.number}: the runtime's state root {header.state_root.hex()} is not that of "
                f"the changes it made, {state.root().hex()}"
            )
