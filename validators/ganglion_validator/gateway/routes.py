"""/v1: chat completions, completions, embeddings, models. A request goes to one miner, and once to another one
if the first gives no answer that can be used."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing, contextmanager, suppress
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import structlog
from aiohttp import web

from ganglion.daemon.writing import CallerLeft, Outlet, room_for
from ganglion.errors import GanglionError, PeerError, ProtocolError
from ganglion.peer import PeerRefused
from ganglion.protocol import openai_responses as out
from ganglion.protocol import sse
from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.openai import (
    ChatRequest,
    CompletionRequest,
    EmbeddingRequest,
    parse_chat,
    parse_completion,
    parse_embedding,
)
from ganglion_validator.answer_text import piece_of
from ganglion_validator.dispatch import Delivery, is_not_admitted, proof_of, response_of
from ganglion_validator.gateway.app import (
    KEY,
    LARGE_PROMPT,
    STATE,
    GatewayState,
    dump,
    no_permit,
    problem_of,
    read_object,
)
from ganglion_validator.gateway.quotas import Charge
from ganglion_validator.jobs import Job, JobMaker, embedding_job
from ganglion_validator.miners import Miner
from ganglion_validator.scoring import MinerKey
from ganglion_validator.standing import Standing

log = structlog.get_logger(__name__)

ATTEMPTS = 2
EXCUSED = (401, 409, 429, 503)  # signatures and clocks, quotas and load
CHARACTERS = 128  # of a token, at most
USUAL_ANSWER = 2048  # tokens; a miner may be set to give no longer ones, which its offer does not say
LAG_SECONDS = 5.0  # for miners to see a permit that the chain just gave
STREAM_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}

T = TypeVar("T")


def add_routes(app: web.Application) -> None:
    """The paths of OpenAI's API."""
    app.router.add_post("/v1/chat/completions", chat)
    app.router.add_post("/v1/completions", completions)
    app.router.add_post("/v1/embeddings", embeddings)
    app.router.add_get("/v1/models", models)
    app.router.add_get("/v1/models/{name}", one_model)


async def chat(request: web.Request) -> web.StreamResponse:
    """POST /v1/chat/completions."""
    state, (body, trace) = request.app[STATE], split_wish(await read_object(request))
    asked = parse_chat(body)
    state.require_ready()
    with _place(state):
        return await _generate(request, state, await _rendered(state, asked), trace)


async def completions(request: web.Request) -> web.StreamResponse:
    """POST /v1/completions."""
    state, (body, trace) = request.app[STATE], split_wish(await read_object(request))
    asked = parse_completion(body)
    state.require_ready()
    with _place(state):
        return await _generate(request, state, await _rendered(state, asked), trace)


async def embeddings(request: web.Request) -> web.StreamResponse:
    """POST /v1/embeddings."""
    state, body = request.app[STATE], await read_object(request)
    asked = parse_embedding(body)
    state.require_ready()
    if not state.embedding_model or asked.model != state.embedding_model:
        raise RequestError(
            f"the embedding model {asked.model[:128]!r} is not offered here",
            code="model_not_found",
            param="model",
            hint=f"this gateway offers {state.embedding_model!r}" if state.embedding_model else None,
        )
    job = embedding_job(asked)
    with _place(state), state.quotas.hold(request[KEY], asked.model, job.work) as charge:
        found, miner = await _twice(state, job, state.dispatcher.complete, charge)
    return _json(_embedding_answer(asked, found), miner)


async def models(request: web.Request) -> web.StreamResponse:
    """GET /v1/models."""
    state = request.app[STATE]
    state.require_ready()
    return web.json_response(out.models(_offers(state)))


async def one_model(request: web.Request) -> web.StreamResponse:
    """GET /v1/models/{name}."""
    state, name = request.app[STATE], request.match_info["name"]
    state.require_ready()
    for offer in _offers(state):
        if offer["id"] == name:
            return web.json_response(offer)
    raise RequestError(f"the model {name[:128]!r} is not offered here", code="model_not_found")


def _offers(state: GatewayState) -> list[dict]:
    """What can be asked here, with how many miners serve it now."""
    names = {"generate": state.jobs.name, "embed": state.embedding_model}
    found, reason = [], state.standing().reason
    for task, profile in state.dispatcher.profiles.items():
        serving, admitted = len(state.dispatcher.miners.serving(task, profile.hex())), state.admitted(task)
        extra = {
            "profile": profile.hex(),
            "task": task,
            "miners": serving,
            "ready": bool(serving) and admitted,
        }
        if not extra["ready"]:
            extra["reason"] = reason if not admitted else "no miner serves this model now"
        found.append(out.model(names[task], int(state.started), "ganglion", extra))
    return found


