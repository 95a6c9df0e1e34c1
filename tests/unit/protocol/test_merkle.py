"""Merkle trees: proofs of every leaf, and nothing else passes for one."""

from __future__ import annotations

import hashlib

import pytest

from ganglion.errors import ProtocolError
from ganglion.protocol.merkle import EMPTY_ROOT, Proof, merkle_proof, merkle_proofs, merkle_root, verify_proof

SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 16, 17, 33, 100]


def _leaves(count: int) -> list[bytes]:
    return [b"leaf" + bytes([i]) for i in range(count)]


def _hash(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()


@pytest.mark.parametrize("count", SIZES)
def test_every_leaf_is_proven_at_its_own_place_only(count: int) -> None:
    leaves = _leaves(count)
    root = merkle_root(leaves)
    for proof, leaf in zip(merkle_proofs(leaves), leaves, strict=True):
        assert verify_proof(root, leaf, proof)
        assert not verify_proof(root, leaf + b"x", proof)
        elsewhere = [Proof(i, count, proof.nodes) for i in range(count) if i != proof.index]
        assert not any(verify_proof(root, leaf, other) for other in elsewhere)


def test_shape_is_that_of_the_chains_crate() -> None:
    a, b, c = (_hash(leaf) for leaf in _leaves(3))
    assert merkle_root(_leaves(1)) == a
    assert merkle_root(_leaves(3)) == _hash(_hash(a + b) + c)
    assert merkle_root([]) == EMPTY_ROOT
    assert merkle_proof(_leaves(3), 2).nodes == (_hash(a + b),)


def test_proofs_that_are_altered_fail() -> None:
    leaves = _leaves(5)
    root, proof = merkle_root(leaves), merkle_proof(leaves, 3)
    assert not verify_proof(root, leaves[3], Proof(3, 5, proof.nodes[::-1]))
    assert not verify_proof(root, leaves[3], Proof(3, 5, proof.nodes[:-1]))
    assert not verify_proof(root, leaves[3], Proof(3, 5, (*proof.nodes, bytes(32))))
    assert not verify_proof(root, leaves[3], Proof(3, 5, (*proof.nodes[:-1], b"short")))
    assert not verify_proof(root, leaves[3], Proof(5, 5, proof.nodes))
    assert not verify_proof(root, leaves[3], Proof(-1, 5, proof.nodes))
    assert not verify_proof(_hash(root), leaves[3], proof)


def test_an_inner_node_is_not_a_leaf() -> None:
    leaves = _leaves(4)
    node = _hash(leaves[0]) + _hash(leaves[1])
    shorter = Proof(0, 2, merkle_proof(leaves, 0).nodes[1:])
    assert _hash(_hash(node) + shorter.nodes[0]) == merkle_root(leaves)  # would fit, were it allowed
    assert not verify_proof(merkle_root(leaves), node, shorter)
    with pytest.raises(ProtocolError, match="64 bytes"):
        merkle_root([node])


def test_a_leaf_that_is_not_there_has_no_proof() -> None:
    with pytest.raises(ProtocolError, match="no leaf 3"):
        merkle_proof(_leaves(3), 3)
    with pytest.raises(ProtocolError, match="no leaf 0"):
        merkle_proof([], 0)
