"""Host functions that compute on bytes alone: hashes, trie roots and trie proofs."""

from __future__ import annotations

from collections.abc import Callable

from ganglion_devnode import hashing
from ganglion_devnode.executor.host import HostBase
from ganglion_devnode.executor.host_storage import state_version
from ganglion_devnode.scale import Reader
from ganglion_devnode.trie import ProofError, check_compact_proof, ordered_root, trie_root

Hasher = Callable[[bytes], bytes]


def _byte_strings(data: bytes) -> list[bytes]:
    """Decode `Vec<Vec<u8>>`."""
    reader = Reader(data)
    return [reader.bytes() for _ in range(reader.compact())]


def _pairs(data: bytes) -> list[tuple[bytes, bytes]]:
    """Decode `Vec<(Vec<u8>, Vec<u8>)>`."""
    reader = Reader(data)
    return [(reader.bytes(), reader.bytes()) for _ in range(reader.compact())]


class HostHashing(HostBase):
    """`ext_hashing_*`: (data) -> pointer to the digest."""

    __slots__ = ()

    def ext_hashing_blake2_128_version_1(self, data: int) -> int:
        """16 bytes"""
        return self.give_fixed(hashing.blake2_128(self.read(data)))

    def ext_hashing_blake2_256_version_1(self, data: int) -> int:
        """32 bytes"""
        return self.give_fixed(hashing.blake2_256(self.read(data)))

    def ext_hashing_twox_64_version_1(self, data: int) -> int:
        """8 bytes"""
        return self.give_fixed(hashing.twox_64(self.read(data)))

    def ext_hashing_twox_128_version_1(self, data: int) -> int:
        """16 bytes"""
        return self.give_fixed(hashing.twox_128(self.read(data)))

    def ext_hashing_twox_256_version_1(self, data: int) -> int:
        """32 bytes"""
        return self.give_fixed(hashing.twox_256(self.read(data)))

    def ext_hashing_keccak_256_version_1(self, data: int) -> int:
        """32 bytes"""
        return self.give_fixed(hashing.keccak_256(self.read(data)))

    def ext_hashing_keccak_512_version_1(self, data: int) -> int:
        """64 bytes"""
        return self.give_fixed(hashing.keccak_512(self.read(data)))

    def ext_hashing_sha2_256_version_1(self, data: int) -> int:
        """32 bytes"""
        return self.give_fixed(hashing.sha2_256(self.read(data)))


class HostTrie(HostBase):
    """`ext_trie_*`: roots of plain maps and lists, compact proofs. Version 1 of each is state version 0."""

    __slots__ = ()

    def _root(self, pairs: int, version: int, hasher: Hasher) -> int:
        return self.give_fixed(trie_root(_pairs(self.read(pairs)), version, hasher))

    def _ordered(self, values: int, version: int, hasher: Hasher) -> int:
        return self.give_fixed(ordered_root(_byte_strings(self.read(values)), version, hasher))

    def _proof(self, root: int, proof: int, key: int, value: int, version: int, hasher: Hasher) -> int:
        nodes = _byte_strings(self.read(proof))
        claim = (self.read(key), self.read(value))
        try:
            check_compact_proof(self.fixed(root, 32), nodes, [claim], version, hasher)
        except ProofError:
            return 0
        return 1

    def ext_trie_blake2_256_root_version_1(self, pairs: int) -> int:
        """(Vec<(Bytes, Bytes)>) -> root"""
        return self._root(pairs, 0, hashing.blake2_256)

    def ext_trie_blake2_256_root_version_2(self, pairs: int, version: int) -> int:
        """(Vec<(Bytes, Bytes)>, state version) -> root"""
        return self._root(pairs, state_version(version), hashing.blake2_256)

    def ext_trie_blake2_256_ordered_root_version_1(self, values: int) -> int:
        """(Vec<Bytes>) -> root"""
        return self._ordered(values, 0, hashing.blake2_256)

    def ext_trie_blake2_256_ordered_root_version_2(self, values: int, version: int) -> int:
        """(Vec<Bytes>, state version) -> root"""
        return self._ordered(values, state_version(version), hashing.blake2_256)

    def ext_trie_keccak_256_root_version_1(self, pairs: int) -> int:
        """(Vec<(Bytes, Bytes)>) -> root"""
        return self._root(pairs, 0, hashing.keccak_256)

    def ext_trie_keccak_256_root_version_2(self, pairs: int, version: int) -> int:
        """(Vec<(Bytes, Bytes)>, state version) -> root"""
        return self._root(pairs, state_version(version), hashing.keccak_256)

    def ext_trie_keccak_256_ordered_root_version_1(self, values: int) -> int:
        """(Vec<Bytes>) -> root"""
        return self._ordered(values, 0, hashing.keccak_256)

    def ext_trie_keccak_256_ordered_root_version_2(self, values: int, version: int) -> int:
        """(Vec<Bytes>, state version) -> root"""
        return self._ordered(values, state_version(version), hashing.keccak_256)

    def ext_trie_blake2_256_verify_proof_version_1(self, root: int, proof: int, key: int, value: int) -> int:
        """(root, Vec<Bytes>, key, value) -> bool"""
        return self._proof(root, proof, key, value, 0, hashing.blake2_256)

    def ext_trie_blake2_256_verify_proof_version_2(
        self, root: int, proof: int, key: int, value: int, version: int
    ) -> int:
        """(root, Vec<Bytes>, key, value, state version) -> bool"""
        return self._proof(root, proof, key, value, state_version(version), hashing.blake2_256)

    def ext_trie_keccak_256_verify_proof_version_1(self, root: int, proof: int, key: int, value: int) -> int:
        """(root, Vec<Bytes>, key, value) -> bool"""
        return self._proof(root, proof, key, value, 0, hashing.keccak_256)

    def ext_trie_keccak_256_verify_proof_version_2(
        self, root: int, proof: int, key: int, value: int, version: int
    ) -> int:
        """(root, Vec<Bytes>, key, value, state version) -> bool"""
        return self._proof(root, proof, key, value, state_version(version), hashing.keccak_256)
