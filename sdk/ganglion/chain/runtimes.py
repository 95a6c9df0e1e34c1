"""Which runtime version is in force, and its codec.

Loading one takes a fraction of a second of CPU time, so each version is loaded once per client and kept. The
node announces upgrades; the announcement is taken into account at the next use, without a task in the
background.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ganglion.chain.transport import Rpc, Subscription
from ganglion.errors import DecodeError, GanglionError, RpcError, UsageError

if TYPE_CHECKING:
    from ganglion.chain.substrate import Runtime

KEPT_VERSIONS = 4
KEPT_BLOCKS = 1024
METADATA_V15 = "0x0f000000"

log = logging.getLogger(__name__)

__all__ = ["Runtimes"]


class Runtimes:
    """Codecs of one chain by spec version.

    Args:
        rpc: connection.
        ss58_prefix: for addresses in decoded values.
        fallback_types: API types for runtimes whose metadata has none, in scalecodec's form.
    """

    def __init__(
        self, rpc: Rpc, ss58_prefix: int = 42, fallback_types: Mapping[str, Any] | None = None
    ) -> None:
        self._rpc = rpc
        self._prefix = ss58_prefix
        self._fallback = fallback_types
        self._by_version: OrderedDict[int, Runtime] = OrderedDict()
        self._version_at: OrderedDict[str, int] = OrderedDict()
        self._current: Runtime | None = None
        self._upgrades: Subscription | None = None
        self._lock = asyncio.Lock()
        self._genesis: str | None = None

    async def genesis(self) -> str:
        """Genesis hash, 0x-hex."""
        if self._genesis is None:
            self._genesis = await self._rpc.request("chain_getBlockHash", [0])
        return self._genesis

    async def current(self) -> Runtime:
        """The runtime at the head of the chain."""
        async with self._lock:
            if self._upgrades is None or self._upgrades.state.closed:
                self._upgrades = await self._rpc.subscribe(
                    "state_subscribeRuntimeVersion", [], "state_unsubscribeRuntimeVersion"
                )
                self._current = await self._load(await self._rpc.request("state_getRuntimeVersion", []), None)
            announced = self._upgrades.latest()
            if announced is not None and announced["specVersion"] != self._current.runtime_version:
                log.info("the runtime was upgraded to spec version %d", announced["specVersion"])
                self._current = await self._load(announced, None)
            return self._current

    async def at(self, block: str | None) -> Runtime:
        """The runtime that decodes what ``block`` (hash, 0x-hex; None = head) has in its state."""
        if block is None:
            return await self.current()
        known = self._version_at.get(block)
        if known is not None and known in self._by_version:
            return self._by_version[known]
        version = await self._rpc.request("state_getRuntimeVersion", [block])
        if version is None:
            raise UsageError(f"the node does not know the block {block}")
        async with self._lock:
            runtime = await self._load(version, block)
        self._version_at[block] = runtime.runtime_version
        while len(self._version_at) > KEPT_BLOCKS:
            self._version_at.popitem(last=False)
        return runtime

    async def _load(self, version: dict[str, Any], block: str | None) -> Runtime:
        number = version["specVersion"]
        if number not in self._by_version:
            self._by_version[number] = await self._make(version, block)
        self._by_version.move_to_end(number)
        while len(self._by_version) > KEPT_VERSIONS:
            self._by_version.popitem(last=False)
        return self._by_version[number]

    async def _make(self, version: dict[str, Any], block: str | None) -> Runtime:
        from ganglion.chain.substrate import Runtime  # substrate-interface takes half a second to import

        metadata, genesis = await self._metadata(block), await self.genesis()
        loop = asyncio.get_running_loop()

        def bridge(method: str, params: Any) -> Any:
            """For substrate-interface's own methods: wait for our transport from another thread."""
            try:
                running = asyncio.get_running_loop()
            except RuntimeError:
                running = None
            if running is loop:
                raise UsageError(
                    f"{method} would block the event loop", hint="call it through asyncio.to_thread"
                )
            return asyncio.run_coroutine_threadsafe(self._rpc.request(method, params or []), loop).result()

        return await asyncio.to_thread(
            Runtime,
            metadata,
            version,
            genesis,
            ss58_prefix=self._prefix,
            bridge=bridge,
            fallback_types=self._fallback,
        )

    async def _metadata(self, block: str | None) -> bytes:
        """Metadata version 15, or 14 from a runtime that has no other."""
        at = [] if block is None else [block]
        try:
            answer = await self._rpc.request(
                "state_call", ["Metadata_metadata_at_version", METADATA_V15, *at]
            )
            raw = _optional_bytes(bytes.fromhex(answer[2:]))
        except RpcError as error:
            log.debug("no metadata version 15: %s", error)
            raw = None
        if raw is None:
            raw = bytes.fromhex((await self._rpc.request("state_getMetadata", at))[2:])
        return raw

    async def close(self) -> None:
        """End the subscription to upgrades."""
        upgrades, self._upgrades = self._upgrades, None
        if upgrades is not None:
            try:
                await upgrades.aclose()
            except GanglionError:
                pass  # the connection is gone, and the subscription with it


def _optional_bytes(answer: bytes) -> bytes | None:
    """``Option<Vec<u8>>``."""
    if answer[:1] != b"\x01":
        return None
    width = {0: 1, 1: 2, 2: 4}.get(answer[1] & 3) if len(answer) > 1 else None
    if width is None:
        raise DecodeError("the node's metadata has no length")
    return answer[1 + width :]
