"""Receipts: what a miner signs about an answer. SCALE, verifiable offline and by the chain.

A receipt binds an answer to its request (blake2b-256 of the request's signature), its parties, its model
profile, its prompt and its output. Version 1 is a SCALE struct of fixed-width fields in the order of
`Receipt`, then an Option; the signed message is SIGNING_DOMAIN and those bytes. `SignedReceipt` appends the
chain's MultiSignature (0 ed25519, 1 sr25519). Knows neither HTTP nor models: hashes arrive computed, except
the two kinds of output hash, which are defined here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum

from ganglion.errors import ReceiptError
from ganglion.keys import Keypair, Scheme, ss58, verify

VERSION = 1
SIGNING_DOMAIN = b"ganglion/receipt/1"
OUTPUT_DOMAIN = b"ganglion/output/1"
INPUTS_DOMAIN = b"ganglion/inputs/1"
EMBEDDINGS_DOMAIN = b"ganglion/embeddings/1"
ZERO_PRICE = 0

_FIXED = struct.Struct("<B32s32s16s32s32s32sB32sI32sIB16s16sQ")
_SCHEMES: tuple[Scheme, ...] = ("ed25519", "sr25519")  # indices of MultiSignature
MAX_BYTES = _FIXED.size + 33 + 65


class Kind(IntEnum):
    """What was asked for."""

    CHAT = 0
    COMPLETION = 1
    EMBEDDING = 2


class Finish(IntEnum):
    """Why an answer ended. An embedding is always COMPLETE."""

    STOP = 0
    LENGTH = 1
    COMPLETE = 2


@dataclass(frozen=True, slots=True)
class Receipt:
    """Version 1. Hashes and keys are 32 bytes, `request_id` and `nonce` 16.

    Attributes:
        network: genesis hash.
        request: blake2b-256 of the request's 64-byte signature.
        prompt, prompt_tokens: hash and number of the rendered prompt's token ids.
        output, output_tokens: `output_hash` of the answer's token ids, or `embeddings_hash` and 0.
        nonce: the seed's nonce.
        price: nano; 0 while nothing is paid per answer.
        created_at: unix milliseconds by the miner's clock.
        stream: blake2b-256 of all bytes of a stream before the receipt; None for an answer in one piece.
    """

    network: bytes
    request: bytes
    request_id: bytes
    miner: bytes
    requester: bytes
    profile: bytes
    kind: Kind
    prompt: bytes
    prompt_tokens: int
    output: bytes
    output_tokens: int
    finish: Finish
    nonce: bytes
    created_at: int
    price: int = ZERO_PRICE
    stream: bytes | None = None

    def encode(self) -> bytes:
        """SCALE bytes."""
        _check_widths(self)
        fixed = _FIXED.pack(
            VERSION,
            self.network,
            self.request,
            self.request_id,
            self.miner,
            self.requester,
            self.profile,
            self.kind,
            self.prompt,
            self.prompt_tokens,
            self.output,
            self.output_tokens,
            self.finish,
            self.nonce,
            self.price.to_bytes(16, "little"),
            self.created_at,
        )
        return fixed + (b"\0" if self.stream is None else b"\1" + self.stream)

    @classmethod
    def decode(cls, raw: bytes) -> Receipt:
        """Read SCALE bytes, all of them.

        Raises:
            ReceiptError: another version, another length, or an impossible value.
        """
        stream = _read_option(raw)
        (
            version,
            network,
            request,
            request_id,
            miner,
            requester,
            profile,
            kind,
            prompt,
            prompt_tokens,
            output,
            output_tokens,
            finish,
            nonce,
            price,
            created_at,
        ) = _FIXED.unpack_from(raw)
        if version != VERSION:
            raise ReceiptError(f"receipt version {version} is not known", hint="a newer release may know it")
        try:
            kind, finish = Kind(kind), Finish(finish)
        except ValueError as error:
            raise ReceiptError(f"the receipt is malformed: {error}") from error
        return cls(
            network,
            request,
            request_id,
            miner,
            requester,
            profile,
            kind,
            prompt,
            prompt_tokens,
            output,
            output_tokens,
            finish,
            nonce,
            created_at,
            int.from_bytes(price, "little"),
            stream,
        )


def _check_widths(receipt: Receipt) -> None:
    """struct would cut or pad what has the wrong width."""
    for field in fields(receipt):
        value = getattr(receipt, field.name)
        width = 16 if field.name in ("request_id", "nonce") else 32
        if isinstance(value, bytes) and len(value) != width:
            raise ReceiptError(f"{field.name} must have {width} bytes, not {len(value)}", fault="self")


def _read_option(raw: bytes) -> bytes | None:
    rest = raw[_FIXED.size :]
    if len(raw) > _FIXED.size and rest == b"\0":
        return None
    if len(rest) == 33 and rest[0] == 1:
        return rest[1:]
    raise ReceiptError(f"a receipt can't have these {len(raw)} bytes")


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """A receipt with the miner's signature."""

    receipt: Receipt
    scheme: Scheme
    signature: bytes

    def encode(self) -> bytes:
        """SCALE bytes of (Receipt, MultiSignature)."""
        return self.receipt.encode() + bytes([_SCHEMES.index(self.scheme)]) + self.signature

    @classmethod
    def decode(cls, raw: bytes) -> SignedReceipt:
        """Read SCALE bytes; the signature is not verified. Raises ReceiptError."""
        if not _FIXED.size < len(raw) <= MAX_BYTES or raw[-65] >= len(_SCHEMES):
            raise ReceiptError("these bytes are not a signed receipt")
        return cls(Receipt.decode(raw[:-65]), _SCHEMES[raw[-65]], raw[-64:])

    def text(self) -> str:
        """base64, as it travels."""
        return base64.b64encode(self.encode()).decode()

    @classmethod
    def from_text(cls, text: str) -> SignedReceipt:
        """Read base64; the signature is not verified. Raises ReceiptError."""
        if not isinstance(text, str) or len(text) > 2 * MAX_BYTES:
            raise ReceiptError("a receipt must be base64 text")
        try:
            return cls.decode(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError) as error:
            raise ReceiptError(f"the receipt is not base64: {error}") from error


