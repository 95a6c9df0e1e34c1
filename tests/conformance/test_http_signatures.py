"""The committed vectors of signed requests, responses and receipts, and RFC 9421's own ed25519 example."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ganglion.errors import AuthError, ReceiptError
from ganglion.keys import Keypair, verify
from ganglion.protocol import http_signatures as hs
from ganglion.protocol import merkle, receipts
from ganglion.protocol.sampling import SamplingTerms
from ganglion.protocol.structured_fields import Item

VECTORS = Path(__file__).parent / "vectors"
HTTP: dict[str, Any] = json.loads((VECTORS / "http_signatures.json").read_text())
RECEIPTS: list[dict[str, Any]] = json.loads((VECTORS / "receipts.json").read_text())
TREES: list[dict[str, Any]] = json.loads((VECTORS / "merkle.json").read_text())


def named(vector: dict[str, Any]) -> str:
    return vector["name"]


def test_signature_base_agrees_with_rfc_9421():
    vector = HTTP["rfc9421"]
    components = [Item(name) for name in vector["components"]]
    base = hs.signature_base(components, tuple(map(tuple, vector["params"])), vector["values"])
    signature = base64.b64decode(vector["signature"])
    assert verify(bytes.fromhex(vector["public_key"]), base, signature, "ed25519")
    assert not verify(bytes.fromhex(vector["public_key"]), base + b" ", signature, "ed25519")


@pytest.mark.parametrize("vector", HTTP["requests"], ids=named)
def test_request_vector_verifies(vector: dict[str, Any]):
    request = hs.read_request(vector["method"], vector["path"], vector["query"], vector["headers"])
    assert request.base.decode() == vector["signature_base"]
    checks = {
        "receiver": vector["receiver"],
        "network": bytes.fromhex(vector["network"]),
        "now": vector["now"],
    }
    hs.verify_request(request, vector["body"].encode(), **checks)
    with pytest.raises(AuthError) as refused:
        hs.verify_request(request, vector["body"].encode() + b" ", **checks)
    assert refused.value.code == "digest_mismatch"


@pytest.mark.parametrize("vector", [v for v in HTTP["requests"] if v["scheme"] == "ed25519"], ids=named)
def test_ed25519_request_vector_is_reproduced(vector: dict[str, Any]):
    headers = hs.sign_request(
        Keypair.from_uri(vector["signer_uri"], "ed25519"),
        method=vector["method"],
        path=vector["path"],
        query=vector["query"],
        body=vector["body"].encode(),
        receiver=vector["receiver"],
        network=bytes.fromhex(vector["network"]),
        now=vector["now"],
        nonce=bytes.fromhex(vector["nonce"]),
    )
    assert headers == vector["headers"]


@pytest.mark.parametrize("vector", HTTP["responses"], ids=named)
def test_response_vector_verifies(vector: dict[str, Any]):
    arguments = {
        "request_signature": bytes.fromhex(vector["request_signature"]),
        "signer": vector["signer"],
        "now": vector["now"],
        "stream": vector["body"] is None,
    }
    read = hs.read_response(vector["status"], vector["headers"], **arguments)
    if vector["body"] is not None:
        hs.check_digest(read.digest, vector["body"].encode())
    with pytest.raises(AuthError) as refused:
        hs.read_response(vector["status"] + 1, vector["headers"], **arguments)
    assert refused.value.code == "bad_signature"


@pytest.mark.parametrize("vector", [v for v in HTTP["responses"] if v["scheme"] == "ed25519"], ids=named)
def test_ed25519_response_vector_is_reproduced(vector: dict[str, Any]):
    headers = hs.sign_response(
        Keypair.from_uri(vector["signer_uri"], "ed25519"),
        status=vector["status"],
        body=None if vector["body"] is None else vector["body"].encode(),
        request_signature=bytes.fromhex(vector["request_signature"]),
        now=vector["now"],
        nonce=bytes.fromhex(vector["nonce"]),
    )
    assert headers == vector["headers"]


@pytest.mark.parametrize("vector", RECEIPTS, ids=lambda v: f"{v['scheme']}-{v['stream'] is not None}")
def test_receipt_vector_verifies_offline(vector: dict[str, Any]):
    signed = receipts.SignedReceipt.decode(bytes.fromhex(vector["signed"]))
    receipt = receipts.verify_receipt(signed)
    assert receipt.encode().hex() == vector["receipt"]
    assert receipt.output == receipts.output_hash(vector["token_ids"])
    assert (receipt.stream.hex() if receipt.stream else None) == vector["stream"]
    if vector["scheme"] == "ed25519":
        key = Keypair.from_uri(vector["miner_uri"], "ed25519")
        assert receipts.sign_receipt(key, receipt).encode().hex() == vector["signed"]
    acceptance = receipts.Acceptance.decode(bytes.fromhex(vector["acceptance"]))
    receipts.verify_acceptance(signed, acceptance)
    assert receipts.accepted_leaf(signed).hex() == vector["leaf"]


@pytest.mark.parametrize("vector", RECEIPTS[:1])
def test_sampling_vector(vector: dict[str, Any]):
    terms = SamplingTerms.from_json(vector["sampling"])
    assert terms.encode().hex() == vector["sampling_scale"]
    signed = receipts.SignedReceipt.decode(bytes.fromhex(vector["signed"]))
    assert signed.receipt.sampling == terms.digest()


@pytest.mark.parametrize("vector", TREES, ids=lambda v: str(len(v["leaves"])))
def test_merkle_vector(vector: dict[str, Any]):
    """The chain's own tests read the same file."""
    leaves, root = [bytes.fromhex(leaf) for leaf in vector["leaves"]], bytes.fromhex(vector["root"])
    assert merkle.merkle_root(leaves) == root
    for index, (leaf, nodes) in enumerate(zip(leaves, vector["proofs"], strict=True)):
        proof = merkle.Proof(index, len(leaves), tuple(map(bytes.fromhex, nodes)))
        assert merkle.verify_proof(root, leaf, proof)


@pytest.mark.parametrize("vector", RECEIPTS, ids=lambda v: f"{v['scheme']}-{v['stream'] is not None}")
def test_receipt_with_any_changed_byte_is_refused(vector: dict[str, Any]):
    raw = bytes.fromhex(vector["signed"])
    for at in range(len(raw)):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with pytest.raises(ReceiptError):
            receipts.verify_receipt(receipts.SignedReceipt.decode(changed))
