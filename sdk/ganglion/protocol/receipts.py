"""Receipts: what a miner signs about an answer. SCALE, verifiable offline and by the chain.

A receipt binds an answer to its request (blake2b-256 of the request's signature), its parties, its model
profile, its prompt, its sampling and its output. Version 1 is the chain's SCALE struct: a version, fixed-width
fields in the order of `_ORDER`, then an Option; the signed message is SIGNING_DOMAIN and those bytes.
`SignedReceipt` appends the chain's MultiSignature (0 ed25519, 1 sr25519). Whoever asked countersigns
ACCEPTANCE_DOMAIN and all of that. Knows neither HTTP nor models: hashes arrive computed, except those of prompts and
outputs, which are defined here.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum

from ganglion.errors import ReceiptError
from ganglion.keys import Keypair, Scheme, ss58, verify
from ganglion.protocol.hashing import blake2_256

VERSION = 1
SIGNING_DOMAIN = b"ganglion/receipt/1"
PROMPT_DOMAIN = b"ganglion/prompt/1"
OUTPUT_DOMAIN = b"ganglion/output/1"
INPUTS_DOMAIN = b"ganglion/inputs/1"
EMBEDDINGS_DOMAIN = b"ganglion/embeddings/1"
ACCEPTANCE_DOMAIN = b"ganglion/receipt-accepted/1"
ACCEPTED_DOMAIN = b"ganglion/accepted/1"
NO_HASH = bytes(32)
ZERO_PRICE = 0

_FIXED = struct.Struct("<B32s32s16s32s32s32sB32sI32s32sIB16s32s16s32sQII")
_SCHEMES: tuple[Scheme, ...] = ("ed25519", "sr25519")  # indices of MultiSignature
MAX_BYTES = _FIXED.size + 33 + 65
U32 = (1 << 32) - 1


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
        sampling: `SamplingTerms.digest`; zero for embeddings, which sample nothing.
        created_at: unix milliseconds by the miner's clock.
        trace: Merkle root of the activation leaves; zero where the profile has none.
        price, payment: nano and how it is paid; 0 while nothing is paid per answer.
        first_token_ms: from the request to the first token.
        pace: output tokens per 1,000 seconds, from the request to the end.
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
    sampling: bytes = NO_HASH
    trace: bytes = NO_HASH
    price: int = ZERO_PRICE
    payment: bytes = NO_HASH
    first_token_ms: int = 0
    pace: int = 0
    stream: bytes | None = None

    def encode(self) -> bytes:
        """SCALE bytes."""
        _check_widths(self)
        values = {name: getattr(self, name) for name in _ORDER}
        values["price"] = self.price.to_bytes(16, "little")
        fixed = _FIXED.pack(VERSION, *values.values())
        return fixed + (b"\0" if self.stream is None else b"\1" + self.stream)

    @classmethod
    def decode(cls, raw: bytes) -> Receipt:
        """Read SCALE bytes, all of them.

        Raises:
            ReceiptError: another version, another length, or an impossible value.
        """
        stream = _read_option(raw)
        version, *fixed = _FIXED.unpack_from(raw)
        if version != VERSION:
            raise ReceiptError(f"receipt version {version} is not known", hint="a newer release may know it")
        values = dict(zip(_ORDER, fixed, strict=True))
        try:
            values["kind"], values["finish"] = Kind(values["kind"]), Finish(values["finish"])
        except ValueError as error:
            raise ReceiptError(f"the receipt is malformed: {error}") from error
        values["price"] = int.from_bytes(values["price"], "little")
        return cls(**values, stream=stream)


_ORDER = (
    "network",
    "request",
    "request_id",
    "miner",
    "requester",
    "profile",
    "kind",
    "prompt",
    "prompt_tokens",
    "sampling",
    "output",
    "output_tokens",
    "finish",
    "nonce",
    "trace",
    "price",
    "payment",
    "created_at",
    "first_token_ms",
    "pace",
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

    def digest(self) -> bytes:
        """How verdicts and anchors name it: blake2b-256 of its bytes."""
        return blake2_256(self.encode())

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


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The requester's signature over a signed receipt: it has what was promised, and its checks passed."""

    scheme: Scheme
    signature: bytes

    def encode(self) -> bytes:
        """SCALE bytes of a MultiSignature, 65 of them."""
        return bytes([_SCHEMES.index(self.scheme)]) + self.signature

    def text(self) -> str:
        """base64, as it travels."""
        return base64.b64encode(self.encode()).decode()

    @classmethod
    def decode(cls, raw: bytes) -> Acceptance:
        """Read SCALE bytes; nothing is verified. Raises ReceiptError."""
        if len(raw) != 65 or raw[0] >= len(_SCHEMES):
            raise ReceiptError("these bytes are no acceptance of a receipt")
        return cls(_SCHEMES[raw[0]], raw[1:])


def accept_receipt(key: Keypair, signed: SignedReceipt) -> Acceptance:
    """Countersign a receipt with the key that it names as its requester."""
    if key.public_key != signed.receipt.requester:
        raise ReceiptError(f"{key.ss58} is not the requester of this receipt", fault="self")
    return Acceptance(key.scheme, key.sign(ACCEPTANCE_DOMAIN + signed.encode()))


def verify_acceptance(signed: SignedReceipt, acceptance: Acceptance) -> None:
    """Raises ReceiptError unless the receipt's requester accepted it."""
    requester = signed.receipt.requester
    if not verify(requester, ACCEPTANCE_DOMAIN + signed.encode(), acceptance.signature, acceptance.scheme):
        raise ReceiptError(f"the acceptance is not signed by {ss58.encode(requester)}, who asked")


def accepted_leaf(signed: SignedReceipt) -> bytes:
    """What stands for a receipt in an anchored batch: "ganglion/accepted/1", its digest, its request id."""
    return ACCEPTED_DOMAIN + signed.digest() + signed.receipt.request_id


def pace(tokens: int, seconds: float) -> int:
    """Tokens per 1,000 seconds, as a receipt holds it."""
    return min(U32, int(tokens * 1000 / seconds)) if seconds > 0 else 0


def prompt_hash(token_ids: Sequence[int]) -> bytes:
    """blake2b-256 of "ganglion/prompt/1" and a rendered prompt's token ids, each a u32, little-endian."""
    return blake2_256(PROMPT_DOMAIN + _u32s(token_ids))


def output_hash(token_ids: Sequence[int]) -> bytes:
    """blake2b-256 of "ganglion/output/1" and an answer's token ids, each a u32, little-endian."""
    return blake2_256(OUTPUT_DOMAIN + _u32s(token_ids))


def inputs_hash(texts: Sequence[str]) -> bytes:
    """Prompt hash of an embedding request: blake2b-256 of "ganglion/inputs/1" and each text (u32 length,
    UTF-8).
    """
    encoded = [text.encode() for text in texts]
    return blake2_256(INPUTS_DOMAIN + b"".join(_u32s([len(text)]) + text for text in encoded))


def embeddings_hash(values: bytes, dimension: int) -> bytes:
    """Output hash of embeddings: blake2b-256 of "ganglion/embeddings/1", the dimension (u32) and all
    float32, little-endian.
    """
    return blake2_256(EMBEDDINGS_DOMAIN + _u32s([dimension]) + values)


def request_hash(request_signature: bytes) -> bytes:
    """How a receipt names its request: blake2b-256 of the request's signature."""
    return blake2_256(request_signature)


def _u32s(values: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)
