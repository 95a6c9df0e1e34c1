"""A signing key, sr25519 or ed25519.

Knows derivation, signing and verification; knows neither files nor the chain. The primitives are the
schnorrkel and ed25519-zebra bindings that substrate-interface uses; its own Keypair class is not used because
it takes 0.5 s to import, refuses passwords and ed25519 paths in URIs, and accepts a signature over
``<Bytes>data</Bytes>`` for ``data``.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import Literal

import ed25519_zebra
import sr25519

from ganglion.errors import KeystoreError, UsageError
from ganglion.keys import mnemonic as bip39
from ganglion.keys import ss58
from ganglion.keys.uri import Junction, SecretUri

Scheme = Literal["sr25519", "ed25519"]
SCHEMES: tuple[Scheme, ...] = ("sr25519", "ed25519")

__all__ = ["SCHEMES", "Keypair", "Scheme", "verify"]


class Keypair:
    """A public key and, unless it is watch-only, its secret.

    >>> Keypair.from_uri("//Alice").ss58
    '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY'
    """

    __slots__ = ("_secret", "_ss58", "public_key", "scheme")

    def __init__(self, public_key: bytes, secret: bytes | None = None, *, scheme: Scheme = "sr25519") -> None:
        """Prefer the named constructors.

        Args:
            public_key: 32 bytes.
            secret: 64 bytes for sr25519 (schnorrkel's form), the 32-byte seed for ed25519, None for
                watch-only.
            scheme: signature scheme.
        """
        if scheme not in SCHEMES:
            raise UsageError(f"unknown signature scheme {scheme!r}", hint="use sr25519 or ed25519")
        if len(public_key) != 32:
            raise UsageError(f"a public key has 32 bytes, not {len(public_key)}")
        self.public_key = bytes(public_key)
        self.scheme: Scheme = scheme
        self._secret = secret
        self._ss58 = ss58.encode(self.public_key)

    @classmethod
    def from_seed(cls, seed: bytes, scheme: Scheme = "sr25519") -> Keypair:
        """Key of a 32-byte seed."""
        if len(seed) != 32:
            raise UsageError(f"a seed has 32 bytes, not {len(seed)}")
        if scheme == "ed25519":
            secret, public = ed25519_zebra.ed_from_seed(bytes(seed))
            return cls(bytes(public), bytes(secret), scheme=scheme)
        public, secret = sr25519.pair_from_seed(bytes(seed))
        return cls(bytes(public), bytes(secret), scheme=scheme)

    @classmethod
    def from_mnemonic(cls, phrase: str, password: str = "", scheme: Scheme = "sr25519") -> Keypair:
        """Key of a BIP-39 phrase."""
        return cls.from_seed(bip39.to_seed(phrase, password), scheme)

    @classmethod
    def from_uri(cls, uri: str, scheme: Scheme = "sr25519") -> Keypair:
        """Key of a secret URI such as ``//Alice`` or ``<phrase>//hard/soft///password``."""
        parsed = SecretUri.parse(uri)
        seed = _seed(parsed)
        if scheme == "ed25519":
            for junction in parsed.junctions:
                seed = _derive_ed25519(seed, junction)
            return cls.from_seed(seed, scheme)
        pair = cls.from_seed(seed, scheme)
        for junction in parsed.junctions:
            pair = pair._derive_sr25519(junction)
        return pair

    @classmethod
    def generate(cls, scheme: Scheme = "sr25519") -> Keypair:
        """A new key from the operating system's randomness."""
        return cls.from_seed(os.urandom(32), scheme)

    @classmethod
    def from_address(cls, address: str, scheme: Scheme = "sr25519") -> Keypair:
        """A watch-only key: it verifies, it can't sign."""
        return cls(ss58.decode(address), scheme=scheme)

    @property
    def ss58(self) -> str:
        """Address with the network's prefix."""
        return self._ss58

    ss58_address = ss58

    @property
    def can_sign(self) -> bool:
        """Whether the secret is here."""
        return self._secret is not None

    @property
    def crypto_type(self) -> int:
        """Index of the scheme in the chain's MultiSignature (0 ed25519, 1 sr25519)."""
        return 0 if self.scheme == "ed25519" else 1

    def sign(self, message: bytes) -> bytes:
        """64 bytes over exactly ``message``."""
        secret = self.secret
        if self.scheme == "ed25519":
            return bytes(ed25519_zebra.ed_sign(secret, bytes(message)))
        return bytes(sr25519.sign((self.public_key, secret), bytes(message)))

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether ``signature`` is this key's over exactly ``message``."""
        return verify(self.public_key, message, signature, self.scheme)

    @property
    def secret(self) -> bytes:
        """The secret bytes, for keystores only.

        Raises:
            KeystoreError: the key is watch-only.
        """
        if self._secret is None:
            raise KeystoreError(f"{self.ss58} is watch-only: there is no secret key to sign with")
        return self._secret

    def _derive_sr25519(self, junction: Junction) -> Keypair:
        derive = sr25519.hard_derive_keypair if junction.hard else sr25519.derive_keypair
        _, public, secret = derive((junction.chain_code, self.public_key, self.secret), b"")
        return Keypair(bytes(public), bytes(secret), scheme="sr25519")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Keypair):
            return NotImplemented
        return (self.scheme, self.public_key) == (other.scheme, other.public_key)

    def __hash__(self) -> int:
        return hash((self.scheme, self.public_key))

    def __repr__(self) -> str:
        return f"Keypair({self.ss58}, {self.scheme}{'' if self.can_sign else ', watch-only'})"


def verify(account: bytes | str, message: bytes, signature: bytes, scheme: Scheme = "sr25519") -> bool:
    """Whether ``signature`` (64 bytes) is the account's over exactly ``message``; malformed input is just
    False.

    Args:
        account: SS58 address or 32-byte public key.
    """
    if len(signature) != 64 or scheme not in SCHEMES:
        return False
    try:
        public_key = ss58.to_public_key(account)
        check = sr25519.verify if scheme == "sr25519" else ed25519_zebra.ed_verify
        return bool(check(bytes(signature), bytes(message), public_key))
    except ValueError:  # the bindings' answer to bytes that are no curve point or no schnorrkel signature
        return False


def _seed(uri: SecretUri) -> bytes:
    if not uri.phrase.startswith("0x"):
        return bip39.to_seed(uri.phrase, uri.password)
    try:
        seed = bytes.fromhex(uri.phrase[2:])
    except ValueError as error:
        raise UsageError("the seed in the secret URI is not hex") from error
    if len(seed) != 32:
        raise UsageError(f"the seed in the secret URI has {len(seed)} bytes instead of 32")
    return seed


def _derive_ed25519(seed: bytes, junction: Junction) -> bytes:
    if not junction.hard:
        raise UsageError("ed25519 keys have no soft derivation", hint="use // instead of / in the path")
    return blake2b(b"\x2cEd25519HDKD" + seed + junction.chain_code, digest_size=32).digest()
