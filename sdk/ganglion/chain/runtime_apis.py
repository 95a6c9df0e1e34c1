"""Calls of the runtime's APIs: encoded by the types in the metadata, executed by ``state_call``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ganglion.chain.calls import ApiCall
from ganglion.chain.runtimes import Runtimes
from ganglion.chain.transport import Rpc
from ganglion.errors import UsageError

__all__ = ["RuntimeApis"]


class RuntimeApis:
    """Runtime APIs of one chain. ``at`` is a block hash (0x-hex); None = head."""

    def __init__(self, rpc: Rpc, runtimes: Runtimes) -> None:
        self._rpc = rpc
        self._runtimes = runtimes

    async def call(self, api: str, method: str, params: Sequence[Any] = (), *, at: str | None = None) -> Any:
        """Plain value of the answer.

        Raises:
            UsageError: no such method, or parameters that do not fit.
        """
        runtime = await self._runtimes.at(at)
        data = runtime.encode_api_params(api, method, params)
        return runtime.decode_api_answer(api, method, await self.call_raw(api, method, data, at=at))

    async def call_raw(self, api: str, method: str, data: bytes = b"", *, at: str | None = None) -> bytes:
        """SCALE bytes of the answer to SCALE-encoded parameters."""
        params = [f"{api}_{method}", "0x" + data.hex(), *([] if at is None else [at])]
        answer = await self._rpc.request("state_call", params)
        return bytes.fromhex(answer[2:])

    async def query(self, call: ApiCall[Any], *, at: str | None = None) -> Any:
        """A described call as its record; an absent answer stays None."""
        if not call.raw:
            value = await self.call(call.api, call.method, call.params, at=at)
            return None if value is None else call.decode(value)
        runtime = await self._runtimes.at(at)
        data = runtime.encode_api_params(call.api, call.method, call.params)
        return call.decode(await self.call_raw(call.api, call.method, data, at=at))

    async def methods(self) -> dict[str, list[str]]:
        """Names of the methods by API."""
        runtime = await self._runtimes.current()
        registry = runtime.runtime_config.type_registry["runtime_api"]
        if not runtime.apis:
            return {name: sorted(registry[name]["methods"]) for name in sorted(registry)}
        return {name: sorted(methods) for name, methods in sorted(runtime.apis.items())}

    async def require(self, api: str) -> None:
        """Check that the runtime has an API.

        Raises:
            UsageError: it has not.
        """
        if api not in await self.methods():
            raise UsageError(f"the runtime has no {api}", hint="is this a Ganglion chain?")
