"""Weights on chain: at most one commitment an epoch, each revealed when its epoch comes.

What was committed is read from the chain, what it stands for from the store, so a kill between any two steps
leaves nothing to repair: weights that were stored and never sent are sent, as they are, as long as their epoch
lasts; a commitment that was sent is found among the open ones and revealed; a revealed one is no longer open.

Where the subnet asks for it, weights rest on evidence: they are what the chain computes from its rows, and it is
stored, committed to and revealed with them. Its source closes the period before anything is stored; a period that was
closed and whose commitment never reached a block comes again.

Deadlines are those of the best chain, so this goes by its newest block, which a reorganisation may replace. The same
weights are then sent again, in the same transaction, never others: what an epoch's commitment says is decided once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from ganglion.errors import DispatchError, InvalidTransaction
from ganglion_validator.chain_view import Chain, EvidenceSource, Neuron, OpenCommit, Snapshot, Weights
from ganglion_validator.store import Store, StoreFailed

log = structlog.get_logger(__name__)

SALT_BYTES = 32
COMMIT_AFTER = 0.4  # part of an epoch: later knows more, earlier is surer to be included
REVEAL_LATEST = 0.5  # part of an epoch: until then a reveal waits for the epoch's beginning to be final

__all__ = ["Committer"]

Row = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(slots=True)
class Committer:
    """One hotkey's weights.

    Attributes:
        hotkey: its address.
        salts: makes salts; replaced in tests.
        evidence: where it comes from; None: weights that rest on none.
        count: told of each weights that were "committed", "revealed", "set", or "missed" (not revealed in time).
    """

    chain: Chain
    store: Store
    hotkey: str
    salts: Callable[[], bytes] = lambda: os.urandom(SALT_BYTES)
    count: Callable[[str], None] = lambda _: None
    evidence: EvidenceSource | None = None
    said: str = ""
    _open: dict[bytes, int] = field(default_factory=dict)
    _committed: bytes = b""
    _revealed: bytes = b""

    async def step(self, snapshot: Snapshot, row: Row, final_epoch: int | None = None) -> None:
        """Do what is due at this block. Raises ChainError; calling again later is safe.

        Args:
            snapshot: of the best block.
            row: (uids, values) as the scores have it now; empty = abstain.
            final_epoch: the epoch at the last final block; None = the best block is final.
        """
        neuron = snapshot.neurons.get(self.hotkey)
        if neuron is None:
            self._say("not registered")
            return
        if not snapshot.rules.commit_reveal:
            await self._set(snapshot, row, neuron)
            return
        commits = await self.chain.open_commits()
        self._count_missed(snapshot.epoch, commits)
        self._tell_of(commits)
        for one in commits:
            if one.reveal_epoch == snapshot.epoch and self._is_settled(snapshot, final_epoch):
                await self._reveal(one.commitment, neuron.permit)
        with suppress(StoreFailed):
            self.store.forget_weights(_oldest_needed(snapshot, commits))
        made = any(one.epoch == snapshot.epoch for one in commits)
        if not self._may(neuron):
            return
        if not made and self._is_time(snapshot, neuron.last_update):
            await self._commit(snapshot, row)

    def _may(self, neuron: Neuron) -> bool:
        if not neuron.permit:
            self._say("no validator permit yet")
        return neuron.permit

    def _is_settled(self, snapshot: Snapshot, final_epoch: int | None) -> bool:
        """Whether no reorganisation will undo that the epoch has begun, after which others could copy what was
        revealed; or there is no more time to wait for that.
        """
        since = snapshot.block - snapshot.last_epoch_block
        is_final = final_epoch is None or final_epoch >= snapshot.epoch
        return is_final or since >= REVEAL_LATEST * snapshot.rules.tempo

    def _is_time(self, snapshot: Snapshot, last_update: int) -> bool:
        rules, since = snapshot.rules, snapshot.block - snapshot.last_epoch_block
        rested = last_update == 0 or snapshot.block - last_update >= rules.rate_limit
        already = last_update > snapshot.last_epoch_block
        return rested and not already and since >= COMMIT_AFTER * rules.tempo

    async def _commit(self, snapshot: Snapshot, row: Row) -> None:
        commitment = self._stored(snapshot) or await self._store(snapshot, row)
        if commitment is None:
            self._say("no verified work yet: abstaining")
            return
        await self.chain.commit(commitment)
        self.said = ""
        if commitment == self._committed:  # its block was dropped, and it is on its way into another one
            return
        self._committed = commitment
        self.count("committed")
        log.info("weights_committed", epoch=snapshot.epoch, commitment=commitment.hex())

    def _stored(self, snapshot: Snapshot) -> bytes | None:
        """What was stored for this epoch and perhaps sent: sending it again can't commit twice."""
        commitment = self.store.made_in(snapshot.epoch)
        if commitment is None:
            return None
        weights = self.store.weights_of(commitment)
        fits = (
            weights is not None
            and weights.version_key == snapshot.rules.version_key
            and (weights.evidence is not None) == snapshot.rules.verdicts_on
        )
        return commitment if fits else None

    async def _store(self, snapshot: Snapshot, row: Row) -> bytes | None:
        """Weights on disk and what to commit; None where there is nothing to say yet."""
        weights = await self._drafted(snapshot) if snapshot.rules.verdicts_on else self._plain(snapshot, row)
        if weights is None:
            return None
        commitment = self.chain.commitment(weights)
        self.store.save_weights(commitment, snapshot.epoch, weights)
        log.info("weights_stored", commitment=commitment.hex(), uids=weights.uids, values=weights.values)
        return commitment

    def _plain(self, snapshot: Snapshot, row: Row) -> Weights | None:
        return Weights(*row, self.salts(), snapshot.rules.version_key) if row[0] else None

    async def _drafted(self, snapshot: Snapshot) -> Weights | None:
        """Weights that the chain makes of the period, which is closed by this."""
        evidence = await self.evidence.draft(snapshot) if self.evidence is not None else None
        if self.evidence is None or evidence is None:
            return None
        uids, values = await self.chain.weights_of(evidence.rows)
        self.evidence.seal(evidence, snapshot.epoch)
        return Weights(uids, values, self.salts(), snapshot.rules.version_key, evidence)

    def _tell_of(self, commits: Sequence[OpenCommit]) -> None:
        """Tell the source of evidence which of its periods are in a block."""
        for one in commits:
            weights = self.store.weights_of(one.commitment) if self.evidence is not None else None
            if self.evidence is not None and weights is not None and weights.evidence is not None:
                self.evidence.committed(weights.evidence, one.epoch)

    async def _reveal(self, commitment: bytes, permit: bool) -> None:
        weights = self.store.weights_of(commitment)
        if weights is None:
            self._say(f"commitment {commitment.hex()} is not in the store: it will be missed")
            return
        if not permit and weights.evidence is None:  # the chain would refuse it; evidence it always takes
            return
        try:
            await self.chain.reveal(weights)
        except (
            InvalidTransaction,
            DispatchError,
        ) as error:  # the chain's word; the next commitment can't wait
            self._say(f"commitment {commitment.hex()} can't be revealed: {error}")
            return
        self._open.pop(commitment, None)
        if commitment == self._revealed:
            return
        self._revealed = commitment
        self.count("revealed")
        log.info("weights_revealed", commitment=commitment.hex(), uids=weights.uids)

    def _count_missed(self, epoch: int, commits: Sequence[OpenCommit]) -> None:
        """Those open at the last look whose epoch has ended since."""
        for commitment, reveal_epoch in self._open.items():
            if reveal_epoch < epoch:
                self.count("missed")
                log.error("weights_missed", commitment=commitment.hex(), epoch=reveal_epoch)
        self._open = {one.commitment: one.reveal_epoch for one in commits}

    async def _set(self, snapshot: Snapshot, row: Row, neuron: Neuron) -> None:
        if self._may(neuron) and row[0] and self._is_time(snapshot, neuron.last_update):
            await self.chain.set_weights(Weights(*row, b"\0" * SALT_BYTES, snapshot.rules.version_key))
            self.count("set")
            log.info("weights_set", epoch=snapshot.epoch, uids=row[0], values=row[1])

    def _say(self, reason: str) -> None:
        if reason != self.said:
            log.info("weights_wait", reason=reason)
        self.said = reason


def _oldest_needed(snapshot: Snapshot, commits: Sequence[OpenCommit]) -> int:
    """The first epoch whose weights may still be revealed. A commitment keeps the reveal period that it was made
    under, so that after a change the present one says nothing about it; those not seen yet get an epoch's grace.
    """
    recent = snapshot.epoch - snapshot.rules.reveal_period - 1
    return min([recent, *(one.epoch for one in commits)])
