"""/v1: chat completions, completions, embeddings, models.

Thin: admission, parsing and answering are elsewhere.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

from aiohttp import web

from ganglion.daemon.writing import WRITE_SECONDS, CallerLeft, Outlet, room_for
from ganglion.protocol import openai_responses as out
from ganglion.protocol import sse
from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.openai import (
    ChatRequest,
    CompletionRequest,
    parse_chat,
    parse_completion,
    parse_embedding,
    parse_object,
)
from ganglion_miner.answering import Answerer, Job, Progress
from ganglion_miner.embedding import Embedder
from ganglion_miner.server import (
    CALLER,
    OUTCOME,
    STATE,
    MinerState,
    admit,
    header_lines,
    problem_of,
    report,
    sign,
    signed_json,
)

Service = TypeVar("Service", Answerer, Embedder)
Parse = Callable[..., ChatRequest | CompletionRequest]
STREAM_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def add_routes(app: web.Application) -> None:
    """The paths of OpenAI's API."""
    app.router.add_post("/v1/chat/completions", chat)
    app.router.add_post("/v1/completions", completions)
    app.router.add_post("/v1/embeddings", embeddings)
    app.router.add_get("/v1/models", models)


async def chat(request: web.Request) -> web.StreamResponse:
    """POST /v1/chat/completions."""
    return await _generate(request, parse_chat)


async def completions(request: web.Request) -> web.StreamResponse:
    """POST /v1/completions."""
    return await _generate(request, parse_completion)


async def embeddings(request: web.Request) -> web.StreamResponse:
    """POST /v1/embeddings."""
    state = request.app[STATE]
    caller, raw = await admit(request)
    asked = parse_embedding(parse_object(raw), require_identity=True)
    service = service_of(state, asked.model, Embedder, "embeddings")
    with state.gate.enter(caller.hotkey):
        async with deadline(state):
            answer = await service.embed(asked, caller)
    state.metrics.tokens.labels("prompt").inc(answer["usage"]["prompt_tokens"])
    return signed_json(request, answer)


async def models(request: web.Request) -> web.StreamResponse:
    """GET /v1/models: public; signed if the request is."""
    state = request.app[STATE]
    if "signature" in request.headers:
        request[CALLER] = state.admission.authenticate(
            request.method, request.raw_path, header_lines(request)
        )
    if state.service is None:
        return signed_json(request, out.models([]))
    model = state.service.model
    extra = {"profile": model.profile.hex(), "miner": state.key.ss58, "task": state.config.task}
    if state.config.min_requester_stake is not None:
        extra["min_requester_stake"] = state.config.min_requester_stake
    if isinstance(state.service, Answerer):
        extra["context_length"] = state.service.model.engine.context_length
    return signed_json(request, out.models([out.model(model.name, int(state.started), "ganglion", extra)]))


async def _generate(request: web.Request, parse: Parse) -> web.StreamResponse:
    state = request.app[STATE]
    caller, raw = await admit(request)
    asked = parse(parse_object(raw), require_identity=True)
    service = service_of(state, asked.model, Answerer, "chat and completions")
    began, progress = time.monotonic(), Progress()
    with state.gate.enter(caller.hotkey):
        job = await service.prepare(asked, caller)
        if asked.stream:
            response = await _stream(request, service, job, progress)
        else:
            async with deadline(state):
                answer = await service.complete(job, progress)
            response = signed_json(request, answer)
    measure(state, job, progress, began)
    return response


async def _stream(
    request: web.Request, service: Answerer, job: Job, progress: Progress
) -> web.StreamResponse:
    """Send blocks as they come.

    The head waits for the first token, so that early errors are plain responses. The engine never waits for a
    caller who reads slowly, and who does not read at all is disconnected.
    """
    response = web.StreamResponse(headers=STREAM_HEADERS)
    try:
        room = room_for(job.generation.max_tokens)
        async with Outlet(request, response, total=WRITE_SECONDS, limit=room) as outlet:
            await _put_all(request, service, job, progress, response, outlet)
            await outlet.finish()
    except CallerLeft:
        request[OUTCOME] = "cancelled"
    return response


async def _put_all(
    request: web.Request,
    service: Answerer,
    job: Job,
    progress: Progress,
    response: web.StreamResponse,
    outlet: Outlet,
) -> None:
    """All blocks of an answer. Raises CallerLeft, and what went wrong before the first of them."""
    state = request.app[STATE]
    try:
        async with deadline(state), aclosing(service.stream(job, progress)) as blocks:
            opening = await anext(blocks) + await anext(blocks)
            response.headers.update(sign(state, request[CALLER], 200, None))
            outlet.put(opening)
            async for block in blocks:
                outlet.put(block)
    except CallerLeft:
        raise
    except Exception as error:
        if not outlet.begun:
            raise
        outlet.put(_failure(request, error))


def _failure(request: web.Request, error: Exception) -> bytes:
    """Too late for a status: an event says what happened, and no receipt follows."""
    problem = problem_of(error)
    request[OUTCOME] = problem.code
    report(error, problem, request.path, request.get(CALLER))
    return sse.data_block(problem.body())


@asynccontextmanager
async def deadline(state: MinerState) -> AsyncIterator[None]:
    """Bound what is inside by the configured time."""
    seconds = state.config.request_timeout
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise RequestError(
            f"the answer was not complete after {seconds:g} s", code="generation_timeout", retry_after=5
        ) from error


def service_of(state: MinerState, model: str, kind: type[Service], what: str) -> Service:
    """The service, if it is of this kind and serves this model.

    Raises RequestError `model_not_found`, `not_ready`.
    """
    service = state.service
    if service is None:
        raise RequestError("the model is not loaded yet", code="not_ready", retry_after=5)
    if service.model.name != model:
        raise RequestError(
            f"the model {model[:128]!r} is not served here",
            code="model_not_found",
            param="model",
            hint=f"this miner serves {service.model.name!r}",
        )
    if not isinstance(service, kind):
        raise RequestError(
            f"the model {model[:128]!r} does not do {what}", code="model_not_found", param="model"
        )
    return service


def measure(state: MinerState, job: Job, progress: Progress, began: float) -> None:
    """Of an open answer; of a sealed one its length is nobody's business, and metrics are told to everybody."""
    state.gate.observe(time.monotonic() - began)
    state.metrics.tokens.labels("prompt").inc(len(job.generation.prompt_ids))
    state.metrics.tokens.labels("completion").inc(len(progress.token_ids))
    if progress.first_token:
        state.metrics.first_token.observe(progress.first_token - began)
