"""The parts of the access to one chain, wired together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganglion.balance import Balance
from ganglion.chain.calls import ApiCall, Call, Query
from ganglion.chain.events import Events
from ganglion.chain.heads import Heads
from ganglion.chain.nonces import Nonces
from ganglion.chain.runtime_apis import RuntimeApis
from ganglion.chain.runtimes import Runtimes
from ganglion.chain.storage import Storage
from ganglion.chain.transport import Rpc
from ganglion.config import Timeouts
from ganglion.keys import Keypair, ss58

DEFAULT_PERIOD = 128

__all__ = ["DEFAULT_PERIOD", "Chain"]


class Chain:
    """Everything that reads or writes a chain needs.

    Args:
        rpc: connection; closed with this object.
        ss58_prefix: for addresses in decoded values.
        fallback_types: API types for runtimes whose metadata has none, in scalecodec's form.
    """

    def __init__(
        self,
        rpc: Rpc,
        timeouts: Timeouts | None = None,
        *,
        ss58_prefix: int = 42,
        fallback_types: Mapping[str, Any] | None = None,
    ) -> None:
        self.rpc = rpc
        self.timeouts = timeouts or Timeouts()
        self.runtimes = Runtimes(rpc, ss58_prefix, fallback_types)
        self.heads = Heads(rpc)
        self.storage = Storage(rpc, self.runtimes)
        self.apis = RuntimeApis(rpc, self.runtimes)
        self.events = Events(self.storage, self.heads)
        self.nonces = Nonces(self.next_index)

    async def read(self, question: Query[Any] | ApiCall[Any], *, at: str | None = None) -> Any:
        """Answer to a described read."""
        source = self.storage if isinstance(question, Query) else self.apis
        return await source.query(question, at=at)

    async def next_index(self, address: str) -> int:
        """Next nonce of an account, counting the node's pool."""
        return await self.rpc.request("system_accountNextIndex", [address])

    async def nonce_at(self, address: str, block: str) -> int:
        """Nonce of an account in the state of a block (hash, 0x-hex): how many of its transactions are in the chain
        up to there.
        """
        account = ss58.to_public_key(address)
        answer = await self.apis.call_raw("AccountNonceApi", "account_nonce", account, at=block)
        return int.from_bytes(answer, "little")

    async def fee(self, call: Call, address: str) -> Balance:
        """What including a call would cost an account now."""
        return Balance(int((await self._info(call, address))["partialFee"]))

    async def weight(self, call: Call, address: str) -> dict[str, int]:
        """What a call by an account weighs at most: ref_time in picoseconds, proof_size in bytes."""
        weight = (await self._info(call, address))["weight"]
        return {name: int(weight[name]) for name in ("ref_time", "proof_size")}

    async def _info(self, call: Call, address: str) -> dict[str, Any]:
        runtime = await self.runtimes.current()
        composed = runtime.call(call.pallet, call.function, call.arguments())
        nonce = await self.next_index(address)
        era = {"period": DEFAULT_PERIOD, "current": 0}
        hashes = {0: runtime.genesis}
        signer = _Unsigned.from_address(address)
        extrinsic = runtime.sign(composed, signer, nonce=nonce, era=era, block_hashes=hashes)
        info: dict[str, Any] = await self.rpc.request("payment_queryInfo", ["0x" + extrinsic.hex()])
        return info

    async def close(self) -> None:
        """Close the connection."""
        await self.runtimes.close()
        await self.rpc.close()


class _Unsigned(Keypair):
    """A key whose signature is zeros, for fee estimates."""

    __slots__ = ()

    def sign(self, message: bytes) -> bytes:
        """64 zero bytes."""
        return bytes(64)
