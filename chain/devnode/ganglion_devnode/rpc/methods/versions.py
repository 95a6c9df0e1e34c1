"""state_subscribeRuntimeVersion, and the JSON form of a version."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from ganglion_devnode.executor import RuntimeVersion
from ganglion_devnode.node_errors import RuntimeBroken
from ganglion_devnode.rpc.methods.base import Group, hex0x
from ganglion_devnode.rpc.session import Sink
from ganglion_devnode.rpc.table import subscription
from ganglion_devnode.state import CODE_KEY, State

log = logging.getLogger(__name__)


def version_json(version: RuntimeVersion) -> dict[str, Any]:
    """A runtime version as clients read it."""
    return {
        "specName": version.spec_name,
        "implName": version.impl_name,
        "authoringVersion": version.authoring_version,
        "specVersion": version.spec_version,
        "implVersion": version.impl_version,
        "apis": [[hex0x(api), number] for api, number in version.apis],
        "transactionVersion": version.transaction_version,
        "systemVersion": version.system_version,
        "stateVersion": version.state_version,
    }


class VersionMethods(Group):
    """Subscriptions to the runtime's version."""

    @subscription(
        "state_subscribeRuntimeVersion",
        "chain_subscribeRuntimeVersion",
        notification="state_runtimeVersion",
        unsubscribe=("state_unsubscribeRuntimeVersion", "chain_unsubscribeRuntimeVersion"),
    )
    async def subscribe_runtime_version(self, sink: Sink) -> Callable[[], None]:
        """The version now and whenever the code changes."""
        code = self.chain.state.get(CODE_KEY)
        sink.send(version_json((await self.chain.runtime()).version))
        tasks: set[asyncio.Task[None]] = set()

        def compare(block: Any, state: State) -> None:
            nonlocal code
            if state.get(CODE_KEY) is not code:
                code = state.get(CODE_KEY)
                task = asyncio.create_task(self._send(sink, state))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

        return self.chain.ledger.on_head(compare)

    async def _send(self, sink: Sink, state: State) -> None:
        try:
            sink.send(version_json((await self.chain.runtime(state)).version))
        except RuntimeBroken as error:
            log.error("the new runtime has no version: %s", error)
