"""A dev node in a process of its own: stock clients are blocking, and must meet it as they would a real one."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

START_SECONDS = 30


@pytest.fixture(scope="module")
def chain_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """WebSocket URL of a development chain that seals instantly."""
    log = tmp_path_factory.mktemp("chain") / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "ganglion_devnode", "--rpc-port", "0"], stdout=out, stderr=out
        )
    try:
        yield _url(log, process)
    finally:
        process.terminate()
        process.wait(10)


def _url(log: Path, process: subprocess.Popen) -> str:
    import time

    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if match := re.search(r"listening on (ws://[0-9.]+:\d+)", log.read_text()):
            return match[1]
        time.sleep(0.05)
    raise AssertionError(f"the dev node did not start:\n{log.read_text()}")
