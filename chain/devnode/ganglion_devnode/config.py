"""What a development node can be told. Values are checked when they are given, before anything starts."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from ganglion_devnode.node_errors import InvalidConfig

SealingMode = Literal["instant", "interval", "manual"]
RpcMethods = Literal["auto", "safe", "unsafe"]
DEFAULT_CORS = (
    "http://localhost:*",
    "http://127.0.0.1:*",
    "http://[::1]:*",
    "https://localhost:*",
    "https://127.0.0.1:*",
    "https://polkadot.js.org",
)
LOOPBACK_NAMES = frozenset(("localhost", "127.0.0.1", "::1"))


@dataclass(frozen=True, kw_only=True)
class NodeConfig:
    """Options of a node; the command line has one flag for each.

    Attributes:
        sealing: when blocks are made: for each transaction, at each slot, or only by `dev_newBlock`.
        interval: seconds between blocks of interval sealing; None for the runtime's slot duration.
        rpc_host: address to listen on; anything but loopback opens the node to the network.
        rpc_port: 0 takes a free port.
        rpc_names: names, besides loopback and rpc_host, that may stand in a request's Host header.
        rpc_cors: origins of browser pages that may connect, "*" as port for any; ("all",) for every origin.
        rpc_methods: whether dev_*, author_insertKey and engine_* answer: auto means only on a loopback
        address. base_path: folder of the database; None keeps everything in memory. state_pruning: how many
        states can be asked for; None keeps all. chain: a preset of the runtime, or the path of a chain
        specification file. genesis_time: milliseconds since the Unix epoch at which the virtual clock starts;
        None for 30 days ago. code: runtime to start a new chain with; None for the one that ships with the
        package. verify_blocks: re-execute each block on its parent's state before it is stored. cache_dir:
        folder for compiled runtimes; None for the user's cache folder. call_seconds: time that one runtime
        call may take. worker_queue: calls that may wait for the worker thread. block_seconds: time after
        which a block takes no further transactions. max_message_bytes: largest JSON-RPC message, either way.
        max_connections: WebSocket connections at a time.
    """

    sealing: SealingMode = "instant"
    interval: float | None = None
    rpc_host: str = "127.0.0.1"
    rpc_port: int = 9944
    rpc_names: tuple[str, ...] = ()
    rpc_cors: tuple[str, ...] = DEFAULT_CORS
    rpc_methods: RpcMethods = "auto"
    base_path: Path | None = None
    state_pruning: int | None = 1024
    chain: str = "development"
    genesis_time: int | None = None
    code: Path | None = None
    verify_blocks: bool = False
    cache_dir: Path | None = None
    call_seconds: float = 10.0
    worker_queue: int = 64
    block_seconds: float = 2.0
    max_message_bytes: int = 64 << 20
    max_connections: int = 128

    def __post_init__(self) -> None:
        _require(self.sealing in ("instant", "interval", "manual"), f"sealing {self.sealing!r} is unknown")
        _require(
            self.rpc_methods in ("auto", "safe", "unsafe"), f"rpc_methods {self.rpc_methods!r} is unknown"
        )
        _require(0 <= self.rpc_port <= 65535, f"rpc_port {self.rpc_port} is not a port")
        pruning = self.state_pruning
        _require(pruning is None or pruning >= 1, f"state_pruning must be at least 1, got {pruning}")
        _require(
            self.interval is None or self.interval > 0, f"interval must be positive, got {self.interval}"
        )
        _require(
            self.genesis_time is None or 0 <= self.genesis_time < 1 << 53, "genesis_time is in milliseconds"
        )
        _require(self.call_seconds > 0 and self.block_seconds > 0, "time limits must be positive")
        _require(
            self.worker_queue >= 1 and self.max_connections >= 1, "queues and connections need room for one"
        )

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect."""
        return is_loopback(self.rpc_host)

    @property
    def unsafe_methods(self) -> bool:
        """Whether methods that change the chain from outside answer."""
        return self.rpc_methods == "unsafe" or (self.rpc_methods == "auto" and self.loopback)


def is_loopback(host: str) -> bool:
    """Whether an address or name means this machine only."""
    if host.lower() in LOOPBACK_NAMES:
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise InvalidConfig(message)
