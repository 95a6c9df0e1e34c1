"""The state trie: persistent radix-16 Merkle trie, roots from scratch, proofs. Pure; knows no chain."""

from ganglion_devnode.trie.codec import NodeError
from ganglion_devnode.trie.proof import ProofError, check_compact_proof, lookup
from ganglion_devnode.trie.roots import ordered_root, trie_root, trie_root_node
from ganglion_devnode.trie.trie import EMPTY_ROOT, Trie

__all__ = [
    "EMPTY_ROOT",
    "NodeError",
    "ProofError",
    "Trie",
    "check_compact_proof",
    "lookup",
    "ordered_root",
    "trie_root",
    "trie_root_node",
]
