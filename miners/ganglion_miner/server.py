"""The HTTP face of a miner: state, the error boundary, and the application. Importing it loads no model
library.

Every exception becomes one of the protocol's errors here, signed if the request was authentic (an unsigned
request gets an unsigned answer: no signature is made before one was verified).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiohttp import web

from ganglion.daemon.budget import Budget
from ganglion.daemon.writing import send
from ganglion.keys import Keypair
from ganglion.protocol import http_signatures as signatures
from ganglion.protocol.errors_table import TABLE, Problem, RequestError, describe
from ganglion_miner.admission import Admission, Caller
from ganglion_miner.answering import Answerer
from ganglion_miner.chain_view import ChainCache
from ganglion_miner.config import MinerConfig
from ganglion_miner.embedding import Embedder
from ganglion_miner.metrics import Metrics
from ganglion_miner.quota import Gate
from ganglion_miner.readiness import Readiness
from ganglion_miner.receipt_store import ReceiptStore
from ganglion_miner.sealing_keys import SealingKeys

log = structlog.get_logger(__name__)

LINES_PER_SECOND, LINES_AT_ONCE = 10.0, 200  # of refusals in the log; metrics count all

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class MinerState:
    """What handlers share. `service` is None until the model is loaded, `sealing` where private prompts are off,
    `receipts` where none are kept.
    """

    config: MinerConfig
    key: Keypair
    admission: Admission
    chain: ChainCache
    gate: Gate
    readiness: Readiness
    metrics: Metrics = field(default_factory=Metrics)
    service: Answerer | Embedder | None = None
    sealing: SealingKeys | None = None
    receipts: ReceiptStore | None = None
    lines: Budget = field(default_factory=lambda: Budget(LINES_PER_SECOND, LINES_AT_ONCE))
    started: float = field(default_factory=time.time)


STATE = web.AppKey("state", MinerState)
CALLER = web.RequestKey("caller", Caller)
OUTCOME = web.RequestKey("outcome", str)


def make_app(state: MinerState) -> web.Application:
    """The application; run it with `handler_cancellation=True`, so that a caller who leaves frees his
    place.
    """
    from ganglion_miner.routes import health, openai, receipts, sealed

    app = web.Application(middlewares=[error_boundary], client_max_size=state.config.max_body_bytes)
    app[STATE] = state
    health.add_routes(app)
    openai.add_routes(app)
    sealed.add_routes(app)
    receipts.add_routes(app)
    state.metrics.watch("in_flight", "Requests that are generated or wait", lambda: len(state.gate))
    state.metrics.watch("chain_age_seconds", "Age of the metagraph", lambda: state.chain.age)
    finality = state.chain.finality
    state.metrics.watch(
        "finality_lag_blocks", "Blocks between the last final and the best one", lambda: finality.lag
    )
    state.metrics.watch(
        "finality_stalled_seconds", "Time for which no block became final", lambda: finality.stalled
    )
    state.metrics.watch("ready", "1 if requests are answered", lambda: float(state.readiness.ready))
    return app


@web.middleware
async def error_boundary(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Run a handler; count it, and turn its exception into an answer; send what it is."""
    return await send(request, await _answered(request, handler))


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    state, began = request.app[STATE], time.monotonic()
    route = _route(request)
    outcome = "cancelled"
    try:
        response = await handler(request)
        outcome = request.get(OUTCOME, "ok")
        return response
    except Exception as error:
        problem = problem_of(error)
        outcome = problem.code
        if problem.row.status >= 500 or state.lines.take():
            report(error, problem, route, request.get(CALLER))
        return refuse(request, problem)
    finally:
        state.metrics.requests.labels(route, outcome).inc()
        if outcome == "ok":
            state.metrics.seconds.labels(route).observe(time.monotonic() - began)


def problem_of(error: Exception) -> Problem:
    """The table's answer to any exception of a handler."""
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return Problem("body_too_large", "the body is larger than is accepted", TABLE["body_too_large"])
    if isinstance(error, web.HTTPMethodNotAllowed):
        return Problem(
            "method_not_allowed", f"{error.method} is not allowed here", TABLE["method_not_allowed"]
        )
    if isinstance(error, web.HTTPNotFound):
        return Problem("unknown_route", "there is nothing at this path", TABLE["unknown_route"])
    if isinstance(error, web.HTTPException):
        return Problem("malformed_request", error.reason, TABLE["malformed_request"])
    if isinstance(error, ConnectionError | asyncio.IncompleteReadError):
        return Problem(
            "body_timeout", "the connection broke before the body was complete", TABLE["body_timeout"]
        )
    return describe(error)


def report(error: Exception, problem: Problem, route: str, caller: Caller | None) -> None:
    """Log a refusal; what is this machine's fault with its trace."""
    who = caller.hotkey if caller else None
    if problem.row.status >= 500 and problem.code in ("internal", "engine_failed", "engine_unavailable"):
        log.error("request_failed", route=route, code=problem.code, caller=who, exc_info=error)
    else:
        log.info("request_refused", route=route, code=problem.code, caller=who, reason=problem.message)


def refuse(request: web.Request, problem: Problem) -> web.Response:
    """The error as a response."""
    return signed_json(request, problem.body(), status=problem.row.status, headers=problem.headers())


def signed_json(
    request: web.Request, value: Any, *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """A JSON response, signed if the request's signature was verified."""
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    caller = request.get(CALLER)
    signed = {} if caller is None else sign(request.app[STATE], caller, status, body)
    return web.Response(
        body=body, status=status, content_type="application/json", headers={**(headers or {}), **signed}
    )


def sign(state: MinerState, caller: Caller, status: int, body: bytes | None) -> dict[str, str]:
    """Signature headers of a response; `body` None for the head of a stream."""
    return signatures.sign_response(
        state.key, status=status, body=body, request_signature=caller.signature, now=time.time()
    )


async def admit(request: web.Request) -> tuple[Caller, bytes]:
    """Every check of a signed request, in the protocol's order; the verified caller and the body."""
    state = request.app[STATE]
    state.admission.check_size(request.content_length)
    caller = state.admission.authenticate(request.method, request.raw_path, header_lines(request))
    request[CALLER] = caller
    state.readiness.check()
    request[CALLER] = caller = await state.admission.authorize(caller)
    body = await read_body(request, state.config.body_timeout)
    state.admission.enter(caller, body)
    return caller, body


def header_lines(request: web.Request) -> Sequence[tuple[str, str]]:
    """Every header line, repeated ones included."""
    return list(request.headers.items())


async def read_body(request: web.Request, timeout: float) -> bytes:
    """The body within a deadline, never decompressed."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise RequestError("compressed bodies are not accepted", code="unsupported_media_type")
    try:
        async with asyncio.timeout(timeout):
            return await request.read()
    except TimeoutError as error:
        raise RequestError(f"the body did not arrive within {timeout:g} s", code="body_timeout") from error


def _route(request: web.Request) -> str:
    """The matched pattern, so that paths which nobody serves make no label."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "other"
