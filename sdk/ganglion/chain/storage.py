"""Reads of the chain's storage by pallet, item and keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ganglion.chain.calls import Query
from ganglion.chain.runtimes import Runtimes
from ganglion.chain.transport import Rpc
from ganglion.errors import ChainError

PAGE = 256
MAX_ENTRIES = 100_000

__all__ = ["Storage"]


class Storage:
    """Storage of one chain. ``at`` is a block hash (0x-hex) everywhere; None = head."""

    def __init__(self, rpc: Rpc, runtimes: Runtimes) -> None:
        self._rpc = rpc
        self._runtimes = runtimes

    async def get(self, pallet: str, item: str, keys: Sequence[Any] = (), *, at: str | None = None) -> Any:
        """One value; the item's default where nothing is stored, None for an optional item.

        Raises:
            UsageError: no such item, or keys that do not fit.
        """
        runtime = await self._runtimes.at(at)
        key = runtime.storage_key(pallet, item, list(keys))
        answer = await self._rpc.request("state_getStorage", [key.to_hex(), *_block(at)])
        return runtime.decode_storage(key, answer)

    async def query(self, query: Query[Any], *, at: str | None = None) -> Any:
        """One described value as its record."""
        value = await self.get(query.pallet, query.item, query.keys, at=at)
        return None if value is None else query.decode(value)

    async def get_many(
        self, items: Sequence[tuple[str, str, Sequence[Any]]], *, at: str | None = None
    ) -> list[Any]:
        """Values of several (pallet, item, keys), in one message and of one block."""
        runtime = await self._runtimes.at(at)
        block = at or await self._rpc.request("chain_getBlockHash", [])
        keys = [runtime.storage_key(pallet, item, list(parts)) for pallet, item, parts in items]
        answers = await self._rpc.batch([("state_getStorage", [key.to_hex(), block]) for key in keys])
        return [runtime.decode_storage(key, answer) for key, answer in zip(keys, answers, strict=True)]

    async def map(
        self, pallet: str, item: str, prefix: Sequence[Any] = (), *, at: str | None = None
    ) -> list[tuple[tuple[Any, ...], Any]]:
        """All entries of a map (below the first keys, if given) as ((keys...), value), of one block.

        Raises:
            ChainError: more than 100,000 entries.
        """
        runtime = await self._runtimes.at(at)
        block = at or await self._rpc.request("chain_getBlockHash", [])
        start = runtime.storage_key(pallet, item, list(prefix)).to_hex()
        found: list[tuple[tuple[Any, ...], Any]] = []
        last = start
        while True:
            keys = await self._rpc.request("state_getKeysPaged", [start, PAGE, last, block])
            found += await self._entries(runtime, pallet, item, len(prefix), start, keys, block)
            if len(keys) < PAGE:
                return found
            if len(found) > MAX_ENTRIES:
                raise ChainError(
                    f"{pallet}.{item} has more than {MAX_ENTRIES} entries", hint="give a key prefix"
                )
            last = keys[-1]

    async def _entries(
        self, runtime: Any, pallet: str, item: str, skipped: int, start: str, keys: list[str], block: str
    ) -> list[tuple[tuple[Any, ...], Any]]:
        if not keys:
            return []
        answer = await self._rpc.request("state_queryStorageAt", [keys, block])
        values = {key: value for group in answer for key, value in group["changes"]}
        value_type = runtime.storage_entry(pallet, item).get_value_type_string()
        return [
            (
                runtime.decode_map_key(pallet, item, skipped, bytes.fromhex(key[len(start) :])),
                runtime.decode(value_type, bytes.fromhex(values[key][2:])),
            )
            for key in keys
            if values.get(key) is not None
        ]

    async def raw(self, key: bytes, *, at: str | None = None) -> bytes | None:
        """Bytes under a full storage key."""
        answer = await self._rpc.request("state_getStorage", ["0x" + key.hex(), *_block(at)])
        return None if answer is None else bytes.fromhex(answer[2:])


def _block(at: str | None) -> list[str]:
    return [] if at is None else [at]
