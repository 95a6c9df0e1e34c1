"""Ganglion: serve AI models, verify them, and be paid on chain.

    from ganglion import Client

    async with Client("ws://127.0.0.1:9944") as client:
        print((await client.metagraph(1)).table())

Names are loaded on first use: importing this package reads no file, opens no socket and imports neither torch
nor the chain client.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ganglion.artifacts import runtime_artifact as runtime_artifact
    from ganglion.balance import Balance as Balance
    from ganglion.client import Client as Client
    from ganglion.client import SyncClient as SyncClient
    from ganglion.config import NetworkConfig as NetworkConfig
    from ganglion.config import Timeouts as Timeouts
    from ganglion.config import load_settings as load_settings
    from ganglion.errors import GanglionError as GanglionError
    from ganglion.keys import Keypair as Keypair
    from ganglion.keys.wallet import Wallet as Wallet
    from ganglion.metagraph import Metagraph as Metagraph

__version__ = "0.1.0"
logging.getLogger("ganglion").addHandler(logging.NullHandler())  # silent until an application asks for logs

_HOME = {
    "Balance": "ganglion.balance",
    "Client": "ganglion.client",
    "GanglionError": "ganglion.errors",
    "Keypair": "ganglion.keys",
    "Metagraph": "ganglion.metagraph",
    "NetworkConfig": "ganglion.config",
    "SyncClient": "ganglion.client",
    "Timeouts": "ganglion.config",
    "Wallet": "ganglion.keys.wallet",
    "load_settings": "ganglion.config",
    "runtime_artifact": "ganglion.artifacts",
}

__all__ = [
    "Balance",
    "Client",
    "GanglionError",
    "Keypair",
    "Metagraph",
    "NetworkConfig",
    "SyncClient",
    "Timeouts",
    "Wallet",
    "__version__",
    "load_settings",
    "runtime_artifact",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ganglion' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
