"""The one way to a miner: users' requests and own prompts, same key, same connections, same code.

An answer is handed on only after its signature, its receipt, its prompt hash, its profile and its text were
checked. Whether it will be audited is not known here. Nobody is called a liar for bytes that he did not sign: what
comes before a stream's receipt can be anybody's on the way.
"""

from __future__ import annotations

import asyncio
import base64
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
import structlog

from ganglion.errors import GanglionError, PeerError, ReceiptError
from ganglion.peer import Embeddings, PeerClient, PeerRefused, PeerStream
from ganglion.protocol import openai_responses as out
from ganglion.protocol import sse
from ganglion.protocol.identity import Identity, audit_identity, seeded_identity
from ganglion.protocol.receipts import Acceptance, SignedReceipt
from ganglion.protocol.sampling import SamplingTerms
from ganglion_validator.answer_text import Lied, Saying, check_text, text_of, text_of_completion
from ganglion_validator.jobs import Job
from ganglion_validator.miners import Miner, Miners
from ganglion_validator.scoring import MinerKey

log = structlog.get_logger(__name__)

SECRET_BYTES = 32
BLOCK = 4096  # numbers reserved on disk at a time
BROKEN_SECONDS = 5.0
PROOF_SECONDS = 10.0  # for the receipt of a stream that holds what it must not
NOT_ADMITTED = frozenset({"not_registered", "no_permit", "insufficient_stake"})

