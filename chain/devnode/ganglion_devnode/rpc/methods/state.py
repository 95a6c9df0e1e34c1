"""state_* and childstate_*: storage of any kept block, runtime API calls, versions, metadata."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ganglion_devnode.hashing import blake2_256
from ganglion_devnode.rpc.faults import INVALID_PARAMS, STATE_COUNT_EXCEEDED, RpcFault
from ganglion_devnode.rpc.methods.base import Group, hex0x, maybe_hex
from ganglion_devnode.rpc.methods.versions import version_json
from ganglion_devnode.rpc.params import U32, Hash, Hex, Keys, Text
from ganglion_devnode.rpc.session import Sink
from ganglion_devnode.rpc.table import method, subscription
from ganglion_devnode.scale import Reader
from ganglion_devnode.state import DEFAULT_CHILD_PREFIX, State
from ganglion_devnode.trie import Trie

MAX_PAGE = 1000
MAX_WATCHED_KEYS = 1000
MAX_QUERIED_BLOCKS = 256


class StateMethods(Group):
    """state_*"""

    @method("state_getStorage", "state_getStorageAt")
    def get_storage(self, key: Hex, hash: Hash | None = None) -> str | None:
        """The value at a key."""
        return maybe_hex(self.state_at(hash).get(key))

    @method("state_getStorageHash", "state_getStorageHashAt")
    def get_storage_hash(self, key: Hex, hash: Hash | None = None) -> str | None:
        """blake2_256 of the value."""
        value = self.state_at(hash).get(key)
        return None if value is None else hex0x(blake2_256(value))

    @method("state_getStorageSize", "state_getStorageSizeAt")
    async def get_storage_size(self, key: Hex, hash: Hash | None = None) -> int | None:
        """Bytes of the value; of all values under the key, where it is a prefix."""
        state = self.state_at(hash)
        value = state.get(key)
        if value is not None:
            return len(value)
        return await self.worker.run(lambda left: sum(len(v) for _, v in state.main.items(key))) or None

    @method("state_getKeysPaged", "state_getKeysPagedAt")
    def get_keys_paged(
        self,
        prefix: Hex | None = None,
        count: U32 = 0,
        start_key: Hex | None = None,
        hash: Hash | None = None,
    ) -> list[str]:
        """Keys under a prefix, in order, after `start_key`."""
        return keys_page(self.state_at(hash).main, prefix, count, start_key)

    @method("state_getKeys")
    async def get_keys(self, prefix: Hex, hash: Hash | None = None) -> list[str]:
        """All keys under a prefix. Paged reading is better."""
        state = self.state_at(hash)
        return await self.worker.run(lambda left: [hex0x(key) for key, _ in state.main.items(prefix)])

    @method("state_getPairs")
    async def get_pairs(self, prefix: Hex, hash: Hash | None = None) -> list[list[str]]:
        """All pairs under a prefix."""
        state = self.state_at(hash)
        return await self.worker.run(lambda left: [[hex0x(k), hex0x(v)] for k, v in state.main.items(prefix)])

    @method("state_queryStorageAt")
    def query_storage_at(self, keys: Keys, at: Hash | None = None) -> list[dict[str, Any]]:
        """The values at keys."""
        block = self.block_at(at)
        return [_change_set(block.hash, self.state_at(at), keys)]

    @method("state_queryStorage")
    async def query_storage(self, keys: Keys, block: Hash, hash: Hash | None = None) -> list[dict[str, Any]]:
        """The values at keys after block `block`, then each block up to `hash` that changed one of them."""
        first, last = self.block_at(block).number, self.block_at(hash).number
        if not 0 <= last - first < MAX_QUERIED_BLOCKS:
            raise RpcFault(
                INVALID_PARAMS, f"Invalid params: the range must have 1 to {MAX_QUERIED_BLOCKS} blocks"
            )
        sets, known = [], {}
        for number in range(first, last + 1):
            block_hash = self.chain.ledger.block_hash(number) or b""
            state = self.state_at(block_hash)
            changed = [key for key in keys if number == first or state.get(key) != known.get(key)]
            known.update({key: state.get(key) for key in changed})
            if changed:
                sets.append(_change_set(block_hash, state, changed))
            await asyncio.sleep(0)  # an old state takes milliseconds to rebuild
        return sets

    @method("state_getReadProof")
    async def get_read_proof(self, keys: Keys, hash: Hash | None = None) -> dict[str, Any]:
        """Trie nodes that prove the values at keys."""
        block, state = self.block_at(hash), self.state_at(hash)
        proof = await self.worker.run(lambda left: state.read_proof(keys))
        return {"at": hex0x(block.hash), "proof": [hex0x(node) for node in proof]}

    @method("state_call", "state_callAt")
    async def call(self, name: Text, bytes: Hex, hash: Hash | None = None) -> str:
        """Call a runtime API; nothing it writes is kept."""
        return hex0x(await self.runtime_call(hash, name, bytes))

    @method("state_getMetadata")
    async def get_metadata(self, hash: Hash | None = None) -> str:
        """The runtime's metadata in its default version."""
        return hex0x(Reader(await self.runtime_call(hash, "Metadata_metadata")).bytes())

    @method("state_getRuntimeVersion", "chain_getRuntimeVersion")
    async def get_runtime_version(self, at: Hash | None = None) -> dict[str, Any]:
        """The version of a block's runtime."""
        return version_json((await self.chain.runtime(self.state_at(at))).version)

    @subscription(
        "state_subscribeStorage", notification="state_storage", unsubscribe=("state_unsubscribeStorage",)
    )
    def subscribe_storage(self, sink: Sink, keys: Keys) -> Callable[[], None]:
        """The values at keys now, then those that a block changed."""
        if len(keys) > MAX_WATCHED_KEYS:
            raise RpcFault(
                INVALID_PARAMS, f"Invalid params: `keys` has {len(keys)} items, at most {MAX_WATCHED_KEYS}"
            )
        known = {key: self.chain.state.get(key) for key in keys}
        sink.send(_change_set(self.chain.head.hash, self.chain.state, list(known)))

        def compare(block: Any, state: State) -> None:
            changed = [key for key, value in known.items() if state.get(key) != value]
            known.update({key: state.get(key) for key in changed})
            if changed:
                sink.send(_change_set(block.hash, state, changed))

        return self.chain.ledger.on_head(compare)


