"""The node as users start it: a process of its own, told what to do by its command line."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

STARTED = re.compile(r"listening on (ws://\S+)")
SECONDS = 60.0


class NodeProcess:
    """A running `python -m ganglion_devnode`."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, lines: list[str]) -> None:
        self.process = process
        self.url = url
        self.http_url = url.replace("ws:", "http:")
        self.lines = lines
        self._reader = asyncio.create_task(_collect(process, lines))

    async def end(self, signal: int) -> int:
        """Send a signal; returns the exit code."""
        self.process.send_signal(signal)
        code = await asyncio.wait_for(self.process.wait(), SECONDS)
        await self._reader
        return code


async def _collect(process: asyncio.subprocess.Process, lines: list[str]) -> None:
    assert process.stderr is not None
    async for line in process.stderr:
        lines.append(line.decode())


async def launch(*options: str | Path) -> asyncio.subprocess.Process:
    """Start it, without waiting for anything."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ganglion_devnode",
        *map(str, options),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


async def start_process(*options: str | Path) -> NodeProcess:
    """Start it and wait until it listens."""
    process = await launch("--rpc-port", "0", *options)
    lines: list[str] = []
    assert process.stderr is not None
    while True:
        line = (await asyncio.wait_for(process.stderr.readline(), SECONDS)).decode()
        assert line, f"the node ended before it listened: {''.join(lines)}"
        lines.append(line)
        found = STARTED.search(line)
        if found:
            return NodeProcess(process, found[1], lines)


async def failure(*options: str | Path) -> tuple[int, str]:
    """Start it where it can't; returns exit code and what it said. Standard output stays empty."""
    process = await launch(*options)
    out, err = await asyncio.wait_for(process.communicate(), SECONDS)
    assert out == b""
    assert process.returncode is not None
    return process.returncode, err.decode()
