"""Decides when a block is made: for each transaction (instant), at each slot (interval), or only when asked
(manual).

What can't be made is said once and tried again: after a disk that was full, by itself; after a broken
runtime, when someone has changed something (a revert, a block made by hand).
"""

from __future__ import annotations

import asyncio
import logging

from ganglion.errors import GanglionError
from ganglion_devnode.chain.chain import Chain
from ganglion_devnode.chain.producer import Produced
from ganglion_devnode.config import SealingMode
from ganglion_devnode.errors import RuntimeFailure

log = logging.getLogger(__name__)
TIMER_SLACK = 2  # ms; a timer that fires early would land in the slot before
FIRST_RETRY, LAST_RETRY = 1.0, 30.0  # seconds


class Sealer:
    """One task that makes blocks.

    Args:
        interval: seconds between blocks of interval sealing.
    """

    def __init__(self, chain: Chain, mode: SealingMode, interval: float | None) -> None:
        self.mode = mode
        self._chain = chain
        self._interval = interval
        self._automine = mode != "manual"
        self._switched = asyncio.Event()
        self._head_moved = asyncio.Event()
        chain.ledger.on_head(lambda block, state: self._head_moved.set())

    @property
    def automine(self) -> bool:
        """Whether blocks are made without being asked for."""
        return self._automine

    @automine.setter
    def automine(self, on: bool) -> None:
        """Switch; a manual node then seals instantly."""
        self._automine = on
        self._switched.set()
        self._head_moved.set()  # whoever switches may have mended what production waits for
        self._chain.intake.changed.set()

    async def run(self) -> None:
        """Make blocks until cancelled."""
        while True:
            if not self._automine:
                self._switched.clear()
                await self._switched.wait()
            elif self.mode == "interval":
                await self._at_next_slot()
            else:
                await self._at_next_transaction()

    async def _at_next_transaction(self) -> None:
        changed = self._chain.intake.changed
        await changed.wait()
        changed.clear()
        while self._automine and self._chain.pool.ready_count:
            if not await self._seal(keep_empty=False):
                return
            await asyncio.sleep(0)

    async def _at_next_slot(self) -> None:
        clock = self._chain.clock
        period = round(self._interval * 1000) if self._interval is not None else clock.slot_duration
        wait = period - clock.now() % period + TIMER_SLACK
        try:
            async with asyncio.timeout(wait / 1000):
                await self._switched.wait()
            self._switched.clear()
        except TimeoutError:
            if self._automine:
                await self._seal(keep_empty=True)

    async def _seal(self, *, keep_empty: bool) -> bool:
        """Make a block; False if there is no use in making another one at once."""
        try:
            outcome = await self._chain.seal(keep_empty=keep_empty)
        except (GanglionError, RuntimeFailure) as error:
            await self._halted(error)
            return True
        built = outcome.built if isinstance(outcome, Produced) else outcome
        return bool(built.included or built.refused or built.migrating)

    async def _halted(self, error: GanglionError | RuntimeFailure) -> None:
        """Report, then wait until trying again makes sense."""
        hint = f" ({error.hint})" if error.hint else ""
        log.error("no blocks are made: %s%s", error, hint)
        self._head_moved.clear()
        if not error.retryable:
            await self._head_moved.wait()
        delay = FIRST_RETRY
        while error.retryable and not self._head_moved.is_set():
            try:
                async with asyncio.timeout(delay):
                    await self._head_moved.wait()
            except TimeoutError:
                delay = min(LAST_RETRY, delay * 2)
                try:
                    await self._chain.seal()
                except (GanglionError, RuntimeFailure) as again:
                    error = again
        log.info("blocks are made again, from block %d on", self._chain.head.number)
