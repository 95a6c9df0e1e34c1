"""For operators and load balancers: alive, ready (503 with reasons), metrics, version. Nothing secret."""

from __future__ import annotations

import time
from importlib.metadata import PackageNotFoundError, version

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from ganglion_validator.gateway.app import STATE


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
    return web.json_response(
        {"status": "alive", "uptime_seconds": round(time.time() - request.app[STATE].started, 1)}
    )


async def readyz(request: web.Request) -> web.Response:
    """Requests are answered, or why not."""
    state = request.app[STATE]
    reasons = state.missing()
    body = {"ready": not reasons, "reasons": reasons, "in_flight": state.in_flight}
    return web.json_response(body, status=503 if reasons else 200)


async def metrics(request: web.Request) -> web.Response:
    """Prometheus text."""
    return web.Response(
        body=request.app[STATE].metrics.render(), headers={"Content-Type": CONTENT_TYPE_LATEST}
    )


async def version_route(request: web.Request) -> web.Response:
    """What runs here."""
    state = request.app[STATE]
    try:
        release = version("ganglion")
    except PackageNotFoundError:
        release = "unknown"
    return web.json_response({"version": release, "hotkey": state.hotkey, "netuid": state.config.netuid})
