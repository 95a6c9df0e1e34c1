"""Pallet Receipts: anchors of batches of receipts, and who anchored the batch that a receipt is in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ganglion.chain.calls import ApiCall, Call, Query
from ganglion.errors import UsageError
from ganglion.protocol.receipts import Finish, Kind, SignedReceipt

if TYPE_CHECKING:
    from ganglion.protocol.receipt_file import Inclusion  # which knows NumPy

PALLET = "Receipts"
MAX_BATCH = 1 << 24
_KINDS = {Kind.CHAT: "Chat", Kind.COMPLETION: "Completion", Kind.EMBEDDING: "Embedding"}
_FINISHES = {Finish.STOP: "Stop", Finish.LENGTH: "Length", Finish.COMPLETE: "Complete"}
_SIGNATURES = {"ed25519": "Ed25519", "sr25519": "Sr25519"}

__all__ = [
    "MAX_BATCH",
    "AnchorQuota",
    "AnchorTotals",
    "Anchored",
    "anchor",
    "anchored_at",
    "inclusion",
    "quota",
    "totals",
]


@dataclass(frozen=True)
class Anchored:
    """That a receipt is in a batch on chain.

    Attributes:
        netuid, hotkey: where it was anchored, and by whom.
        role: what the hotkey has to do with the receipt: Requester, Miner or Other.
        count: receipts in the batch.
        block, at: of the anchor; unix milliseconds.
        final_in: unpaused blocks until nobody can open a dispute about the answer.
        disputed, finalized: whether the answer is disputed; whether it is final.
    """

    netuid: int
    hotkey: str
    role: str
    count: int
    block: int
    at: int
    final_in: int
    disputed: bool
    finalized: bool


@dataclass(frozen=True)
class AnchorQuota:
    """Anchors that are still free of charge, and the block in which the quota is full again."""

    free: int
    full_at: int


@dataclass(frozen=True)
class AnchorTotals:
    """Batches that a hotkey anchored, receipts in them, and the block of the last one."""

    batches: int
    receipts: int
    last_block: int


def anchor(netuid: int, root: bytes, count: int) -> Call:
    """Put the Merkle root of `count` receipts on chain, signed by a registered hotkey. Free within a quota a tempo."""
    if len(root) != 32 or not any(root):
        raise UsageError("the root of a batch has 32 bytes, not all of them zero")
    if not 1 <= count <= MAX_BATCH:
        raise UsageError(f"a batch has 1 to {MAX_BATCH} receipts, not {count}")
    return Call(PALLET, "anchor", {"netuid": netuid, "root": root, "count": count})


def inclusion(signed: SignedReceipt, where: Inclusion) -> ApiCall[list[Anchored]]:
    """Anchors of the root that the receipt is under, those of its parties first; none: it is not on chain any more."""
    nodes = [_hex(node) for node in where.proof.nodes]
    params = (receipt_argument(signed), _hex(where.root), where.proof.index, nodes)
    return ApiCall("ReceiptsApi", "inclusion", params, _lines)


def anchored_at(netuid: int, hotkey: str, root: bytes) -> Query[int | None]:
    """Block in which a hotkey anchored this root; None where it did not, or the anchor is no longer kept."""
    return Query(PALLET, "Anchors", (_hex(root), (netuid, hotkey)), lambda found: found and found["block"])


def quota(netuid: int, hotkey: str) -> ApiCall[AnchorQuota | None]:
    """What a hotkey can still anchor free of charge; None where there is no such subnet."""
    return ApiCall("ReceiptsApi", "quota", (netuid, hotkey), lambda found: found and AnchorQuota(*found))


def totals(netuid: int, hotkey: str) -> ApiCall[AnchorTotals | None]:
    """What a hotkey anchored since it has its slot; None for nothing."""
    return ApiCall("ReceiptsApi", "totals", (netuid, hotkey), lambda found: found and AnchorTotals(*found))


def receipt_argument(signed: SignedReceipt) -> dict[str, Any]:
    """A signed receipt in the form that the codec takes."""
    receipt = signed.receipt
    hashes = ("network", "request", "request_id", "miner", "requester", "profile", "prompt", "sampling")
    hashes += ("output", "nonce", "trace", "payment")
    numbers = ("prompt_tokens", "output_tokens", "price", "created_at", "first_token_ms", "pace")
    return {
        "receipt": {
            "version": receipt.encode()[0],
            **{name: _hex(getattr(receipt, name)) for name in hashes},
            **{name: getattr(receipt, name) for name in numbers},
            "kind": _KINDS[receipt.kind],
            "finish": _FINISHES[receipt.finish],
            "stream": None if receipt.stream is None else _hex(receipt.stream),
        },
        "signature": {_SIGNATURES[signed.scheme]: _hex(signed.signature)},
    }


def _lines(found: list[dict[str, Any]]) -> list[Anchored]:
    return [Anchored(**{name: line[name] for name in Anchored.__dataclass_fields__}) for line in found]


def _hex(raw: bytes) -> str:
    return "0x" + raw.hex()
