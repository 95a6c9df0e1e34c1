"""The chain as its users see it: the head, new blocks, and what only a development chain can do.

The face that RPC, sealing and in-process callers share. Changes are made one at a time, under one lock.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from ganglion.errors import GanglionError, UsageError
from ganglion_devnode.chain.block import Block
from ganglion_devnode.chain.builder import Built, EmptyQueue
from ganglion_devnode.chain.clock import Clock, Tick
from ganglion_devnode.chain.ledger import Ledger
from ganglion_devnode.chain.producer import Produced, Producer
from ganglion_devnode.chain.runtime import Runtime
from ganglion_devnode.chain.runtimes import Runtimes
from ganglion_devnode.chain.snapshots import Snapshot, Snapshots
from ganglion_devnode.errors import RuntimeFailure
from ganglion_devnode.node_errors import RuntimeBroken
from ganglion_devnode.pool.intake import Intake
from ganglion_devnode.state import CHILD_STORAGE_PREFIX, State

log = logging.getLogger(__name__)
MAX_BLOCKS_AT_ONCE = 100_000


class Chain:
    """A running chain."""

    def __init__(
        self, ledger: Ledger, runtimes: Runtimes, clock: Clock, producer: Producer, intake: Intake
    ) -> None:
        self.ledger = ledger
        self.runtimes = runtimes
        self.clock = clock
        self.intake = intake
        self.pool = intake.pool
        self.halted: GanglionError | None = None
        self._producer = producer
        self._snapshots = Snapshots()
        self._changing = asyncio.Lock()

    @property
    def head(self) -> Block:
        """The newest block; it is final."""
        return self.ledger.head

    @property
    def state(self) -> State:
        """The head's state."""
        return self.ledger.state

    async def runtime(self, state: State | None = None) -> Runtime:
        """The runtime of a state (the head's by default)."""
        return await self.runtimes.of(self.state if state is None else state)

    def head_tick(self) -> Tick | None:
        """The head's slot and timestamp; None before the first block."""
        return self._producer.head_tick()

    def future_by(self) -> int:
        """By how many milliseconds the head's slot lies in the real future."""
        return self._producer.future_by()

    # --- blocks

    async def seal(self, *, keep_empty: bool = True) -> Produced | Built:
        """Make one block of what is ready. On failure the reason stays in `halted` until something succeeds."""
        async with self._changing:
            return await self._seal(keep_empty=keep_empty)

    async def _seal(
        self, patch: Mapping[bytes, bytes | None] | None = None, *, keep_empty: bool = True
    ) -> Produced | Built:
        queue = self.pool.best() if patch is None else EmptyQueue()
        try:
            produced = await self._producer.produce(queue, patch, keep_empty=keep_empty)
        except GanglionError as error:
            self.halted = error
            raise
        self.halted = None
        built = produced.built if isinstance(produced, Produced) else produced
        for tx, reason in built.refused:
            log.warning("transaction 0x%s is dropped: %s", tx.hash.hex(), reason)
            self.pool.remove(tx.hash, "invalid", reason)
        if isinstance(produced, Produced):
            level = logging.INFO if built.included else logging.DEBUG
            log.log(level, "block %d sealed with %d transactions", produced.block.number, len(built.included))
            self.pool.block_sealed(produced.block.hash, produced.block.number, built.included)
            if built.included and self.pool.ready_count:
                self.intake.changed.set()
            if produced.block.header.runtime_updated or patch is not None:
                await self._runtime_changed()
        return produced

    async def new_block(self, count: int = 1, *, to: int | None = None) -> bytes:
        """Make `count` blocks, or blocks up to number `to`; returns the last one's hash."""
        if to is not None:
            count = to - self.head.number
        if not 1 <= count <= MAX_BLOCKS_AT_ONCE:
            raise UsageError(f"can make 1 to {MAX_BLOCKS_AT_ONCE} blocks at once, not {count}")
        for _ in range(count):
            await self.seal()
            await asyncio.sleep(0)
        return self.head.hash

    async def _runtime_changed(self) -> None:
        """Compile the new code before the next block needs it, and read what may have changed with it."""
        try:
            runtime = await self.runtimes.of(self.state)
            self.clock.slot_duration = runtime.slot_duration(self.state)
        except (RuntimeBroken, RuntimeFailure) as error:
            log.error("after block %d: %s", self.head.number, error)

    # --- what only a development chain can do

    async def set_storage(self, pairs: Mapping[bytes, bytes | None]) -> bytes:
        """Write storage from outside; None deletes. Returns the hash of the block that holds the change.

        The change is a block of its own: an empty one, with the values written over its state and a digest
        item that says so. Hashes and finality of earlier blocks stay as they are, and the next block builds
        on the new values. A full node can't accept this block: no extrinsic explains it.
        """
        refused = [key for key in pairs if key.startswith(CHILD_STORAGE_PREFIX)]
        if refused:
            raise UsageError(
                f"0x{refused[0].hex()} is the root of a child storage, which follows from its content"
            )
        async with self._changing:
            await self._seal(dict(pairs))
        return self.head.hash

    def time_travel(self, *, timestamp: int | None = None, seconds: float | None = None) -> int:
        """Let the next block be at `timestamp` (ms), or `seconds` after the head; returns its timestamp."""
        head = self._producer.head_tick()
        if timestamp is None:
            base = self.clock.next(head).timestamp if head is None else head.timestamp
            timestamp = base + round((seconds or 0) * 1000)
        try:
            return self.clock.travel(timestamp, head)
        except ValueError as error:
            raise UsageError(
                str(error), hint="time runs forward only; dev_revert goes back to a snapshot"
            ) from error

    def snapshot(self) -> int:
        """Keep the head as a point to return to; returns its id."""
        return self._snapshots.take(Snapshot(self.head, self.state, self.clock.save()))

    async def revert(self, snapshot: int) -> bytes:
        """Return to a snapshot, which is used up with all later ones; returns the head's hash."""
        async with self._changing:
            point = self._snapshots.get(snapshot)
            self.ledger.rewind(point.block, point.state)
            self._snapshots.consume(snapshot)
            self.clock.restore(point.clock)
            self.halted = None
            self.pool.head_moved_back()
            await self._runtime_changed()
        self.intake.changed.set()
        return self.head.hash
