"""Headers, digests and bodies against bytes of a real chain, and against damaged bytes."""

from __future__ import annotations

import pytest

from ganglion_devnode.chain.block import Block, check_extrinsic, decode_body, encode_body
from ganglion_devnode.chain.header import PRE_RUNTIME, RUNTIME_UPDATED, SEAL, DigestItem, Header
from ganglion_devnode.scale import ScaleError, compact

# Westend's genesis header and its published hash.
WESTEND_STATE_ROOT = "7e92439a94f79671f9cade9dff96a094519b9001a7432244d46ab644bb6f746f"
WESTEND_GENESIS = "e143f23803ac50e8f6f8e62695d1ce9e4e1d68aa36c1cd2cfd15340213f3423e"
EMPTY_ROOT = "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314"


def example(**changes: object) -> Header:
    digest = (DigestItem.aura_slot(1_790_000_000), DigestItem(RUNTIME_UPDATED), DigestItem.other(b"x"))
    values = {
        "parent_hash": b"\x01" * 32,
        "number": 70_000,
        "state_root": b"\x02" * 32,
        "extrinsics_root": b"\x03" * 32,
    }
    return Header(**{**values, "digest": digest, **changes})  # type: ignore[arg-type]


def test_genesis_hash_of_a_live_chain() -> None:
    header = Header(bytes(32), 0, bytes.fromhex(WESTEND_STATE_ROOT), bytes.fromhex(EMPTY_ROOT))
    assert header.hash().hex() == WESTEND_GENESIS


def test_round_trip() -> None:
    header = example()
    assert Header.decode(header.encode()) == header
    assert header.slot() == 1_790_000_000
    assert header.runtime_updated


def test_digest_bytes() -> None:
    assert DigestItem.aura_slot(5).encode().hex() == "0661757261200500000000000000"
    assert DigestItem.aura_seal(b"\xaa" * 64).encode() == b"\x05aura" + compact(64) + b"\xaa" * 64
    assert DigestItem(RUNTIME_UPDATED).encode() == b"\x08"


def test_seal_changes_the_hash_and_comes_off_again() -> None:
    header = example()
    sealed = header.with_item(DigestItem.aura_seal(b"\xaa" * 64))
    assert sealed.hash() != header.hash()
    assert sealed.digest[-1].kind == SEAL
    assert sealed.without_seal() == header
    assert header.without_seal() == header


def test_slot_needs_the_aura_item() -> None:
    babe = DigestItem(PRE_RUNTIME, b"BABE", bytes(8))
    assert example(digest=(babe,)).slot() is None


@pytest.mark.parametrize("kind", [1, 2, 3, 7, 9, 255])
def test_unknown_digest_items_are_refused(kind: int) -> None:
    data = example(digest=()).encode()[:-1] + compact(1) + bytes((kind,))
    with pytest.raises(ScaleError, match="unknown digest item"):
        Header.decode(data)


def test_every_truncation_is_refused() -> None:
    data = example().encode()
    for length in range(len(data)):
        with pytest.raises(ScaleError):
            Header.decode(data[:length])
    with pytest.raises(ScaleError):
        Header.decode(data + b"\x00")


def test_json_form() -> None:
    form = example(digest=(DigestItem.aura_slot(5),)).to_json()
    assert form["number"] == "0x11170"
    assert form["digest"] == {"logs": ["0x0661757261200500000000000000"]}


def test_body_round_trip() -> None:
    extrinsics = (compact(3) + b"abc", compact(100) + bytes(100))
    assert decode_body(encode_body(extrinsics)) == extrinsics
    block = Block.of(example(), extrinsics)
    assert block.hash == block.header.hash()
    assert block.to_json()["block"]["extrinsics"][0] == "0x0c616263"  # type: ignore[index]


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x08a", b"\x04ab", b"\xff"])
def test_what_is_no_extrinsic(data: bytes) -> None:
    with pytest.raises(ScaleError):
        check_extrinsic(data)


def test_what_is_an_extrinsic() -> None:
    check_extrinsic(b"\x08ab")
