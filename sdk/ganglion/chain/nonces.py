"""Nonces for several transactions of one account at the same time.

The node knows what is in blocks and in its pool; this knows what was signed here and has not been submitted
yet. The next nonce is the lowest that neither has, so that a transaction which was signed and thrown away
leaves no gap.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable

__all__ = ["Nonces"]


class Nonces:
    """Reservations by account.

    Args:
        next_index: the node's ``system_accountNextIndex`` for an address.
    """

    def __init__(self, next_index: Callable[[str], Awaitable[int]]) -> None:
        self._next_index = next_index
        self._reserved: dict[str, set[int]] = {}
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    async def reserve(self, address: str) -> int:
        """The next free nonce; the caller releases it when its transaction is in a block, or given up."""
        lock = self._locks.get(address)
        if lock is None:
            lock = self._locks[address] = asyncio.Lock()
        async with lock:
            nonce = await self._next_index(address)
            reserved = self._reserved.setdefault(address, set())
            reserved -= {old for old in reserved if old < nonce}
            while nonce in reserved:
                nonce += 1
            reserved.add(nonce)
            return nonce

    def release(self, address: str, nonce: int) -> None:
        """The chain counts the nonce, or it is free again."""
        reserved = self._reserved.get(address)
        if reserved is not None:
            reserved.discard(nonce)
            if not reserved:
                del self._reserved[address]
