"""The packaged runtime as something a client can talk to, executed in this process on an empty state.

Enough for runtime APIs that read no storage, such as the consensus function. There are no blocks here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from ganglion.artifacts import runtime_artifact
from ganglion.chain.rpc_core import SubscriptionState
from ganglion.chain.transport import Subscription
from ganglion.errors import ConfigError, RpcError

CALL_SECONDS = 120.0
GENESIS = "0x" + "00" * 32

__all__ = ["LocalRuntime"]


class LocalRuntime:
    """Answers ``state_call`` by executing the runtime.

    Raises:
        ConfigError: the package that executes it, or the runtime itself, is not installed.
    """

    def __init__(self) -> None:
        try:
            from ganglion_devnode.executor import CallContext, Executor
            from ganglion_devnode.overlay import Overlay
            from ganglion_devnode.state import State
        except ModuleNotFoundError as error:
            raise ConfigError(
                f"executing the runtime here needs {error.name!r}, which is not installed",
                hint="pip install 'ganglion[devnode]', or ask a node with --rpc",
            ) from error
        self._executor = Executor(runtime_artifact().code())
        self._context = CallContext(deadline=CALL_SECONDS)
        self._overlay = lambda: Overlay(State.empty(1))

    async def request(self, method: str, params: Sequence[Any] = (), *, timeout: float | None = None) -> Any:
        """The few methods that make sense without a chain."""
        if method == "state_call":
            data = bytes.fromhex(params[1].removeprefix("0x"))
            return "0x" + (await asyncio.to_thread(self._call, params[0], data)).hex()
        if method == "state_getRuntimeVersion":
            version = self._executor.version
            return {
                "specVersion": version.spec_version,
                "transactionVersion": version.transaction_version,
            }
        if method == "chain_getBlockHash":
            return GENESIS
        raise RpcError(f"{method} needs a chain", code=-32601, hint="ask a node with --rpc")

    def _call(self, method: str, data: bytes) -> bytes:
        from ganglion_devnode.errors import RuntimeFailure

        try:
            return self._executor.call(self._overlay(), method, data, context=self._context)
        except RuntimeFailure as error:
            raise RpcError(f"the runtime refused {method}: {error}", code=4003) from error

    async def batch(
        self, calls: Sequence[tuple[str, Sequence[Any]]], *, timeout: float | None = None
    ) -> list[Any]:
        """One after the other."""
        return [await self.request(method, params, timeout=timeout) for method, params in calls]

    async def subscribe(
        self, method: str, params: Sequence[Any], unsubscribe: str, *, resumable: bool = True
    ) -> Subscription:
        """A subscription that never says anything: nothing changes here."""
        return Subscription(SubscriptionState(method, list(params), unsubscribe), _forget)

    async def close(self) -> None:
        """Nothing to close."""


async def _forget(state: SubscriptionState) -> None:
    state.closed = True
