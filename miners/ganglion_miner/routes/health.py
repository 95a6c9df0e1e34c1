"""For operators and load balancers: alive, ready (503 with reasons), metrics, version.

Unsigned, nothing secret.
"""

from __future__ import annotations

import json
import time
from importlib.metadata import PackageNotFoundError, version

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from ganglion_miner.server import STATE


def add_routes(app: web.Application) -> None:
    """/health and /ping are what other inference servers call them."""
    for path in ("/healthz", "/ping"):
        app.router.add_get(path, healthz)
    for path in ("/readyz", "/health"):
        app.router.add_get(path, readyz)
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/version", version_route)


async def healthz(request: web.Request) -> web.Response:
    """The process answers."""
    return _json({"status": "alive", "uptime_seconds": round(time.time() - request.app[STATE].started, 1)})


async def readyz(request: web.Request) -> web.Response:
    """Requests are answered, or why not."""
    state = request.app[STATE]
    reasons = state.readiness.reasons()
    body = {
        "ready": not reasons,
        "reasons": reasons,
        "chain": {"age_seconds": round(state.chain.age, 1), "reachable": not state.chain.failing},
        "in_flight": len(state.gate),
    }
    return _json(body, status=503 if reasons else 200)


async def metrics(request: web.Request) -> web.Response:
    """Prometheus text."""
    return web.Response(
        body=request.app[STATE].metrics.render(), headers={"Content-Type": CONTENT_TYPE_LATEST}
    )


async def version_route(request: web.Request) -> web.Response:
    """What runs here."""
    state = request.app[STATE]
    service = state.service
    model = None if service is None else {"name": service.model.name, "profile": service.model.profile.hex()}
    return _json(
        {
            "version": _version(),
            "hotkey": state.key.ss58,
            "netuid": state.config.netuid,
            "task": state.config.task,
            "model": model,
        }
    )


def _version() -> str:
    try:
        return version("ganglion")
    except PackageNotFoundError:
        return "unknown"


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=json.dumps(value).encode(), status=status, content_type="application/json")
