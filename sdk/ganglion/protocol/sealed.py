"""Private prompts: a request that only the miner's published key opens.

HPKE (RFC 9180, base mode) with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and ChaCha20Poly1305; nothing is
negotiable. The key schedule's `info` binds network, miner, requester, key id, method and path, so that a sealed
body opens nowhere else and for nobody else's signature. The answer is sealed with keys exported from the same
context (sealed_answer.py). What is sealed is padded to a length class. Keys, bytes and clocks are arguments; this
module knows neither HTTP nor files.

Sources: RFC 9180 sections 4 and 5, RFC 9458 section 4.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey, PyHPKEError

from ganglion.errors import ProtocolError
from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.fields import parse_object
from ganglion.protocol.receipts import Kind
from ganglion.protocol.sealed_answer import Exported, OpenedChunks, SealedChunks, pad, unpad

VERSION = 1
METHOD, PATH = "POST", "/v1/sealed"
REQUEST_TYPE = "application/ganglion-sealed-request"
ANSWER_TYPE = "application/ganglion-sealed-answer"
STREAM_TYPE = "application/ganglion-sealed-stream"
SMALLEST_REQUEST = 1024  # bytes; longer ones are padded to the next power of two
KEY_ID_BYTES = 8
KINDS = {Kind.CHAT: "chat", Kind.COMPLETION: "completion", Kind.EMBEDDING: "embedding"}
_KINDS = {name: kind for kind, name in KINDS.items()}

_INFO = b"ganglion/sealed-request/1"
_KEY_ID = b"ganglion/sealing-key/1"
_EXPORT = b"ganglion/sealed-answer/1"
_PUBLISHED = struct.Struct("<B8s32sQ")
_HEAD = struct.Struct("<B8s32s")
_TAG = 16
_EXPORTED = 32

__all__ = [
    "ANSWER_TYPE",
    "KINDS",
    "METHOD",
    "PATH",
    "REQUEST_TYPE",
    "STREAM_TYPE",
    "Asker",
    "Binding",
    "Opened",
    "SealedRequest",
    "SealingKey",
    "open_request",
    "public_key",
    "seal_request",
]


def _suite() -> CipherSuite:
    return CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305)


def public_key(private: bytes) -> bytes:
    """The X25519 public key, 32 bytes."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


@dataclass(frozen=True, slots=True)
class SealingKey:
    """What a miner publishes on chain with its endpoint, 49 bytes: version, key id, X25519 key, expiry.

    Attributes:
        public: 32 bytes.
        expires_at: unix seconds after which nobody may seal to it.
    """

    public: bytes
    expires_at: int

    @property
    def key_id(self) -> bytes:
        """8 bytes that name the key: a hash, so that two keys never share one by mistake."""
        data = _KEY_ID + self.public + self.expires_at.to_bytes(8, "little")
        return hashlib.blake2b(data, digest_size=KEY_ID_BYTES).digest()

    def encode(self) -> bytes:
        """As it stands on chain."""
        return _PUBLISHED.pack(VERSION, self.key_id, self.public, self.expires_at)

    @classmethod
    def decode(cls, raw: bytes) -> SealingKey:
        """Read what a miner published. Raises ProtocolError for what is none; expiry is not looked at."""
        if len(raw) != _PUBLISHED.size or raw[0] != VERSION:
            raise ProtocolError("the published key is not a sealing key of version 1", fault="peer")
        _, key_id, public, expires_at = _PUBLISHED.unpack(raw)
        key = cls(public, expires_at)
        if key.key_id != key_id:
            raise ProtocolError(
                "the published sealing key does not have the key id that it names", fault="peer"
            )
        return key


@dataclass(frozen=True, slots=True)
class Binding:
    """Where and by whom a sealed request may be used. `network` is the genesis hash, the others public keys."""

    network: bytes
    receiver: bytes
    requester: bytes

    def info(self, key_id: bytes) -> bytes:
        """HPKE's `info`: every part has a fixed length but the last two, which are length-prefixed."""
        target = b"".join(bytes([len(part)]) + part.encode() for part in (METHOD, PATH))
        return _INFO + self.network + self.receiver + self.requester + key_id + target


