"""Merkle proofs: recording read proofs, looking keys up in them, and checking compact proofs.

A read proof is the set of nodes on the way to each key. A compact proof (what a runtime checks through
`ext_trie_*_verify_proof`) leaves out the values that are being shown and every child that the proof itself
carries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ganglion_devnode.hashing import blake2_256
from ganglion_devnode.trie.codec import (
    EMPTY_NODE,
    HASH_LENGTH,
    VALUE_HASH_THRESHOLD,
    DecodedNode,
    NodeError,
    decode_node,
    encode_node,
)
from ganglion_devnode.trie.node import Node, encode
from ganglion_devnode.trie.roots import Hasher


class ProofError(ValueError):
    """The proof does not show what it is said to show."""


def record_proof(root: Node, paths: Iterable[str]) -> list[bytes]:
    """Nodes that a reader of `paths` has to see, each once; the root first."""
    seen: dict[bytes, None] = {encode(root): None}
    for path in paths:
        node: Node | None = root
        at = 0
        while node is not None and path.startswith(node.partial, at):
            at += len(node.partial)
            if at == len(path):
                if node.value_hash is not None and node.value is not None:
                    seen[node.value] = None
                break
            node = node.children.get(path[at]) if node.children else None
            at += 1
            if node is not None and len(encoded := encode(node)) >= HASH_LENGTH:
                seen[encoded] = None
    return list(seen)


def lookup(root: bytes, proof: Iterable[bytes], key: bytes) -> bytes | None:
    """The value at `key` that a read proof shows, None for a shown absence, else ProofError."""
    nodes = {blake2_256(item): item for item in proof}
    path, at = key.hex(), 0
    node = decode_node(_by_hash(nodes, root))
    while not node.empty and path.startswith(node.partial, at):
        at += len(node.partial)
        if at == len(path):
            return node.value if node.value_hash is None else _by_hash(nodes, node.value_hash)
        child = (node.children or {}).get(path[at])
        if child is None:
            return None
        node = decode_node(_by_hash(nodes, child) if len(child) == HASH_LENGTH else child)
        at += 1
    return None


def _by_hash(nodes: dict[bytes, bytes], digest: bytes) -> bytes:
    if digest not in nodes:
        raise ProofError(f"the proof lacks node 0x{digest.hex()}")
    return nodes[digest]


class _Entry:
    """A proof node whose left-out parts are being filled in, and the path of nibbles above it."""

    def __init__(self, data: bytes, above: str, inline: bool) -> None:
        self.node: DecodedNode = decode_node(data)
        self.above = above
        self.inline = inline
        self.filled: dict[str, bytes] = {}  # children that were rebuilt from the proof, as references
        self.value = self.node.value
        self.value_hash = self.node.value_hash

    def reference(self, hasher: Hasher) -> bytes:
        """The finished node as its parent refers to it."""
        if self.node.empty:
            encoded = EMPTY_NODE
        else:
            children = {n: self.filled.get(n) or _given_ref(c) for n, c in (self.node.children or {}).items()}
            encoded = encode_node(self.node.partial, self.value, self.value_hash, children or None)
        if not self.inline:
            return hasher(encoded)
        if len(encoded) > HASH_LENGTH:
            raise ProofError("an inline node is longer than a hash")
        return bytes((len(encoded) << 2,)) + encoded


def _given_ref(child: bytes) -> bytes:
    if len(child) > HASH_LENGTH:
        raise ProofError("a child reference is longer than a hash")
    return bytes((len(child) << 2,)) + child


def _show(entry: _Entry, path: str, value: bytes | None, version: int, hasher: Hasher) -> str | None:
    """Put the claimed value into `entry`, or name the child to descend to; ProofError if it disagrees."""
    node = entry.node
    rest = path[len(entry.above) :]
    if node.empty or not rest.startswith(node.partial) or (node.children is None and rest != node.partial):
        return _absent(path, value)
    if rest == node.partial:
        leaf = node.children is None
        omitted = node.value_hash is None and (node.value == b"" if leaf else node.value is None)
        if not omitted:
            raise ProofError(f"the proof carries the value at 0x{path}, which it must leave out")
        if value is None and leaf:
            raise ProofError(f"there is a value at 0x{path}, none was claimed")
        hashed = version == 1 and value is not None and len(value) >= VALUE_HASH_THRESHOLD
        entry.value_hash = hasher(value) if hashed and value is not None else None
        entry.value = value
        return None
    nibble = rest[len(node.partial)]
    return nibble if nibble in (node.children or {}) else _absent(path, value)


def _absent(path: str, value: bytes | None) -> None:
    if value is not None:
        raise ProofError(f"there is no value at 0x{path}, one was claimed")


def _descend(entry: _Entry, nibble: str, proof: Iterator[bytes]) -> _Entry:
    child = (entry.node.children or {})[nibble]
    above = entry.above + entry.node.partial + nibble
    if len(child) == HASH_LENGTH:
        raise ProofError("the proof carries the hash of a child that it must leave out")
    return _Entry(child, above, True) if child else _Entry(_next(proof), above, False)


def _next(proof: Iterator[bytes]) -> bytes:
    node = next(proof, None)
    if node is None:
        raise ProofError("the proof ends before every key is shown")
    return node


def check_compact_proof(
    root: bytes,
    proof: Sequence[bytes],
    claims: Sequence[tuple[bytes, bytes | None]],
    version: int,
    hasher: Hasher = blake2_256,
) -> None:
    """Raise ProofError unless `proof` shows, under `root`, exactly the claimed values (None claims
    absence)."""
    items = sorted((key.hex(), value) for key, value in dict(claims).items())
    if len(items) != len(claims):
        raise ProofError("a key is claimed twice")
    if not items:
        if proof:
            raise ProofError("the proof has nodes, but nothing is claimed")
        return
    nodes = iter(proof)
    try:
        computed = _rebuild_root(nodes, items, version, hasher)
    except NodeError as error:
        raise ProofError(str(error)) from error
    if next(nodes, None) is not None:
        raise ProofError("the proof has nodes that no claim needs")
    if computed != root:
        raise ProofError(f"the proof has root 0x{computed.hex()}")


def _rebuild_root(
    nodes: Iterator[bytes], items: list[tuple[str, bytes | None]], version: int, hasher: Hasher
) -> bytes:
    stack: list[
        tuple[_Entry, str]
    ] = []  # entries above, each with the nibble under which its child is being built
    entry = _Entry(_next(nodes), "", False)
    at = 0
    while True:
        nibble = None
        while at < len(items) and items[at][0].startswith(entry.above):
            nibble = _show(entry, *items[at], version, hasher)
            if nibble is not None:
                break
            at += 1
        if nibble is not None:
            stack.append((entry, nibble))
            entry = _descend(entry, nibble, nodes)
            continue
        reference = entry.reference(hasher)
        if not stack:
            return reference
        inline = entry.inline
        entry, nibble = stack.pop()
        entry.filled[nibble] = reference if inline else b"\x80" + reference
