"""Starts and stops a whole node: store, chain, pool, sealing, RPC. The only module that knows all of them."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any

from ganglion_devnode.chain.authority import Authorities, development_keystore
from ganglion_devnode.chain.chain import Chain
from ganglion_devnode.chain.clock import Clock
from ganglion_devnode.chain.ledger import Ledger
from ganglion_devnode.chain.producer import Producer
from ganglion_devnode.chain.runtimes import Runtimes
from ganglion_devnode.config import NodeConfig
from ganglion_devnode.errors import RuntimeFailure
from ganglion_devnode.node_errors import InvalidConfig
from ganglion_devnode.opening import open_ledger
from ganglion_devnode.pool.intake import Intake
from ganglion_devnode.pool.pool import Pool
from ganglion_devnode.rpc.jsonrpc import Dispatcher
from ganglion_devnode.rpc.methods.author import AuthorMethods
from ganglion_devnode.rpc.methods.blocks import ChainMethods
from ganglion_devnode.rpc.methods.dev import DevMethods
from ganglion_devnode.rpc.methods.state import ChildStateMethods, StateMethods
from ganglion_devnode.rpc.methods.system import PaymentMethods, SystemMethods
from ganglion_devnode.rpc.methods.versions import VersionMethods
from ganglion_devnode.rpc.server import RpcServer, bind
from ganglion_devnode.rpc.table import MethodTable
from ganglion_devnode.sealing import Sealer
from ganglion_devnode.worker import Worker

log = logging.getLogger(__name__)


class DevNode:
    """A running node.

    >>> node = await DevNode.start(NodeConfig(rpc_port=0))
    >>> node.url
    'ws://127.0.0.1:40231'
    >>> await node.stop()
    """

    def __init__(self, config: NodeConfig, chain: Chain, sealer: Sealer, address: tuple[str, int]) -> None:
        self.config = config
        self.chain = chain
        self.sealer = sealer
        self._host, self.port = address
        self._cleanup = AsyncExitStack()

    @property
    def url(self) -> str:
        """Where WebSocket clients connect."""
        return f"ws://{self._host}:{self.port}"

    @property
    def http_url(self) -> str:
        """Where HTTP calls go."""
        return f"http://{self._host}:{self.port}"

    @classmethod
    async def start(cls, config: NodeConfig | None = None) -> DevNode:
        """Start a node; raises a ConfigError, DatabaseCorrupt or RuntimeBroken with a hint if it can't."""
        config = config or NodeConfig()
        async with AsyncExitStack() as cleanup:
            listener = bind(config)
            cleanup.callback(listener.close)
            worker = Worker(config.worker_queue, config.call_seconds)
            cleanup.callback(worker.close)
            node = await cls._assemble(config, listener, worker, cleanup)
            node._cleanup = cleanup.pop_all()
        return node

    @classmethod
    async def _assemble(
        cls, config: NodeConfig, listener: socket.socket, worker: Worker, cleanup: AsyncExitStack
    ) -> DevNode:
        keystore = development_keystore()
        runtimes = Runtimes(keystore, config.call_seconds, config.cache_dir)
        ledger, identity = await open_ledger(config, runtimes, cleanup)
        clock = await _clock(config, ledger, runtimes)
        producer = Producer(
            ledger,
            runtimes,
            clock,
            Authorities(keystore),
            block_seconds=config.block_seconds,
            verify=config.verify_blocks,
        )
        intake = Intake(Pool(), ledger, runtimes, worker)
        chain = Chain(ledger, runtimes, clock, producer, intake)
        sealer = Sealer(chain, config.sealing, config.interval)
        groups: list[object] = [
            ChainMethods(chain, worker),
            StateMethods(chain, worker),
            ChildStateMethods(chain, worker),
            VersionMethods(chain, worker),
            AuthorMethods(chain, worker, keystore),
            PaymentMethods(chain, worker),
            DevMethods(chain, worker, sealer),
            SystemMethods(chain, worker, identity, lambda: table.names()),
        ]
        table = MethodTable(groups, unsafe=config.unsafe_methods)
        server = RpcServer(config, Dispatcher(table, config.max_message_bytes), listener)
        await server.start()
        cleanup.push_async_callback(server.stop)
        for work in (intake.revalidate_forever(), sealer.run()):
            cleanup.push_async_callback(_cancel, _spawn(work))
        producer.note_future()
        return cls(config, chain, sealer, _public_address(listener))

    async def stop(self) -> None:
        """Close connections and the store. What is sealed is stored already."""
        await self._cleanup.aclose()


async def _clock(config: NodeConfig, ledger: Ledger, runtimes: Runtimes) -> Clock:
    runtime = await runtimes.of(ledger.state)
    try:
        slot_duration = runtime.slot_duration(ledger.state)
    except RuntimeFailure as error:
        raise InvalidConfig(
            f"the runtime does not tell its slot duration: {error}", hint="it must offer AuraApi"
        ) from error
    if slot_duration <= 0:
        raise InvalidConfig("the runtime's slot duration is 0")
    if (
        config.sealing == "interval"
        and config.interval is not None
        and config.interval * 1000 < slot_duration
    ):
        raise InvalidConfig(
            f"an interval of {config.interval:g} s is shorter than a slot, {slot_duration / 1000:g} s",
            hint="interval sealing keeps real time; for faster blocks use instant or manual sealing",
        )
    return Clock(slot_duration, virtual=config.sealing != "interval", genesis_time=config.genesis_time)


def _public_address(listener: socket.socket) -> tuple[str, int]:
    """How this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return (f"[{host}]" if ":" in host else host), port


def _spawn(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    task = asyncio.create_task(work)
    task.add_done_callback(_report)
    return task


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.critical("a part of the node has failed and stopped", exc_info=task.exception())


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
