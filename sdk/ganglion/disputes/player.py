"""Plays a key's part in the disputes of a chain: the accused's, the challenger's, or a committee member's.

Looks at the chain now and then; what it computed is kept until the dispute is over, because every move needs the
same replay. A move that fails is tried again at the next look: the deadline is what ends it. A mistake in this
program fails alike: it costs the dispute in which it happens, and none of the others; each failure in a row doubles
the time to the next try, so that it does not fill a log.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from ganglion.chain.calls import Call
from ganglion.chain.extrinsics import Draft
from ganglion.client import Client
from ganglion.disputes.agent import (
    Answer,
    Judge,
    Move,
    Post,
    Rechecked,
    Replayed,
    Vote,
    Waive,
    party_move,
    vote_on,
)
from ganglion.errors import GanglionError
from ganglion.keys import Keypair
from ganglion.pallets import disputes
from ganglion.pallets.disputes import Dispute, Stage
from ganglion.protocol.dispute_evidence import Evidence

__all__ = ["Judged", "Moves", "Player", "call_of"]

log = structlog.get_logger(__name__)

INTERVAL = 3.0
LONGEST_WAIT = (
    15.0  # seconds between two tries of what failed unexpectedly: much less than the deadline of a move
)
LOOK_TIMEOUT, MOVE_TIMEOUT = 30.0, 60.0
MAX_KEPT = 64


class Judged(Protocol):
    """What computes; `ganglion.disputes.judging.Judging` does. Blocking."""

    @property
    def tolerance(self) -> int:
        """The profile's, billionths."""
        ...

    def knows(self, profile: bytes) -> bool:
        """Whether it has this model."""
        ...

    def replay(self, evidence: Evidence, position: int) -> Replayed | None:
        """The canonical replay of one token; None where this machine can't."""
        ...

    def recheck(self, evidence: Evidence) -> Rechecked | None:
        """The answer by the profile's rules; None where this machine can't."""
        ...


class Moves:
    """What a machine does next in any dispute. What it computed last is kept: every move needs the
    same replay.

    Args:
        judging: None for a machine without the model: it waives and abstains.
    """

    def __init__(self, judging: Judged | None) -> None:
        self._judging = judging
        self._known: dict[int, Replayed | Rechecked | None] = {}

    async def next(self, dispute: Dispute) -> Move | None:
        """The move that is due; None where nobody has to move."""
        computed = await self._computed(dispute)
        if dispute.stage is not Stage.VOTING:
            return party_move(dispute, None if isinstance(computed, Rechecked) else computed)
        tolerance = self._judging.tolerance if self._judging is not None else 0
        if isinstance(computed, Rechecked):
            return Vote(vote_on(dispute, tolerance, rechecked=computed))
        return Vote(vote_on(dispute, tolerance, replayed=computed))

    async def _computed(self, dispute: Dispute) -> Replayed | Rechecked | None:
        """The replay of the disputed token, or the verdict on the answer; once a dispute."""
        judging, evidence = self._judging, dispute.evidence
        if judging is None or evidence is None:
            return None
        if dispute.id not in self._known:
            if not await asyncio.to_thread(judging.knows, dispute.profile):
                return None
            found: Replayed | Rechecked | None
            if dispute.claim.kind == "Margin":
                found = await asyncio.to_thread(judging.replay, evidence, dispute.claim.position)
            else:
                found = await asyncio.to_thread(judging.recheck, evidence)
            while len(self._known) >= MAX_KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[dispute.id] = found
        return self._known[dispute.id]


class Player:
    """One key.

    Args:
        client: connected, or connects on first use.
        key: what moves are signed with: a hotkey, or the challenger's account.
        judging: None for a machine without the model: it waives and abstains.
        told: called with each move that was made.
    """

    def __init__(
        self,
        client: Client,
        key: Keypair,
        judging: Judged | None,
        *,
        told: Callable[[Dispute, Move], None] | None = None,
    ) -> None:
        self._client = client
        self._key = key
        self._moves = Moves(judging)
        self._told = told or _log_move
        self._failures: dict[int, tuple[int, float]] = {}  # unexpected ones in a row, and when to try again

    async def run(self, interval: float = INTERVAL) -> None:
        """Look until it is cancelled. The chain's absence is waited out."""
        failing, unexpected = False, 0
        while True:
            try:
                await self.look()
                failing, unexpected = False, 0
            except Exception as error:
                if not failing or not _expected(error):
                    _log_failure("disputes_not_seen", error)
                failing, unexpected = True, 0 if _expected(error) else unexpected + 1
            await asyncio.sleep(max(interval, _wait_after(unexpected)))

    async def look(self) -> int:
        """Make every move that is due. Returns how many."""
        async with asyncio.timeout(LOOK_TIMEOUT):
            await self._client.connect()
            due = await self._client.disputes.awaiting(self._key.ss58)
        self._failures = {id: failures for id, failures in self._failures.items() if id in due}
        return sum([await self._try(id) for id in due])

    async def _try(self, id: int) -> bool:
        failures, not_before = self._failures.get(id, (0, 0.0))
        if time.monotonic() < not_before:
            return False
        try:
            made = await self.move(id)
        except Exception as error:
            _log_failure("dispute_move_failed", error, dispute=id)
            if not _expected(error):
                self._failures[id] = (failures + 1, time.monotonic() + _wait_after(failures + 1))
            return False
        self._failures.pop(id, None)
        return made

    async def move(self, id: int) -> bool:
        """Make the move that is due in one dispute; whether there was one."""
        async with asyncio.timeout(LOOK_TIMEOUT):
            dispute = await self._client.disputes.dispute(id)
        if dispute is None or dispute.end is not None:
            return False
        move = await self._moves.next(dispute)
        if move is None:
            return False
        await Draft(self._client.context, call_of(dispute.id, move)).submit(self._key, timeout=MOVE_TIMEOUT)
        self._told(dispute, move)
        return True


def _expected(error: Exception) -> bool:
    return isinstance(error, GanglionError | TimeoutError)


def _wait_after(failures: int) -> float:
    """Seconds after so many unexpected failures in a row."""
    return 0.0 if failures == 0 else min(LONGEST_WAIT, INTERVAL * 2.0 ** min(failures - 1, 10))


def _log_failure(event: str, error: Exception, **facts: int) -> None:
    if _expected(error):
        hint = getattr(error, "hint", None)
        log.warning(event, **facts, error=str(error) or "no answer in time", hint=hint)
    else:
        log.error(event, **facts, error=repr(error), fault="self", exc_info=error)


def call_of(id: int, move: Move) -> Call:
    """The call that makes a move."""
    match move:
        case Answer(margin, hash):
            return disputes.answer(id, margin, hash)
        case Post(hash):
            return disputes.post(id, hash)
        case Judge(agrees):
            return disputes.judge(id, agrees)
        case Waive():
            return disputes.waive(id)
        case Vote(vote):
            return disputes.vote(id, vote)


def _log_move(dispute: Dispute, move: Move) -> None:
    log.info("dispute_move", dispute=dispute.id, stage=dispute.stage.value, move=repr(move))
