"""Binary Merkle trees over blake2b-256, as the chain's crate `binary-merkle-tree` builds them.

A leaf is hashed as it is, a node is the hash of its two children side by side, and the last node of an odd row
moves up as it is. Leaves and nodes are hashed alike, so a leaf must never be 64 bytes long: every kind of leaf
begins with a domain of its own and is checked here.

A proof is the siblings from the leaf upwards. Its length follows from index and number of leaves, and is
checked: together with the number of leaves, which whoever publishes a root has to publish with it, a proof then
shows the leaf's place as well. The empty tree's root is 32 zero bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ganglion.errors import ProtocolError
from ganglion.protocol.hashing import blake2_256

EMPTY_ROOT = bytes(32)
NODE_BYTES = 64
MAX_LEAVES = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Proof:
    """That a leaf is in a tree.

    Attributes:
        index: the leaf's place, from 0.
        leaves: number of leaves in the tree.
        nodes: siblings, 32 bytes each, from the leaf upwards.
    """

    index: int
    leaves: int
    nodes: tuple[bytes, ...]


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """Root of a tree; `EMPTY_ROOT` without leaves. Raises ProtocolError for a leaf of 64 bytes."""
    row = [_leaf_hash(leaf) for leaf in leaves]
    while len(row) > 1:
        row = _parents(row)
    return row[0] if row else EMPTY_ROOT


def merkle_proof(leaves: Sequence[bytes], index: int) -> Proof:
    """Proof for one leaf. Raises ProtocolError where there is none."""
    return merkle_proofs(leaves, (index,))[0]


def merkle_proofs(leaves: Sequence[bytes], indices: Iterable[int] | None = None) -> list[Proof]:
    """Proofs for several leaves of one tree, which is built once. All of them by default."""
    tree = MerkleTree(leaves)
    return [tree.proof(index) for index in (range(len(leaves)) if indices is None else indices)]


class MerkleTree:
    """A tree that is kept with all its nodes, 64 bytes a leaf, for proofs one at a time. Raises ProtocolError for a
    leaf of 64 bytes.
    """

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self._rows = [[_leaf_hash(leaf) for leaf in leaves]]
        while len(self._rows[-1]) > 1:
            self._rows.append(_parents(self._rows[-1]))

    @property
    def root(self) -> bytes:
        """`EMPTY_ROOT` without leaves."""
        return self._rows[-1][0] if self._rows[-1] else EMPTY_ROOT

    def proof(self, index: int) -> Proof:
        """Proof for one leaf. Raises ProtocolError where there is none."""
        return Proof(index, len(self._rows[0]), _siblings(self._rows, index))


def verify_proof(root: bytes, leaf: bytes, proof: Proof) -> bool:
    """Whether the leaf stands at the proof's index in the tree of so many leaves that has this root."""
    if len(leaf) == NODE_BYTES or not 0 <= proof.index < proof.leaves <= MAX_LEAVES:
        return False
    sides = proof_sides(proof.index, proof.leaves)
    if len(sides) != len(proof.nodes) or any(len(node) != 32 for node in proof.nodes):
        return False
    computed = blake2_256(leaf)
    for is_right, node in zip(sides, proof.nodes, strict=True):
        computed = blake2_256(node + computed if is_right else computed + node)
    return computed == root


def proof_sides(index: int, leaves: int) -> list[bool]:
    """For each node of a proof, whether the leaf's side is the right one. Their number is the proof's length."""
    sides: list[bool] = []
    width = leaves
    while width > 1:
        if index % 2 or index + 1 < width:
            sides.append(bool(index % 2))
        index //= 2
        width = (width + 1) // 2
    return sides


def _siblings(rows: Sequence[Sequence[bytes]], index: int) -> tuple[bytes, ...]:
    if not 0 <= index < len(rows[0]):
        raise ProtocolError(f"there is no leaf {index} in a tree of {len(rows[0])}", fault="self")
    found = []
    for row in rows[:-1]:
        sibling = index ^ 1
        if sibling < len(row):
            found.append(row[sibling])
        index //= 2
    return tuple(found)


def _parents(row: list[bytes]) -> list[bytes]:
    above = [blake2_256(left + right) for left, right in list(pairwise(row))[::2]]
    return above if len(row) % 2 == 0 else [*above, row[-1]]


def _leaf_hash(leaf: bytes) -> bytes:
    if len(leaf) == NODE_BYTES:
        raise ProtocolError("a leaf of 64 bytes could pass for an inner node", fault="self")
    return blake2_256(leaf)