def sign_receipt(key: Keypair, receipt: Receipt) -> SignedReceipt:
    """The receipt with the signature of the miner that it names."""
    if key.public_key != receipt.miner:
        raise ReceiptError(f"{key.ss58} is not the miner of this receipt", fault="self")
    return SignedReceipt(receipt, key.scheme, key.sign(SIGNING_DOMAIN + receipt.encode()))


def verify_receipt(signed: SignedReceipt) -> Receipt:
    """The receipt, if the miner that it names signed it. Raises ReceiptError."""
    receipt = signed.receipt
    if not verify(receipt.miner, SIGNING_DOMAIN + receipt.encode(), signed.signature, signed.scheme):
        raise ReceiptError(f"the receipt is not signed by {ss58.encode(receipt.miner)}, whom it names")
    return receipt


def output_hash(token_ids: Sequence[int]) -> bytes:
    """blake2b-256 of "ganglion/output/1" and an answer's token ids, each a u32, little-endian."""
    return _blake(OUTPUT_DOMAIN + _u32s(token_ids))


def inputs_hash(texts: Sequence[str]) -> bytes:
    """Prompt hash of an embedding request: blake2b-256 of "ganglion/inputs/1" and each text (u32 length,
    UTF-8).
    """
    encoded = [text.encode() for text in texts]
    return _blake(INPUTS_DOMAIN + b"".join(_u32s([len(text)]) + text for text in encoded))


def embeddings_hash(values: bytes, dimension: int) -> bytes:
    """Output hash of embeddings: blake2b-256 of "ganglion/embeddings/1", the dimension (u32) and all
    float32, little-endian.
    """
    return _blake(EMBEDDINGS_DOMAIN + _u32s([dimension]) + values)


def request_hash(request_signature: bytes) -> bytes:
    """How a receipt names its request: blake2b-256 of the request's signature."""
    return _blake(request_signature)


def _u32s(values: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def _blake(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()