__all__ = ["Delivery", "Dispatcher", "Identities", "Secrets", "is_not_admitted"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """An answer that arrived whole and belongs to its request.

    Attributes:
        secret: of the period; decides whether the answer is audited.
        uid: slot of the miner when it was asked.
        started, finished: monotonic seconds, measured here.
        token_ids, text: of the answer; empty for embeddings.
        values, dimension: of embeddings, float32 little-endian.
        leaves: activation leaves under the receipt's `trace`.
        acceptance: this validator's signature over the receipt, after its checks.
    """

    key: MinerKey
    job: Job
    identity: Identity
    secret: bytes = field(repr=False)
    receipt: SignedReceipt
    started: float
    finished: float
    token_ids: tuple[int, ...] = ()
    text: str = ""
    values: bytes = b""
    dimension: int = 0
    leaves: tuple[bytes, ...] = ()
    uid: int = 0
    acceptance: Acceptance | None = None

    @property
    def tokens(self) -> int:
        """Work done, never as the miner counts it: output tokens, or the size of what was embedded."""
        return self.job.work if self.job.task == "embed" else len(self.token_ids)

    @property
    def auditable(self) -> bool:
        """Requests with OpenAI's `seed` repeat themselves, and a miner can tell them; they are never audits."""
        return self.job.seed is None


class Secrets(Protocol):
    """Where secrets of periods are kept; see PeriodStore.reserve."""

    def reserve(self, number: int, count: int) -> tuple[bytes, int]:
        """The period's secret and the first of `count` fresh numbers."""


@dataclass(slots=True)
class Identities:
    """Request ids and nonces that nobody can guess and everybody can check once a period's secret is told.

    Attributes:
        secrets: keeps them; None = one secret for the life of this process.
    """

    secrets: Secrets | None = None
    secret: bytes = field(default_factory=lambda: os.urandom(SECRET_BYTES), repr=False)
    period: int = -1
    _next: int = 0
    _end: int = 1 << 62

    def enter(self, period: int) -> None:
        """A period between two commitments of weights begins."""
        if period != self.period:
            self.period = period
            self._reserve()

    def of(self, job: Job) -> Identity:
        """The next one; with OpenAI's `seed` the one that repeats itself."""
        if job.seed is not None:
            return seeded_identity(job.seed, job.body)
        if self._next == self._end:
            self._reserve()
        self._next += 1
        return audit_identity(self.secret, self._next - 1)

    def _reserve(self) -> None:
        if self.secrets is None:
            return
        try:
            self.secret, self._next = self.secrets.reserve(self.period, BLOCK)
            self._end = self._next + BLOCK
        except (
            GanglionError
        ) as error:  # no disk: a secret of this moment does as well, but can't be told later
            log.error("secret_not_saved", period=self.period, error=str(error), hint=error.hint)
            self.secret, self._next, self._end = os.urandom(SECRET_BYTES), 0, BLOCK
        committed = blake2b(self.secret, digest_size=32).hexdigest()
        log.info("audit_secret", period=self.period, committed=committed, first=self._next)


@dataclass(slots=True)
class Dispatcher:
    """Asks miners and tells what came of it.

    Attributes:
        profiles: hash of the model that each task is done with.
        tokenizer: of the generating model.
        delivered: told of each good answer.
        broken: told of each exchange that gave none and whose fault that is the miner's.
        accept: countersigns a receipt; None = nothing is accepted.
    """

    client: PeerClient
    miners: Miners
    profiles: dict[str, bytes]
    tokenizer: Any
    delivered: Callable[[Delivery], None]
    broken: Callable[[Miner, Job, GanglionError], None]
    timeout: float
    identities: Identities = field(default_factory=Identities)
    accept: Callable[[SignedReceipt], Acceptance] | None = None

    async def complete(self, miner: Miner, job: Job) -> Delivery:
        """Ask for an answer in one piece.

        Raises:
            PeerError, ProtocolError: there is none that can be used.
        """
        identity, secret = self.identities.of(job), self.identities.secret
        with self._watched(miner, job), self.miners.occupy(miner), _no_mistakes(miner):
            if job.task == "embed":
                vectors = await self.client.embed(
                    miner.peer, job.body, identity, timeout=self.timeout, size=job.answer_bytes
                )
                delivery = self._embedded(miner, job, identity, secret, vectors)
            else:
                found = await self.client.complete(
                    miner.peer, job.kind, job.body, identity, timeout=self.timeout, size=job.answer_bytes
                )
                tokens, timing = found.answer.token_ids, found.timing
                text = text_of_completion(found.body, job.kind)
                self._check(job, found.answer.receipt, tokens, text)
                delivery = Delivery(
                    miner.key, job, identity, secret, found.answer.receipt, timing.started, timing.finished,
                    tokens, text_of(self.tokenizer, tokens, job.stops), leaves=found.answer.leaves, uid=miner.uid,
                )  # fmt: skip
        return self._taken(delivery)

    def _taken(self, delivery: Delivery) -> Delivery:
        """What passed all checks is countersigned and told of."""
        if self.accept is not None:
            delivery = replace(delivery, acceptance=self.accept(delivery.receipt))
        self.delivered(delivery)
        return delivery

    @asynccontextmanager
    async def stream(
        self, miner: Miner, job: Job, told: Callable[[Delivery], None] | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Ask for a stream; yields its verbatim blocks: text as it comes, and from the finish reason on all of them
        at once after everything was checked, with the acceptance before [DONE]. `told` gets the delivery then.

        From a block on that must not be there nothing is passed on; it is a lie only if a receipt comes and proves it.

        Raises as `complete`, possibly in the middle.
        """
        identity, secret = self.identities.of(job), self.identities.secret
        with self._watched(miner, job), self.miners.occupy(miner):
            opened = self.client.stream(
                miner.peer, job.kind, job.body, identity, timeout=self.timeout, size=job.answer_bytes
            )
            async with opened as stream:
                yield self._blocks(miner, job, identity, secret, stream, told)

    async def _blocks(
        self,
        miner: Miner,
        job: Job,
        identity: Identity,
        secret: bytes,
        stream: PeerStream,
        told: Callable[[Delivery], None] | None,
    ) -> AsyncIterator[bytes]:
        profile = self.profiles[job.task]
        said = Saying(out.Header(job.kind, identity.request_id, job.body["model"], profile, 0))
        held: list[bytes] = []
        lie: Lied | None = None
        reading = aiter(stream)
        while True:
            with _no_mistakes(miner):
                block = await _next(reading, PROOF_SECONDS if lie else None)
                if block is None:
                    return
                try:
                    said.take(block)
                except Lied as error:
                    lie = lie or error
                if (answer := stream.answer) is not None:
                    if lie is not None:
                        raise lie
                    now, tokens = time.monotonic(), answer.token_ids
                    self._check(job, answer.receipt, tokens, said.text)
                    delivery = Delivery(
                        miner.key, job, identity, secret, answer.receipt, stream.timing.started, now,
                        tokens, said.text, leaves=answer.leaves, uid=miner.uid,
                    )  # fmt: skip
                    usage = out.usage(len(job.prompt_ids), len(tokens))
                    said.check(usage, facts_of(delivery))
            if lie is not None:
                held.clear()
                continue
            if answer is not None:
                delivery = self._taken(delivery)
                if told is not None:
                    told(delivery)
                if delivery.acceptance is not None:
                    held.append(sse.acceptance_block(delivery.acceptance))
            held.append(block)
            if answer is not None or not said.ended:
                for one in held:
                    yield one
                held.clear()

    def _embedded(
        self, miner: Miner, job: Job, identity: Identity, secret: bytes, found: Embeddings
    ) -> Delivery:
        self._check_receipt(job, found.receipt)
        if len(found.values) != 4 * found.dimension * len(job.texts):
            raise Lied(f"{len(job.texts)} texts did not get a vector each")
        if not np.isfinite(np.frombuffer(found.values, dtype="<f4")).all():
            raise Lied("a vector holds something that is no finite number")
        timing = found.timing
        return Delivery(
            miner.key, job, identity, secret, found.receipt, timing.started, timing.finished,
            values=found.values, dimension=found.dimension, uid=miner.uid,
        )  # fmt: skip

    def _check(self, job: Job, signed: SignedReceipt, tokens: tuple[int, ...], text: str) -> None:
        self._check_receipt(job, signed)
        if not tokens:
            raise Lied("the answer has no tokens")
        if len(tokens) > job.max_tokens:  # before any of them is decoded
            raise Lied(f"the answer has {len(tokens)} tokens, {job.max_tokens} were allowed")
        if signed.receipt.prompt_tokens != len(job.prompt_ids):
            raise Lied(f"the prompt has {len(job.prompt_ids)} tokens, not {signed.receipt.prompt_tokens}")
        check_text(self.tokenizer, tokens, job.stops, text)

    def _check_receipt(self, job: Job, signed: SignedReceipt) -> None:
        if signed.receipt.prompt != job.prompt:
            raise ReceiptError("the receipt is about another prompt", fault="peer")
        if signed.receipt.profile != self.profiles.get(job.task):
            raise ReceiptError("the answer was made with another model profile", fault="peer")

    @contextmanager
    def _watched(self, miner: Miner, job: Job) -> Iterator[None]:
        """Tell of failures that are the miner's, and rest it for a moment."""
        try:
            yield
        except GanglionError as error:
            if error.fault == "peer":
                miner.broken_until = self.miners.clock() + BROKEN_SECONDS
                self.broken(miner, job, error)
            elif is_not_admitted(error):  # no fault, but others are asked first
                miner.broken_until = self.miners.clock() + BROKEN_SECONDS
            raise


async def _next(reading: AsyncIterator[bytes], patience: float | None) -> bytes | None:
    """The next block, None at the end. Raises PeerError when it does not come in so many seconds."""
    if patience is None:
        return await anext(reading, None)
    try:
        async with asyncio.timeout(patience):
            return await anext(reading, None)
    except TimeoutError as error:
        raise PeerError("the stream holds what it must not, and no receipt proves whose it is") from error


def is_not_admitted(error: GanglionError) -> bool:
    """Whether a miner said that this validator is none of those that it answers."""
    return isinstance(error, PeerRefused) and error.status == 403 and error.code in NOT_ADMITTED


@contextmanager
def _no_mistakes(miner: Miner) -> Iterator[None]:
    """A mistake of ours in reading an answer costs that answer, and is blamed on nobody."""
    try:
        yield
    except GanglionError:
        raise
    except Exception as error:
        log.error("exchange_failed", hotkey=miner.key.hotkey, exc_info=error)
        raise PeerError("the answer could not be read; the log says why", fault="self") from error


def response_of(delivery: Delivery, model: str, *, trace: bool = False) -> dict[str, Any]:
    """OpenAI's object for an answer in one piece, built from what was verified and nothing else.

    Args:
        trace: whether the activation leaves are part of it.
    """
    signed, job = delivery.receipt, delivery.job
    receipt = signed.receipt
    header = out.Header(job.kind, receipt.request_id, model, receipt.profile, receipt.created_at // 1000)
    usage = out.usage(len(job.prompt_ids), len(delivery.token_ids))
    proof = proof_of(delivery)
    if not trace:
        proof.pop("trace", None)
    return out.completion(header, delivery.text, receipt.finish, usage, proof)


def proof_of(delivery: Delivery) -> dict[str, Any]:
    """The `x_ganglion` object of an answer: everything that the receipt is about, the receipt and its acceptance.
    Usable at once; final when its batch on chain is old enough and nobody disputes it.
    """
    accepted = delivery.acceptance
    proof = {**facts_of(delivery), "receipt": delivery.receipt.text(), "finalized": False}
    return proof if accepted is None else proof | {"acceptance": accepted.text()}


def facts_of(delivery: Delivery) -> dict[str, Any]:
    """Everything that the receipt is about."""
    from ganglion.keys import ss58

    receipt = delivery.receipt.receipt
    return {
        **delivery.identity.to_json(),
        "miner": ss58.encode(receipt.miner),
        "profile": receipt.profile.hex(),
        "prompt_hash": receipt.prompt.hex(),
        **({} if delivery.job.task == "embed" else _facts_of_tokens(delivery)),
    }


def _facts_of_tokens(delivery: Delivery) -> dict[str, Any]:
    job = delivery.job
    trace = [base64.b64encode(leaf).decode() for leaf in delivery.leaves]
    return {
        "token_ids": list(delivery.token_ids),
        "sampling": SamplingTerms(job.sampling, job.max_tokens, job.stops).to_json(),
        **({"trace": trace} if trace else {}),
    }
