"""dev_* and engine_*: what only a development chain can do. Not answered on a public address."""

from __future__ import annotations

from typing import Any

from ganglion_devnode.chain.chain import MAX_BLOCKS_AT_ONCE, Chain
from ganglion_devnode.rpc.faults import INVALID_PARAMS, RpcFault
from ganglion_devnode.rpc.methods.base import Group, hex0x
from ganglion_devnode.rpc.params import (
    U32,
    Flag,
    Hash,
    Json,
    WrongType,
    kind,
    to_bytes,
    to_finite,
    to_list,
    to_u32,
)
from ganglion_devnode.rpc.table import method
from ganglion_devnode.sealing import Sealer
from ganglion_devnode.worker import Worker


class DevMethods(Group):
    """dev_* and engine_*"""

    def __init__(self, chain: Chain, worker: Worker, sealer: Sealer) -> None:
        super().__init__(chain, worker)
        self._sealer = sealer

    @method("dev_newBlock", unsafe=True)
    async def new_block(self, count: Json = None) -> str:
        """Make blocks: a count, or {"count": n} or {"to": number}; returns the last one's hash."""
        try:
            blocks, to = _blocks(count)
        except WrongType as error:
            raise _invalid("count", error) from None
        return hex0x(await self.chain.new_block(blocks, to=to))

    @method("dev_setStorage", unsafe=True)
    async def set_storage(self, values: Json) -> str:
        """Write [[key, value or null], ..] in a block of their own; returns that block's hash."""
        try:
            pairs = dict(to_list(values, _pair))
        except WrongType as error:
            raise _invalid("values", error) from None
        return hex0x(await self.chain.set_storage(pairs))

    @method("dev_timeTravel", unsafe=True)
    def time_travel(self, target: Json) -> int:
        """Let the next block be at a timestamp in milliseconds, or {"seconds": n} after the head; returns
        when it is.
        """
        try:
            if isinstance(target, dict) and target.keys() == {"seconds"}:
                return self.chain.time_travel(seconds=to_finite(target["seconds"]))
            if isinstance(target, bool) or not isinstance(target, int):
                raise WrongType(f'must be milliseconds since 1970 or {{"seconds": n}}, got {kind(target)}')
        except WrongType as error:
            raise _invalid("target", error) from None
        return self.chain.time_travel(timestamp=target)

    @method("dev_snapshot", unsafe=True)
    def snapshot(self) -> int:
        """Remember the head; returns an id for dev_revert."""
        return self.chain.snapshot()

    @method("dev_revert", unsafe=True)
    async def revert(self, snapshot: U32) -> str:
        """Go back to a snapshot, which is used up with all taken after it; returns the head's hash."""
        return hex0x(await self.chain.revert(snapshot))

    @method("dev_setAutomine", unsafe=True)
    def set_automine(self, enabled: Flag) -> bool:
        """Switch making blocks by itself on or off; returns the new setting."""
        self._sealer.automine = enabled
        return self._sealer.automine

    @method("dev_getAutomine", unsafe=True)
    def get_automine(self) -> bool:
        """Whether blocks are made by themselves."""
        return self._sealer.automine

    @method("dev_status", unsafe=True)
    def status(self) -> dict[str, Any]:
        """How the node is doing: head, sealing, pool, kept states, and why no blocks are made if so."""
        chain = self.chain
        halted = chain.halted
        return {
            "head": {"number": chain.head.number, "hash": hex0x(chain.head.hash)},
            "sealing": self._sealer.mode,
            "automine": self._sealer.automine,
            "halted": None if halted is None else halted.to_dict(),
            "headInFutureMs": chain.future_by(),
            "slotDurationMs": chain.clock.slot_duration,
            "firstState": chain.ledger.first_state,
            "pool": {"ready": chain.pool.ready_count, "future": chain.pool.future_count},
            "workerPending": self.worker.pending,
        }

    @method("engine_createBlock", unsafe=True)
    async def create_block(
        self, create_empty: Flag, finalize: Flag, parent_hash: Hash | None = None
    ) -> dict[str, Any]:
        """Manual seal's method: one block on the head, final at once."""
        if parent_hash is not None and parent_hash != self.chain.head.hash:
            raise RpcFault(
                INVALID_PARAMS,
                "Invalid params: `parentHash` (position 3) is not the head; there are no forks",
            )
        if not create_empty and not self.chain.pool.ready_count:
            raise RpcFault(20000, "there are no extrinsics in the pool and an empty block was not asked for")
        await self.chain.seal()
        aux = {
            "header_only": False,
            "clear_justification_requests": False,
            "needs_justification": False,
            "bad_justification": False,
            "is_new_best": True,
        }
        return {"hash": hex0x(self.chain.head.hash), "aux": aux, "proof_size": 0}

    @method("engine_finalizeBlock", unsafe=True)
    def finalize_block(self, hash: Hash, justification: Json = None) -> bool:
        """Every block is final already; an unknown one is an error."""
        self.chain.ledger.require(hash)
        return True


def _blocks(value: Any) -> tuple[int, int | None]:
    """Count, or target number."""
    if value is None:
        return 1, None
    if not isinstance(value, dict):
        return _count(value), None
    unknown = value.keys() - {"count", "to"}
    if unknown or len(value) != 1:
        raise WrongType('must be a count, {"count": n} or {"to": number}')
    return (_count(value["count"]), None) if "count" in value else (1, to_u32(value["to"]))


def _count(value: Any) -> int:
    count = to_u32(value)
    if not 1 <= count <= MAX_BLOCKS_AT_ONCE:
        raise WrongType(f"must be from 1 to {MAX_BLOCKS_AT_ONCE}, got {count}")
    return count


def _pair(value: Any) -> tuple[bytes, bytes | None]:
    if not isinstance(value, list) or len(value) != 2:
        raise WrongType(f"must be a pair [key, value or null], got {kind(value)}")
    return to_bytes(value[0]), None if value[1] is None else to_bytes(value[1])


def _invalid(name: str, error: WrongType) -> RpcFault:
    return RpcFault(INVALID_PARAMS, f"Invalid params: `{name}` (position 1) {error}")
