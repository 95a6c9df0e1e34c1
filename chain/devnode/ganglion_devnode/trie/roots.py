"""Roots computed from scratch, with any hash function.

The runtime asks for these for extrinsics and for plain maps; the tests hold the persistent trie against them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ganglion_devnode.hashing import blake2_256
from ganglion_devnode.scale import compact
from ganglion_devnode.trie.codec import EMPTY_NODE, HASH_LENGTH, VALUE_HASH_THRESHOLD, encode_node

Hasher = Callable[[bytes], bytes]
Pair = tuple[str, bytes]


def trie_root(pairs: Iterable[tuple[bytes, bytes]], version: int, hasher: Hasher = blake2_256) -> bytes:
    """Root of the trie of `pairs`; of equal keys the last one counts."""
    return hasher(trie_root_node(pairs, version, hasher))


def trie_root_node(pairs: Iterable[tuple[bytes, bytes]], version: int, hasher: Hasher = blake2_256) -> bytes:
    """The encoded root node of the trie of `pairs`."""
    ordered = sorted({key.hex(): value for key, value in pairs}.items())
    return _encode_range(ordered, 0, version, hasher) if ordered else EMPTY_NODE


def ordered_root(values: Sequence[bytes], version: int, hasher: Hasher = blake2_256) -> bytes:
    """Root of a list: keys are the SCALE compact indices. The extrinsics root of a block is one of these."""
    return trie_root([(compact(index), value) for index, value in enumerate(values)], version, hasher)


def _encode_range(pairs: Sequence[Pair], depth: int, version: int, hasher: Hasher) -> bytes:
    """Encode the node that holds the sorted `pairs`, all equal in their first `depth` nibbles."""
    first, last = pairs[0][0], pairs[-1][0]
    fork = depth
    while fork < len(first) and fork < len(last) and first[fork] == last[fork]:
        fork += 1
    value = pairs[0][1] if len(first) == fork else None
    below = pairs[1:] if value is not None else pairs
    value_hash = None
    if version == 1 and value is not None and len(value) >= VALUE_HASH_THRESHOLD:
        value_hash = hasher(value)
    children = _children(below, fork, version, hasher)
    return encode_node(first[depth:fork], value, value_hash, children)


def _children(pairs: Sequence[Pair], fork: int, version: int, hasher: Hasher) -> dict[str, bytes]:
    children: dict[str, bytes] = {}
    start = 0
    while start < len(pairs):
        nibble = pairs[start][0][fork]
        end = start
        while end < len(pairs) and pairs[end][0][fork] == nibble:
            end += 1
        encoded = _encode_range(pairs[start:end], fork + 1, version, hasher)
        short = len(encoded) < HASH_LENGTH
        children[nibble] = bytes((len(encoded) << 2,)) + encoded if short else b"\x80" + hasher(encoded)
        start = end
    return children
