"""The one way to a miner: users' requests and own prompts, same key, same connections, same code.

An answer is handed on only after its signature, its receipt, its prompt hash and its profile were checked.
Whether it will be audited is not known here.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ganglion.errors import GanglionError, ReceiptError
from ganglion.peer import Completion, Embeddings, PeerClient, PeerStream
from ganglion.protocol.identity import Identity, audit_identity, seeded_identity
from ganglion.protocol.receipts import SignedReceipt
from ganglion_validator.jobs import Job
from ganglion_validator.miners import Miner, Miners
from ganglion_validator.scoring import MinerKey

SECRET_BYTES = 32
BROKEN_SECONDS = 5.0

__all__ = ["Delivery", "Dispatcher", "Identities"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """An answer that arrived whole and belongs to its request.

    Attributes:
        started, finished: monotonic seconds, measured here.
        token_ids: of the answer; empty for embeddings.
        values, dimension: of embeddings, float32 little-endian.
    """

    key: MinerKey
    job: Job
    identity: Identity
    receipt: SignedReceipt
    started: float
    finished: float
    token_ids: tuple[int, ...] = ()
    values: bytes = b""
    dimension: int = 0

    @property
    def tokens(self) -> int:
        """Work done: output tokens, or input tokens of embeddings."""
        return len(self.token_ids) or self.receipt.receipt.prompt_tokens


@dataclass(slots=True)
class Identities:
    """Request ids and nonces that nobody can guess and everybody can check once the secret is told."""

    secret: bytes = field(default_factory=lambda: os.urandom(SECRET_BYTES))
    _count: int = 0

    def of(self, job: Job) -> Identity:
        """The next one; with OpenAI's `seed` the one that repeats itself."""
        if job.seed is not None:
            return seeded_identity(job.seed, job.body)
        self._count += 1
        return audit_identity(self.secret, self._count)


@dataclass(slots=True)
class Dispatcher:
    """Asks miners and tells what came of it.

    Attributes:
        profiles: hash of the model that each task is done with.
        delivered: told of each good answer.
        broken: told of each exchange that gave none and whose fault that is the miner's.
    """

    client: PeerClient
    miners: Miners
    profiles: dict[str, bytes]
    delivered: Callable[[Delivery], None]
    broken: Callable[[MinerKey, GanglionError], None]
    timeout: float
    identities: Identities = field(default_factory=Identities)

    async def complete(self, miner: Miner, job: Job) -> tuple[Completion | Embeddings, Delivery]:
        """Ask for an answer in one piece.

        Raises:
            PeerError, ProtocolError: there is none that can be used.
        """
        identity = self.identities.of(job)
        with self._watched(miner), self.miners.occupy(miner):
            if job.task == "embed":
                found = await self.client.embed(miner.peer, job.body, identity, timeout=self.timeout)
                receipt, tokens = found.receipt, ()
            else:
                found = await self.client.complete(
                    miner.peer, job.kind, job.body, identity, timeout=self.timeout
                )
                receipt, tokens = found.answer.receipt, found.answer.token_ids
            timing = found.timing
            delivery = self._delivery(miner, job, identity, receipt, timing.started, timing.finished, tokens)
            if isinstance(found, Embeddings):
                delivery = _with_values(delivery, found)
        self.delivered(delivery)
        return found, delivery

    @asynccontextmanager
    async def stream(self, miner: Miner, job: Job) -> AsyncIterator[AsyncIterator[bytes]]:
        """Ask for a stream; yields its verbatim blocks, [DONE] only after everything was checked.

        Raises as `complete`, possibly in the middle.
        """
        identity = self.identities.of(job)
        with self._watched(miner), self.miners.occupy(miner):
            opened = self.client.stream(miner.peer, job.kind, job.body, identity, timeout=self.timeout)
            async with opened as stream:
                yield self._blocks(miner, job, identity, stream)

    async def _blocks(
        self, miner: Miner, job: Job, identity: Identity, stream: PeerStream
    ) -> AsyncIterator[bytes]:
        async for block in stream:
            if stream.answer is not None:
                answer, timing = stream.answer, stream.timing
                now = time.monotonic()
                self.delivered(
                    self._delivery(
                        miner, job, identity, answer.receipt, timing.started, now, answer.token_ids
                    )
                )
            yield block

    def _delivery(
        self,
        miner: Miner,
        job: Job,
        identity: Identity,
        signed: SignedReceipt,
        started: float,
        finished: float,
        tokens: tuple[int, ...],
    ) -> Delivery:
        receipt = signed.receipt
        if receipt.prompt != job.prompt:
            raise ReceiptError("the receipt is about another prompt", fault="peer")
        if receipt.profile != self.profiles.get(job.task):
            raise ReceiptError("the answer was made with another model profile", fault="peer")
        return Delivery(miner.key, job, identity, signed, started, finished, tokens)

    def _watched(self, miner: Miner) -> _Watch:
        return _Watch(self, miner)


class _Watch:
    """Counts failures of which the miner is at fault, and rests him for a moment."""

    def __init__(self, dispatcher: Dispatcher, miner: Miner) -> None:
        self._dispatcher = dispatcher
        self._miner = miner

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, GanglionError) and error.fault == "peer":
            self._miner.broken_until = self._dispatcher.miners.clock() + BROKEN_SECONDS
            self._dispatcher.broken(self._miner.key, error)


def _with_values(delivery: Delivery, found: Embeddings) -> Delivery:
    from dataclasses import replace

    return replace(delivery, values=found.values, dimension=found.dimension)
