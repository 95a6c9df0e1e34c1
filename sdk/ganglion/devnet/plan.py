"""What a devnet consists of: participants with their keys, ports, folders. Values only; nothing is started here.

Keys derive from public names (``//devnet//miner-1//hotkey``): whoever reads this can spend them, which is what a
development network is for. The chain's preset funds Alice, who funds everybody else.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

from ganglion.balance import Balance
from ganglion.errors import ConfigError

NETUID = 1
RPC_PORT = 9944
GATEWAY_PORT = 8080
MINER_PORT = 9100
VALIDATORS = 2
MINERS = 4
FUNDS = Balance.from_gng(10_000)
VALIDATOR_STAKE = Balance.from_gng(1_000)

__all__ = ["DevnetOptions", "Participant", "Plan", "free_ports", "make_plan"]


@dataclass(frozen=True)
class DevnetOptions:
    """What a user can choose.

    Attributes:
        folder: logs and data; it is this devnet's own.
        rpc_port, gateway_port, miner_port: first port of each kind; 0 = any free ones.
        validators, miners: how many; the last miner is the dishonest one where ``dishonest``.
        dishonest: whether one miner returns garbage.
        model: folder or id of the model to serve; empty = the one in the package.
        exit_after_epochs: end after so many epochs with revealed weights; None = run until told to end.
    """

    folder: Path
    rpc_port: int = RPC_PORT
    gateway_port: int = GATEWAY_PORT
    miner_port: int = MINER_PORT
    validators: int = VALIDATORS
    miners: int = MINERS
    dishonest: bool = True
    model: str = "ganglion-tiny"
    exit_after_epochs: int | None = None


@dataclass(frozen=True)
class Participant:
    """A validator or miner.

    Attributes:
        name: also of its log file.
        role: validator, miner or garbage-miner.
        port: of its gateway or of its server.
    """

    name: str
    role: str
    port: int

    @property
    def coldkey_uri(self) -> str:
        """Development key that owns the hotkey and is paid."""
        return f"//devnet//{self.name}//coldkey"

    @property
    def hotkey_uri(self) -> str:
        """Development key that works."""
        return f"//devnet//{self.name}//hotkey"


@dataclass(frozen=True)
class Plan:
    """Everything that will be started."""

    options: DevnetOptions
    rpc_port: int
    validators: tuple[Participant, ...]
    miners: tuple[Participant, ...]
    owner_uri: str = "//devnet//owner//coldkey"
    owner_hotkey_uri: str = "//devnet//owner//hotkey"
    user_uri: str = "//devnet//user"

    @property
    def rpc(self) -> str:
        """URL of the chain."""
        return f"ws://127.0.0.1:{self.rpc_port}"

    @property
    def participants(self) -> tuple[Participant, ...]:
        """Validators, then miners."""
        return self.validators + self.miners

    @property
    def logs(self) -> Path:
        """Folder of the log files."""
        return self.options.folder / "logs"

    def data(self, name: str) -> Path:
        """Folder in which one process keeps what must survive it."""
        return self.options.folder / "data" / name


def make_plan(options: DevnetOptions) -> Plan:
    """Choose names and ports.

    Raises:
        ConfigError: a port is in use, or there is nothing to start.
    """
    if options.validators < 1 or options.miners < 1:
        raise ConfigError("a devnet needs at least one validator and one miner")
    dishonest = options.dishonest and options.miners > 1
    roles = ["miner"] * (options.miners - dishonest) + ["garbage-miner"] * dishonest
    rpc = free_ports(options.rpc_port, 1)
    gateways = free_ports(options.gateway_port, options.validators)
    servers = free_ports(options.miner_port, options.miners)
    validators = tuple(
        Participant(f"validator-{n}", "validator", port) for n, port in enumerate(gateways, start=1)
    )
    miners = tuple(
        Participant(f"miner-{n}", role, port)
        for n, (role, port) in enumerate(zip(roles, servers, strict=True), start=1)
    )
    return Plan(options, rpc[0], validators, miners)


def free_ports(first: int, count: int) -> list[int]:
    """``count`` ports from ``first`` on, or any free ones; each was free a moment ago."""
    sockets = []
    try:
        for n in range(count):
            sockets.append(_bound(first + n if first else 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


def _bound(port: int) -> socket.socket:
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        s.bind(("127.0.0.1", port))
    except OSError as error:
        s.close()
        raise ConfigError(
            f"port {port} on 127.0.0.1 is in use ({error.strerror})",
            hint="end what uses it, or pass other ports (--rpc-port, --gateway-port, --miner-port; 0 = any)",
        ) from error
    return s
