"""Makes the next block: slot, author, content, seal, storage. One at a time, on the event loop.

Knows nothing of when to make one (`sealing`) or of who asks.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from ganglion_devnode.chain.authority import Authorities
from ganglion_devnode.chain.block import Block
from ganglion_devnode.chain.builder import BlockBuilder, Built, Queue
from ganglion_devnode.chain.clock import Clock, Tick
from ganglion_devnode.chain.ledger import Ledger
from ganglion_devnode.chain.runtime import Runtime
from ganglion_devnode.chain.runtimes import Runtimes
from ganglion_devnode.errors import RuntimeFailure
from ganglion_devnode.hashing import twox_128
from ganglion_devnode.node_errors import ReexecutionFailed, RuntimeBroken
from ganglion_devnode.state import State

log = logging.getLogger(__name__)
NOW_KEY = twox_128(b"Timestamp") + twox_128(b"Now")
CURRENT_SLOT_KEY = twox_128(b"Aura") + twox_128(b"CurrentSlot")


@dataclass(frozen=True, slots=True)
class Produced:
    """A sealed block and how it was built."""

    block: Block
    built: Built


class Producer:
    """Block production on a ledger.

    Args:
        block_seconds: time after which a block takes no further transactions.
        verify: re-execute each block before it is stored.
    """

    def __init__(
        self,
        ledger: Ledger,
        runtimes: Runtimes,
        clock: Clock,
        authorities: Authorities,
        *,
        block_seconds: float,
        verify: bool,
    ) -> None:
        self._ledger = ledger
        self._runtimes = runtimes
        self._clock = clock
        self._authorities = authorities
        self._block_seconds = block_seconds
        self._verify = verify
        self._in_future = False

    def head_tick(self) -> Tick | None:
        """Where the head stands in time; None if no block has told the time yet.

        The state is asked too, since storage can be set from outside.
        """
        slots = [self._ledger.head.header.slot() or 0, _number(self._ledger.state, CURRENT_SLOT_KEY)]
        now = _number(self._ledger.state, NOW_KEY)
        slot = max(*slots, -(-now // self._clock.slot_duration))
        return Tick(slot, slot * self._clock.slot_duration) if slot else None

    async def produce(
        self, queue: Queue, patch: Mapping[bytes, bytes | None] | None = None, *, keep_empty: bool = True
    ) -> Produced | Built:
        """Build, seal and store one block.

        Returns what was built, unsealed and unstored, if it has no transaction and `keep_empty` is false.
        """
        runtime = await self._runtimes.of(self._ledger.state)
        return self._produce(runtime, queue, patch, keep_empty)

    def _produce(
        self, runtime: Runtime, queue: Queue, patch: Mapping[bytes, bytes | None] | None, keep_empty: bool
    ) -> Produced | Built:
        parent, state = self._ledger.head, self._ledger.state
        tick, author = self._authorities.slot_for(
            self._clock.next(self.head_tick()), self._clock.slot_duration, self._aura(runtime, state)
        )
        built = BlockBuilder(runtime, parent, state, tick, self._block_seconds).build(queue, patch)
        if not (built.included or built.migrating or keep_empty):
            return built
        block = Block.of(self._authorities.seal(built.header, author), built.extrinsics)
        if self._verify and patch is None:
            self._reexecute(runtime, state, block)
        self._ledger.append(block, built.changes, built.state)
        self._clock.sealed(tick)
        self.note_future()
        return Produced(block, built)

    def _aura(self, runtime: Runtime, state: State) -> list[bytes]:
        try:
            return runtime.authorities(state)
        except RuntimeFailure as error:
            raise RuntimeBroken(
                f"the runtime does not tell its Aura authorities: {error}",
                hint="dev_revert goes back to a snapshot",
            ) from error

    def _reexecute(self, runtime: Runtime, parent_state: State, block: Block) -> None:
        try:
            runtime.execute_block(parent_state, block)
        except RuntimeFailure as error:
            raise ReexecutionFailed(
                f"block {block.number} does not execute to what it claims: {error}"
            ) from error

    def future_by(self) -> int:
        """By how many milliseconds the head's slot lies in the real future; 0 if it does not."""
        return self._clock.ahead(self.head_tick())

    def note_future(self) -> None:
        """Say so once when the head's slot gets into the future."""
        ahead = self.future_by()
        in_future = ahead >= self._clock.slot_duration
        if in_future and not self._in_future:
            number = self._ledger.head.number
            log.warning(
                "the slot of block %d is %.0f s in the future: full nodes accept it only at that time",
                number,
                ahead / 1000,
            )
        self._in_future = in_future


def _number(state: State, key: bytes) -> int:
    return int.from_bytes(state.get(key) or b"", "little")
