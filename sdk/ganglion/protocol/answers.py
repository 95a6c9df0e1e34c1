"""Does a receipt belong to the answer it came with? The gateway's check, pure.

What is checked here is who, what for, which tokens, sampled how, with which activation leaves; whether the model
really chose these tokens, and whether the leaves are its own, is the verifier's replay.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganglion.errors import ReceiptError
from ganglion.protocol.identity import Identity
from ganglion.protocol.merkle import NODE_BYTES, merkle_root
from ganglion.protocol.openai import Sampling
from ganglion.protocol.receipts import (
    NO_HASH,
    Finish,
    Kind,
    Receipt,
    SignedReceipt,
    embeddings_hash,
    output_hash,
    request_hash,
    verify_receipt,
)
from ganglion.protocol.sampling import SamplingTerms
from ganglion.protocol.trace import CHUNK, MAX_LEAF

MAX_TOKEN_ID = 2**32
MAX_LEAF_TEXT = 1024  # characters of a leaf in base64; 760 are used
FINISH_OF = {"stop": Finish.STOP, "length": Finish.LENGTH}

CLOCK_SKEW_MS = 30_000  # as between a request's signature and its receiver
LONGEST_ANSWER_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the requester knows of its own request; keys and hashes are 32 bytes, the signature 64. `sampling` is
    it asked for, None for embeddings. `asked_at` is when, unix milliseconds by its own clock.
    """

    kind: Kind
    network: bytes
    request_signature: bytes
    identity: Identity
    miner: bytes
    requester: bytes
    asked_at: int
    sampling: Sampling | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A generated answer as the miner stands for it.

    Attributes:
        terms: how it was sampled, with the max_tokens that the miner granted.
        leaves: activation leaves under the receipt's `trace`; none where the miner committed to none.
    """

    receipt: SignedReceipt
    token_ids: tuple[int, ...]
    finish: Finish
    terms: SamplingTerms
    leaves: tuple[bytes, ...] = ()


def check_exchange(signed: SignedReceipt, exchange: Exchange) -> Receipt:
    """The receipt, if it is signed and about this exchange.

    Raises ReceiptError naming the field that differs.
    """
    receipt = verify_receipt(signed)
    expected = {
        "kind": exchange.kind,
        "network": exchange.network,
        "request": request_hash(exchange.request_signature),
        "request_id": exchange.identity.request_id,
        "nonce": exchange.identity.nonce,
        "miner": exchange.miner,
        "requester": exchange.requester,
    }
    for name, value in expected.items():
        if getattr(receipt, name) != value:
            raise ReceiptError(f"the receipt's {name} is not that of this request")
    _check_date(receipt.created_at, exchange.asked_at)
    return receipt


def _check_date(created_at: int, asked_at: int) -> None:
    """An answer that is dated otherwise could be disputed by nobody, or for ever. It is made before it arrives."""
    latest = min(asked_at + LONGEST_ANSWER_MS, round(1000 * time.time())) + CLOCK_SKEW_MS
    if not asked_at - CLOCK_SKEW_MS <= created_at <= latest:
        seconds = (created_at - asked_at) / 1000
        raise ReceiptError(f"the receipt is dated {seconds:+.0f} s from when the answer was asked for")


def check_answer(body: Mapping[str, Any], exchange: Exchange) -> Answer:
    """A chat or text completion in one piece: its receipt, token ids and finish reason, consistent with
    each other.
    """
    extra = _object(body, "x_ganglion")
    signed = SignedReceipt.from_text(extra.get("receipt", ""))
    receipt = check_exchange(signed, exchange)
    if receipt.stream is not None:
        raise ReceiptError("the receipt is one of a stream")
    return _answer(signed, extra, _finish_reason(body), exchange)


def check_stream(
    signed: SignedReceipt, digest: bytes, last_chunk: Mapping[str, Any], exchange: Exchange
) -> Answer:
    """The same for a stream.

    Args:
        digest: blake2b-256 of all bytes before the receipt.
        last_chunk: the chunk with a finish reason; its `x_ganglion` holds the token ids.
    """
    receipt = check_exchange(signed, exchange)
    if receipt.stream != digest:
        raise ReceiptError("the receipt is not about these bytes of the stream")
    return _answer(signed, _object(last_chunk, "x_ganglion"), _finish_reason(last_chunk), exchange)


def read_embeddings(body: Mapping[str, Any]) -> tuple[SignedReceipt, bytes, int]:
    """Receipt, values and dimension of an answer in base64; nothing is verified. Raises ReceiptError."""
    signed = SignedReceipt.from_text(_object(body, "x_ganglion").get("receipt", ""))
    data = body.get("data")
    if not isinstance(data, list) or not data:
        raise ReceiptError("the answer has no embeddings")
    try:
        rows = [base64.b64decode(row["embedding"], validate=True) for row in data]
    except (TypeError, KeyError, ValueError) as error:
        raise ReceiptError(f"an embedding is not base64: {error}") from error
    if len({len(row) for row in rows}) != 1 or not rows[0] or len(rows[0]) % 4:
        raise ReceiptError("the embeddings are not rows of float32 of one length")
    return signed, b"".join(rows), len(rows[0]) // 4


def check_embeddings(signed: SignedReceipt, values: bytes, dimension: int, exchange: Exchange) -> Receipt:
    """An embedding answer: `values` are all vectors as float32, little-endian."""
    receipt = check_exchange(signed, exchange)
    if receipt.output != embeddings_hash(values, dimension):
        raise ReceiptError("the receipt is not about these embeddings")
    return receipt


def _answer(
    signed: SignedReceipt, extra: Mapping[str, Any], finish_reason: Any, exchange: Exchange
) -> Answer:
    receipt = signed.receipt
    token_ids = _token_ids(extra.get("token_ids"))
    if receipt.output_tokens != len(token_ids) or receipt.output != output_hash(token_ids):
        raise ReceiptError("the receipt is not about these token ids")
    if FINISH_OF.get(finish_reason) != receipt.finish:
        raise ReceiptError(f"the receipt's finish reason is not {finish_reason!r}")
    terms = _terms(extra.get("sampling"), receipt, exchange.sampling)
    leaves = read_trace(extra.get("trace"), receipt.trace, len(token_ids))
    return Answer(signed, token_ids, receipt.finish, terms, leaves)


def _terms(value: Any, receipt: Receipt, asked: Sampling | None) -> SamplingTerms:
    terms = SamplingTerms.from_json(value)
    if receipt.sampling != terms.digest():
        raise ReceiptError("the receipt is not about this sampling")
    if asked is None:
        raise ReceiptError("an embedding has no sampling")
    if (terms.params, terms.stops) != (asked.params, asked.stop):
        raise ReceiptError("the answer was not sampled as it was asked for")
    if asked.max_tokens not in (None, terms.max_tokens):
        raise ReceiptError(f"max_tokens was {asked.max_tokens}, the answer's is {terms.max_tokens}")
    return terms


def read_trace(value: Any, root: bytes, tokens: int) -> tuple[bytes, ...]:
    """Activation leaves as they travel, if they are what the receipt's `trace` commits to. Raises ReceiptError."""
    if value is None and root == NO_HASH:
        return ()
    if not isinstance(value, list) or not value or len(value) != -(-tokens // CHUNK):
        raise ReceiptError("x_ganglion.trace must be the list of all of the answer's activation leaves")
    if not all(isinstance(text, str) and len(text) <= MAX_LEAF_TEXT for text in value):
        raise ReceiptError("x_ganglion.trace must hold leaves in base64")
    try:
        leaves = tuple(base64.b64decode(text, validate=True) for text in value)
    except ValueError as error:
        raise ReceiptError(f"an activation leaf is not base64: {error}") from error
    if any(len(leaf) == NODE_BYTES or len(leaf) > MAX_LEAF for leaf in leaves):
        raise ReceiptError("an activation leaf has a length that no leaf has")
    if merkle_root(leaves) != root:
        raise ReceiptError("the receipt is not about these activation leaves")
    return leaves


def _token_ids(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(t) is int and 0 <= t < MAX_TOKEN_ID for t in value):
        raise ReceiptError("x_ganglion.token_ids must be a list of token ids")
    return tuple(value)


def _finish_reason(body: Mapping[str, Any]) -> Any:
    choices = body.get("choices")
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], Mapping):
        raise ReceiptError("an answer must have one choice")
    reason = choices[0].get("finish_reason")
    return reason if isinstance(reason, str) else None


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    if not isinstance(value, Mapping):
        raise ReceiptError(f"the answer has no {name} object")
    return value
