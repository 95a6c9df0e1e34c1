"""The persistent trie against sp-trie's published node bytes, recorded roots, and a plain dictionary."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from ganglion_devnode.hashing import keccak_256
from ganglion_devnode.trie import (
    EMPTY_ROOT,
    NodeError,
    ProofError,
    Trie,
    lookup,
    ordered_root,
    trie_root,
    trie_root_node,
)
from ganglion_devnode.trie.codec import decode_node, encode_node

from .conftest import vectors

CASES = vectors("trie.json")["cases"]


def pairs_of(case: dict) -> dict[bytes, bytes]:
    return {bytes.fromhex(key): bytes.fromhex(value) for key, value in case["pairs"]}


def test_empty_trie_is_one_zero_byte() -> None:
    assert trie_root_node([], 0) == b"\x00"
    assert EMPTY_ROOT.hex() == "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314"
    assert Trie.empty(1).root() == EMPTY_ROOT


@pytest.mark.parametrize("version", [0, 1])
def test_published_node_bytes(version: int) -> None:
    assert trie_root_node([(b"\xaa", b"\xbb")], version).hex() == "42aa04bb"
    two = [(b"\x48\x19", b"\xfe"), (b"\x13\x14", b"\xff")]
    assert trie_root_node(two, version).hex() == "8012001443031404ff1443081904fe"


@pytest.mark.parametrize("version", [0, 1])
def test_published_root(version: int) -> None:
    expected = "7ab18659d3b2789ef2400d107104c7d4fb93d06d9ab6a8b641a5de7c3fecc851"
    assert trie_root([(b"abcd", b"hello world")], version).hex() == expected
    assert Trie.empty(version).apply({b"abcd": b"hello world"}).root().hex() == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{len(case['pairs'])} keys")
def test_recorded_roots(case: dict) -> None:
    pairs = pairs_of(case)
    values = [bytes.fromhex(value) for value in case["list"]]
    for version in (0, 1):
        root = case[f"root_v{version}"]
        assert trie_root(pairs.items(), version).hex() == root
        assert Trie.empty(version).apply(pairs).root().hex() == root
        assert trie_root(pairs.items(), version, keccak_256).hex() == case[f"keccak_v{version}"]
        assert ordered_root(values, version).hex() == case[f"ordered_v{version}"]


def random_changes(rng: random.Random, keys: list[bytes]) -> dict[bytes, bytes | None]:
    sizes = [0, 1, 31, 32, 33, 40]
    chosen = rng.choices(keys, k=rng.randint(1, 8))
    return {key: None if rng.random() < 0.4 else rng.randbytes(rng.choice(sizes)) for key in chosen}


def random_history(seed: int) -> Iterator[tuple[Trie, dict[bytes, bytes], list[bytes]]]:
    """Tries after random changes, each with what it must hold."""
    rng = random.Random(seed)
    keys = [bytes(rng.choices([0, 1, 16, 255], k=rng.randint(0, 5))) for _ in range(60)]
    trie, model = Trie.empty(seed & 1), {}
    for _ in range(12):
        changes = random_changes(rng, keys)
        trie = trie.apply(changes)
        model = {key: value for key, value in {**model, **changes}.items() if value is not None}
        yield trie, model, keys


@pytest.mark.parametrize("seed", range(60))
def test_incremental_root_equals_full_root(seed: int) -> None:
    for trie, model, keys in random_history(seed):
        assert trie.root() == trie_root(model.items(), seed & 1)
        assert {key: trie.get(key) for key in keys} == {key: model.get(key) for key in keys}


@pytest.mark.parametrize("seed", range(30))
def test_order_equals_sorted_keys(seed: int) -> None:
    rng = random.Random(seed)
    for trie, model, keys in random_history(seed):
        order = sorted(model)
        assert list(trie.items()) == sorted(model.items())
        start, prefix = rng.choice(keys), rng.choice(keys)[:2]
        assert trie.next_key(start) == next((key for key in order if key > start), None)
        below = [key for key in order if key.startswith(prefix)]
        assert [key for key, _ in trie.items(prefix)] == below
        assert trie.keys_paged(prefix, 100) == below
        assert trie.keys_paged(prefix, 3, start) == [key for key in below if key > start][:3]


@pytest.mark.parametrize("seed", range(30))
def test_read_proof_shows_values_and_absence(seed: int) -> None:
    rng = random.Random(seed)
    for trie, model, keys in random_history(seed):
        asked = rng.sample(keys, 3)
        proof = trie.read_proof(asked)
        for key in asked:
            assert lookup(trie.root(), proof, key) == model.get(key)


def test_read_proof_without_a_needed_node_is_refused() -> None:
    trie = Trie.empty(1).apply({bytes([n]) * 4: bytes([n]) * 40 for n in range(64)})
    proof = trie.read_proof([b"\x05" * 4])
    assert len(proof) >= 3
    for missing in range(len(proof)):
        with pytest.raises(ProofError):
            lookup(trie.root(), proof[:missing] + proof[missing + 1 :], b"\x05" * 4)


def test_old_versions_stay_readable() -> None:
    first = Trie.empty(1).apply({b"a": b"1", b"ab": b"2"})
    root = first.root()
    second = first.apply({b"a": None, b"ab": b"3"})
    assert (first.get(b"a"), first.get(b"ab"), first.root()) == (b"1", b"2", root)
    assert (second.get(b"a"), second.get(b"ab")) == (None, b"3")


def test_unchanged_writes_return_the_same_trie() -> None:
    trie = Trie.empty(1).apply({b"k": b"v" * 40})
    assert trie.apply({b"k": b"v" * 40, b"missing": None}) is trie


def test_values_keep_the_form_of_the_version_that_wrote_them() -> None:
    old = Trie.empty(0).apply({b"k1": b"x" * 50, b"k2": b"y" * 50})
    moved = old.with_version(1)
    assert moved.root() == old.root()
    half = moved.apply({b"k1": b"z" * 50})
    assert half.root() not in (trie_root(half.items(), 0), trie_root(half.items(), 1))
    full = half.apply({b"k2": b"y" * 50})  # rewriting the same value is what moves it
    assert full.root() == trie_root(full.items(), 1)


def test_a_thousand_nested_prefixes_need_no_recursion() -> None:
    pairs = {b"\x11" * n: bytes([n & 255]) for n in range(3000)}
    trie = Trie.empty(1).apply(pairs)
    assert len(trie.root()) == 32
    assert [key for key, _ in trie.items()] == sorted(pairs)
    assert trie.apply(dict.fromkeys(pairs)).is_empty


@pytest.mark.parametrize("nibbles", [0, 1, 14, 15, 16, 30, 31, 32, 62, 63, 64, 65, 317, 318, 319, 600])
def test_nodes_survive_encoding(nibbles: int) -> None:
    partial = ("1a" * 400)[:nibbles]
    child = b"\x80" + b"c" * 32
    for value, value_hash in ((b"v", None), (b"", None), (None, b"h" * 32), (None, None)):
        for children in (None, {"0": child, "f": child}):
            if children is None and value is None and value_hash is None:
                continue
            node = decode_node(encode_node(partial, value, value_hash, children))
            assert (node.partial, node.value, node.value_hash) == (partial, value, value_hash)
            assert node.children == (None if children is None else {"0": b"c" * 32, "f": b"c" * 32})


@pytest.mark.parametrize("data", ["", "01", "42", "42aa08bb", "42aa04bbff", "43f3aa04bb", "8012"])
def test_damaged_nodes_are_refused(data: str) -> None:
    with pytest.raises(NodeError):
        decode_node(bytes.fromhex(data))
