"""What a disputed answer is replayed from, in the chain's own SCALE bytes.

Knows neither chain nor models; it makes of a receipt's file what the chain wants to see, and of what the chain shows
what a replay needs.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ganglion.errors import ReceiptError, UsageError
from ganglion.protocol.hashing import blake2_256
from ganglion.protocol.merkle import NODE_BYTES, merkle_root
from ganglion.protocol.receipts import NO_HASH, Finish, Kind, Receipt, SignedReceipt, output_hash, prompt_hash
from ganglion.protocol.sampling import TERMS_DOMAIN, SamplingParams, SamplingTerms
from ganglion.scale import compact, octets

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

MAX_LEAF, LEAF_TOKENS = 600, 32

__all__ = ["Evidence", "decode_terms", "fits_trace", "showable"]


@dataclass(frozen=True)
class Evidence:
    """A signed receipt, and what its hashes are of.

    Attributes:
        leaves: activation leaves under the receipt's `trace`, all of them; none where they are not known.
    """

    signed: SignedReceipt
    prompt_ids: tuple[int, ...]
    output_ids: tuple[int, ...]
    terms: SamplingTerms
    leaves: tuple[bytes, ...] = ()

    @property
    def receipt(self) -> Receipt:
        """What was signed."""
        return self.signed.receipt

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left out that a verdict can rest on: leaves are here, or the receipt commits to none."""
        return bool(self.leaves) or self.receipt.trace == NO_HASH

    def subject(self, netuid: int) -> bytes:
        """How the chain names the answer where a subnet's stake is at risk for it: blake2b-256 of the netuid and
        `receipt_hash`.
        """
        return blake2_256(struct.pack("<H", netuid) + self.receipt_hash())

    def receipt_hash(self) -> bytes:
        """Blake2b-256 of the receipt's bytes, without the signature."""
        return blake2_256(self.receipt.encode())

    def encode(self) -> bytes:
        """SCALE bytes."""
        terms = self.terms.encode()
        leaves = [compact(len(self.leaves)), *(compact(len(leaf)) + leaf for leaf in self.leaves)]
        ids = _ids(self.prompt_ids) + _ids(self.output_ids)
        return b"".join([self.signed.encode(), ids, compact(len(terms)), terms, *leaves])

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
        if self.leaves and not fits_trace(self.leaves, receipt):
            raise ReceiptError("the activation leaves are not those that the receipt speaks of", fault="user")

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
        evidence = cls(file.signed, prompt, output, terms, showable(file.leaves or (), file.signed.receipt))
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
        leaves = tuple(octets(leaf) for leaf in value["leaves"])
        return cls(signed, tuple(value["prompt"]), tuple(value["output"]), terms, leaves)


def fits_trace(leaves: Sequence[bytes], receipt: Receipt) -> bool:
    """Whether the chain takes these activation leaves for those of the receipt: one for each 32 tokens, under its
    `trace`.
    """
    return _is_shaped(leaves, receipt) and merkle_root(leaves) == receipt.trace


def showable(leaves: Sequence[bytes], receipt: Receipt) -> tuple[bytes, ...]:
    """The leaves as evidence takes them; none where the miner committed to another number of them than there are, or to
    something else than leaves: that the chain does not show to a committee.
    """
    return tuple(leaves) if _is_shaped(leaves, receipt) else ()


def _is_shaped(leaves: Sequence[bytes], receipt: Receipt) -> bool:
    wanted = -(-receipt.output_tokens // LEAF_TOKENS)
    return len(leaves) == wanted and all(len(leaf) <= MAX_LEAF and len(leaf) != NODE_BYTES for leaf in leaves)


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
        if blake2_256(TERMS_DOMAIN + raw) == digest:
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
