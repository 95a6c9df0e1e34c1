"""Every audit becomes a verdict on disk; a period's verdicts become the evidence of its weights, and are told once the
weights are revealed for good.

Knows neither how answers are judged nor how commitments reach the chain.
"""

from __future__ import annotations

import asyncio
import base64
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import structlog

from ganglion.keys import ss58
from ganglion.pallets.audits import HISTORY
from ganglion.protocol import verdicts as wire
from ganglion.protocol.hashing import blake2_256
from ganglion.protocol.merkle import merkle_root
from ganglion.verification.rules import Verdict
from ganglion_validator.chain_view import Chain, Snapshot
from ganglion_validator.dispatch import Delivery
from ganglion_validator.period_store import EVERYTHING, Entry, Mark, Period, PeriodStore
from ganglion_validator.reputation import Reputation
from ganglion_validator.reputations import Reputations
from ganglion_validator.rows import Known, rows_of
from ganglion_validator.scorebook import ScoreBook
from ganglion_validator.scoring import MinerKey
from ganglion_validator.store import StoreFailed
from ganglion_validator.verdict_tree import Tree, counted

log = structlog.get_logger(__name__)

MILLION = 1_000_000
WHOLE_ROUNDS = 2
LATEST_REVEAL = 5  # epochs after its commitment: what is not revealed then was missed

__all__ = ["VerdictBook", "outcome_of", "verdict_of"]


@dataclass(slots=True)
class VerdictBook:
    """`EvidenceSource` of the committer, and what is published of periods that are over.

    Attributes:
        own: own hotkey, of which there is never a row; what an earlier one asked is not filed.
        profiles: of each task; empty until the models are loaded.
        number: short number of a profile, None while it is not known.
        filing: whether the chain asks for evidence; if not, verdicts count for reputations alone.
        left_out: verdicts for which a period had no room.
    """

    periods: PeriodStore
    reputations: Reputations
    scores: ScoreBook
    own: str
    profiles: Mapping[str, bytes] = field(default_factory=dict)
    number: Callable[[bytes], int | None] = lambda _: None
    filing: bool = False
    left_out: int = 0
    _rounds: dict[str, int] = field(default_factory=dict)  # with results, by task, since the period began
    _draft: tuple[Period, Mark, Tree] | None = None
    _known: set[tuple[wire.Evidence, int]] = field(default_factory=set)
    _compared: bool = False

    def record(self, batch: Sequence[tuple[Delivery, Verdict]]) -> list[Reputation]:
        """Keep the verdicts of a batch; the reputation after each. A disk that fails costs them their place in the
        evidence, and is told. Requests with OpenAI's `seed` repeat their request id, which may have one verdict only
        in all that is ever filed: what is found of them is never evidence.
        """
        found = [
            self.reputations.audited(
                delivery.key,
                delivery.receipt.receipt.profile,
                passed=verdict.ok,
                llr=verdict.llr,
                own=delivery.job.own,
            )
            for delivery, verdict in batch
        ]
        entries = [entry_of(*one) for one in batch if one[0].auditable] if self.filing else []
        try:
            self.left_out += self.periods.add(entries, self.reputations.write)
            self.reputations.unsaved.clear()
        except StoreFailed as error:
            self.left_out += len(entries)
            log.error("verdicts_not_saved", verdicts=len(batch), error=str(error), hint=error.hint)
        return found

    @property
    def _requester(self) -> bytes:
        return ss58.decode(self.own)

    def round_over(self, task: str) -> None:
        """A round of a task told something about its miners."""
        self._rounds[task] = self._rounds.get(task, 0) + 1

    async def draft(self, snapshot: Snapshot) -> wire.Evidence | None:
        """See EvidenceSource.draft. Nothing, too, as long as the period knows too little: it would take the weight of
        those who work and were not audited yet.
        """
        period, mark, following = self._to_draft()
        others = self._others(snapshot)
        slots = {key: uid for uid, key in others}
        known = self._known_of(period, mark, slots)
        rows = rows_of(known, others)
        if not rows or (period.state == "open" and not self._knows_enough(known, others)):
            return None
        tree = Tree.of(self._requester, rows, slots, self.profiles.values())
        leaves = [verdict.leaf() for verdict in self.periods.verdicts(period.number, tree, mark)]
        receipts = self.periods.receipts(period.number, mark)
        root = await asyncio.to_thread(merkle_root, leaves)
        receipts_root = await asyncio.to_thread(merkle_root, receipts)
        self._draft = (period, mark, tree)
        announced = wire.secret_hash(following.secret)
        return wire.Evidence(period.secret, announced, root, len(leaves), receipts_root, len(receipts), rows)

    def _knows_enough(self, known: Known, others: Iterable[tuple[int, MinerKey]]) -> bool:
        """Whether somebody's work was audited, and that of everybody with a score, but for those who gave nothing in a
        round that lay whole within the period: of two that ended in it, the second did.
        """
        audited = {key for (key, _), tally in known.tallies.items() if tally.audited}
        scored = {
            key: record.task for _, key in others if (record := known.records.get(key)) and record.score > 0
        }
        missing = {task for key, task in scored.items() if key not in audited}
        if all(self._rounds.get(task, 0) >= WHOLE_ROUNDS for task in missing):
            return bool(audited & scored.keys()) or self._rounds_of_all() >= WHOLE_ROUNDS
        return False

    def _rounds_of_all(self) -> int:
        return min((self._rounds.get(task, 0) for task in self.profiles), default=0)

    def _to_draft(self) -> tuple[Period, Mark, Period]:
        """The period, how far it reaches, and the one whose secret it announces."""
        sealed, current = self.periods.sealed, self.periods.open
        if sealed is not None:
            return sealed, EVERYTHING, current
        return current, self.periods.mark(), self.periods.announced

    def seal(self, evidence: wire.Evidence, epoch: int) -> None:
        """See EvidenceSource.seal."""
        if (
            self._draft is None
            or self._draft[0].secret != evidence.secret
            or self._draft[2].rows != evidence.rows
        ):
            raise ValueError("what is sealed must be the last draft")
        period, mark, tree = self._draft
        if self.periods.seal(period.number, epoch, mark, evidence, tree):
            self._rounds.clear()
        counts = {"verdicts": evidence.leaves, "rows": len(evidence.rows)}
        log.info("period_sealed", period=period.number, epoch=epoch, **counts)

    def committed(self, evidence: wire.Evidence, epoch: int) -> None:
        """See EvidenceSource.committed."""
        if (evidence, epoch) not in self._known:
            self.periods.mark_committed(evidence, epoch)
            self._known = {(evidence, epoch), *sorted(self._known, key=lambda one: one[1])[-8:]}

    async def follow(self, chain: Chain, snapshot: Snapshot) -> None:
        """Learn which committed periods are public for good, and which were missed. Raises ChainError, StoreFailed.

        Args:
            snapshot: of the last final block.
        """
        await self._compare(chain, snapshot)
        for period in self.periods.committed():
            if snapshot.epoch <= period.epoch:
                continue
            filed = await chain.filed(period.epoch)
            if filed is not None and filed.secret == period.secret:
                self._end(period, "revealed")
            elif snapshot.epoch > period.epoch + max(LATEST_REVEAL, snapshot.rules.reveal_period + 1):
                self._end(period, "missed")

    async def _compare(self, chain: Chain, snapshot: Snapshot) -> None:
        """Once, at the start: secrets of a store that was restored from an old copy may have been told."""
        if self._compared:
            return
        announced = await chain.announced()
        if announced is None and await self._is_old(chain, snapshot):
            announced = b""
        if announced is not None and self.periods.expect(announced):
            log.warning("secrets_replaced", hint="an older data folder than the last: a reveal may be missed")
        self._compared = True

    async def _is_old(self, chain: Chain, snapshot: Snapshot) -> bool:
        """Whether a secret that is still to be used stands in what the hotkey filed. After a missed reveal the chain
        waits for no certain one.
        """
        unused = self.periods.unused()
        for epoch in range(max(0, snapshot.epoch - HISTORY), snapshot.epoch + 1):
            filed = await chain.filed(epoch)
            if filed is not None and filed.secret in unused:
                return True
        return False

    def _end(self, period: Period, state: str) -> None:
        self.periods.end(period.number, state)
        log.info("period_over", period=period.number, epoch=period.epoch, outcome=state)

    def _known_of(self, period: Period, mark: Mark, slots: Mapping[MinerKey, int]) -> Known:
        return Known(
            self.scores.records,
            counted(
                self.periods.tallies(period.number, self._requester, mark), slots, self.profiles.values()
            ),
            self.reputations.known,
            self.profiles,
            self.scores.shares,
            self.number,
        )

    def _others(self, snapshot: Snapshot) -> list[tuple[int, MinerKey]]:
        return [
            (n.uid, MinerKey(n.hotkey, n.registered_at))
            for n in snapshot.neurons.values()
            if n.hotkey != self.own
        ]


