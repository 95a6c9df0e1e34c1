"""From a node's announcements of heads to a sequence of blocks without gaps and without repetitions.

A node announces only the newest of several blocks that became final (or best) at once, announces its head anew when
a subscription is resumed, and another node may be a few blocks behind. Blocks in between are fetched by the hashes
of their parents, so that they are of the announced head's own branch, whichever node answers.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import Any

from ganglion.chain.head import Head
from ganglion.errors import ChainError, TransportError, UsageError

LONGEST_GAP = 256
KEPT = 1024
RETRY_SECONDS = 1.0

log = logging.getLogger(__name__)

__all__ = ["Trail", "follow"]

Fetch = Callable[[str], Awaitable[Head]]


class Trail:
    """The blocks that were handed on, of which a bounded number is remembered.

    Args:
        finalized: heights only grow. Otherwise a reorganisation brings blocks of heights that were there before.
    """

    def __init__(self, *, finalized: bool) -> None:
        self._finalized = finalized
        self._seen: OrderedDict[str, int] = OrderedDict()
        self._first = self._last = -1

    def is_new(self, head: Head) -> bool:
        """Whether the block is still to be handed on."""
        return head.hash not in self._seen and not (self._finalized and head.number <= self._last)

    def joins(self, head: Head) -> bool:
        """Whether nothing is missing before the block; what came before the first one is not missed."""
        return (
            head.number <= self._first
            or self._first < 0
            or head.parent in self._seen
            or (self._finalized and head.number == self._last + 1)
        )

    def add(self, head: Head) -> None:
        """The block is handed on."""
        self._seen[head.hash] = head.number
        self._last = head.number
        if self._first < 0:
            self._first = head.number
        while len(self._seen) > KEPT:
            self._seen.popitem(last=False)


async def follow(announced: AsyncIterable[Any], fetch: Fetch, *, finalized: bool) -> AsyncIterator[Head]:
    """Every block from the first announced one on, each once, parents before children.

    More than 256 blocks that were missed at once are not made up for: the oldest of them are left out.

    Args:
        announced: headers as the node sends them.
        fetch: a header by its hash.
    """
    trail = Trail(finalized=finalized)
    async for header in announced:
        head = Head.parse(header)
        if not trail.is_new(head):
            continue
        for one in reversed(await _missing(trail, head, fetch)):
            trail.add(one)
            yield one


async def _missing(trail: Trail, head: Head, fetch: Fetch) -> list[Head]:
    """The block and those before it that were not handed on, newest first."""
    found = [head]
    while not trail.joins(found[-1]):
        if len(found) >= LONGEST_GAP:
            log.warning("more than %d blocks were missed before block %d", LONGEST_GAP, found[-1].number)
            break
        try:
            found.append(await fetch(found[-1].parent))
        except TransportError as error:
            if not error.retryable:
                raise
            await asyncio.sleep(RETRY_SECONDS)  # the subscription waits for a node, and so does this
        except (ChainError, UsageError) as error:  # pruned, or of a branch that the node has let go
            log.warning("blocks before block %d can't be read: %s", found[-1].number, error)
            break
    return found
