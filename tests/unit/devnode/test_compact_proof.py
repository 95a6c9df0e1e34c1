"""Compact proofs, recorded from sp-trie's generator: each holds, and any tampering is refused."""

from __future__ import annotations

import pytest

from ganglion_devnode.trie import ProofError, check_compact_proof

from .conftest import vectors

RECORDED = [
    (version, bytes.fromhex(case[f"root_v{version}"]), entry)
    for case in vectors("trie.json")["cases"]
    for version in (0, 1)
    for entry in case[f"proofs_v{version}"]
]


def claims_of(entry: dict) -> list[tuple[bytes, bytes | None]]:
    return [
        (bytes.fromhex(key), None if value is None else bytes.fromhex(value))
        for key, value in entry["claims"]
    ]


def proof_of(entry: dict) -> list[bytes]:
    return [bytes.fromhex(node) for node in entry["proof"]]


def test_there_is_something_to_check() -> None:
    assert len(RECORDED) > 150
    assert any(value is None for _, _, entry in RECORDED for _, value in claims_of(entry))
    assert any(
        value is not None and len(value) > 32 for _, _, entry in RECORDED for _, value in claims_of(entry)
    )


@pytest.mark.parametrize("recorded", RECORDED, ids=range(len(RECORDED)))
def test_recorded_proofs_hold(recorded: tuple[int, bytes, dict]) -> None:
    version, root, entry = recorded
    check_compact_proof(root, proof_of(entry), claims_of(entry), version)


@pytest.mark.parametrize("recorded", RECORDED[::3], ids=range(len(RECORDED[::3])))
def test_tampered_proofs_are_refused(recorded: tuple[int, bytes, dict]) -> None:
    version, root, entry = recorded
    proof, claims = proof_of(entry), claims_of(entry)
    for index, (key, value) in enumerate(claims):
        lies = [None, value + b"!"] if value is not None else [b"", b"something"]
        for lie in lies:
            with pytest.raises(ProofError):
                check_compact_proof(root, proof, [*claims[:index], (key, lie), *claims[index + 1 :]], version)
    for tampered in ([*proof, b"\x00"], proof[:-1]):
        with pytest.raises(ProofError):
            check_compact_proof(root, tampered, claims, version)
    with pytest.raises(ProofError):
        check_compact_proof(b"\x01" * 32, proof, claims, version)


def test_odd_claims() -> None:
    check_compact_proof(b"\x01" * 32, [], [], 1)
    with pytest.raises(ProofError, match="nothing is claimed"):
        check_compact_proof(b"\x01" * 32, [b"\x00"], [], 1)
    with pytest.raises(ProofError, match="twice"):
        check_compact_proof(b"\x01" * 32, [b"\x00"], [(b"a", None), (b"a", None)], 1)
    with pytest.raises(ProofError, match="ends before"):
        check_compact_proof(b"\x01" * 32, [], [(b"a", None)], 1)
    with pytest.raises(ProofError, match="no trie node starts"):
        check_compact_proof(b"\x01" * 32, [b"\x02"], [(b"a", None)], 1)
