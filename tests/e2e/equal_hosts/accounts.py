"""Accounts of all three signature schemes, and how an extrinsic is signed by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import coincurve

from ganglion.keys import Keypair
from ganglion_devnode.scale import Reader, byte_string

FUNDED = ("Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie")
ECDSA = 2  # tag of MultiSignature
PREFIX = 2 + 32  # version byte, tag and content of the address


@dataclass(eq=False)
class Account:
    """An account and the nonce of its next transaction.

    Attributes:
        key: signs; for ecdsa it only stands for the account, and ``secret`` signs.
    """

    key: Any
    secret: coincurve.PrivateKey | None = None
    nonce: int = 0
    hotkeys: list[Account] = field(default_factory=list)

    @property
    def ss58(self) -> str:
        return self.key.ss58

    def sign(self, runtime: Any, call: Any, **options: Any) -> bytes:
        """A signed extrinsic."""
        if self.secret is None:
            return runtime.sign(call, self.key, **options)
        payload: list[bytes] = []
        template = runtime.sign(call, _Recorder(self.key, payload), **options)
        reader = Reader(template)
        body = reader.bytes()
        signature = self.secret.sign_recoverable(blake2b(payload[0], digest_size=32).digest(), hasher=None)
        signed = body[:PREFIX] + bytes([ECDSA]) + signature + body[PREFIX + 1 + 64 :]
        return byte_string(signed)


class _Recorder:
    """A key that keeps what it is asked to sign."""

    def __init__(self, key: Keypair, payloads: list[bytes]) -> None:
        self._key, self._payloads = key, payloads

    def __getattr__(self, name: str) -> Any:
        return getattr(self._key, name)

    def sign(self, payload: bytes) -> bytes:
        self._payloads.append(payload)
        return bytes(64)


def sr25519(uri: str) -> Account:
    return Account(Keypair.from_uri(uri))


def ed25519(uri: str) -> Account:
    return Account(Keypair.from_uri(uri, scheme="ed25519"))


def ecdsa(uri: str) -> Account:
    """The account of a secp256k1 key is the hash of its public key."""
    secret = coincurve.PrivateKey(blake2b(uri.encode(), digest_size=32).digest())
    public = secret.public_key.format(compressed=True)
    return Account(Keypair(blake2b(public, digest_size=32).digest()), secret)
