"""Listening on an address, with errors that say why it is not possible."""

from __future__ import annotations

import errno

from aiohttp import web

from ganglion.errors import ConfigError

__all__ = ["listen"]


async def listen(runner: web.AppRunner, host: str, port: int, *, flags: str) -> int:
    """Listen; the port that was really taken.

    Args:
        flags: what the flags for address and port are called, such as ``--host and --port``.

    Raises:
        ConfigError: the port is in use, or the address is not one of this machine.
    """
    try:
        await web.TCPSite(runner, host, port, reuse_address=True).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"port {port} on {host} is in use",
                hint=f"stop the other program or choose others with {flags}",
            ) from error
        raise ConfigError(
            f"cannot listen on {host} port {port}: {error.strerror}", hint=f"check {flags}"
        ) from error
    return int(runner.addresses[0][1])
