"""Host functions of default child storage. A storage key carries no `:child_storage:default:` prefix."""

from __future__ import annotations

from ganglion_devnode.executor.host_storage import (
    ValueReads,
    kill_result,
    optional_bytes,
    optional_u32,
    removal_results,
    state_version,
)
from ganglion_devnode.overlay import Removal


class HostChildStorage(ValueReads):
    """`ext_default_child_storage_*`."""

    __slots__ = ()

    def ext_default_child_storage_get_version_1(self, storage_key: int, key: int) -> int:
        """(storage key, key) -> Option<Bytes>"""
        return self.give_option(self.overlay.child_get(self.read(storage_key), self.read(key)))

    def ext_default_child_storage_read_version_1(
        self, storage_key: int, key: int, out: int, offset: int
    ) -> int:
        """(storage key, key, buffer, offset) -> Option<u32>"""
        return self.read_part(self.overlay.child_get(self.read(storage_key), self.read(key)), out, offset)

    def ext_default_child_storage_set_version_1(self, storage_key: int, key: int, value: int) -> None:
        """(storage key, key, value)"""
        self.overlay.child_set(self.read(storage_key), self.read(key), self.read(value))

    def ext_default_child_storage_clear_version_1(self, storage_key: int, key: int) -> None:
        """(storage key, key)"""
        self.overlay.child_set(self.read(storage_key), self.read(key), None)

    def ext_default_child_storage_exists_version_1(self, storage_key: int, key: int) -> int:
        """(storage key, key) -> bool"""
        return self.overlay.child_get(self.read(storage_key), self.read(key)) is not None

    def ext_default_child_storage_storage_kill_version_1(self, storage_key: int) -> None:
        """(storage key)"""
        self._clear(storage_key)

    def ext_default_child_storage_storage_kill_version_2(self, storage_key: int, limit: int) -> int:
        """(storage key, Option<u32>) -> bool, true if all is removed"""
        return self._clear(storage_key, limit=limit).cursor is None

    def ext_default_child_storage_storage_kill_version_3(self, storage_key: int, limit: int) -> int:
        """(storage key, Option<u32>) -> KillStorageResult"""
        return self.give(kill_result(self._clear(storage_key, limit=limit)))

    def ext_default_child_storage_storage_kill_version_4(
        self, storage_key: int, limit: int, cursor: int
    ) -> int:
        """(storage key, Option<u32>, Option<Bytes>) -> MultiRemovalResults"""
        return self.give(removal_results(self._clear(storage_key, limit=limit, cursor=cursor)))

    def ext_default_child_storage_clear_prefix_version_1(self, storage_key: int, prefix: int) -> None:
        """(storage key, prefix)"""
        self._clear(storage_key, prefix)

    def ext_default_child_storage_clear_prefix_version_2(
        self, storage_key: int, prefix: int, limit: int
    ) -> int:
        """(storage key, prefix, Option<u32>) -> KillStorageResult"""
        return self.give(kill_result(self._clear(storage_key, prefix, limit)))

    def ext_default_child_storage_clear_prefix_version_3(
        self, storage_key: int, prefix: int, limit: int, cursor: int
    ) -> int:
        """(storage key, prefix, Option<u32>, Option<Bytes>) -> MultiRemovalResults"""
        return self.give(removal_results(self._clear(storage_key, prefix, limit, cursor)))

    def ext_default_child_storage_root_version_1(self, storage_key: int) -> int:
        """(storage key) -> root under state version 0"""
        return self.give(self.overlay.child_root(self.read(storage_key), 0))

    def ext_default_child_storage_root_version_2(self, storage_key: int, version: int) -> int:
        """(storage key, state version) -> root"""
        return self.give(self.overlay.child_root(self.read(storage_key), state_version(version)))

    def ext_default_child_storage_next_key_version_1(self, storage_key: int, key: int) -> int:
        """(storage key, key) -> Option<Bytes>"""
        return self.give_option(self.overlay.child_next_key(self.read(storage_key), self.read(key)))

    def _clear(self, storage_key: int, prefix: int = 0, limit: int = 0, cursor: int = 0) -> Removal:
        """0 is an empty fat pointer: no prefix, no limit, no cursor."""
        most = optional_u32(self.read(limit)) if limit else None
        start = optional_bytes(self.read(cursor)) if cursor else None
        return self.overlay.child_clear_prefix(self.read(storage_key), self.read(prefix), most, start)
