"""author_*: submitting transactions, watching them, and the node's keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ganglion.errors import GanglionError
from ganglion_devnode.chain.authority import GRANDPA
from ganglion_devnode.chain.chain import Chain
from ganglion_devnode.errors import RuntimeFailure
from ganglion_devnode.hashing import blake2_256
from ganglion_devnode.keystore import MemoryKeystore
from ganglion_devnode.pool.transaction import FINAL_STATUSES, PoolEvent
from ganglion_devnode.rpc.faults import INVALID_PARAMS, RpcFault, submission_fault
from ganglion_devnode.rpc.methods.base import Group, hex0x
from ganglion_devnode.rpc.params import Hex, Json, Text, WrongType, kind, to_bytes, to_hash, to_list
from ganglion_devnode.rpc.session import Sink
from ganglion_devnode.rpc.table import method, subscription
from ganglion_devnode.scale import Reader, ScaleError, byte_string
from ganglion_devnode.worker import Worker

SESSION_KEYS_API = bytes.fromhex("ab3c0572291feb8b")  # blake2b-64 of "SessionKeys"
ED25519_TYPES = (GRANDPA,)  # all other key types are sr25519 here


class AuthorMethods(Group):
    """author_*"""

    def __init__(self, chain: Chain, worker: Worker, keystore: MemoryKeystore) -> None:
        super().__init__(chain, worker)
        self._keystore = keystore

    @method("author_submitExtrinsic")
    async def submit_extrinsic(self, extrinsic: Hex) -> str:
        """Validate a transaction and put it into the pool; returns its hash."""
        try:
            return hex0x(await self.chain.intake.submit(extrinsic))
        except (GanglionError, RuntimeFailure, ScaleError) as error:
            raise submission_fault(error) from error

    @subscription(
        "author_submitAndWatchExtrinsic",
        notification="author_extrinsicUpdate",
        unsubscribe=("author_unwatchExtrinsic",),
    )
    async def submit_and_watch_extrinsic(self, sink: Sink, extrinsic: Hex) -> Callable[[], None]:
        """The same, with a notification of each change of the transaction's status."""

        def watcher(event: PoolEvent) -> None:
            sink.send(status_json(event))
            if event.status in FINAL_STATUSES:
                sink.finish()

        try:
            tx_hash = await self.chain.intake.submit(extrinsic, watcher)
        except (GanglionError, RuntimeFailure, ScaleError) as error:
            raise submission_fault(error) from error
        return lambda: self.chain.pool.unwatch(tx_hash, watcher)

    @method("author_pendingExtrinsics")
    def pending_extrinsics(self) -> list[str]:
        """The transactions that are ready for a block."""
        return [hex0x(tx.data) for tx in self.chain.pool.ready()]

    @method("author_removeExtrinsic", unsafe=True)
    def remove_extrinsic(self, bytes_or_hash: Json) -> list[str]:
        """Drop transactions, given as a list of {"hash": ..} or {"extrinsic": ..}; returns the hashes
        dropped.
        """
        try:
            hashes = to_list(bytes_or_hash, _transaction_hash)
        except WrongType as error:
            raise RpcFault(INVALID_PARAMS, f"Invalid params: `bytesOrHash` (position 1) {error}") from None
        return [
            hex0x(tx)
            for tx in hashes
            if self.chain.pool.remove(tx, "dropped", "removed by author_removeExtrinsic")
        ]

    @method("author_insertKey", unsafe=True)
    def insert_key(self, key_type: Text, suri: Text, public_key: Hex) -> None:
        """Hold a key for signing (in memory). The public key must be that of the secret URI."""
        kind_of_key = _key_type(key_type)
        scheme = "ed25519" if kind_of_key in ED25519_TYPES else "sr25519"
        probe = MemoryKeystore()
        if probe.insert_uri(kind_of_key, scheme, suri) != public_key:
            raise RpcFault(
                INVALID_PARAMS, "Invalid params: `publicKey` (position 3) is not the key of `suri`"
            )
        self._keystore.insert_uri(kind_of_key, scheme, suri)

    @method("author_hasKey", unsafe=True)
    def has_key(self, public_key: Hex, key_type: Text) -> bool:
        """Whether the node holds a key."""
        return self._keystore.has(_key_type(key_type), public_key)

    @method("author_rotateKeys", unsafe=True)
    async def rotate_keys(self) -> str:
        """Make new session keys; returns their public parts."""
        return (await self._generate(b""))[0]

    @method("author_rotateKeysWithOwner", unsafe=True)
    async def rotate_keys_with_owner(self, owner: Hex) -> dict[str, str]:
        """The same with a proof of possession for `owner`."""
        keys, proof = await self._generate(owner)
        return {"keys": keys, "proof": proof}

    async def _generate(self, owner: bytes) -> tuple[str, str]:
        version = (await self.chain.runtime()).version.api_version(SESSION_KEYS_API) or 1
        data = (byte_string(owner) if version >= 2 else b"") + b"\x00"
        reader = Reader(await self.runtime_call(None, "SessionKeys_generate_session_keys", data))
        keys = reader.bytes()
        return hex0x(keys), hex0x(reader.bytes() if version >= 2 else b"")


def status_json(event: PoolEvent) -> str | dict[str, str]:
    """A status as `author_extrinsicUpdate` tells it."""
    if event.block is not None:
        return {event.status: hex0x(event.block)}
    if event.by is not None:
        return {event.status: hex0x(event.by)}
    return event.status


def _transaction_hash(value: Any) -> bytes:
    if not isinstance(value, dict) or len(value) != 1:
        raise WrongType(f'must be {{"hash": ..}} or {{"extrinsic": ..}}, got {kind(value)}')
    if "hash" in value:
        return to_hash(value["hash"])
    return blake2_256(to_bytes(value.get("extrinsic")))


def _key_type(text: str) -> bytes:
    encoded = text.encode()
    if len(encoded) != 4:
        raise RpcFault(INVALID_PARAMS, f"Invalid params: a key type has 4 characters, got {text!r}")
    return encoded
