"""Starts what a user starts, as its own process, and waits until it answers. Ends only what it started."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

POLL_SECONDS = 0.005
END_SECONDS = 60.0


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@asynccontextmanager
async def process(
    words: Sequence[str], log: Path, env: dict[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process whose output goes to `log`; interrupted at the end of the block, killed if that does not help."""
    with log.open("wb") as output:
        started = await asyncio.create_subprocess_exec(
            *words, stdout=output, stderr=output, env=os.environ | (env or {})
        )
        try:
            yield started
        finally:
            await end(started)


async def end(started: asyncio.subprocess.Process) -> None:
    """Ask a process to end and wait for it."""
    if started.returncode is None:
        started.send_signal(signal.SIGINT)
        try:
            await asyncio.wait_for(started.wait(), END_SECONDS)
        except TimeoutError:
            started.kill()
            await started.wait()


def memory(pid: int) -> float:
    """Proportional set size of a process in MB (1e6 bytes)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"the system does not tell the memory of process {pid}")


def tail(log: Path) -> str:
    """The last that a process said."""
    return log.read_text(errors="replace")[-2000:]


class Rpc:
    """JSON-RPC over HTTP without retries or conveniences."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self.url = url

    async def call(self, method: str, *params: Any) -> Any:
        """Result of one call. Raises RuntimeError with the node's error."""
        (answer,) = await self.batch([(method, list(params))])
        return answer

    async def batch(self, calls: Sequence[tuple[str, list[Any]]]) -> list[Any]:
        """Results of several calls in one message."""
        message = [
            {"jsonrpc": "2.0", "id": i, "method": name, "params": params}
            for i, (name, params) in enumerate(calls)
        ]
        async with self._session.post(self.url, json=message) as response:
            answers = await response.json()
        failed = [answer["error"] for answer in answers if "error" in answer]
        if failed:
            raise RuntimeError(f"{len(failed)} of {len(calls)} calls failed, the first: {failed[0]}")
        return [answer["result"] for answer in sorted(answers, key=lambda answer: answer["id"])]

    async def until(self, ready: Callable[[Rpc], Any], seconds: float, started: Any, log: Path) -> None:
        """Poll until `ready` answers with something true. Raises RuntimeError when the process ends instead."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if await ready(self):
                    return
            except (aiohttp.ClientError, ConnectionError):
                pass
            if started.returncode is not None or time.monotonic() > deadline:
                state = "ended" if started.returncode is not None else f"did not answer within {seconds:g} s"
                raise RuntimeError(f"the process {state}: {tail(log)}")
            await asyncio.sleep(POLL_SECONDS)


@asynccontextmanager
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """One connection pool with a deadline."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=300)) as opened:
        yield opened
