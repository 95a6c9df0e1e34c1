"""A full node on a host of its own, started, killed and started again with its own folder and keys.

Its keys are files in its keystore, as an operator's are; no flag such as ``--alice`` stands in for them.
"""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...full_node import binary, run, until
from .namespaces import Host

CHAIN = "local"
RPC_PORT = 9944
P2P_PORT = 30333
START_SECONDS = (
    240  # four nodes that start at once compile the runtime four times, on the cores that there are
)
STOP_SECONDS = 60
LOG_TAIL = 3000
KEY_TYPES = {"aura": "sr25519", "gran": "ed25519"}


class Node:
    """A node of the network.

    Attributes:
        host: where it runs.
        folder: its base path; the log file lies beside it.
        account: URI of the development key that is its authority account, empty for a node without a vote.
        options: command line beyond what every node here has.
    """

    def __init__(self, host: Host, folder: Path, *options: str, account: str = "") -> None:
        self.host = host
        self.folder = folder
        self.account = account
        self.options = options
        self.bootnodes: Sequence[str] = ()
        self.process: subprocess.Popen[bytes] | None = None
        self._from = 0
        self.log_file = folder.with_suffix(".log")
        self.log_file.touch()
        key = folder.with_suffix(".key")
        made = run("key", "generate-node-key", "--file", key)
        assert made.returncode == 0, made.stderr
        self._key, self.peer_id = key, made.stderr.strip()

    @property
    def name(self) -> str:
        return self.host.name

    @property
    def url(self) -> str:
        """RPC for this process, whatever is cut."""
        return f"ws://{self.host.control}:{RPC_PORT}"

    @property
    def inner_url(self) -> str:
        """RPC for other hosts."""
        return f"ws://{self.host.address}:{RPC_PORT}"

    @property
    def multiaddress(self) -> str:
        """What other nodes dial."""
        return f"/ip4/{self.host.address}/tcp/{P2P_PORT}/p2p/{self.peer_id}"

    def insert_keys(self) -> None:
        """Put the session keys of its account into its keystore, as files."""
        for kind, scheme in KEY_TYPES.items():
            words = ("--chain", CHAIN, "--base-path", self.folder, "--scheme", scheme, "--key-type", kind)
            done = run("key", "insert", *words, "--suri", self.account)
            assert done.returncode == 0, done.stderr

    @property
    def keystore(self) -> Path:
        return self.folder / "chains" / f"ganglion-{CHAIN}" / "keystore"

    @property
    def database(self) -> Path:
        return self.folder / "chains" / f"ganglion-{CHAIN}" / "paritydb"

    def start(self) -> Node:
        """Start it and wait for its RPC."""
        self.launch()
        until(self.ready, START_SECONDS, f"{self.name} answers RPC")
        return self

    def launch(self) -> None:
        """Start it; whether it comes up is the caller's question."""
        assert self.process is None or self.process.poll() is not None, f"{self.name} runs already"
        with self.log_file.open("ab") as out:
            self._from = out.tell()
            self.process = subprocess.Popen(
                self.host.command(*self._words()), stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )

    def _words(self) -> list[str]:
        words = [binary(), "--chain", CHAIN, "--base-path", str(self.folder), "--name", self.name]
        words += ["--node-key-file", str(self._key), "--no-mdns", "--no-telemetry", "--no-prometheus"]
        words += ["--listen-addr", f"/ip4/{self.host.address}/tcp/{P2P_PORT}"]
        words += ["--rpc-port", str(RPC_PORT), "--unsafe-rpc-external", "--rpc-methods", "unsafe"]
        words += ["--rpc-cors", "all", *(["--validator"] if self.account else [])]
        words += ["--bootnodes", *self.bootnodes] if self.bootnodes else []
        return [*words, *self.options]

    def ready(self) -> bool:
        """Whether it answers RPC. Fails once its process has ended."""
        assert self.process is not None
        code = self.process.poll()
        assert code is None, f"{self.name} ended with {code}:\n{self.log()[-LOG_TAIL:]}"
        try:
            return bool(self.rpc("system_health"))
        except OSError:
            return False

    def log(self) -> str:
        """What the present process has said."""
        with self.log_file.open("rb") as file:
            file.seek(self._from)
            return file.read().decode(errors="replace")

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def stop(self) -> int:
        """End it politely; its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(STOP_SECONDS)

    def rpc(self, method: str, *params: Any, timeout: float = 10) -> Any:
        """The result of one JSON-RPC call. Raises OSError while nobody answers."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(
            f"http://{self.host.control}:{RPC_PORT}", body, {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=timeout) as response:
            answer = json.load(response)
        assert "error" not in answer, f"{self.name}: {method}: {answer['error']}"
        return answer["result"]

    def hash(self, number: int) -> str | None:
        """Hash of the block at a height of its best chain."""
        return self.rpc("chain_getBlockHash", number)

    def number(self, block: str = "") -> int:
        """Height of a block, of the best one without a hash."""
        return int(self.rpc("chain_getHeader", *([block] if block else []))["number"], 16)

    def finalized(self) -> int:
        """Height of its newest finalized block."""
        return self.number(self.rpc("chain_getFinalizedHead"))

    def peers(self) -> int:
        """How many it has."""
        return int(self.rpc("system_health")["peers"])
