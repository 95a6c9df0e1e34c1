"""Host functions for keys and signatures."""

from __future__ import annotations

from collections.abc import Callable

from ganglion_devnode import crypto
from ganglion_devnode.executor.context import Keystore
from ganglion_devnode.executor.host import HostBase, HostFailure
from ganglion_devnode.executor.host_storage import optional_bytes
from ganglion_devnode.hashing import blake2_256
from ganglion_devnode.scale import option, vector


class HostSignatures(HostBase):
    """Verification and recovery: (signature, message, public) -> bool, without keys."""

    __slots__ = ()

    def ext_crypto_sr25519_verify_version_1(self, signature: int, message: int, public: int) -> int:
        """As version 2; signatures from before schnorrkel's audit are not taken."""
        return self.ext_crypto_sr25519_verify_version_2(signature, message, public)

    def ext_crypto_sr25519_verify_version_2(self, signature: int, message: int, public: int) -> int:
        """64-byte signature, 32-byte key"""
        return crypto.sr25519_verify(self.fixed(signature, 64), self.read(message), self.fixed(public, 32))

    def ext_crypto_ed25519_verify_version_1(self, signature: int, message: int, public: int) -> int:
        """64-byte signature, 32-byte key"""
        return crypto.ed25519_verify(self.fixed(signature, 64), self.read(message), self.fixed(public, 32))

    def ext_crypto_ecdsa_verify_version_1(self, signature: int, message: int, public: int) -> int:
        """65-byte signature, 33-byte key; overflowing r and s are reduced"""
        parts = self.fixed(signature, 65), self.read(message), self.fixed(public, 33)
        return crypto.ecdsa_verify(*parts, overflowing=True)

    def ext_crypto_ecdsa_verify_version_2(self, signature: int, message: int, public: int) -> int:
        """65-byte signature, 33-byte key"""
        return crypto.ecdsa_verify(self.fixed(signature, 65), self.read(message), self.fixed(public, 33))

    def ext_crypto_ecdsa_verify_prehashed_version_1(self, signature: int, digest: int, public: int) -> int:
        """65-byte signature, 32-byte digest, 33-byte key"""
        parts = self.fixed(signature, 65), self.fixed(digest, 32), self.fixed(public, 33)
        return crypto.ecdsa_verify_prehashed(*parts)

    def _recover(self, signature: int, digest: int, compressed: bool, overflowing: bool) -> int:
        parts = self.fixed(signature, 65), self.fixed(digest, 32)
        try:
            key = crypto.secp256k1_recover(*parts, overflowing=overflowing).format(compressed=compressed)
        except crypto.RecoverError as error:
            return self.give(bytes((1, error.code)))
        return self.give(b"\x00" + (key if compressed else key[1:]))

    def ext_crypto_secp256k1_ecdsa_recover_version_1(self, signature: int, digest: int) -> int:
        """-> Result<64-byte key, error>"""
        return self._recover(signature, digest, False, True)

    def ext_crypto_secp256k1_ecdsa_recover_version_2(self, signature: int, digest: int) -> int:
        """-> Result<64-byte key, error>"""
        return self._recover(signature, digest, False, False)

    def ext_crypto_secp256k1_ecdsa_recover_compressed_version_1(self, signature: int, digest: int) -> int:
        """-> Result<33-byte key, error>"""
        return self._recover(signature, digest, True, True)

    def ext_crypto_secp256k1_ecdsa_recover_compressed_version_2(self, signature: int, digest: int) -> int:
        """-> Result<33-byte key, error>"""
        return self._recover(signature, digest, True, False)


class HostKeys(HostBase):
    """Keys of the node's keystore: listing, generating, signing."""

    __slots__ = ()

    def _keystore(self) -> Keystore:
        keystore = self.call_context.keystore
        if keystore is None:
            raise HostFailure("this call has no keystore")
        return keystore

    def _public_keys(self, key_type: int, scheme: str) -> int:
        return self.give(vector(self._keystore().public_keys(self.fixed(key_type, 4), scheme)))

    def _generate(self, key_type: int, seed: int, scheme: str) -> int:
        text = optional_bytes(self.read(seed))
        uri = None if text is None else text.decode()
        return self.give_fixed(self._keystore().generate(self.fixed(key_type, 4), scheme, uri))

    def _sign(self, key_type: int, public: bytes, payload: bytes, scheme: str) -> int:
        keystore = self._keystore()
        if public not in keystore.public_keys(self.fixed(key_type, 4), scheme):
            return self.give(b"\x00")
        sign: dict[str, Callable[[bytes, bytes], bytes | None]] = {
            "sr25519": keystore.sr25519_sign,
            "ed25519": keystore.ed25519_sign,
            "ecdsa": keystore.ecdsa_sign_prehashed,
        }
        return self.give(option(sign[scheme](public, payload)))

    def ext_crypto_sr25519_public_keys_version_1(self, key_type: int) -> int:
        """(key type) -> Vec<32 bytes>"""
        return self._public_keys(key_type, "sr25519")

    def ext_crypto_ed25519_public_keys_version_1(self, key_type: int) -> int:
        """(key type) -> Vec<32 bytes>"""
        return self._public_keys(key_type, "ed25519")

    def ext_crypto_ecdsa_public_keys_version_1(self, key_type: int) -> int:
        """(key type) -> Vec<33 bytes>"""
        return self._public_keys(key_type, "ecdsa")

    def ext_crypto_sr25519_generate_version_1(self, key_type: int, seed: int) -> int:
        """(key type, Option<secret URI>) -> 32 bytes"""
        return self._generate(key_type, seed, "sr25519")

    def ext_crypto_ed25519_generate_version_1(self, key_type: int, seed: int) -> int:
        """(key type, Option<secret URI>) -> 32 bytes"""
        return self._generate(key_type, seed, "ed25519")

    def ext_crypto_ecdsa_generate_version_1(self, key_type: int, seed: int) -> int:
        """(key type, Option<secret URI>) -> 33 bytes"""
        return self._generate(key_type, seed, "ecdsa")

    def ext_crypto_sr25519_sign_version_1(self, key_type: int, public: int, message: int) -> int:
        """(key type, key, message) -> Option<64 bytes>"""
        return self._sign(key_type, self.fixed(public, 32), self.read(message), "sr25519")

    def ext_crypto_ed25519_sign_version_1(self, key_type: int, public: int, message: int) -> int:
        """(key type, key, message) -> Option<64 bytes>"""
        return self._sign(key_type, self.fixed(public, 32), self.read(message), "ed25519")

    def ext_crypto_ecdsa_sign_version_1(self, key_type: int, public: int, message: int) -> int:
        """(key type, key, message) -> Option<65 bytes>"""
        return self._sign(key_type, self.fixed(public, 33), blake2_256(self.read(message)), "ecdsa")

    def ext_crypto_ecdsa_sign_prehashed_version_1(self, key_type: int, public: int, digest: int) -> int:
        """(key type, key, digest) -> Option<65 bytes>"""
        return self._sign(key_type, self.fixed(public, 33), self.fixed(digest, 32), "ecdsa")
