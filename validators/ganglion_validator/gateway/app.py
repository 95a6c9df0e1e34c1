"""The application: state, keys, the error boundary. Knows HTTP, not how an answer is found."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web
from yarl import URL

from ganglion.daemon.budget import Budget
from ganglion.daemon.writing import send
from ganglion.errors import ConfigError, GanglionError
from ganglion.peer import PeerRefused
from ganglion.protocol.errors_table import TABLE, Problem, RequestError, describe
from ganglion.protocol.receipt_file import ReceiptFile
from ganglion_validator.challenges import Challenges
from ganglion_validator.config import ValidatorConfig
from ganglion_validator.dispatch import Delivery, Dispatcher
from ganglion_validator.gateway.pages import Pages
from ganglion_validator.gateway.quotas import Quotas, Terms, name_of
from ganglion_validator.jobs import JobMaker
from ganglion_validator.metrics import Metrics
from ganglion_validator.receipt_book import ReceiptBook
from ganglion_validator.reputations import Reputations
from ganglion_validator.reruns import Reruns
from ganglion_validator.scorebook import ScoreBook
from ganglion_validator.standing import Standing
from ganglion_validator.verdict_book import VerdictBook

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PUBLIC_PATHS = frozenset({"/healthz", "/ping", "/readyz", "/health", "/version", "/metrics"})
PUBLIC_PREFIX = "/ganglion/v1/audits"  # what the chain has told everybody how to open
KEY = web.RequestKey("api_key", str)  # the name of its API key, empty for none
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
BODY_SECONDS = 10.0
LINES_PER_SECOND, LINES_AT_ONCE = 10.0, 200  # of refusals in the log; metrics count all
PAGES_PER_SECOND, PAGES_AT_ONCE = 5.0, 100  # of verdicts, for which nobody needs a key
LARGE_PROMPT = 16 << 10  # characters; larger ones are rendered beside the event loop

__all__ = ["STATE", "GatewayState", "make_app", "no_permit", "read_keys", "read_object"]


def _one_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="render")


@dataclass(slots=True)
class GatewayState:
    """What handlers share. `dispatcher`, `jobs` and `challenges` are None until the chain and the model are there.

    Attributes:
        reasons: why nothing is answered yet, by name.
        standing: whether miners have a reason to answer this validator.
        doubted: whether a suspicious answer is right, by replay.
        finality: what the chain says about a receipt's place on it.
    """

    config: ValidatorConfig
    metrics: Metrics
    hotkey: str
    keys: frozenset[str] = frozenset()
    reasons: Callable[[], Mapping[str, str]] = dict
    standing: Callable[[], Standing] = Standing
    book: ScoreBook | None = None
    dispatcher: Dispatcher | None = None
    jobs: JobMaker | None = None
    challenges: Challenges | None = None
    embedding_model: str = ""
    quotas: Quotas = field(init=False)
    receipts: ReceiptBook | None = None
    verdicts: VerdictBook | None = None
    reputations: Reputations | None = None
    reruns: Reruns | None = None
    doubted: Callable[[Delivery], Awaitable[bool]] | None = None
    finality: Callable[[ReceiptFile], Awaitable[Mapping[str, Any]]] | None = None
    in_flight: int = 0
    large_jobs: JobMaker | None = None
    renderer: ThreadPoolExecutor = field(default_factory=_one_thread, repr=False)
    pages: Pages = field(default_factory=Pages)
    page_budget: Budget = field(default_factory=lambda: Budget(PAGES_PER_SECOND, PAGES_AT_ONCE))
    lines: Budget = field(default_factory=lambda: Budget(LINES_PER_SECOND, LINES_AT_ONCE))
    started: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        config = self.config
        terms = (config.quota_requests, config.quota_tokens, config.quota_window, config.max_requests_per_key)
        self.quotas = Quotas(Terms(*terms))

    def require_ready(self) -> None:
        """Raises RequestError `not_ready` with the reasons."""
        reasons = self.reasons()
        if reasons or self.dispatcher is None or self.jobs is None:
            why = "; ".join(reasons.values()) or "it is starting"
            raise RequestError(f"this gateway is not ready: {why}", code="not_ready", retry_after=5)

    def admitted(self, task: str) -> bool:
        """Whether any miner has a reason to answer: by the validator's permit, or because it admits stakers."""
        if self.standing().permit:
            return True
        profile = self.dispatcher.profiles[task].hex()
        return bool(self.dispatcher.miners.willing(task, profile, permit=False))

    def require_standing(self, task: str) -> None:
        """Raises RequestError `no_validator_permit`, which saves miners a request that they would refuse."""
        if not self.admitted(task):
            raise no_permit(self.standing())

    def missing(self) -> dict[str, str]:
        """Why users get no answers, by name; empty = they get some."""
        found = dict(self.reasons())
        if found or self.dispatcher is None or any(map(self.admitted, self.dispatcher.profiles)):
            return found
        return {"permit": f"this gateway's validator is not admitted by miners: {self.standing().reason}"}