@dataclass(frozen=True, slots=True)
class SealedRequest:
    """The body of a sealed request, taken apart and not opened."""

    key_id: bytes
    encapsulated: bytes
    ciphertext: bytes

    @classmethod
    def decode(cls, body: bytes) -> SealedRequest:
        """Check form and length class. Raises RequestError `malformed_sealed`."""
        padded = len(body) - _HEAD.size - _TAG
        if len(body) < _HEAD.size or body[0] != VERSION:
            raise _malformed("the body is not a sealed request of version 1")
        if padded < SMALLEST_REQUEST or padded & (padded - 1):
            raise _malformed("the sealed request is not padded to a length class")
        _, key_id, encapsulated = _HEAD.unpack_from(body)
        return cls(key_id, encapsulated, body[_HEAD.size :])


@dataclass(frozen=True, slots=True)
class Opened:
    """A request that the miner opened, and how its answer is sealed."""

    kind: Kind
    body: dict[str, Any]
    exported: Exported

    def answer(self, nonce: bytes) -> SealedChunks:
        """A writer for the one answer; `nonce` are 32 fresh random bytes."""
        return SealedChunks(self.exported, nonce)


@dataclass(frozen=True, slots=True)
class Asker:
    """What the requester keeps of a request that it sealed: the body to send, and how to open the answer."""

    body: bytes
    key_id: bytes
    exported: Exported

    def chunks(self) -> OpenedChunks:
        """A reader for the one answer."""
        return OpenedChunks(self.exported)

    def whole(self, raw: bytes) -> bytes:
        """Open an answer in one piece. Raises ProtocolError."""
        reader = self.chunks()
        opened = b"".join(reader.feed(raw))
        reader.close()
        return opened


def seal_request(
    key: SealingKey, kind: Kind, body: Mapping[str, Any], binding: Binding, *, now: float
) -> Asker:
    """Seal a request to a published key.

    Args:
        body: OpenAI's request with `x_ganglion`.
        now: unix seconds.

    Raises:
        ProtocolError: the key has expired or is no key.
    """
    if now >= key.expires_at:
        raise ProtocolError(
            f"the miner's sealing key {key.key_id.hex()} expired {now - key.expires_at:.0f} s ago",
            hint="read it from the chain again, or ask another miner",
            fault="peer",
        )
    inner = {"kind": KINDS[kind], "body": dict(body)}
    text = json.dumps(inner, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    try:
        public = KEMKey.from_pyca_cryptography_key(X25519PublicKey.from_public_bytes(key.public))
        encapsulated, context = _suite().create_sender_context(public, info=binding.info(key.key_id))
        ciphertext = context.seal(pad(text, SMALLEST_REQUEST))
    except (PyHPKEError, ValueError) as error:
        raise ProtocolError("the miner's sealing key is not usable", fault="peer") from error
    head = _HEAD.pack(VERSION, key.key_id, encapsulated)
    return Asker(head + ciphertext, key.key_id, Exported(context.export(_EXPORT, _EXPORTED), encapsulated))


def open_request(private: bytes, sealed: SealedRequest, binding: Binding) -> Opened:
    """Open a request with the private key that its key id names.

    Raises:
        RequestError: `unsealable` where it was sealed for something else or changed; `malformed_sealed` where
            what was sealed is no request.
    """
    try:
        key = KEMKey.from_pyca_cryptography_key(X25519PrivateKey.from_private_bytes(private))
        info = binding.info(sealed.key_id)
        context = _suite().create_recipient_context(sealed.encapsulated, key, info=info)
        plain = context.open(sealed.ciphertext)
        exported = Exported(context.export(_EXPORT, _EXPORTED), sealed.encapsulated)
    except (PyHPKEError, ValueError) as error:
        raise RequestError(
            "the request cannot be opened",
            code="unsealable",
            hint="it was sealed for another miner, network, signer or key, or was changed on the way",
        ) from error
    return Opened(*_inner(plain), exported)


def _inner(plain: bytes) -> tuple[Kind, dict[str, Any]]:
    try:
        value = parse_object(unpad(plain))
    except ProtocolError:
        value = {}
    kind, body = value.get("kind"), value.get("body")
    if set(value) != {"kind", "body"} or kind not in _KINDS or not isinstance(body, dict):
        raise _malformed("what was sealed is not a request: a JSON object with kind and body")
    return _KINDS[kind], body


def _malformed(message: str) -> RequestError:
    return RequestError(message, code="malformed_sealed")
