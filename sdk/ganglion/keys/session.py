"""Session keys: what an authority's node signs blocks (Aura, sr25519) and votes (GRANDPA, ed25519) with.

Both come from one secret, as `ganglion-node key insert` derives them from one file. The proof is that of
sp-core's proof_of_possession: each key signs "POP_" and its owner's account. Knows neither files nor the chain.
"""

from __future__ import annotations

from dataclasses import dataclass

from ganglion.errors import UsageError
from ganglion.keys.keypair import Keypair

CONTEXT = b"POP_"
KEYS_BYTES = 64
PROOF_BYTES = 128

__all__ = ["KEYS_BYTES", "PROOF_BYTES", "SessionKeys", "check_bytes"]


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """The public halves, and the proof that their owner has the secret ones.

    Attributes:
        aura, grandpa: public keys, 32 bytes each.
        proof: two signatures of 64 bytes, Aura's first.
    """

    aura: bytes
    grandpa: bytes
    proof: bytes

    @property
    def keys(self) -> bytes:
        """Both public keys as `session.set_keys` takes them, 64 bytes."""
        return self.aura + self.grandpa

    @classmethod
    def derive(cls, uri: str, owner: bytes) -> SessionKeys:
        """Keys of a secret URI.

        Args:
            owner: public key of the account that will register them, 32 bytes.
        """
        aura, grandpa = Keypair.from_uri(uri), Keypair.from_uri(uri, "ed25519")
        statement = CONTEXT + owner
        return cls(aura.public_key, grandpa.public_key, aura.sign(statement) + grandpa.sign(statement))


def check_bytes(text: str, size: int, what: str) -> bytes:
    """Bytes of 0x-hex. Raises UsageError: it is none, or of another length."""
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise UsageError(f"{what} is not hexadecimal") from error
    if len(found) != size:
        raise UsageError(f"{what} has {len(found)} bytes, not {size}")
    return found
