"""Nodes of the persistent trie and their merkle values.

A node is never changed once another node or trie refers to it; the two cached fields (`merkle`, and
`value_hash` set at creation) depend on nothing but the node's own content.
"""

from __future__ import annotations

from ganglion_devnode.hashing import blake2_256
from ganglion_devnode.trie.codec import HASH_LENGTH, VALUE_HASH_THRESHOLD, encode_node


class Node:
    """partial: nibbles below the parent; value: None if no key ends here; children: nibble -> Node, or None.

    value_hash is set exactly if the node stores its value by hash (written under state version 1).
    merkle caches the reference that a parent's encoding holds.
    """

    __slots__ = ("children", "merkle", "partial", "value", "value_hash")

    def __init__(
        self, partial: str, value: bytes | None, value_hash: bytes | None, children: dict[str, Node] | None
    ) -> None:
        self.partial = partial
        self.value = value
        self.value_hash = value_hash
        self.children = children
        self.merkle: bytes | None = None


def stored_hash(value: bytes, version: int) -> bytes | None:
    """The hash under which `value` is stored, or None if it stays inline."""
    return blake2_256(value) if version == 1 and len(value) >= VALUE_HASH_THRESHOLD else None


def child_ref(encoded: bytes) -> bytes:
    """How a parent refers to a child: its SCALE bytes if short, else its hash, with the length in front."""
    if len(encoded) < HASH_LENGTH:
        return bytes((len(encoded) << 2,)) + encoded
    return b"\x80" + blake2_256(encoded)


def encode(node: Node) -> bytes:
    """The node's byte form; computes and caches the merkle values below it."""
    _cache_merkle(node)
    return _encode_cached(node)


def _encode_cached(node: Node) -> bytes:
    children = node.children
    refs = {nibble: child.merkle for nibble, child in children.items()} if children else None
    return encode_node(node.partial, node.value, node.value_hash, refs)  # type: ignore[arg-type]


def _cache_merkle(node: Node) -> None:
    # Pre-order list read backwards: children before parents, and no recursion on deep tries.
    order: list[Node] = []
    stack = [node]
    while stack:
        current = stack.pop()
        if current.children:
            pending = [child for child in current.children.values() if child.merkle is None]
            order.extend(pending)
            stack.extend(pending)
    for current in reversed(order):
        if current.merkle is None:
            current.merkle = child_ref(_encode_cached(current))
