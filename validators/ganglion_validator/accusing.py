"""After a lie: what proves it goes to disk as a receipt file, and, where the operator gave an account for it, to the
chain as an accusation that the account's bond stands for.

Only answers to the validator's own prompts: an accusation shows prompt and answer to everybody, and a user's are the
user's. One a miner and hour, so that a miner that does nothing but lie fills neither the disk nor the chain.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from ganglion.errors import GanglionError
from ganglion.protocol.dispute_evidence import showable
from ganglion.protocol.receipt_file import ReceiptFile, write_receipt_file
from ganglion.protocol.receipts import NO_HASH
from ganglion.protocol.sampling import SamplingTerms
from ganglion_validator.dispatch import Delivery

log = structlog.get_logger(__name__)

EVERY = 3600.0  # seconds between two accusations of one miner
MOST_FILES = 256
MOST_WAITING = 16
ATTEMPTS, PAUSE = 1000, 6.0  # an hour and a half

__all__ = ["Accuse", "Accuser", "evidence_file"]

Accuse = Callable[[ReceiptFile], Awaitable[str]]  # returns what became of it, for the log


@dataclass(slots=True)
class Accuser:
    """Keeps evidence, and accuses.

    Attributes:
        folder: for the files; made when the first one comes.
        accuse: opens a dispute; None = the operator does, or not.
        pause: seconds before what the chain did not take is tried again.
        opened: accusations that reached the chain.
    """

    folder: Path
    accuse: Accuse | None = None
    clock: Callable[[], float] = time.monotonic
    pause: float = PAUSE
    opened: int = 0
    _last: dict[str, float] = field(default_factory=dict)
    _queue: asyncio.Queue[ReceiptFile] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))

    def caught(self, delivery: Delivery, reason: str) -> None:
        """An audit ended hard."""
        hotkey, now = delivery.key.hotkey, self.clock()
        if not delivery.job.own or delivery.job.task != "generate" or now < self._last.get(hotkey, 0.0):
            return
        self._last = {who: until for who, until in self._last.items() if until > now} | {hotkey: now + EVERY}
        file = evidence_file(delivery)
        self._write(file, delivery, reason)
        if self.accuse is not None and not self._queue.full() and _can_be_shown(file):
            self._queue.put_nowait(file)

    def _write(self, file: ReceiptFile, delivery: Delivery, reason: str) -> None:
        path = self.folder / f"{delivery.identity.request_id.hex()}.json"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            known = sorted(self.folder.glob("*.json"), key=lambda one: one.stat().st_mtime)
            for old in known[: max(0, len(known) + 1 - MOST_FILES)]:
                old.unlink(missing_ok=True)
            write_receipt_file(path, file)
        except (OSError, GanglionError) as error:
            log.error("evidence_not_kept", path=str(path), error=str(error))
            return
        log.warning(
            "evidence_kept",
            hotkey=delivery.key.hotkey,
            reason=reason,
            path=str(path),
            hint="ganglion dispute open FILE --answer accuses with it",
        )

    async def run(self) -> None:
        """Accuse until cancelled."""
        while True:
            file = await self._queue.get()
            if self.accuse is None:
                continue
            request_id = file.signed.receipt.request_id.hex()
            try:
                told = await self._patiently(self.accuse, file)
            except GanglionError as error:
                log.error("not_accused", request_id=request_id, error=str(error), hint=error.hint)
                continue
            self.opened += 1
            log.warning("accused", request_id=request_id, outcome=told)

    async def _patiently(self, accuse: Accuse, file: ReceiptFile) -> str:
        """Accuse, again and again where the chain may take it later: in the first epochs nobody can be drawn yet."""
        for _ in range(ATTEMPTS):
            try:
                return await accuse(file)
            except GanglionError as error:
                if not error.retryable:
                    raise
            await asyncio.sleep(self.pause)
        return await accuse(file)


def _can_be_shown(file: ReceiptFile) -> bool:
    """Whether a committee can see what was seen here: not the leaves of a miner that commits to more or fewer than its
    answer has. It would be found innocent, and paid by the accuser's bond.
    """
    receipt = file.signed.receipt
    return receipt.trace == NO_HASH or bool(showable(file.leaves or (), receipt))


def evidence_file(delivery: Delivery) -> ReceiptFile:
    """Everything that a committee needs to see the same."""
    job = delivery.job
    return ReceiptFile(
        delivery.receipt,
        delivery.acceptance,
        job.prompt_ids,
        delivery.token_ids,
        sampling=SamplingTerms(job.sampling, job.max_tokens, job.stops),
        leaves=delivery.leaves or None,
    )
