"""Both hosts in processes of their own: stock clients are blocking, and must meet them as they would anywhere."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ..full_node import FullNode

START_SECONDS = 30


@pytest.fixture(scope="module", params=["dev node", "full node"])
def chain_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """WebSocket URL of a fresh development chain, on each of the two hosts."""
    start = _dev_node if request.param == "dev node" else _full_node
    with start(tmp_path_factory.mktemp("chain")) as url:
        yield url


@contextmanager
def _full_node(folder: Path) -> Iterator[str]:
    node = FullNode("--dev", folder=folder / "node")
    try:
        yield node.url
    finally:
        node.end()


@contextmanager
def _dev_node(folder: Path) -> Iterator[str]:
    log = folder / "log"
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
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if match := re.search(r"listening on (ws://[0-9.]+:\d+)", log.read_text()):
            return match[1]
        time.sleep(0.05)
    raise AssertionError(f"the dev node did not start:\n{log.read_text()}")
