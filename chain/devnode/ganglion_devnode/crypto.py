"""Signature checks and public key recovery, with exactly a Substrate node's edge cases.

Pure functions over bytes; keys that sign are in `keystore.py`.
"""

from __future__ import annotations

import coincurve
import ed25519_zebra
import sr25519

from ganglion_devnode.hashing import blake2_256

SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
BAD_RS, BAD_V, BAD_SIGNATURE = range(3)


class RecoverError(Exception):
    """Recovery failed; `code` is BAD_RS, BAD_V or BAD_SIGNATURE."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def sr25519_verify(signature: bytes, message: bytes, public: bytes) -> bool:
    """Schnorrkel under the context "substrate"."""
    try:
        return bool(sr25519.verify(signature, message, public))
    except Exception:  # the binding raises its own types on malformed points
        return False


def ed25519_verify(signature: bytes, message: bytes, public: bytes) -> bool:
    """Ed25519 by the ZIP-215 rules."""
    try:
        return bool(ed25519_zebra.ed_verify(signature, message, public))
    except Exception:  # the binding raises its own types on malformed points
        return False


def secp256k1_recover(signature: bytes, digest: bytes, *, overflowing: bool = False) -> coincurve.PublicKey:
    """The key that made a 65-byte signature (r, s, v) over a 32-byte digest.

    overflowing: r and s at or above the group order are reduced instead of refused (the first version of the
    host functions).
    """
    r, s = (int.from_bytes(signature[at : at + 32], "big") for at in (0, 32))
    if overflowing:
        r, s = r % SECP256K1_ORDER, s % SECP256K1_ORDER
    elif r >= SECP256K1_ORDER or s >= SECP256K1_ORDER:
        raise RecoverError(BAD_RS)
    v = signature[64] - 27 if signature[64] > 26 else signature[64]
    if v > 3:
        raise RecoverError(BAD_V)
    try:
        compact = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((v,))
        return coincurve.PublicKey.from_signature_and_message(compact, digest, hasher=None)
    except Exception as error:
        raise RecoverError(BAD_SIGNATURE) from error


def ecdsa_verify_prehashed(
    signature: bytes, digest: bytes, public: bytes, *, overflowing: bool = False
) -> bool:
    """True if recovery gives the 33-byte `public`."""
    try:
        return secp256k1_recover(signature, digest, overflowing=overflowing).format(compressed=True) == public
    except RecoverError:
        return False


def ecdsa_verify(signature: bytes, message: bytes, public: bytes, *, overflowing: bool = False) -> bool:
    """As `ecdsa_verify_prehashed`, over blake2_256 of the message."""
    return ecdsa_verify_prehashed(signature, blake2_256(message), public, overflowing=overflowing)
