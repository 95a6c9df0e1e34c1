"""Brings transactions into the pool: asks the runtime whether they are valid, and asks again after each
block.

Small ones are validated on the event loop (a millisecond), large ones in the worker thread.
"""

from __future__ import annotations

import asyncio
import logging
import time

from ganglion_devnode.chain.block import Block, check_extrinsic
from ganglion_devnode.chain.builder import MAX_BLOCK_BYTES
from ganglion_devnode.chain.ledger import Ledger
from ganglion_devnode.chain.runtime import Runtime
from ganglion_devnode.chain.runtimes import Runtimes
from ganglion_devnode.errors import CallDeadline, RuntimeFailure
from ganglion_devnode.hashing import blake2_256
from ganglion_devnode.node_errors import DevNodeError
from ganglion_devnode.pool.pool import Pool
from ganglion_devnode.pool.transaction import AlreadyImported, NotValid, Pooled, Watcher
from ganglion_devnode.pool.validity import ValidityError, ValidTransaction
from ganglion_devnode.scale import ScaleError
from ganglion_devnode.state import State
from ganglion_devnode.worker import Worker

log = logging.getLogger(__name__)
LOOP_SECONDS = 0.25  # a validation may hold up the loop; it takes a millisecond
LARGE = 32 << 10  # bytes of an extrinsic that is not validated on the loop
SLICE_SECONDS = 0.01  # of revalidation between two turns of the loop
BATCH = 64
TOO_LARGE = ValidityError(False, "ExhaustsResources", "Transaction would exhaust the block limits")


class Intake:
    """Submission and revalidation for one pool."""

    def __init__(self, pool: Pool, ledger: Ledger, runtimes: Runtimes, worker: Worker) -> None:
        self.pool = pool
        self._ledger = ledger
        self._runtimes = runtimes
        self._worker = worker
        self._blocks = asyncio.Event()
        self.changed = (
            asyncio.Event()
        )  # set when a transaction came in or became ready; cleared by who waits for it
        ledger.on_head(lambda block, state: self._blocks.set())

    async def submit(self, extrinsic: bytes, watcher: Watcher | None = None) -> bytes:
        """Validate and add; returns the hash.

        Raises ScaleError (no extrinsic), NotValid or another PoolRefusal, RuntimeFailure (validation itself
        failed).
        """
        check_extrinsic(extrinsic)
        tx_hash = blake2_256(extrinsic)
        if tx_hash in self.pool:
            raise AlreadyImported("Transaction Already Imported")
        if len(extrinsic) > MAX_BLOCK_BYTES:
            raise NotValid(TOO_LARGE)
        validity, at = await self._judge(extrinsic)
        if isinstance(validity, ValidityError):
            raise NotValid(validity)
        self._add(tx_hash, extrinsic, validity, at.number, watcher)
        return tx_hash

    def _add(
        self, tx_hash: bytes, extrinsic: bytes, validity: ValidTransaction, at: int, watcher: Watcher | None
    ) -> None:
        if tx_hash in self.pool:  # a second submission overtook this one
            raise AlreadyImported("Transaction Already Imported")
        if watcher is not None:
            self.pool.watch(tx_hash, watcher)
        try:
            self.pool.add(tx_hash, extrinsic, validity, at)
        except BaseException:
            if watcher is not None:
                self.pool.unwatch(tx_hash, watcher)
            raise
        self.changed.set()

    async def _judge(self, extrinsic: bytes) -> tuple[ValidTransaction | ValidityError, Block]:
        """The runtime's answer, and the head it was asked on. The head may move meanwhile; the pool knows."""
        head, state = self._ledger.head, self._ledger.state
        runtime = await self._runtimes.of(state)
        if len(extrinsic) <= LARGE:
            head, state = self._ledger.head, self._ledger.state
            runtime = self._runtimes.ready(state) or runtime
            try:
                return runtime.validate(state, extrinsic, head.hash, seconds=LOOP_SECONDS), head
            except CallDeadline:
                log.warning("a validation of more than %g s goes to the worker thread", LOOP_SECONDS)
        return await self._worker.run(
            lambda left: runtime.validate(state, extrinsic, head.hash, seconds=left)
        ), head

    async def revalidate_forever(self) -> None:
        """After each block, ask the runtime again about what still waits, a little at a time."""
        while True:
            await self._blocks.wait()
            self._blocks.clear()
            try:
                await self._revalidate()
            except (DevNodeError, RuntimeFailure) as error:
                log.warning("waiting transactions could not be validated again: %s", error)

    async def _revalidate(self) -> None:
        head, state = self._ledger.head, self._ledger.state
        if not len(self.pool):
            return
        runtime = await self._runtimes.of(state)
        while head is self._ledger.head:
            batch = self.pool.least_recently_validated(head.number, BATCH)
            if not batch:
                return
            until = time.monotonic() + SLICE_SECONDS
            for tx in batch:
                await self._ask_again(tx, head, state, runtime)
                if time.monotonic() >= until:
                    break
            await asyncio.sleep(SLICE_SECONDS)

    async def _ask_again(self, tx: Pooled, head: Block, state: State, runtime: Runtime) -> None:
        try:
            if len(tx.data) <= LARGE:
                answer = runtime.validate(state, tx.data, head.hash, seconds=LOOP_SECONDS)
            else:
                answer = await self._worker.run(
                    lambda left: runtime.validate(state, tx.data, head.hash, seconds=left)
                )
        except (RuntimeFailure, ScaleError) as error:
            self.pool.remove(tx.hash, "invalid", str(error))
            return
        if head is not self._ledger.head:  # it took the worker's turn to answer; ask on the new head
            return
        if isinstance(answer, ValidityError):
            self.pool.remove(tx.hash, "invalid", answer.text)
            return
        ready = self.pool.ready_count
        self.pool.revalidated(tx.hash, answer, head.number)
        if self.pool.ready_count > ready:
            self.changed.set()
