"""Takes blocks that others made onto the chain, if a full node would: header, Aura's slot and seal, inherents, and
everything that the runtime finds by executing the block. Finality proofs are not its business: the caller's order of
blocks is.

Knows nothing of files and networks.
"""

from __future__ import annotations

from collections.abc import Callable

from ganglion_devnode.chain.block import Block
from ganglion_devnode.chain.clock import Tick, wall_ms
from ganglion_devnode.chain.header import AURA, SEAL, Header
from ganglion_devnode.chain.ledger import Ledger
from ganglion_devnode.chain.runtime import Runtime
from ganglion_devnode.chain.runtimes import Runtimes
from ganglion_devnode.crypto import sr25519_verify
from ganglion_devnode.errors import RuntimeFailure
from ganglion_devnode.node_errors import BlockRefused
from ganglion_devnode.overlay import Overlay
from ganglion_devnode.state import State

EARLY_SLOTS = 1  # clocks differ: a full node takes a block this much before its slot


class Importer:
    """Grows a ledger by blocks from elsewhere.

    Args:
        wall: reads real time in milliseconds.
    """

    def __init__(self, ledger: Ledger, runtimes: Runtimes, wall: Callable[[], int] = wall_ms) -> None:
        self._ledger = ledger
        self._runtimes = runtimes
        self._wall = wall

    async def add(self, block: Block) -> bool:
        """Verify, execute and store the block after the head. Returns False if it is on the chain already.

        Raises:
            BlockRefused: it breaks a rule, or belongs to another chain.
        """
        if block.number <= self._ledger.head.number:
            self._must_be_ours(block)
            return False
        state = self._ledger.state
        runtime = await self._runtimes.of(state)
        self._check_place(block.header)
        tick = self._check_slot(block.header, runtime, state)
        self._check_inherents(block, tick, runtime, state)
        self._execute(block, runtime, state)
        return True

    def _must_be_ours(self, block: Block) -> None:
        ours = self._ledger.block_hash(block.number)
        if ours != block.hash:
            raise _refused(block.header, f"this chain has 0x{(ours or b'').hex()} at that height")

    def _check_place(self, header: Header) -> None:
        head = self._ledger.head
        if header.number != head.number + 1 or header.parent_hash != head.hash:
            raise _refused(
                header,
                f"it follows block 0x{header.parent_hash.hex()}, but the head here is block {head.number}, "
                f"0x{head.hash.hex()}",
                hint="the chains have different genesis blocks, or blocks are missing between them",
            )
        if header.synthetic:
            raise _refused(header, "its storage was set by dev_setStorage, and no transaction explains it")

    def _check_slot(self, header: Header, runtime: Runtime, state: State) -> Tick:
        """Aura: a slot after the parent's that has come, sealed by the authority whose turn it is."""
        slot, duration = header.slot(), runtime.slot_duration(state)
        if slot is None:
            raise _refused(header, "it names no Aura slot")
        if slot <= (self._ledger.head.header.slot() or -1):
            raise _refused(header, f"its slot {slot} is not after its parent's")
        if slot > self._wall() // duration + EARLY_SLOTS:
            raise _refused(
                header, f"its slot begins {(slot * duration - self._wall()) / 1000:.0f} s in the future"
            )
        authorities = runtime.authorities(state)
        author = authorities[slot % len(authorities)] if authorities else b""
        seal = header.digest[-1]
        if seal.kind != SEAL or seal.engine != AURA:
            raise _refused(header, "it has no Aura seal")
        if not sr25519_verify(seal.data, header.without_seal().hash(), author):
            raise _refused(header, f"its seal is not by 0x{author.hex()}, whose slot {slot} is")
        return Tick(slot, self._wall())

    def _check_inherents(self, block: Block, tick: Tick, runtime: Runtime, state: State) -> None:
        try:
            accepted = runtime.check_inherents(state, block, tick)
        except RuntimeFailure as error:
            raise _refused(block.header, f"its inherents can't be checked: {error}") from error
        if not accepted:
            raise _refused(block.header, "the runtime refuses its inherents")

    def _execute(self, block: Block, runtime: Runtime, state: State) -> None:
        overlay = Overlay(state)
        try:
            runtime.execute_block(overlay, block)
        except RuntimeFailure as error:
            raise _refused(block.header, f"it does not execute to what it claims: {error}") from error
        changes = overlay.changes()
        after = state.apply(changes)
        if after.root() != block.header.state_root:
            raise _refused(
                block.header,
                f"its state root is 0x{block.header.state_root.hex()}, that of its changes 0x{after.root().hex()}",
            )
        self._ledger.append(block, changes, after)


def _refused(header: Header, reason: str, hint: str | None = None) -> BlockRefused:
    return BlockRefused(f"block {header.number}, 0x{header.hash().hex()}: {reason}", hint=hint)
