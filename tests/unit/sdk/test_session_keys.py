"""Session keys: both halves of one secret, and a proof that only its holder can make for one owner."""

from __future__ import annotations

import pytest

from ganglion.errors import UsageError
from ganglion.keys import Keypair, verify
from ganglion.keys.session import PROOF_BYTES, SessionKeys, check_bytes
from ganglion.pallets import authorities

OWNER = Keypair.from_uri("//owner").public_key


def test_the_keys_are_those_of_the_well_known_authorities():
    found = SessionKeys.derive("//Alice", OWNER)
    assert found.aura.hex() == "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
    assert found.grandpa.hex() == "88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee"
    assert found.keys == found.aura + found.grandpa


def test_both_keys_sign_the_owner():
    found = SessionKeys.derive("0x" + "17" * 32, OWNER)
    assert len(found.proof) == PROOF_BYTES
    assert verify(found.aura, b"POP_" + OWNER, found.proof[:64], "sr25519")
    assert verify(found.grandpa, b"POP_" + OWNER, found.proof[64:], "ed25519")
    other = b"POP_" + Keypair.from_uri("//thief").public_key
    assert not verify(found.grandpa, other, found.proof[64:], "ed25519")


def test_the_call_names_both_keys():
    found = SessionKeys.derive("//Bob", OWNER)
    call = authorities.set_keys(found.keys, found.proof)
    assert call.args["keys"] == {"aura": f"0x{found.aura.hex()}", "grandpa": f"0x{found.grandpa.hex()}"}
    assert call.args["proof"] == found.proof


@pytest.mark.parametrize(
    ("text", "said"), [("0x00", "has 1 bytes, not 64"), ("0xzz", "not hexadecimal"), ("", "0 bytes")]
)
def test_bytes_of_another_kind_are_refused(text: str, said: str):
    with pytest.raises(UsageError, match=said):
        check_bytes(text, 64, "the keys")
