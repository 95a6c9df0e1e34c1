"""A listener of its own for `/metrics`: what an operator reads of his daemon is nothing for those whom it serves."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from ganglion.daemon.listening import listen

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # of Prometheus' text format
SHUTDOWN_SECONDS = 1.0

__all__ = ["CONTENT_TYPE", "serve_metrics"]


async def serve_metrics(render: Callable[[], bytes], host: str, port: int) -> tuple[web.AppRunner, int]:
    """Serve this text at /metrics and nothing else; the runner, which is to be cleaned up, and the port.

    Raises:
        ConfigError: the port is in use, or the address is not one of this machine.
    """

    async def page(_: web.Request) -> web.Response:
        return web.Response(body=render(), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.router.add_get("/metrics", page)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        return runner, await listen(runner, host, port, flags="--metrics-host and --metrics-port")
    except BaseException:
        await runner.cleanup()
        raise
