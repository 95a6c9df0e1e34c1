"""Telling miners which of their receipts were accepted: bounded batches, one at a time to each, nobody is waited for.

A miner that can't be reached is tried again later; one that does not know a receipt any more is not told of it again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from ganglion.errors import GanglionError
from ganglion.peer import PeerClient
from ganglion.protocol.acceptances import MAX_ACCEPTED, PATH, acceptances_body
from ganglion_validator.miners import Miner, Miners
from ganglion_validator.receipt_book import ReceiptBook
from ganglion_validator.store import StoreFailed

log = structlog.get_logger(__name__)

FLUSH_SECONDS = 0.5
ROUND_SECONDS = 2.0
TIMEOUT = 10.0
PAUSE = 60.0  # before a miner that refused or was away is tried again

__all__ = ["Returning"]


@dataclass(slots=True)
class Returning:
    """Writes receipts down and returns their acceptances."""

    book: ReceiptBook
    miners: Miners
    client: PeerClient
    clock: Callable[[], float] = time.monotonic
    _resting: dict[str, float] = field(default_factory=dict)

    async def run(self) -> None:
        """Work until cancelled."""
        last = self.clock()
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                self.book.flush()
                if self.clock() - last >= ROUND_SECONDS:
                    last = self.clock()
                    await self.once()
        finally:
            self.book.flush()

    async def once(self) -> None:
        """One batch to each miner that is there."""
        now = self.clock()
        self._resting = {hotkey: until for hotkey, until in self._resting.items() if until > now}
        due = [m for m in self.miners.known.values() if m.key.hotkey not in self._resting]
        await asyncio.gather(*(self._return(miner) for miner in due))

    async def _return(self, miner: Miner) -> None:
        hotkey = miner.key.hotkey
        try:
            found = self.book.to_return(hotkey, MAX_ACCEPTED)
            if not found:
                return
            body = acceptances_body([(digest, acceptance) for _, digest, acceptance in found])
            await self.client.post(miner.peer, PATH, body, timeout=TIMEOUT)
            self.book.returned([request_id for request_id, _, _ in found])
        except StoreFailed as error:
            log.error("acceptances_not_marked", error=str(error), hint=error.hint)
        except GanglionError as error:
            self._resting[hotkey] = self.clock() + PAUSE
            log.info("acceptances_not_returned", hotkey=hotkey, reason=str(error))
