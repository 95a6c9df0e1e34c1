"""Server-sent events as this protocol uses them, with the receipt that ends a signed stream.

A stream is a sequence of blocks that end with an empty line. Blocks are ``data: {json}``; then one comment
``: x-ganglion-receipt <base64>`` (stock clients ignore comments), whose receipt covers blake2b-256 of all
bytes before it; then ``data: [DONE]`` and nothing more. `StreamReader` takes bytes in any pieces and never
holds more than one block.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ganglion.errors import ProtocolError, ReceiptError
from ganglion.protocol.receipts import Acceptance, SignedReceipt

DATA = b"data: "
RECEIPT = b": x-ganglion-receipt "
ACCEPTANCE = b": x-ganglion-acceptance "  # of a gateway, between the receipt and [DONE]
DONE = b"data: [DONE]\n\n"
END = b"\n\n"
LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}  # for readers that split text, not bytes
MAX_BLOCK = 4 << 20  # the last chunk holds an answer's token ids and activation leaves: 32 bytes a token


def data_block(value: Any) -> bytes:
    """An event with a JSON value: one line for every client, whatever it takes for the end of one."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return DATA + (text if text.isascii() else text.translate(LINE_ENDS)).encode() + END


def receipt_block(signed: SignedReceipt) -> bytes:
    """The comment that carries a receipt."""
    return RECEIPT + signed.text().encode() + END


def acceptance_block(acceptance: Acceptance) -> bytes:
    """The comment in which a gateway tells that it accepted the receipt before it. No miner sends one."""
    return ACCEPTANCE + acceptance.text().encode() + END


def data_of(block: bytes) -> Any | None:
    """The JSON value of a block, or None for a comment and for [DONE].

    Raises:
        ProtocolError: data that is not JSON.
    """
    if not block.startswith(DATA) or block == DONE:
        return None
    try:
        return json.loads(block[len(DATA) :])
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"an event of the stream is not JSON: {error}") from error


class StreamWriter:
    """Hashes what a stream sends."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=32)

    def pass_on(self, block: bytes) -> bytes:
        """Count a block in and return it."""
        self._hash.update(block)
        return block

    def digest(self) -> bytes:
        """blake2b-256 of everything so far."""
        return self._hash.digest()


class StreamReader:
    """Cuts a stream into blocks and finds its receipt.

    Attributes:
        receipt: the signed receipt, once it came; its contents are not verified here.
        digest: blake2b-256 of all bytes before it.
        done: whether [DONE] came.
    """

    def __init__(self, max_block: int = MAX_BLOCK) -> None:
        self.receipt: SignedReceipt | None = None
        self.digest = b""
        self.done = False
        self._max_block = max_block
        self._buffer = bytearray()
        self._scanned = 0
        self._hash = hashlib.blake2b(digest_size=32)

    def feed(self, data: bytes) -> list[bytes]:
        """The blocks that these bytes complete, each with its empty line.

        Raises:
            ReceiptError: something after the receipt that must not be there, or a malformed receipt.
            ProtocolError: a block longer than allowed.
        """
        self._buffer += data
        blocks: list[bytes] = []
        while (end := self._buffer.find(END, max(0, self._scanned - 1))) >= 0:
            block = bytes(self._buffer[: end + len(END)])
            del self._buffer[: end + len(END)]
            self._scanned = 0
            self._take(block)
            blocks.append(block)
        self._scanned = len(self._buffer)
        if self._scanned > self._max_block:
            raise ProtocolError(f"an event of the stream is longer than {self._max_block} bytes")
        return blocks

    def close(self) -> None:
        """Call at the end of the body. Raises ReceiptError unless receipt and [DONE] came."""
        if self.receipt is None:
            raise ReceiptError("the stream ended without a receipt", retryable=True)
        if not self.done or self._buffer:
            raise ReceiptError("the stream was cut after its receipt", retryable=True)

    def _take(self, block: bytes) -> None:
        if self.done:
            raise ReceiptError("the stream goes on after [DONE]")
        if self.receipt is not None:
            if block != DONE:
                raise ReceiptError("something stands between the receipt and [DONE]")
            self.done = True
        elif block.startswith(RECEIPT):
            self.digest = self._hash.digest()
            self.receipt = SignedReceipt.from_text(block[len(RECEIPT) : -len(END)].decode("ascii", "replace"))
        elif block == DONE:
            raise ReceiptError("the stream ended without a receipt", retryable=True)
        else:
            self._hash.update(block)
