"""chain_*: headers and blocks, and subscriptions to heads. Every block is final when it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ganglion_devnode.node_errors import PrunedBlock
from ganglion_devnode.rpc.faults import INVALID_PARAMS, RpcFault
from ganglion_devnode.rpc.methods.base import Group, hex0x, maybe_hex
from ganglion_devnode.rpc.params import Hash, Json, WrongType, kind, to_bytes, to_list, to_u32
from ganglion_devnode.rpc.session import Sink
from ganglion_devnode.rpc.table import method, subscription


def _block_number(value: Any) -> int:
    """A number, or the same in hex."""
    if not isinstance(value, str):
        return to_u32(value)
    return to_u32(
        int.from_bytes(to_bytes(value if len(value) % 2 == 0 else "0x0" + value.removeprefix("0x")), "big")
    )


class ChainMethods(Group):
    """chain_*"""

    @method("chain_getBlockHash", "chain_getHead")
    def get_block_hash(self, hash: Json = None) -> str | list[str | None] | None:
        """The hash of a block by number (or of each in a list); the head's without one."""
        if hash is None:
            return hex0x(self.chain.head.hash)
        try:
            if isinstance(hash, list):
                return [
                    maybe_hex(self.chain.ledger.block_hash(number)) for number in to_list(hash, _block_number)
                ]
            if not isinstance(hash, int | str):
                raise WrongType(f"must be a block number, a list of them, or null, got {kind(hash)}")
            return maybe_hex(self.chain.ledger.block_hash(_block_number(hash)))
        except WrongType as error:
            raise RpcFault(INVALID_PARAMS, f"Invalid params: `hash` (position 1) {error}") from None

    @method("chain_getHeader")
    def get_header(self, hash: Hash | None = None) -> dict[str, Any] | None:
        """A block's header; null if there is no such block."""
        block = self._find(hash)
        return None if block is None else block.header.to_json()

    @method("chain_getBlock")
    def get_block(self, hash: Hash | None = None) -> dict[str, Any] | None:
        """A block with its extrinsics; null if there is no such block."""
        block = self._find(hash)
        return None if block is None else block.to_json()

    def _find(self, block_hash: bytes | None):  # type: ignore[no-untyped-def]
        """A block or None; an error where it may have existed and been let go."""
        try:
            return self.block_at(block_hash)
        except PrunedBlock:
            if self.chain.ledger.complete:
                return None
            raise

    @method("chain_getFinalizedHead", "chain_getFinalisedHead")
    def get_finalized_head(self) -> str:
        """The head's hash: blocks are final at once."""
        return hex0x(self.chain.head.hash)

    @subscription(
        "chain_subscribeNewHeads",
        "chain_subscribeNewHead",
        "subscribe_newHead",
        notification="chain_newHead",
        unsubscribe=("chain_unsubscribeNewHeads", "chain_unsubscribeNewHead", "unsubscribe_newHead"),
    )
    def subscribe_new_heads(self, sink: Sink) -> Callable[[], None]:
        """The head's header now and whenever it changes."""
        return self._heads(sink)

    @subscription(
        "chain_subscribeFinalizedHeads",
        "chain_subscribeFinalisedHeads",
        notification="chain_finalizedHead",
        unsubscribe=("chain_unsubscribeFinalizedHeads", "chain_unsubscribeFinalisedHeads"),
    )
    def subscribe_finalized_heads(self, sink: Sink) -> Callable[[], None]:
        """The same as new heads."""
        return self._heads(sink)

    @subscription(
        "chain_subscribeAllHeads", notification="chain_allHead", unsubscribe=("chain_unsubscribeAllHeads",)
    )
    def subscribe_all_heads(self, sink: Sink) -> Callable[[], None]:
        """The same as new heads: there are no forks."""
        return self._heads(sink)

    def _heads(self, sink: Sink) -> Callable[[], None]:
        sink.send(self.chain.head.header.to_json())
        return self.chain.ledger.on_head(lambda block, state: sink.send(block.header.to_json()))
