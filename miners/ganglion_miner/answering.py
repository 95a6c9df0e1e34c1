"""From a parsed request to a signed answer: render, generate, cut at stop strings, write the receipt.

Knows the engine's interface and the wire's objects, not HTTP. Nothing is taken from the caller on trust:
the sampler's seed comes from the signed request's identity, the genesis hash, this miner's own key and the
profile of the model in memory.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from ganglion.errors import EngineError
from ganglion.keys import Keypair
from ganglion.protocol import openai_responses as out
from ganglion.protocol import receipts, sse
from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.identity import Identity
from ganglion.protocol.openai import ChatRequest, CompletionRequest
from ganglion.protocol.receipts import Finish, Kind, Receipt, SignedReceipt
from ganglion.protocol.sampling import SamplingTerms
from ganglion.protocol.trace import Tracer, trace_root
from ganglion_miner.admission import Caller
from ganglion_miner.engine.base import EngineBusy, FinishEvent, GenerationRequest, TokenEvent
from ganglion_miner.serving import GenerationModel

Keep = Callable[[SignedReceipt, Sequence[bytes]], Awaitable[None]]
LONG_TEXT = 8_192  # characters from which rendering leaves the event loop


@dataclass(frozen=True, slots=True)
class Job:
    """One answer to generate. `started` is monotonic seconds."""

    kind: Kind
    caller: Caller
    identity: Identity
    header: out.Header
    generation: GenerationRequest
    prompt_hash: bytes
    terms: SamplingTerms
    include_usage: bool
    started: float


@dataclass(slots=True)
class Progress:
    """What has been generated so far. `first_token` is monotonic seconds, 0 before it; `leaves` is complete when
    the answer is.
    """

    token_ids: list[int] = field(default_factory=list)
    finish: Finish | None = None
    first_token: float = 0.0
    tracer: Tracer | None = None
    leaves: list[bytes] = field(default_factory=list)


class Answerer:
    """Generates answers of one model, signed with one key.

    Args:
        network: genesis hash.
        keep: awaited with every signed receipt and its activation leaves before it leaves.
        clock: unix seconds.
    """

    def __init__(
        self,
        model: GenerationModel,
        key: Keypair,
        network: bytes,
        *,
        max_new_tokens: int,
        keep: Keep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.model = model
        self._key = key
        self._network = network
        self._max_new_tokens = max_new_tokens
        self._keep = keep
        self._clock = clock

    async def prepare(self, request: ChatRequest | CompletionRequest, caller: Caller) -> Job:
        """Render the prompt and check that the answer fits. Raises RequestError, PromptError."""
        from ganglion.model.rendering import prompt_hash

        started = time.monotonic()
        kind = Kind.CHAT if isinstance(request, ChatRequest) else Kind.COMPLETION
        prompt_ids = tuple(await self._render(request))
        identity = required_identity(request.identity)
        seed = identity.seed(genesis=self._network, miner=self._key.public_key, profile=self.model.profile)
        generation = GenerationRequest(
            request_id=caller.request.signature.nonce.hex() + caller.hotkey,
            prompt_ids=prompt_ids,
            max_tokens=self._max_tokens(len(prompt_ids), request.sampling.max_tokens),
            sampling=request.sampling.params,
            seed=seed,
            stop_token_ids=self.model.stop_token_ids,
            trace=True,
        )
        header = out.Header(
            kind, identity.request_id, self.model.name, self.model.profile, int(self._clock())
        )
        return Job(
            kind,
            caller,
            identity,
            header,
            generation,
            prompt_hash(prompt_ids),
            SamplingTerms(request.sampling.params, generation.max_tokens, request.sampling.stop),
            request.include_usage,
            started,
        )

    async def complete(self, job: Job, progress: Progress) -> dict[str, Any]:
        """The whole answer as a response object."""
        text = "".join([piece async for piece in self._pieces(job, progress)])
        finish = _finished(progress)
        signed = await self._receipt(job, progress, finish, None)
        extra = self._extra(job, progress) | {"receipt": signed.text()}
        return out.completion(job.header, text, finish, _usage(job, progress), extra)

    async def stream(self, job: Job, progress: Progress) -> AsyncIterator[bytes]:
        """The answer as blocks of a stream, receipt and [DONE] included."""
        writer = sse.StreamWriter()
        yield writer.pass_on(sse.data_block(out.chunk(job.header, "", first=True)))
        async for piece in self._pieces(job, progress):
            yield writer.pass_on(sse.data_block(out.chunk(job.header, piece)))
        finish = _finished(progress)
        last = out.chunk(job.header, "", finish=finish, extra=self._extra(job, progress))
        yield writer.pass_on(sse.data_block(last))
        if job.include_usage:
            yield writer.pass_on(sse.data_block(out.usage_chunk(job.header, _usage(job, progress))))
        yield sse.receipt_block(await self._receipt(job, progress, finish, writer.digest()))
        yield sse.DONE

    async def _pieces(self, job: Job, progress: Progress) -> AsyncIterator[str]:
        """Text as it settles; leaving early, or a stop string, cancels the answer in the engine."""
        from ganglion.model.text import TextStream

        text = TextStream(self.model.tokenizer, job.terms.stops)
        async with aclosing(self.model.engine.generate(job.generation)) as events:
            async for event in _known_errors(events):
                if isinstance(event, FinishEvent):
                    progress.finish = _finish_of(event)
                    break
                progress.first_token = progress.first_token or time.monotonic()
                progress.token_ids.append(event.token_id)
                self._trace(progress, job.generation.seed, event)
                if piece := text.push(event.token_id):
                    yield piece
                if text.stopped:
                    progress.finish = Finish.STOP
                    return
        if tail := text.finish():
            yield tail

    def _trace(self, progress: Progress, seed: bytes, event: TokenEvent) -> None:
        """An engine without a model (echo) has no states: its answers have no leaves."""
        if event.state is None:
            return
        if progress.tracer is None:
            progress.tracer = Tracer(seed, len(event.state), self.model.precision)
        progress.tracer.push(event.token_id, event.state)

    async def _render(self, request: ChatRequest | CompletionRequest) -> list[int]:
        from ganglion.model.rendering import render_chat, render_completion

        if isinstance(request, CompletionRequest) and not isinstance(request.prompt, str):
            return self._checked_ids(request.prompt)
        if isinstance(request, ChatRequest):
            rows = request.rows()
            length, call = sum(len(row["content"]) for row in rows), (render_chat, rows)
        else:
            length, call = len(request.prompt), (render_completion, request.prompt)
        if length < LONG_TEXT:
            return call[0](self.model.tokenizer, call[1])
        self._refuse_hopeless(length)
        return await asyncio.to_thread(call[0], self.model.tokenizer, call[1])

    def _checked_ids(self, ids: tuple[int, ...]) -> list[int]:
        if max(ids) >= self.model.vocab_size:
            raise RequestError(
                f"prompt has a token id outside the vocabulary of {self.model.vocab_size}",
                code="invalid_value",
                param="prompt",
            )
        return list(ids)

    def _refuse_hopeless(self, characters: int) -> None:
        """A text of more than 64 characters a token of the context will not fit whatever the tokenizer
        does.
        """
        if characters > 64 * self.model.engine.context_length:
            raise _too_long(f"a prompt of {characters} characters", self.model.engine.context_length)

    def _max_tokens(self, prompt_tokens: int, asked: int | None) -> int:
        """Tokens that the answer may have. Nothing is ever truncated silently."""
        context = self.model.engine.context_length
        room = context - prompt_tokens
        if prompt_tokens == 0:
            raise RequestError("the prompt is empty", code="unprocessable_prompt")
        if asked is not None and asked > self._max_new_tokens:
            raise RequestError(
                f"max_tokens is {asked}, this server gives at most {self._max_new_tokens}",
                code="invalid_value",
                param="max_tokens",
            )
        if room < 1 or (asked or 0) > room:
            wanted = f"{prompt_tokens} prompt tokens and {asked or 1} tokens of answer"
            raise _too_long(
                wanted, context, hint=f"at most {room} tokens are left for the answer" if room > 0 else None
            )
        return asked or min(room, self._max_new_tokens)

    def _extra(self, job: Job, progress: Progress) -> dict[str, Any]:
        return {
            **job.identity.to_json(),
            "miner": self._key.ss58,
            "profile": self.model.profile.hex(),
            "prompt_hash": job.prompt_hash.hex(),
            "token_ids": progress.token_ids,
            "sampling": job.terms.to_json(),
            **_trace_json(progress),
        }

    async def _receipt(
        self, job: Job, progress: Progress, finish: Finish, stream: bytes | None
    ) -> SignedReceipt:
        receipt = Receipt(
            network=self._network,
            request=receipts.request_hash(job.caller.signature),
            request_id=job.identity.request_id,
            miner=self._key.public_key,
            requester=job.caller.public_key,
            profile=self.model.profile,
            kind=job.kind,
            prompt=job.prompt_hash,
            prompt_tokens=len(job.generation.prompt_ids),
            sampling=job.terms.digest(),
            output=receipts.output_hash(progress.token_ids),
            output_tokens=len(progress.token_ids),
            finish=finish,
            nonce=job.identity.nonce,
            trace=trace_root(progress.leaves),
            created_at=int(self._clock() * 1000),
            first_token_ms=max(0, int((progress.first_token - job.started) * 1000)),
            pace=receipts.pace(len(progress.token_ids), time.monotonic() - job.started),
            stream=stream,
        )
        signed = receipts.sign_receipt(self._key, receipt)
        await self._keep(signed, progress.leaves)
        return signed


async def _known_errors(
    events: AsyncIterator[TokenEvent | FinishEvent],
) -> AsyncIterator[TokenEvent | FinishEvent]:
    """The same events; an engine without a free place is a full queue to the caller."""
    try:
        async for event in events:
            yield event
    except EngineBusy as error:
        raise RequestError(str(error), code="queue_full", retry_after=1) from error


def _finish_of(event: FinishEvent) -> Finish:
    if event.reason == "stop":
        return Finish.STOP
    if event.reason == "length":
        return Finish.LENGTH
    raise event.error or EngineError(f"the engine ended the answer: {event.reason}")


def _finished(progress: Progress) -> Finish:
    if progress.finish is None:
        raise EngineError("the engine ended without a reason")
    progress.leaves = progress.tracer.leaves() if progress.tracer else []
    return progress.finish


def _trace_json(progress: Progress) -> dict[str, list[str]]:
    texts = [base64.b64encode(leaf).decode() for leaf in progress.leaves]
    return {"trace": texts} if texts else {}


def required_identity(identity: Identity | None) -> Identity:
    if identity is None:  # the parser required it
        raise RequestError("x_ganglion is required", code="missing_parameter", param="x_ganglion")
    return identity


def _usage(job: Job, progress: Progress) -> dict[str, int]:
    return out.usage(len(job.generation.prompt_ids), len(progress.token_ids))


def _too_long(what: str, context: int, hint: str | None = None) -> RequestError:
    return RequestError(
        f"{what} do not fit the model's context of {context} tokens",
        code="context_length_exceeded",
        param="messages",
        hint=hint,
    )
