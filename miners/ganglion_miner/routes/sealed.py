"""POST /v1/sealed: a request that only this miner can read, and an answer that only its signer can.

Everything that does not need the text comes first: size, signature, registration, quota, replay, a place in the
queue, the key id. From the moment it is opened, nothing of it reaches a log, a metric's label, a plain error or a
disk; errors are sealed like answers.
"""

from __future__ import annotations

import json
import os
import time
import traceback
from contextlib import aclosing
from typing import Any

import structlog
from aiohttp import web

from ganglion.daemon.writing import WRITE_SECONDS, CallerLeft, Outlet, room_for
from ganglion.protocol import sealed, sse
from ganglion.protocol.errors_table import Problem, RequestError
from ganglion.protocol.openai import parse_chat, parse_completion, parse_embedding
from ganglion.protocol.receipts import Kind
from ganglion.protocol.sealed_answer import NONCE_BYTES, SealedChunks
from ganglion_miner.admission import Caller
from ganglion_miner.answering import Answerer, Job, Progress
from ganglion_miner.embedding import Embedder
from ganglion_miner.routes import openai
from ganglion_miner.server import CALLER, OUTCOME, STATE, MinerState, admit, problem_of, sign

log = structlog.get_logger(__name__)

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def add_routes(app: web.Application) -> None:
    """The one path of sealed requests."""
    app.router.add_post(sealed.PATH, ask)


async def ask(request: web.Request) -> web.StreamResponse:
    """POST /v1/sealed."""
    state = request.app[STATE]
    caller, raw = await admit(request)
    with state.gate.enter(caller.hotkey):
        opened = _open(state, caller, request, raw)
        chunks = opened.answer(os.urandom(NONCE_BYTES))
        try:
            return await _answer(request, opened, chunks)
        except CallerLeft:
            request[OUTCOME] = "cancelled"
            raise
        except Exception as error:
            return _refuse(request, error, chunks)


def _open(state: MinerState, caller: Caller, request: web.Request, raw: bytes) -> sealed.Opened:
    """Raises RequestError; nothing of the request's text can be in it."""
    if state.sealing is None:
        raise RequestError(
            "this miner takes no private prompts", code="not_private", hint="ask one that publishes a key"
        )
    if request.content_type != sealed.REQUEST_TYPE:
        raise RequestError(
            f"a sealed request has the content type {sealed.REQUEST_TYPE}", code="unsupported_media_type"
        )
    body = sealed.SealedRequest.decode(raw)
    private = state.sealing.private(body.key_id)
    binding = sealed.Binding(caller.request.network, state.key.public_key, caller.public_key)
    return sealed.open_request(private, body, binding)


async def _answer(request: web.Request, opened: sealed.Opened, chunks: SealedChunks) -> web.StreamResponse:
    state, caller = request.app[STATE], request[CALLER]
    if opened.kind == Kind.EMBEDDING:
        return await _embed(request, opened, chunks)
    parse = parse_chat if opened.kind == Kind.CHAT else parse_completion
    asked = parse(opened.body, require_identity=True)
    service = openai.service_of(state, asked.model, Answerer, "chat and completions")
    began, progress = time.monotonic(), Progress()
    job = await service.prepare(asked, caller)
    if asked.stream:
        response = await _stream(request, service, job, progress, chunks)
    else:
        async with openai.deadline(state):
            response = _whole(request, await service.complete(job, progress), chunks)
    state.gate.observe(time.monotonic() - began)  # tokens are not counted: metrics are told to everybody
    return response


async def _embed(request: web.Request, opened: sealed.Opened, chunks: SealedChunks) -> web.StreamResponse:
    state = request.app[STATE]
    asked = parse_embedding(opened.body, require_identity=True)
    service = openai.service_of(state, asked.model, Embedder, "embeddings")
    async with openai.deadline(state):
        answer = await service.embed(asked, request[CALLER])
    return _whole(request, answer, chunks)


def _whole(request: web.Request, value: Any, chunks: SealedChunks, status: int = 200) -> web.Response:
    """A JSON value, sealed in one piece, its ciphertext signed."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    body = chunks.write(text, last=True)
    headers = HEADERS | sign(request.app[STATE], request[CALLER], status, body)
    return web.Response(body=body, status=status, content_type=sealed.ANSWER_TYPE, headers=headers)


async def _stream(
    request: web.Request, service: Answerer, job: Job, progress: Progress, chunks: SealedChunks
) -> web.StreamResponse:
    """As the open stream: the head waits for the first token; every block is a chunk of its own."""
    response = web.StreamResponse(headers={"Content-Type": sealed.STREAM_TYPE, **HEADERS})
    try:
        room = room_for(job.generation.max_tokens)
        async with Outlet(request, response, total=WRITE_SECONDS, limit=room) as outlet:
            await _put_all(request, service, job, progress, response, outlet, chunks)
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
    chunks: SealedChunks,
) -> None:
    """All blocks of an answer. Raises CallerLeft, and what went wrong before the first of them."""
    state = request.app[STATE]
    try:
        async with openai.deadline(state), aclosing(service.stream(job, progress)) as blocks:
            opening = await anext(blocks) + await anext(blocks)
            response.headers.update(sign(state, request[CALLER], 200, None))
            outlet.put(chunks.write(opening))
            async for block in blocks:
                outlet.put(chunks.write(block, last=block == sse.DONE))
    except CallerLeft:
        raise
    except Exception as error:
        if not outlet.begun:
            raise
        problem = _note(request, error)
        outlet.put(chunks.write(sse.data_block(problem.body()), last=True))


def _refuse(request: web.Request, error: Exception, chunks: SealedChunks) -> web.Response:
    """What went wrong, sealed; its status is all that a listener learns."""
    problem = _note(request, error)
    response = _whole(request, problem.body(), chunks, status=problem.row.status)
    response.headers.update(problem.headers())
    return response


def _note(request: web.Request, error: Exception) -> Problem:
    """Count and log a refusal without its words: a message may quote the request."""
    problem, state = problem_of(error), request.app[STATE]
    request[OUTCOME] = problem.code
    if problem.row.status >= 500 or state.lines.take():
        where = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
        say = log.error if problem.row.status >= 500 else log.info
        say(
            "sealed_request_refused",
            code=problem.code,
            caller=request[CALLER].hotkey,
            error=type(error).__name__,
            where=where if problem.row.status >= 500 else None,
        )
    return problem