def entry_of(delivery: Delivery, verdict: Verdict) -> Entry:
    """What is kept of an audit."""
    profile = delivery.receipt.receipt.profile
    opening = json.dumps(_opening(delivery))
    return Entry(
        delivery.key, profile, delivery.receipt.receipt.requester, verdict_of(delivery, verdict), opening
    )


def verdict_of(delivery: Delivery, verdict: Verdict) -> wire.Verdict:
    """The chain's form of it."""
    return wire.Verdict(
        delivery.identity.request_id,
        blake2_256(delivery.receipt.encode()),
        delivery.uid,
        outcome_of(verdict),
        _millionths(verdict.max_margin),
        verdict.position,
    )


def outcome_of(verdict: Verdict) -> wire.Outcome:
    """Of an audit."""
    if verdict.ok:
        return wire.Outcome.PASSED
    return wire.Outcome.HARD if verdict.hard else wire.Outcome.SOFT


def _millionths(margin: float) -> int:
    return round(min(margin, 4294.0) * MILLION) if math.isfinite(margin) else wire.U32


def _opening(delivery: Delivery) -> dict[str, Any]:
    """What shows that a verdict is right. A user's prompt and answer are the user's: of them only the receipt, which
    holds hashes.
    """
    job, opening = delivery.job, {"receipt": delivery.receipt.text()}
    if not job.own or job.task != "generate":
        return opening
    return opening | {
        "prompt_ids": list(job.prompt_ids),
        "token_ids": list(delivery.token_ids),
        "sampling": asdict(job.sampling),
        "max_tokens": job.max_tokens,
        "stops": list(job.stops),
        "leaves": [base64.b64encode(leaf).decode() for leaf in delivery.leaves],
    }
