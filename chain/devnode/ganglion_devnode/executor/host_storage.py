"""Host functions of the main storage, storage transactions, and the node's indices."""

from __future__ import annotations

from ganglion_devnode.executor.host import U32, HostBase, HostFailure
from ganglion_devnode.overlay import Removal
from ganglion_devnode.scale import Reader, byte_string, option
from ganglion_devnode.state import IndexOperation


def optional_u32(data: bytes) -> int | None:
    """Decode `Option<u32>`."""
    reader = Reader(data)
    return reader.uint(4) if reader.option() else None


def optional_bytes(data: bytes) -> bytes | None:
    """Decode `Option<Vec<u8>>`."""
    reader = Reader(data)
    return reader.bytes() if reader.option() else None


def kill_result(removal: Removal) -> bytes:
    """Encode `KillStorageResult`: AllRemoved(loops) or SomeRemaining(loops)."""
    return bytes((removal.cursor is not None,)) + removal.loops.to_bytes(4, "little")


def removal_results(removal: Removal) -> bytes:
    """Encode `MultiRemovalResults`."""
    counts = b"".join(n.to_bytes(4, "little") for n in (removal.backend, removal.unique, removal.loops))
    return option(None if removal.cursor is None else byte_string(removal.cursor)) + counts


def state_version(raw: int) -> int:
    """Check a state version argument."""
    version = raw & U32
    if version > 1:
        raise HostFailure(f"state version {version} is neither 0 nor 1")
    return version


class ValueReads(HostBase):
    """How values are handed to the runtime; main and child storage share it."""

    __slots__ = ()

    def give_option(self, value: bytes | None) -> int:
        """`Option<Bytes>`."""
        return self.give(b"\x00" if value is None else b"\x01" + byte_string(value))

    def read_part(self, value: bytes | None, out: int, offset: int) -> int:
        """Copy what fits of `value[offset:]` to the buffer `out`; answers how much there was."""
        if value is None:
            return self.give(b"\x00")
        part = value[offset & U32 :]
        self.write_within(out, part)
        return self.give(b"\x01" + len(part).to_bytes(4, "little"))


class HostStorage(ValueReads):
    """`ext_storage_*`, `ext_offchain_index_*`, `ext_transaction_index_*`."""

    __slots__ = ()

    def ext_storage_get_version_1(self, key: int) -> int:
        """(key) -> Option<Bytes>"""
        return self.give_option(self.overlay.get(self.read(key)))

    def ext_storage_read_version_1(self, key: int, out: int, offset: int) -> int:
        """(key, buffer, offset) -> Option<u32>"""
        return self.read_part(self.overlay.get(self.read(key)), out, offset)

    def ext_storage_set_version_1(self, key: int, value: int) -> None:
        """(key, value)"""
        self.overlay.set(self.read(key), self.read(value))

    def ext_storage_clear_version_1(self, key: int) -> None:
        """(key)"""
        self.overlay.clear(self.read(key))

    def ext_storage_exists_version_1(self, key: int) -> int:
        """(key) -> bool"""
        return self.overlay.get(self.read(key)) is not None

    def ext_storage_clear_prefix_version_1(self, prefix: int) -> None:
        """(prefix)"""
        self.overlay.clear_prefix(self.read(prefix))

    def ext_storage_clear_prefix_version_2(self, prefix: int, limit: int) -> int:
        """(prefix, Option<u32>) -> KillStorageResult"""
        return self.give(
            kill_result(self.overlay.clear_prefix(self.read(prefix), optional_u32(self.read(limit))))
        )

    def ext_storage_clear_prefix_version_3(self, prefix: int, limit: int, cursor: int) -> int:
        """(prefix, Option<u32>, Option<Bytes>) -> MultiRemovalResults"""
        start = optional_bytes(self.read(cursor))
        removal = self.overlay.clear_prefix(self.read(prefix), optional_u32(self.read(limit)), start)
        return self.give(removal_results(removal))

    def ext_storage_append_version_1(self, key: int, item: int) -> None:
        """(key, encoded item)"""
        self.overlay.append(self.read(key), self.read(item))

    def ext_storage_root_version_1(self) -> int:
        """() -> root under state version 0"""
        return self.give(self.overlay.root(0))

    def ext_storage_root_version_2(self, version: int) -> int:
        """(state version) -> root"""
        return self.give(self.overlay.root(state_version(version)))

    def ext_storage_changes_root_version_1(self, _parent: int) -> int:
        """(parent hash) -> None, always: changes tries are gone"""
        return self.give(b"\x00")

    def ext_storage_next_key_version_1(self, key: int) -> int:
        """(key) -> Option<Bytes>"""
        return self.give_option(self.overlay.next_key(self.read(key)))

    def ext_storage_start_transaction_version_1(self) -> None:
        """()"""
        self.overlay.start_transaction()

    def ext_storage_rollback_transaction_version_1(self) -> None:
        """()"""
        self.overlay.rollback_transaction()

    def ext_storage_commit_transaction_version_1(self) -> None:
        """()"""
        self.overlay.commit_transaction()

    def ext_storage_proof_size_storage_proof_size_version_1(self) -> int:
        """() -> u64::MAX: no proof is recorded"""
        return (1 << 64) - 1

    def ext_offchain_index_set_version_1(self, key: int, value: int) -> None:
        """(key, value)"""
        self.overlay.offchain_index_set(self.read(key), self.read(value))

    def ext_offchain_index_clear_version_1(self, key: int) -> None:
        """(key)"""
        self.overlay.offchain_index_set(self.read(key), None)

    def ext_transaction_index_index_version_1(self, extrinsic: int, size: int, content_hash: int) -> None:
        """(extrinsic index, size, 32-byte hash)"""
        digest = self.fixed(content_hash, 32)
        self.overlay.transaction_index(IndexOperation(extrinsic & U32, digest, size & U32))

    def ext_transaction_index_renew_version_1(self, extrinsic: int, content_hash: int) -> None:
        """(extrinsic index, 32-byte hash)"""
        self.overlay.transaction_index(IndexOperation(extrinsic & U32, self.fixed(content_hash, 32)))
