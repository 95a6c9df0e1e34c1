"""Which network, which files, which deadlines.

Precedence: argument or flag > environment (``GANGLION_*``) > ``config.toml`` in the configuration folder >
default. ``NetworkConfig`` is a plain value; ``Settings`` (in settings.py, loaded on first use because
pydantic is slow to import) is the merge of all sources. The daemons have settings of their own.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ganglion.errors import ConfigError

if TYPE_CHECKING:
    from ganglion.settings import Settings

DEFAULT_RPC = "ws://127.0.0.1:9944"
DEFAULT_GATEWAY = "http://127.0.0.1:8080/v1"
HOME_VARIABLE = "GANGLION_HOME"

__all__ = [
    "DEFAULT_GATEWAY",
    "DEFAULT_RPC",
    "NETWORKS",
    "NetworkConfig",
    "Timeouts",
    "config_home",
    "load_settings",
    "wallets_dir",
]


def check_rpc_url(url: str) -> str:
    """The URL itself, when it is a WebSocket URL with a host.

    Raises:
        ConfigError: it is not.
    """
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"ws", "wss"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise ConfigError(f"not a WebSocket URL: {url!r}", hint="write ws://127.0.0.1:9944 or wss://host")
    return url


def check_genesis(text: str) -> str:
    """The hash itself, when it is one.

    Raises:
        ConfigError: it is not.
    """
    if re.fullmatch("0x[0-9a-f]{64}", text) is None:
        raise ConfigError(
            f"not a genesis hash: {text!r}", hint="write 0x and 64 digits, as `ganglion query` shows it"
        )
    return text


def split_urls(value: Any) -> Any:
    """Several URLs from text with commas between them; anything else stays as it is."""
    if isinstance(value, str):
        value = (value,)
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        return value
    return tuple(part.strip() for one in value for part in one.split(",") if part.strip())


@dataclass(frozen=True)
class NetworkConfig:
    """What a client must know of a network before it has asked the chain.

    Attributes:
        name: development, local, compose, testnet, or custom.
        rpc: WebSocket URLs of nodes, tried in this order.
        allow_private_endpoints: whether endpoints on loopback and private addresses may be dialled.
        ss58_prefix: address prefix.
        genesis: hash of block 0 that every node must have, 0x-hex; None = what the first one that answers has.
    """

    name: str
    rpc: tuple[str, ...]
    allow_private_endpoints: bool = False
    ss58_prefix: int = 42
    genesis: str | None = None

    def __post_init__(self) -> None:
        for url in self.rpc:
            check_rpc_url(url)
        if self.genesis is not None:
            check_genesis(self.genesis)

    @classmethod
    def development(cls, *rpc: str) -> NetworkConfig:
        """The dev node on this machine."""
        return cls("development", rpc or (DEFAULT_RPC,), allow_private_endpoints=True)

    @classmethod
    def local(cls, *rpc: str) -> NetworkConfig:
        """Full nodes on this machine."""
        return cls("local", rpc or (DEFAULT_RPC,), allow_private_endpoints=True)

    @classmethod
    def compose(cls, *rpc: str) -> NetworkConfig:
        """The docker compose network, seen from its host."""
        return cls("compose", rpc or (DEFAULT_RPC,), allow_private_endpoints=True)

    @classmethod
    def testnet(cls, *rpc: str) -> NetworkConfig:
        """A network of strangers: its nodes must be named, and private endpoints are refused."""
        return cls("testnet", rpc)

    @classmethod
    def named(cls, name: str, rpc: tuple[str, ...] = (), genesis: str | None = None) -> NetworkConfig:
        """The network of that name, with other nodes if some are given, and its genesis hash if it is known.

        Raises:
            ConfigError: no such network, or one without known nodes and none given.
        """
        if name not in NETWORKS:
            raise ConfigError(f"unknown network {name!r}", hint=f"networks: {', '.join(NETWORKS)}")
        network = NETWORKS[name]
        return replace(network, rpc=tuple(rpc) or network.rpc, genesis=genesis or network.genesis)

    def require_rpc(self) -> tuple[str, ...]:
        """The node URLs.

        Raises:
            ConfigError: none is known for this network.
        """
        if not self.rpc:
            raise ConfigError(
                f"no node is known for the network {self.name!r}",
                hint="pass --rpc wss://... or set GANGLION_RPC",
            )
        return self.rpc


NETWORKS: dict[str, NetworkConfig] = {
    "development": NetworkConfig.development(),
    "local": NetworkConfig.local(),
    "compose": NetworkConfig.compose(),
    "testnet": NetworkConfig.testnet(),
}


@dataclass(frozen=True)
class Timeouts:
    """Deadlines in seconds; nothing in the SDK waits longer than one of these.

    Attributes:
        connect: opening a connection to one node, handshake included.
        request: one answer of the node.
        inclusion: a submitted transaction entering a block.
        finality: an included transaction being finalised.
        silence: a node answering anything at all, before the next one is used, where there are several.
        stale: a node finalising a block, before it is compared with the others, where there are several.
    """

    connect: float = 10.0
    request: float = 30.0
    inclusion: float = 120.0
    finality: float = 300.0
    silence: float = 10.0
    stale: float = 20.0


def config_home() -> Path:
    """Folder of configuration and wallets: ``$GANGLION_HOME``, else the platform's configuration folder."""
    override = os.environ.get(HOME_VARIABLE)
    if override:
        return Path(override).expanduser()
    import platformdirs

    return platformdirs.user_config_path("ganglion")


def wallets_dir() -> Path:
    """Folder that holds one folder per wallet."""
    return config_home() / "wallets"


def load_settings(**overrides: Any) -> Settings:
    """Settings from all sources; ``overrides`` that are None count as not given.

    Raises:
        ConfigError: a value is malformed, or the configuration file can't be read.
    """
    from ganglion.settings import load

    return load(overrides)