def no_permit(standing: Standing) -> RequestError:
    """What a user is told; it is this gateway's affair, not his and not a miner's."""
    return RequestError(
        f"this gateway's validator is not admitted by miners: {standing.reason}",
        code="no_validator_permit",
        retry_after=standing.seconds,
        hint=standing.hint or None,
        fault="self",
    )


STATE = web.AppKey("state", GatewayState)


def read_keys(path: Path | None, *, loopback: bool) -> frozenset[str]:
    """API keys of a gateway.

    Raises:
        ConfigError: it listens beyond this machine and has none.
    """
    if path is None:
        if not loopback:
            raise ConfigError(
                "a gateway that listens beyond this machine needs API keys",
                hint="write one key a line into a file and pass --api-keys-file",
            )
        return frozenset()
    try:
        keys = frozenset(line.strip() for line in path.read_text().splitlines() if line.strip())
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}") from error
    if not keys:
        raise ConfigError(f"{path} holds no key")
    return keys


def make_app(state: GatewayState) -> web.Application:
    """The application; run it with `handler_cancellation=True`, so that a user who leaves cancels his request."""
    from ganglion_validator.gateway import health, proofs, routes

    app = web.Application(middlewares=[error_boundary], client_max_size=state.config.max_body_bytes)
    app[STATE] = state
    health.add_routes(app)
    routes.add_routes(app)
    proofs.add_routes(app)
    app.on_cleanup.append(_end_threads)
    return app


async def _end_threads(app: web.Application) -> None:
    app[STATE].renderer.shutdown(wait=False, cancel_futures=True)


@web.middleware
async def error_boundary(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Check the key, run a handler, count it, turn its exception into OpenAI's error body; send what it is."""
    return await send(request, await _answered(request, handler))


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    state, began, outcome = request.app[STATE], time.monotonic(), "cancelled"
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else "other"
    try:
        _check_key(state, request)
        response = await handler(request)
        outcome = "ok"
        return response
    except Exception as error:
        problem = problem_of(error)
        outcome = problem.code
        if problem.code == "internal" or state.lines.take():
            _report(error, problem, route)
        return web.json_response(problem.body(), status=problem.row.status, headers=problem.headers())
    finally:
        if request.path not in PUBLIC_PATHS:
            state.metrics.requests.labels(route, outcome).inc()
            state.metrics.seconds.labels(route).observe(time.monotonic() - began)


def _check_key(state: GatewayState, request: web.Request) -> None:
    request[KEY] = ""
    if not state.keys:
        _check_host(state, request)
        return
    if request.path in PUBLIC_PATHS or request.path.startswith(PUBLIC_PREFIX):
        return
    header = request.headers.get("Authorization", "")
    given = header.removeprefix("Bearer ").strip().encode("utf-8", "surrogateescape")
    found = [key for key in state.keys if hmac.compare_digest(given, key.encode())]
    if not found:
        raise RequestError("a valid API key is needed: Authorization: Bearer KEY", code="unauthorized")
    request[KEY] = name_of(found[0])


def _check_host(state: GatewayState, request: web.Request) -> None:
    """A page from elsewhere whose name was pointed at this machine must not use an open gateway."""
    try:
        host = URL.build(authority=request.host).host if request.host else None
    except ValueError:  # also what is no text
        host = None
    if host not in LOOPBACK_NAMES and host != state.config.gateway_host:
        raise RequestError(
            f"this gateway is not called {request.host[:128]!r}",
            code="unauthorized",
            hint="without API keys it answers on loopback only; pass --api-keys-file to open it",
        )


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
    if isinstance(error, PeerRefused) and error.code in TABLE and error.fault == "user":
        return Problem(error.code, error.message, TABLE[error.code], param=error.param)
    if not isinstance(error, GanglionError):
        return Problem("internal", "the gateway failed; the operator's log says why", TABLE["internal"])
    return describe(error)


def _report(error: Exception, problem: Problem, route: str) -> None:
    if problem.code == "internal":
        log.error("request_failed", route=route, code=problem.code, exc_info=error)
    else:
        log.info("request_refused", route=route, code=problem.code, reason=problem.message)


async def read_object(request: web.Request) -> Mapping[str, Any]:
    """The JSON object of a request.

    Only application/json: a page from elsewhere can't send that without asking this server first.
    """
    from ganglion.protocol.openai import parse_object

    if request.content_type != "application/json":
        raise RequestError("Content-Type must be application/json", code="unsupported_media_type")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            raw = await request.read()
    except TimeoutError as error:
        raise RequestError("the body did not arrive in time", code="body_timeout") from error
    except web.RequestPayloadError as error:
        raise RequestError("the body is not what its headers say", code="malformed_request") from error
    return parse_object(raw)


def dump(value: object) -> bytes:
    """Compact JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