async def _generate(request: web.Request, state: GatewayState, job: Job, trace: bool) -> web.StreamResponse:
    job = replace(job, asked_by=request[KEY])
    with state.quotas.hold(request[KEY], state.jobs.name, job.most_tokens) as charge:
        state.challenges.learn(job)
        if job.streamed:
            response, _ = await _twice(
                state, job, lambda miner, j: _stream(request, state, miner, j, charge), charge
            )
            return response
        found, miner = await _twice(state, job, lambda miner, j: _whole(state, miner, j), charge)
        charge.used = _tokens_of(found)
        return _json(response_of(found, state.jobs.name, trace=trace), miner)


def split_wish(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """The body for OpenAI's parser, and whether `x_ganglion: {"trace": true}` asks for the activation leaves."""
    extra = body.get("x_ganglion")
    if not isinstance(extra, Mapping) or set(extra) != {"trace"}:
        return body, False
    if not isinstance(extra["trace"], bool):
        raise RequestError(
            "x_ganglion.trace must be true or false", code="invalid_value", param="x_ganglion.trace"
        )
    return {name: value for name, value in body.items() if name != "x_ganglion"}, extra["trace"]


def _tokens_of(delivery: Delivery) -> int:
    return len(delivery.job.prompt_ids) + len(delivery.token_ids)


async def _whole(state: GatewayState, miner: Miner, job: Job) -> Delivery:
    delivery = await state.dispatcher.complete(miner, job)
    if not delivery.text:
        await _require_true(state, delivery)
    return delivery


async def _require_true(state: GatewayState, delivery: Delivery) -> None:
    """An answer that says nothing may be a refusal in disguise: it is replayed before a user gets it. Raises
    PeerError.
    """
    if state.doubted is not None and not await state.doubted(delivery):
        raise PeerError(f"{delivery.key.hotkey} answered with nothing where there was something to say")


async def _rendered(state: GatewayState, asked: ChatRequest | CompletionRequest) -> Job:
    """The job of a request. A megabyte takes a tokenizer a second, in which nobody else shall wait.

    Raises RequestError, PromptError.
    """
    if isinstance(asked, ChatRequest):
        size = sum(len(message.content) for message in asked.messages)
    else:
        size = len(asked.prompt)
    _refuse_hopeless(state, asked, size)
    if size <= LARGE_PROMPT:
        return _render(state.jobs, asked)
    if state.large_jobs is None:
        state.large_jobs = state.jobs.apart()
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(state.renderer, _render, state.large_jobs, asked)


def _refuse_hopeless(state: GatewayState, asked: ChatRequest | CompletionRequest, size: int) -> None:
    """What can't fit whatever the tokenizer does keeps no thread busy: tokens have at most CHARACTERS each."""
    if size > CHARACTERS * state.jobs.context:
        raise RequestError(
            f"a prompt of {size} characters does not fit the model's context of {state.jobs.context} tokens",
            code="context_length_exceeded",
            param="messages" if isinstance(asked, ChatRequest) else "prompt",
            hint="shorten the prompt",
        )


def _render(jobs: JobMaker, asked: ChatRequest | CompletionRequest) -> Job:
    return jobs.chat(asked) if isinstance(asked, ChatRequest) else jobs.completion(asked)


def _json(value: dict, miner: Miner) -> web.Response:
    return web.Response(body=dump(value), content_type="application/json", headers=_headers(miner))


async def _stream(
    request: web.Request, state: GatewayState, miner: Miner, job: Job, charge: Charge
) -> web.StreamResponse:
    """Pass blocks on. The miner is read as fast as it sends: how slowly the user reads is not its affair."""
    response = web.StreamResponse(headers=STREAM_HEADERS | _headers(miner))
    with suppress(CallerLeft):  # nobody's fault, and above all not the miner's
        total, limit = state.config.request_timeout, room_for(job.max_tokens)
        async with Outlet(request, response, total=total, limit=limit) as outlet:
            await _pass_on(state, miner, job, outlet, charge)
            await outlet.finish()
    return response


async def _pass_on(state: GatewayState, miner: Miner, job: Job, outlet: Outlet, charge: Charge) -> None:
    """Until the first text was put, a failure can still be made good elsewhere. Raises CallerLeft, too."""
    held: list[bytes] = []
    whole: list[Delivery] = []
    try:
        async with state.dispatcher.stream(miner, job, whole.append) as blocks, aclosing(blocks):
            async for block in blocks:
                if not outlet.begun and not piece_of(block, job.kind):
                    held.append(block)
                    continue
                for one in (*held, block):
                    outlet.put(one)
                held.clear()
        for delivery in whole:
            charge.used = _tokens_of(delivery)
        if held and whole:
            await _require_true(state, whole[0])
            for one in held:
                outlet.put(one)
    except GanglionError as error:
        if not outlet.begun:
            raise
        log.info("stream_failed", hotkey=miner.key.hotkey, reason=str(error))
        outlet.put(sse.data_block(problem_of(_unusable(error)).body()))
    if not outlet.begun:
        raise PeerError("the miner sent an empty stream")


async def _twice(
    state: GatewayState, job: Job, ask: Callable[[Miner, Job], Awaitable[T]], charge: Charge
) -> tuple[T, Miner]:
    """Ask one miner, and another one if he gives nothing that can be used.

    A miner's word that the request is at fault is only passed on when no other miner answers it. If another one does,
    it was a refusal, which is counted and remembered.

    Raises:
        RequestError: neither did, there is no miner, or miners don't admit this validator.
        PeerRefused: both say that the request itself is at fault.
    """
    state.require_standing(job.task)
    tried: list[MinerKey] = []
    errors: list[GanglionError] = []
    for attempt in range(ATTEMPTS):
        miner = _pick(state, job, tried)
        try:
            answer = await ask(miner, job)
            _remember(state, job, miner, zip(tried, errors, strict=True))
            return answer, miner
        except (PeerError, ProtocolError) as error:
            log.info("attempt_failed", hotkey=miner.key.hotkey, attempt=attempt, reason=str(error))
            errors.append(error)
            tried.append(miner.key)
            state.metrics.retries.inc(attempt + 1 < ATTEMPTS)
    charge.used = 0
    if all(isinstance(error, PeerRefused) and error.fault == "user" for error in errors):
        raise errors[-1]
    if all(map(is_not_admitted, errors)):
        raise no_permit(_refused_standing(state, errors[-1]))
    raise _unusable(errors[-1])


def _remember(
    state: GatewayState,
    job: Job,
    miner: Miner,
    failed: Iterable[tuple[MinerKey, GanglionError]],
) -> None:
    """Who answered, and who did not although it can be answered."""
    if state.reputations is None:
        return
    profile = state.dispatcher.profiles[job.task]
    state.reputations.exchanged(miner.key, profile, answered=True)
    for key, error in failed:
        if key != miner.key and (kind := refusal_kind(error, job)):
            state.metrics.refusals.labels(kind).inc()
            state.reputations.exchanged(key, profile, answered=False)
            log.info("refused", hotkey=key.hotkey, kind=kind, answered_by=miner.key.hotkey)


def refusal_kind(error: GanglionError, job: Job) -> str:
    """How a miner kept an answer back: "refused" in so many words, or "failed"; empty where that is no fault of its:
    it is full, does not admit this validator, gives no answers of this length, or the mistake is here.
    """
    if isinstance(error, PeerRefused):
        too_long = error.param == "max_tokens" and job.max_tokens > USUAL_ANSWER
        excused = error.status in EXCUSED or is_not_admitted(error) or too_long
        return "" if excused else "refused"
    return "failed" if error.fault == "peer" else ""


def _pick(state: GatewayState, job: Job, tried: list[MinerKey]) -> Miner:
    """A miner that was not tried yet, by score and by how reliably it answers; where there is only one, he is asked
    again.
    """
    profile_hash = state.dispatcher.profiles[job.task]
    miners, profile = state.dispatcher.miners, profile_hash.hex()
    scores = state.book.scores if state.book else {}
    if (known := state.reputations) is not None:
        scores = {key: score * known.reliability(key, profile_hash) for key, score in scores.items()}
    permit = state.standing().permit
    try:
        return miners.pick(job.task, profile, scores, tried, permit=permit, tokens=job.most_tokens)
    except RequestError:
        if not tried:
            raise
        return miners.pick(job.task, profile, scores, permit=permit, tokens=job.most_tokens)


def _refused_standing(state: GatewayState, error: GanglionError) -> Standing:
    """After miners' own words: they see a new permit a moment later than the validator does."""
    standing = state.standing()
    if standing.permit:
        return Standing(False, str(error), "miners look at the chain every few seconds", LAG_SECONDS)
    return standing


def _unusable(error: GanglionError) -> RequestError:
    return RequestError(f"no miner gave a usable answer: {error}", code="engine_unavailable", retry_after=2)


@contextmanager
def _place(state: GatewayState) -> Iterator[None]:
    """One of the places for users' requests. Raises RequestError `queue_full`."""
    if state.in_flight >= state.config.max_user_requests:
        raise RequestError("too many requests are in flight", code="queue_full", retry_after=1)
    state.in_flight += 1
    try:
        yield
    finally:
        state.in_flight -= 1


def _headers(miner: Miner) -> dict[str, str]:
    return {"x-ganglion-miner": miner.key.hotkey, "x-ganglion-uid": str(miner.uid)}


def _embedding_answer(asked: EmbeddingRequest, found: Delivery) -> dict:
    """The vectors in the encoding that the user asked for, and what proves them."""
    rows = np.frombuffer(found.values, dtype="<f4").reshape(-1, found.dimension)
    tokens = found.receipt.receipt.prompt_tokens
    return out.embeddings(asked.model, rows.tolist(), tokens, proof_of(found), as_base64=asked.base64)