class ChildStateMethods(Group):
    """childstate_*: the same for a default child trie, named by its full key."""

    def _child(self, key: bytes, block_hash: bytes | None) -> Trie:
        if not key.startswith(DEFAULT_CHILD_PREFIX):
            raise RpcFault(
                INVALID_PARAMS,
                f"Invalid params: a child storage key starts with {hex0x(DEFAULT_CHILD_PREFIX)}",
            )
        return self.state_at(block_hash).child(key.removeprefix(DEFAULT_CHILD_PREFIX))

    @method("childstate_getStorage")
    def get_storage(self, child_storage_key: Hex, key: Hex, hash: Hash | None = None) -> str | None:
        """The value at a key."""
        return maybe_hex(self._child(child_storage_key, hash).get(key))

    @method("childstate_getStorageEntries")
    def get_storage_entries(
        self, child_storage_key: Hex, keys: Keys, hash: Hash | None = None
    ) -> list[str | None]:
        """The values at keys."""
        child = self._child(child_storage_key, hash)
        return [maybe_hex(child.get(key)) for key in keys]

    @method("childstate_getStorageHash")
    def get_storage_hash(self, child_storage_key: Hex, key: Hex, hash: Hash | None = None) -> str | None:
        """blake2_256 of the value."""
        value = self._child(child_storage_key, hash).get(key)
        return None if value is None else hex0x(blake2_256(value))

    @method("childstate_getStorageSize")
    def get_storage_size(self, child_storage_key: Hex, key: Hex, hash: Hash | None = None) -> int | None:
        """Bytes of the value."""
        value = self._child(child_storage_key, hash).get(key)
        return None if value is None else len(value)

    @method("childstate_getKeysPaged", "childstate_getKeysPagedAt")
    def get_keys_paged(
        self,
        child_storage_key: Hex,
        prefix: Hex | None = None,
        count: U32 = 0,
        start_key: Hex | None = None,
        hash: Hash | None = None,
    ) -> list[str]:
        """Keys under a prefix, in order, after `start_key`."""
        return keys_page(self._child(child_storage_key, hash), prefix, count, start_key)


def keys_page(trie: Trie, prefix: bytes | None, count: int, start: bytes | None) -> list[str]:
    """One page of keys; the bound is a full node's."""
    if count > MAX_PAGE:
        raise RpcFault(STATE_COUNT_EXCEEDED, f"count exceeds maximum value. value: {count}, max: {MAX_PAGE}")
    return [hex0x(key) for key in trie.keys_paged(prefix or b"", count, start)]


def _change_set(block_hash: bytes, state: State, keys: list[bytes]) -> dict[str, Any]:
    return {"block": hex0x(block_hash), "changes": [[hex0x(key), maybe_hex(state.get(key))] for key in keys]}
