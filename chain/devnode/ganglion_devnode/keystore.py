"""Session keys in memory: what the runtime's key functions and the node's block sealing use.

Keys are held by type (4 bytes, such as b"aura") and scheme. Nothing is ever written to disk.
"""

from __future__ import annotations

import secrets

import coincurve

from ganglion.errors import UsageError
from ganglion.keys import Keypair

SCHEMES = ("sr25519", "ed25519", "ecdsa")
Secret = Keypair | coincurve.PrivateKey


class MemoryKeystore:
    """A `Keystore` (see `executor.context`) that forgets its keys with the process."""

    def __init__(self) -> None:
        self._held: dict[tuple[bytes, str], dict[bytes, Secret]] = {}

    def __repr__(self) -> str:
        return f"MemoryKeystore({sum(map(len, self._held.values()))} keys)"

    def insert(self, key_type: bytes, pair: Keypair) -> None:
        """Hold an sr25519 or ed25519 key."""
        self._hold(key_type, pair.scheme, pair.public_key, pair)

    def insert_uri(self, key_type: bytes, scheme: str, uri: str) -> bytes:
        """Hold the key of a secret URI such as "//Alice"; returns the public key.

        An ecdsa URI is the 32-byte secret in hex.
        """
        if scheme == "ecdsa":
            return self._insert_ecdsa(key_type, _hex_secret(uri))
        pair = Keypair.from_uri(uri, _checked(scheme))  # type: ignore[arg-type]
        self.insert(key_type, pair)
        return pair.public_key

    def _insert_ecdsa(self, key_type: bytes, secret: bytes) -> bytes:
        key = coincurve.PrivateKey(secret)
        public = key.public_key.format(compressed=True)
        self._hold(key_type, "ecdsa", public, key)
        return public

    def _hold(self, key_type: bytes, scheme: str, public: bytes, secret: Secret) -> None:
        if len(key_type) != 4:
            raise UsageError(f"a key type has 4 bytes, got {key_type!r}")
        self._held.setdefault((key_type, scheme), {})[public] = secret

    def public_keys(self, key_type: bytes, scheme: str) -> list[bytes]:
        """Public keys held under a key type."""
        return list(self._held.get((key_type, scheme), ()))

    def has(self, key_type: bytes, public: bytes) -> bool:
        """True if the key is held under this type, whatever its scheme."""
        return any(public in keys for (held, _), keys in self._held.items() if held == key_type)

    def generate(self, key_type: bytes, scheme: str, seed: str | None) -> bytes:
        """Make and hold a key, from a secret URI if given; returns the public key."""
        return self.insert_uri(
            key_type, _checked(scheme), "0x" + secrets.token_hex(32) if seed is None else seed
        )

    def _secret(self, scheme: str, public: bytes) -> Secret | None:
        found = (keys[public] for (_, held), keys in self._held.items() if held == scheme and public in keys)
        return next(found, None)

    def sr25519_sign(self, public: bytes, message: bytes) -> bytes | None:
        """64-byte signature under the context "substrate", or None if the key is not held."""
        pair = self._secret("sr25519", public)
        return pair.sign(message) if isinstance(pair, Keypair) else None

    def ed25519_sign(self, public: bytes, message: bytes) -> bytes | None:
        """64-byte signature, or None if the key is not held."""
        pair = self._secret("ed25519", public)
        return pair.sign(message) if isinstance(pair, Keypair) else None

    def ecdsa_sign_prehashed(self, public: bytes, digest: bytes) -> bytes | None:
        """65-byte recoverable signature of a 32-byte digest, or None if the key is not held."""
        key = self._secret("ecdsa", public)
        return key.sign_recoverable(digest, hasher=None) if isinstance(key, coincurve.PrivateKey) else None


def _checked(scheme: str) -> str:
    if scheme not in SCHEMES:
        raise UsageError(f"unknown signature scheme {scheme!r}", hint=f"use one of {', '.join(SCHEMES)}")
    return scheme


def _hex_secret(uri: str) -> bytes:
    try:
        secret = bytes.fromhex(uri.removeprefix("0x"))
    except ValueError:
        secret = b""
    if len(secret) != 32:
        raise UsageError(
            "an ecdsa secret is 32 bytes in hex", hint="key derivation is offered for sr25519 and ed25519"
        )
    return secret
