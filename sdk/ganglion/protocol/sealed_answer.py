"""The answer to a sealed request: chunks, each sealed and padded, in an order that nobody can change.

Keys as in RFC 9458 section 4.4: from the secret that HPKE's context exports, the encapsulated key and a fresh
nonce of the answer. On the wire: that nonce (32 bytes), then frames of a marker (1 for the last chunk, else 0), a
length (u32, little-endian) and a ciphertext. The number of a chunk is in its AEAD nonce and its marker is
authenticated, so that a stream that was cut, reordered, repeated or spliced is noticed at the first wrong byte.
Every chunk is padded to a power of two: who listens learns how many chunks came, not how long their text was.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from ganglion.errors import ProtocolError

NONCE_BYTES = 32
SMALLEST_CHUNK = 512
LARGEST_CHUNK = 1 << 18  # padded; a longer text goes into several
MAX_CHUNKS = 1 << 32

_FRAME = struct.Struct("<BI")
_LENGTH = struct.Struct("<I")
_TAG = 16
_MORE, _LAST = b"\0", b"\1"

__all__ = ["NONCE_BYTES", "Exported", "OpenedChunks", "SealedChunks", "pad", "unpad"]


def pad(data: bytes, smallest: int) -> bytes:
    """Length (u32), data, zeros: as long as the next power of two, at least `smallest`."""
    size = smallest
    while size < len(data) + _LENGTH.size:
        size *= 2
    return _LENGTH.pack(len(data)) + data + bytes(size - len(data) - _LENGTH.size)


def unpad(padded: bytes) -> bytes:
    """What was padded. Raises ProtocolError."""
    if len(padded) >= _LENGTH.size:
        (length,) = _LENGTH.unpack_from(padded)
        end = _LENGTH.size + length
        if end <= len(padded) and not any(padded[end:]):
            return padded[_LENGTH.size : end]
    raise ProtocolError("what was sealed is not padded as it should be", fault="peer")


@dataclass(frozen=True, slots=True)
class Exported:
    """The secret of one exchange, which only its two sides have, and the encapsulated key of its request."""

    secret: bytes
    encapsulated: bytes

    def __repr__(self) -> str:
        return "Exported(...)"  # never in a log


class _Chunks:
    """Key, base nonce and counter of one answer."""

    def __init__(self, exported: Exported, nonce: bytes) -> None:
        if len(nonce) != NONCE_BYTES:
            raise ProtocolError(f"an answer's nonce has {NONCE_BYTES} bytes", fault="self")
        salt = exported.encapsulated + nonce
        pseudorandom = hmac.digest(salt, exported.secret, hashlib.sha256)
        self._aead = ChaCha20Poly1305(_expand(pseudorandom, b"key", 32))
        self._base = int.from_bytes(_expand(pseudorandom, b"nonce", 12), "big")
        self._number = 0

    def _next(self) -> bytes:
        if self._number >= MAX_CHUNKS:
            raise ProtocolError("the sealed answer has too many chunks")
        nonce = (self._base ^ self._number).to_bytes(12, "big")
        self._number += 1
        return nonce


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand (RFC 5869) of at most one block."""
    return hmac.digest(key, info + b"\x01", hashlib.sha256)[:length]


class SealedChunks(_Chunks):
    """Seals one answer.

    Args:
        nonce: 32 fresh random bytes; they are the first bytes of the answer.
    """

    def __init__(self, exported: Exported, nonce: bytes) -> None:
        super().__init__(exported, nonce)
        self._head = nonce
        self._ended = False

    def write(self, data: bytes, *, last: bool = False) -> bytes:
        """The frames that carry this piece, the answer's head before the first of them."""
        if self._ended:
            raise ProtocolError("the sealed answer has ended", fault="self")
        most = LARGEST_CHUNK - _LENGTH.size
        parts = [data[start : start + most] for start in range(0, len(data), most)] or [b""]
        out, self._head = [self._head], b""
        for part in parts[:-1]:
            out.append(self._frame(part, _MORE))
        out.append(self._frame(parts[-1], _LAST if last else _MORE))
        self._ended = last
        return b"".join(out)

    def _frame(self, part: bytes, marker: bytes) -> bytes:
        sealed = self._aead.encrypt(self._next(), pad(part, SMALLEST_CHUNK), marker)
        return _FRAME.pack(marker[0], len(sealed)) + sealed


class OpenedChunks:
    """Opens one answer from bytes in any pieces; holds at most one chunk.

    Attributes:
        done: whether the last chunk came.
    """

    def __init__(self, exported: Exported) -> None:
        self.done = False
        self._exported = exported
        self._chunks: _Chunks | None = None
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The pieces of text that these bytes complete.

        Raises:
            ProtocolError: a chunk that was not sealed for this place of this answer.
        """
        self._buffer += data
        if self.done and self._buffer:
            raise ProtocolError("the sealed answer goes on after its last chunk", fault="peer")
        if self._chunks is None and len(self._buffer) >= NONCE_BYTES:
            self._chunks = _Chunks(self._exported, bytes(self._buffer[:NONCE_BYTES]))
            del self._buffer[:NONCE_BYTES]
        opened: list[bytes] = []
        while self._chunks is not None and (frame := self._frame()) is not None:
            opened.append(self._open(self._chunks, *frame))
        return opened

    def close(self) -> None:
        """Call at the end of the body. Raises ProtocolError unless the last chunk came."""
        if not self.done:
            raise ProtocolError("the sealed answer was cut off", fault="peer", retryable=True)

    def _frame(self) -> tuple[bytes, bytes] | None:
        """Marker and ciphertext of the next chunk, None until all of it is there."""
        if self.done and self._buffer:
            raise ProtocolError("the sealed answer goes on after its last chunk", fault="peer")
        if len(self._buffer) < _FRAME.size:
            return None
        marker, length = _FRAME.unpack_from(self._buffer)
        if marker > 1 or not SMALLEST_CHUNK + _TAG <= length <= LARGEST_CHUNK + _TAG:
            raise ProtocolError("the answer is not a sealed one", fault="peer")
        end = _FRAME.size + length
        if len(self._buffer) < end:
            return None
        sealed = bytes(self._buffer[_FRAME.size : end])
        del self._buffer[:end]
        return bytes([marker]), sealed

    def _open(self, chunks: _Chunks, marker: bytes, sealed: bytes) -> bytes:
        try:
            padded = chunks._aead.decrypt(chunks._next(), sealed, marker)
        except InvalidTag as error:
            raise ProtocolError(
                "a chunk of the sealed answer is not what the miner sealed here",
                hint="it was changed, reordered, repeated or taken from another answer",
                fault="peer",
            ) from error
        self.done = marker == _LAST
        return unpad(padded)
