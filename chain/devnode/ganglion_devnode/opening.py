"""Opens the chain that a configuration names: the one in its base path, or a new one from its specification.

Knows stores, genesis and runtimes, and nothing of what is done with the chain afterwards.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from pathlib import Path

from ganglion.artifacts import runtime_artifact
from ganglion_devnode.chain.genesis import ChainSpec, build_genesis, load_spec, preset_spec
from ganglion_devnode.chain.identity import ChainIdentity
from ganglion_devnode.chain.ledger import Ledger
from ganglion_devnode.chain.runtimes import Runtimes
from ganglion_devnode.config import NodeConfig
from ganglion_devnode.node_errors import InvalidConfig
from ganglion_devnode.storage.memory import MemoryStore
from ganglion_devnode.storage.sqlite import SqliteStore
from ganglion_devnode.storage.store import Store

log = logging.getLogger(__name__)


async def open_ledger(
    config: NodeConfig, runtimes: Runtimes, cleanup: AsyncExitStack
) -> tuple[Ledger, ChainIdentity]:
    """The chain in the base path, or a new one."""
    spec = await asyncio.to_thread(_spec, config.chain)
    store: Store = (
        MemoryStore()
        if config.base_path is None
        else SqliteStore(config.base_path.expanduser(), config.state_pruning)
    )
    cleanup.callback(store.close)
    resumed = await asyncio.to_thread(Ledger.resume, store, config.state_pruning)
    if resumed is not None:
        identity = ChainIdentity.from_facts(store.facts())
        _check_same_chain(config, identity, spec)
        log.info("%s continues at block %d", identity.name, resumed.head.number)
        return resumed, identity
    code = b"" if spec.top is not None or spec.code is not None else await asyncio.to_thread(_code, config)
    genesis = await asyncio.to_thread(build_genesis, spec, code, runtimes.compile)
    identity = ChainIdentity.of(spec)
    ledger = Ledger.begin(store, genesis, config.state_pruning, identity.to_facts())
    log.info("%s begins, genesis 0x%s", identity.name, genesis.block.hash.hex())
    return ledger, identity


def _check_same_chain(config: NodeConfig, found: ChainIdentity, wanted: ChainSpec) -> None:
    if found.id != wanted.id:
        raise InvalidConfig(
            f"{config.base_path} holds the chain {found.id}, but {wanted.id} was asked for",
            hint="give the chain that is in it, or another --base-path",
        )
    if config.code is not None:
        log.warning("--code is not used: the chain in %s has its own runtime in its state", config.base_path)


def _spec(chain: str) -> ChainSpec:
    looks_like_file = chain.endswith(".json") or "/" in chain or Path(chain).is_file()
    return load_spec(Path(chain).expanduser()) if looks_like_file else preset_spec(chain)


def _code(config: NodeConfig) -> bytes:
    if config.code is None:
        return runtime_artifact().code()
    try:
        return config.code.expanduser().read_bytes()
    except OSError as error:
        raise InvalidConfig(f"the runtime {config.code} can't be read: {error.strerror}") from error
