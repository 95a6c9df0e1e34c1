"""Addresses, secret URIs and key files against what polkadot-js makes of them."""

import json
from pathlib import Path

import pytest

from ganglion.keys import Keypair, keystore, ss58

VECTORS = Path(__file__).parent / "vectors"
ADDRESSES = json.loads((VECTORS / "ss58.json").read_text())["addresses"]
URIS = json.loads((VECTORS / "uri.json").read_text())["uris"]
KEYS = json.loads((VECTORS / "keystore.json").read_text())["keys"]


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


@pytest.mark.parametrize("case", ADDRESSES, ids=lambda case: f"{case['prefix']}-{case['public_key'][2:8]}")
def test_address(case):
    public_key = _bytes(case["public_key"])
    assert ss58.encode(public_key, case["prefix"]) == case["address"]
    assert ss58.decode_with_prefix(case["address"]) == (case["prefix"], public_key)


@pytest.mark.parametrize("case", URIS, ids=lambda case: f"{case['scheme']} {case['uri'][-24:]}")
def test_secret_uri(case):
    keypair = Keypair.from_uri(case["uri"], case["scheme"])
    assert keypair.public_key == _bytes(case["public_key"])
    assert keypair.ss58 == case["address"]


@pytest.mark.parametrize("case", KEYS, ids=lambda case: f"{case['scheme']} {case['uri'][-12:]}")
def test_key_file_of_polkadot_js_opens(case):
    keypair = keystore.from_json(case["json"], case["password"])
    assert keypair == Keypair.from_uri(case["uri"], case["scheme"])
    assert keypair.verify(b"message", _bytes(case["signature"]))
    assert keypair.verify(b"again", keypair.sign(b"again"))


@pytest.mark.parametrize("case", KEYS, ids=lambda case: f"{case['scheme']} {case['uri'][-12:]}")
def test_exported_key_file_opens_in_substrate_interface(case):
    from substrateinterface import Keypair as Theirs

    keypair = Keypair.from_uri(case["uri"], case["scheme"])
    theirs = Theirs.create_from_encrypted_json(keystore.to_json(keypair, "secret words"), "secret words")
    assert theirs.ss58_address == keypair.ss58
    assert keypair.verify(b"data", theirs.sign(b"data"))
