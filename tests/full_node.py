"""The full node as operators start it: a process of its own on loopback, driven by its command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

START_SECONDS = 60
LISTENING = re.compile(r"Running JSON-RPC server: addr=127\.0\.0\.1:(\d+)")
LOOPBACK_ONLY = ("--no-mdns", "--listen-addr", "/ip4/127.0.0.1/tcp/0", "--no-telemetry")


def binary() -> str:
    """Path of `ganglion-node`, built by `tools/build_node.py --profile ci`."""
    cache = Path(os.environ.get("GANGLION_CACHE") or Path.home() / ".cache" / "ganglion")
    path = os.environ.get("GANGLION_NODE") or str(cache / "target" / "ci" / "ganglion-node")
    assert os.access(path, os.X_OK), f"{path} is missing: python3 tools/build_node.py --profile ci"
    return path


def run(*words: str | Path, stdin: str = "", timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """One command of the node; its output as text."""
    command = [binary(), *map(str, words)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)


class FullNode:
    """A running node. RPC answers once it is made; `end` stops it."""

    def __init__(self, *options: str | Path, folder: Path, metrics: bool = False) -> None:
        self.folder = folder
        self.log_file = folder.with_suffix(".log")
        words = [binary(), "--base-path", folder, "--rpc-port", "0", *LOOPBACK_ONLY, *options]
        words += [] if metrics else ["--no-prometheus"]
        with self.log_file.open("a") as out:
            self._from = out.tell()
            self.process = subprocess.Popen(
                list(map(str, words)), stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        try:
            self.port = self._listening()
        except BaseException:
            self.end(kill=True)
            raise

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def log(self) -> str:
        """What this process has said."""
        return self.log_file.read_bytes()[self._from :].decode(errors="replace")

    def rpc(self, method: str, *params: Any) -> Any:
        """The result of one JSON-RPC call."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}", body, {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            answer = json.load(response)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def number(self, block: str = "") -> int:
        """Height of a block, of the best one without a hash."""
        header = self.rpc("chain_getHeader", *([block] if block else []))
        return int(header["number"], 16)

    def finalized(self) -> int:
        """Height of the newest finalized block."""
        return self.number(self.rpc("chain_getFinalizedHead"))

    def end(self, kill: bool = False) -> int:
        """Stop it (or kill -9); its exit code."""
        if self.process.poll() is None:
            self.process.kill() if kill else self.process.terminate()
        return self.process.wait(70)

    def _listening(self) -> int:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if match := LISTENING.search(self.log()):
                return int(match[1])
            time.sleep(0.05)
        raise AssertionError(f"the full node did not start:\n{self.log()[-3000:]}")


def until(holds: Any, seconds: float, what: str) -> Any:
    """Wait until `holds()` is true and return it; fails with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.2)
    return found
