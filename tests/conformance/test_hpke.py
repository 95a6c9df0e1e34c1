"""HPKE as the sealed prompts use it, against RFC 9180's own vector (appendix A.2.1, base mode)."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pyhpke import KEMKey

from ganglion.protocol.sealed import _suite

INFO = "4f6465206f6e2061204772656369616e2055726e"
PRIVATE = "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb"
ENCAPSULATED = "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"
TEXT, AAD = "4265617574792069732074727574682c20747275746820626561757479", "436f756e742d30"
CIPHERTEXT = "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"
EXPORTED = {
    "": "4bbd6243b8bb54cec311fac9df81841b6fd61f56538a775e7c80a9f40160606e",
    "54657374436f6e74657874": "5acb09211139c43b3090489a9da433e8a30ee7188ba8b0a9a1ccf0c229283e53",
}


def test_the_suite_is_rfc_9180s():
    key = KEMKey.from_pyca_cryptography_key(X25519PrivateKey.from_private_bytes(bytes.fromhex(PRIVATE)))
    context = _suite().create_recipient_context(bytes.fromhex(ENCAPSULATED), key, info=bytes.fromhex(INFO))
    assert context.open(bytes.fromhex(CIPHERTEXT), bytes.fromhex(AAD)).hex() == TEXT
    for exporter_context, secret in EXPORTED.items():
        assert context.export(bytes.fromhex(exporter_context), 32).hex() == secret
