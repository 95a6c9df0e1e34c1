"""What signers stake, asked of the chain as seldom as possible.

Anybody can make keys and sign with them, so look-ups for those who are not known to stake enough are bounded: so
many a second, so many at once. Who was found to stake enough keeps his entry however many strangers come, and is
looked up again beside them. Knows neither HTTP nor what else a miner remembers of the chain.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ganglion.errors import ChainError
from ganglion.protocol.errors_table import RequestError
from ganglion_miner.quota import TokenBuckets

TTL = 60.0
ENTRIES = 4096  # of each kind
QUERIES = 4  # at once, for strangers; as many again for those who are known
PER_SECOND, BURST = 5.0, 20  # look-ups for strangers
TIMEOUT = 30.0

__all__ = ["Stakes"]


@dataclass(frozen=True, slots=True)
class _Entry:
    at: float
    stake: int


class Stakes:
    """Stakes by account.

    Args:
        ask: nano that an account stakes; raises ChainError.
        max_age: seconds for which somebody who staked enough is admitted while the chain is gone.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        ask: Callable[[str], Awaitable[int]],
        *,
        max_age: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._max_age = max_age
        self._clock = clock
        self._enough: dict[str, _Entry] = {}
        self._others: dict[str, _Entry] = {}
        self._asking: dict[str, asyncio.Task[int]] = {}
        self._known = asyncio.Semaphore(QUERIES)
        self._strangers = asyncio.Semaphore(QUERIES)
        self._quota = TokenBuckets(rate=PER_SECOND, burst=BURST)

    async def of(self, account: str, enough: int) -> int:
        """Nano that an account stakes, at most TTL old while the chain answers.

        Args:
            enough: from here on an account is worth remembering.

        Raises:
            RequestError: too many strangers came; `retry_after` says when to try again.
            ChainError: the chain does not answer.
        """
        known = self._enough.get(account)
        entry = known or self._others.get(account)
        if entry is not None and self._clock() - entry.at < TTL:
            return entry.stake
        if account not in self._asking and known is None:
            self._admit_stranger()
        try:
            return await self._shared(account, enough, self._strangers if known is None else self._known)
        except ChainError:
            if known is not None and self._clock() - known.at < self._max_age:
                return known.stake
            raise

    def _admit_stranger(self) -> None:
        if self._strangers.locked():
            raise _too_many(2)
        try:
            self._quota.take("", self._clock())
        except RequestError as error:
            raise _too_many(error.retry_after or 1) from error

    async def _shared(self, account: str, enough: int, slots: asyncio.Semaphore) -> int:
        """One look-up of an account at a time; who asks meanwhile gets its answer, too, even if the first one left."""
        task = self._asking.get(account)
        if task is None:
            task = self._asking[account] = asyncio.create_task(self._look_up(account, enough, slots))
            task.add_done_callback(lambda done: self._asked(account, done))
        return await asyncio.shield(task)

    def _asked(self, account: str, task: asyncio.Task[int]) -> None:
        del self._asking[account]
        if not task.cancelled():
            task.exception()  # whoever still waits is told; if nobody does, that is no mistake

    async def _look_up(self, account: str, enough: int, slots: asyncio.Semaphore) -> int:
        try:
            async with asyncio.timeout(TIMEOUT), slots:
                stake = await self._ask(account)
        except TimeoutError as error:
            raise ChainError("the node did not answer in time", retryable=True) from error
        self._enough.pop(account, None)
        self._others.pop(account, None)
        kept = self._enough if stake >= enough else self._others
        while len(kept) >= ENTRIES:
            del kept[next(iter(kept))]
        kept[account] = _Entry(self._clock(), stake)
        return stake


def _too_many(after: float) -> RequestError:
    return RequestError("too many unknown signers at once", code="chain_unavailable", retry_after=after)
