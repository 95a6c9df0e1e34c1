"""Write tests/conformance/vectors/{http_signatures,receipts,merkle}.json: python tools/wire_vectors.py

ed25519 signatures are deterministic and must be reproduced; sr25519 ones are randomised and can only be
verified, so running this again changes them. One vector is RFC 9421's own (appendix B.2.6).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ganglion.keys import Keypair
from ganglion.protocol import http_signatures as hs
from ganglion.protocol import receipts
from ganglion.protocol.merkle import merkle_proofs, merkle_root
from ganglion.protocol.sampling import SamplingParams, SamplingTerms
from ganglion.protocol.trace import trace_root

OUT = Path(__file__).resolve().parent.parent / "tests" / "conformance" / "vectors"
NETWORK = bytes(range(32))
NOW = 1_800_000_000
NONCE = bytes(range(16))
TERMS = SamplingTerms(SamplingParams(0.7, 0.9, 40, 1.1), 3, ("\n\n", "Ende\u2026"))
LEAVES = [b"ganglion/trace/1 and so on", b"another"]
BODY = b'{"model":"ganglion-tiny","prompt":"hello"}'
RFC_9421_B26 = {
    "source": "RFC 9421 appendix B.2.6",
    "public_key": "26b40b8f93fff3d897112f7ebc582b232dbd72517d082fe83cfb30ddce43d1bb",
    "components": ["date", "@method", "@path", "@authority", "content-type", "content-length"],
    "params": [["created", 1618884473], ["keyid", "test-key-ed25519"]],
    "values": {
        "date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "@method": "POST",
        "@path": "/foo",
        "@authority": "example.com",
        "content-type": "application/json",
        "content-length": "18",
    },
    "signature": "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==",
}


def request_vector(
    name: str, scheme: Any, *, method: str, path: str, query: str, body: bytes
) -> dict[str, Any]:
    sender, receiver = Keypair.from_uri("//Alice", scheme), Keypair.from_uri("//Bob")
    headers = hs.sign_request(
        sender,
        method=method,
        path=path,
        query=query,
        body=body,
        receiver=receiver.ss58,
        network=NETWORK,
        now=NOW,
        nonce=NONCE,
    )
    read = hs.read_request(method, path, query, headers)
    return {
        "name": name,
        "scheme": scheme,
        "signer_uri": "//Alice",
        "receiver": receiver.ss58,
        "network": NETWORK.hex(),
        "now": NOW,
        "nonce": NONCE.hex(),
        "method": method,
        "path": path,
        "query": query,
        "body": body.decode(),
        "signature_base": read.base.decode(),
        "headers": headers,
    }


def response_vector(
    name: str, scheme: Any, *, status: int, body: bytes | None, request: dict[str, Any]
) -> dict[str, Any]:
    miner = Keypair.from_uri("//Bob", scheme)
    signature = hs.signature_of(request["headers"])
    headers = hs.sign_response(
        miner, status=status, body=body, request_signature=signature, now=NOW + 1, nonce=NONCE
    )
    return {
        "name": name,
        "scheme": scheme,
        "signer_uri": "//Bob",
        "signer": miner.ss58,
        "now": NOW + 1,
        "nonce": NONCE.hex(),
        "status": status,
        "body": None if body is None else body.decode(),
        "request_signature": signature.hex(),
        "headers": headers,
    }


def receipt_vector(scheme: Any, stream: bytes | None) -> dict[str, Any]:
    miner, requester = Keypair.from_uri("//Bob", scheme), Keypair.from_uri("//Alice", scheme)
    receipt = receipts.Receipt(
        network=NETWORK,
        request=receipts.request_hash(bytes(64)),
        request_id=NONCE,
        miner=miner.public_key,
        requester=requester.public_key,
        profile=b"\x11" * 32,
        kind=receipts.Kind.CHAT,
        prompt=b"\x22" * 32,
        prompt_tokens=17,
        sampling=TERMS.digest(),
        output=receipts.output_hash([5, 6, 2047]),
        output_tokens=3,
        finish=receipts.Finish.LENGTH,
        nonce=NONCE[::-1],
        trace=trace_root(LEAVES),
        price=1 << 70,
        payment=b"\x44" * 32,
        created_at=NOW * 1000 + 123,
        first_token_ms=45,
        pace=678_000,
        stream=stream,
    )
    signed = receipts.sign_receipt(miner, receipt)
    return {
        "scheme": scheme,
        "miner_uri": "//Bob",
        "token_ids": [5, 6, 2047],
        "stream": None if stream is None else stream.hex(),
        "sampling": TERMS.to_json(),
        "sampling_scale": TERMS.encode().hex(),
        "receipt": receipt.encode().hex(),
        "signed": signed.encode().hex(),
        "requester_uri": "//Alice",
        "acceptance": receipts.accept_receipt(requester, signed).encode().hex(),
        "leaf": receipts.accepted_leaf(signed).hex(),
    }


def merkle_vector(count: int) -> dict[str, Any]:
    leaves = [b"leaf" + index.to_bytes(4, "little") for index in range(count)]
    proofs = [[node.hex() for node in proof.nodes] for proof in merkle_proofs(leaves)]
    return {"leaves": [leaf.hex() for leaf in leaves], "root": merkle_root(leaves).hex(), "proofs": proofs}


def write(name: str, value: Any) -> None:
    (OUT / name).write_text(json.dumps(value, indent=1) + "\n")


def main() -> None:
    requests = [
        request_vector(
            "ed25519 chat", "ed25519", method="POST", path="/v1/chat/completions", query="", body=BODY
        ),
        request_vector(
            "ed25519 query and empty body",
            "ed25519",
            method="GET",
            path="/v1/models",
            query="a=%20b&c",
            body=b"",
        ),
        request_vector(
            "sr25519 chat", "sr25519", method="POST", path="/v1/chat/completions", query="", body=BODY
        ),
    ]
    responses = [
        response_vector("ed25519 whole", "ed25519", status=200, body=b'{"ok":true}', request=requests[0]),
        response_vector("ed25519 stream head", "ed25519", status=200, body=None, request=requests[0]),
        response_vector("sr25519 refusal", "sr25519", status=429, body=b'{"error":{}}', request=requests[2]),
    ]
    write("http_signatures.json", {"rfc9421": RFC_9421_B26, "requests": requests, "responses": responses})
    write(
        "receipts.json",
        [
            receipt_vector("ed25519", None),
            receipt_vector("ed25519", b"\x33" * 32),
            receipt_vector("sr25519", None),
        ],
    )
    write("merkle.json", [merkle_vector(count) for count in (0, 1, 2, 3, 5, 6, 7, 11, 16, 33)])


if __name__ == "__main__":
    main()
