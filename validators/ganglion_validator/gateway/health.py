"""For operators and load balancers: alive, ready (503 with reasons), metrics, version.

Miners can ask too. Nothing here may tell whether users ask for something just now, or what is audited: a miner that is
asked something would know who asks. So metrics are here only where nobody but the operator asks at all.
"""

from __future__ import annotations

import time
from importlib.metadata import PackageNotFoundError, version

from aiohttp import web

from ganglion.daemon.metrics_page import CONTENT_TYPE
from ganglion.protocol.errors_table import RequestError
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
    return web.json_response({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)


async def metrics(request: web.Request) -> web.Response:
    """Prometheus text; of a gateway with API keys on a port of its own, `--metrics-port`."""
    state = request.app[STATE]
    if state.keys:
        raise RequestError("this gateway's metrics are not told here", code="unknown_route")
    return web.Response(body=state.metrics.render(), headers={"Content-Type": CONTENT_TYPE})


async def version_route(request: web.Request) -> web.Response:
    """What runs here."""
    state = request.app[STATE]
    try:
        release = version("ganglion")
    except PackageNotFoundError:
        release = "unknown"
    return web.json_response({"version": release, "hotkey": state.hotkey, "netuid": state.config.netuid})
