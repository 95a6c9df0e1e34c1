"""The persistent radix-16 Merkle trie: every change gives a new trie that shares what did not change.

Costs follow the number of changed keys, never the size of the state; old versions stay readable, which is
what snapshots, forks and history of the node are made of. Knows nothing of child tries or overlays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ganglion_devnode.hashing import blake2_256
from ganglion_devnode.trie.codec import EMPTY_NODE, VALUE_HASH_THRESHOLD
from ganglion_devnode.trie.node import Node, encode, stored_hash
from ganglion_devnode.trie.proof import record_proof
from ganglion_devnode.trie.walk import walk_after, walk_prefix

EMPTY_ROOT = blake2_256(EMPTY_NODE)


class Trie:
    """An immutable map from bytes to bytes with a Merkle root.

    `version` (0 or 1) is the state version under which `apply` stores new values; values written earlier keep
    the form in which they were written, as on a chain whose version changed.
    """

    __slots__ = ("_node", "_root", "version")

    def __init__(self, node: Node | None, version: int) -> None:
        if version not in (0, 1):
            raise ValueError(f"state version {version} is neither 0 nor 1")
        self._node = node
        self._root: bytes | None = None
        self.version = version

    @classmethod
    def empty(cls, version: int) -> Trie:
        """The trie without keys."""
        return cls(None, version)

    def with_version(self, version: int) -> Trie:
        """The same content, whose later writes use `version`."""
        return self if version == self.version else Trie(self._node, version)

    @property
    def is_empty(self) -> bool:
        """True if there is no key."""
        return self._node is None

    def get(self, key: bytes) -> bytes | None:
        """The value at `key`."""
        node = self._node
        path = key.hex()
        at = 0
        end = len(path)
        while node is not None:
            partial = node.partial
            if partial:
                if not path.startswith(partial, at):
                    return None
                at += len(partial)
            if at == end:
                return node.value
            children = node.children
            if children is None:
                return None
            node = children.get(path[at])
            at += 1
        return None

    def apply(self, changes: Mapping[bytes, bytes | None]) -> Trie:
        """A new trie with `changes` made; None deletes."""
        node = self._node
        for key, value in changes.items():
            node = _delete(node, key.hex()) if value is None else _put(node, key.hex(), value, self.version)
        return self if node is self._node else Trie(node, self.version)

    def root(self) -> bytes:
        """The 32-byte Merkle root."""
        if self._root is None:
            self._root = EMPTY_ROOT if self._node is None else blake2_256(encode(self._node))
        return self._root

    def next_key(self, key: bytes) -> bytes | None:
        """The smallest key strictly greater than `key`."""
        for path, _ in walk_after(self._node, key.hex()):
            return bytes.fromhex(path)
        return None

    def items(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Pairs whose key starts with `prefix`, in key order."""
        for path, value in walk_prefix(self._node, prefix.hex()):
            yield bytes.fromhex(path), value

    def keys_paged(self, prefix: bytes, count: int, start: bytes | None = None) -> list[bytes]:
        """At most `count` keys under `prefix`, in order, strictly after `start` if it is given."""
        source = (
            walk_prefix(self._node, prefix.hex())
            if start is None or start < prefix
            else walk_after(self._node, start.hex())
        )
        keys: list[bytes] = []
        for path, _ in source:
            if len(keys) >= count:
                break
            key = bytes.fromhex(path)
            if not key.startswith(prefix):
                break
            keys.append(key)
        return keys

    def read_proof(self, keys: Sequence[bytes]) -> list[bytes]:
        """The encoded nodes (and hashed values) that show each key's value or its absence against
        `root()`."""
        return [EMPTY_NODE] if self._node is None else record_proof(self._node, [key.hex() for key in keys])


def _rebuild(stack: list[tuple[Node, str]], new: Node) -> Node:
    """Copy the path above a replaced node; siblings stay shared."""
    while stack:
        parent, nibble = stack.pop()
        children = dict(parent.children) if parent.children else {}
        children[nibble] = new
        new = Node(parent.partial, parent.value, parent.value_hash, children)
    return new


def _split(node: Node, at: int, rest: str, value: bytes, value_hash: bytes | None) -> Node:
    """A branch in place of `node`, whose partial key and `rest` agree in their first `at` nibbles only."""
    lower = Node(node.partial[at + 1 :], node.value, node.value_hash, node.children)
    children = {node.partial[at]: lower}
    if at == len(rest):
        return Node(rest, value, value_hash, children)
    children[rest[at]] = Node(rest[at + 1 :], value, value_hash, None)
    return Node(rest[:at], None, None, children)


def _agreement(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _put(root: Node | None, path: str, value: bytes, version: int) -> Node:
    stack: list[tuple[Node, str]] = []
    node = root
    at = 0
    while node is not None:
        partial = node.partial
        if not path.startswith(partial, at):
            rest = path[at:]
            split = _split(node, _agreement(partial, rest), rest, value, stored_hash(value, version))
            return _rebuild(stack, split)
        at += len(partial)
        if at == len(path):
            hashed = version == 1 and len(value) >= VALUE_HASH_THRESHOLD
            if node.value == value and (node.value_hash is not None) == hashed:
                return root  # type: ignore[return-value]
            return _rebuild(stack, Node(partial, value, stored_hash(value, version), node.children))
        stack.append((node, path[at]))
        node = node.children.get(path[at]) if node.children else None
        at += 1
    return _rebuild(stack, Node(path[at:], value, stored_hash(value, version), None))


def _normal(node: Node) -> Node | None:
    """The canonical form of a node that may have lost its value or a child."""
    children = node.children
    if not children:
        return None if node.value is None else Node(node.partial, node.value, node.value_hash, None)
    if node.value is not None or len(children) > 1:
        return node
    ((nibble, child),) = children.items()
    return Node(node.partial + nibble + child.partial, child.value, child.value_hash, child.children)


def _delete(root: Node | None, path: str) -> Node | None:
    stack: list[tuple[Node, str]] = []
    node = root
    at = 0
    while node is not None and path.startswith(node.partial, at):
        at += len(node.partial)
        if at == len(path):
            break
        stack.append((node, path[at]))
        node = node.children.get(path[at]) if node.children else None
        at += 1
    else:
        return root
    if node.value is None:
        return root
    new = _normal(Node(node.partial, None, None, node.children))
    while stack and new is None:
        parent, nibble = stack.pop()
        children = {n: child for n, child in (parent.children or {}).items() if n != nibble}
        new = _normal(Node(parent.partial, parent.value, parent.value_hash, children))
    return None if new is None else _rebuild(stack, new)
