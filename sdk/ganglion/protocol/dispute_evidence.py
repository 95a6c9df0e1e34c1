"""What a disputed answer is replayed from, in the chain's own SCALE bytes.

Knows neither chain nor models; it makes of a receipt's file what the chain wants to see, and of what the chain shows
what a replay needs.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from ganglion.errors import ReceiptError, UsageError
from ganglion.protocol.receipts import Finish, Kind, Receipt, SignedReceipt, output_hash, prompt_hash
from ganglion.protocol.sampling import TERMS_DOMAIN, SamplingParams, SamplingTerms
from ganglion.scale import compact

if TYPE_CHECKING:
    from ganglion.protocol.receipt_file import ReceiptFile

_FIXED = struct.Struct("<ffIfI")
_KINDS = {"Chat": Kind.CHAT, "Completion": Kind.COMPLETION, "Embedding": Kind.EMBEDDING}
_FINISHES = {"Stop": Finish.STOP, "Length": Finish.LENGTH, "Complete": Finish.COMPLETE}
_HASHES = (
    "network",
    "request",
    "request_id",
    "miner",
    "requester",
    "profile",
    "prompt",
    "sampling",
    "output",
    "nonce",
    "trace",
    "payment",
)
_NUMBERS = ("prompt_tokens", "output_tokens", "price", "created_at", "first_token_ms", "pace")

__all__ = ["Evidence", "decode_terms"]


@dataclass(frozen=True)
class Evidence:
    """A signed receipt, and what its hashes are of."""

    signed: SignedReceipt
    prompt_ids: tuple[int, ...]
    output_ids: tuple[int, ...]
    terms: SamplingTerms

    @property
    def receipt(self) -> Receipt:
        """What was signed."""
        return self.signed.receipt

    def subject(self) -> bytes:
        """How the chain names the answer: blake2b-256 of the receipt's bytes."""
        return blake2b(self.receipt.encode(), digest_size=32).digest()

    def encode(self) -> bytes:
        """SCALE bytes."""
        terms = self.terms.encode()
        return b"".join(
            [self.signed.encode(), _ids(self.prompt_ids), _ids(self.output_ids), compact(len(terms)), terms]
        )

    def check(self) -> None:
        """Raises ReceiptError where the chain would say `EvidenceMismatch`."""
        receipt = self.receipt
        if receipt.kind is Kind.EMBEDDING:
            raise ReceiptError("embeddings can't be disputed: only generated text can", fault="user")
        shown = {
            "prompt": (prompt_hash(self.prompt_ids), receipt.prompt),
            "answer": (output_hash(self.output_ids), receipt.output),
            "sampling": (self.terms.digest(), receipt.sampling),
        }
        for name, (found, said) in shown.items():
            if found != said:
                raise ReceiptError(f"the {name} is not the one that the receipt speaks of", fault="user")

    @classmethod
    def of_file(cls, file: ReceiptFile) -> Evidence:
        """From a receipt's file.

        Raises:
            UsageError: the file does not show enough.
            ReceiptError: what it shows does not belong together.
        """
        prompt, output, terms = file.prompt_ids, file.token_ids, file.sampling
        if prompt is None or output is None or terms is None:
            raise UsageError(
                "the file lacks the prompt's or the answer's token ids, or the sampling",
                hint="whoever asked, or answered, can write such a file",
            )
        evidence = cls(file.signed, prompt, output, terms)
        evidence.check()
        return evidence

    @classmethod
    def decode(cls, value: Any) -> Evidence:
        """From the codec's plain value of what the chain keeps, which the chain has checked. Raises ReceiptError."""
        said = value["receipt"]
        ((scheme, signature),) = said["signature"].items()
        receipt = _receipt(said["receipt"])
        signed = SignedReceipt(receipt, scheme.lower(), _bytes(signature))
        terms = decode_terms(_terms_bytes(value["sampling"], receipt.sampling))
        return cls(signed, tuple(value["prompt"]), tuple(value["output"]), terms)


def decode_terms(raw: bytes) -> SamplingTerms:
    """Read sampling terms from their SCALE bytes, all of them. Raises ReceiptError."""
    try:
        temperature, top_p, top_k, penalty, max_tokens = _FIXED.unpack_from(raw)
        at, stops = _FIXED.size, []
        count, at = _read_compact(raw, at)
        for _ in range(count):
            length, at = _read_compact(raw, at)
            stops.append(raw[at : at + length].decode())
            at += length
        terms = SamplingTerms(SamplingParams(temperature, top_p, top_k, penalty), max_tokens, tuple(stops))
    except (struct.error, IndexError, ValueError, UsageError, OverflowError) as error:
        raise ReceiptError(f"these bytes are no sampling terms: {error}") from error
    if terms.encode() != raw:
        raise ReceiptError("these sampling terms are not written as they should be")
    return terms


def _receipt(value: Any) -> Receipt:
    """The chain's receipt."""
    stream = value["stream"]
    said: dict[str, Any] = {
        **{name: _bytes(value[name]) for name in _HASHES},
        **{name: value[name] for name in _NUMBERS},
        "kind": _KINDS[value["kind"]],
        "finish": _FINISHES[value["finish"]],
        "stream": None if stream is None else _bytes(stream),
    }
    return Receipt(**said)


def _terms_bytes(value: Any, digest: bytes) -> bytes:
    """Bytes that the codec may have shown as text, because they happen to be some: those that the receipt names."""
    if not isinstance(value, str):
        return bytes(value)
    candidates = [value.encode()]
    if value.startswith("0x"):
        try:
            candidates.append(bytes.fromhex(value[2:]))
        except ValueError:
            pass
    for raw in candidates:
        if blake2b(TERMS_DOMAIN + raw, digest_size=32).digest() == digest:
            return raw
    raise ReceiptError("the sampling terms on chain are not those of the receipt", fault="chain")


def _bytes(value: Any) -> bytes:
    return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else bytes(value)


def _ids(ids: tuple[int, ...]) -> bytes:
    return compact(len(ids)) + struct.pack(f"<{len(ids)}I", *ids)


def _read_compact(raw: bytes, at: int) -> tuple[int, int]:
    mode = raw[at] & 3
    if mode == 0:
        return raw[at] >> 2, at + 1
    if mode == 1:
        return int.from_bytes(raw[at : at + 2], "little") >> 2, at + 2
    if mode == 2:
        return int.from_bytes(raw[at : at + 4], "little") >> 2, at + 4
    raise ValueError("a length above 2^30")
