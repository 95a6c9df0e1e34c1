"""A sealed block as the node keeps it. Knows neither state nor storage."""

from __future__ import annotations

from dataclasses import dataclass

from ganglion_devnode.chain.header import Header
from ganglion_devnode.scale import Reader, ScaleError, vector


@dataclass(frozen=True, slots=True)
class Block:
    """Header (with seal), its hash, and the extrinsics, each with its compact length prefix."""

    header: Header
    extrinsics: tuple[bytes, ...]
    hash: bytes

    @classmethod
    def of(cls, header: Header, extrinsics: tuple[bytes, ...] = ()) -> Block:
        """A block whose hash is computed here."""
        return cls(header, extrinsics, header.hash())

    @property
    def number(self) -> int:
        """Height; genesis is 0."""
        return self.header.number

    def body(self) -> bytes:
        """SCALE `Vec<Extrinsic>`."""
        return encode_body(self.extrinsics)

    def to_json(self) -> dict[str, object]:
        """The form of `chain_getBlock`."""
        extrinsics = ["0x" + extrinsic.hex() for extrinsic in self.extrinsics]
        return {"block": {"header": self.header.to_json(), "extrinsics": extrinsics}, "justifications": None}


def encode_body(extrinsics: tuple[bytes, ...] | list[bytes]) -> bytes:
    """SCALE `Vec<Extrinsic>`; an extrinsic is opaque and already starts with its own length."""
    return vector(list(extrinsics))


def decode_body(data: bytes) -> tuple[bytes, ...]:
    """The inverse of `encode_body`."""
    reader = Reader(data)
    extrinsics = read_body(reader)
    reader.finish()
    return extrinsics


def read_body(reader: Reader) -> tuple[bytes, ...]:
    """SCALE `Vec<Extrinsic>` at the reader's position."""
    extrinsics = []
    for _ in range(reader.compact()):
        start = reader.pos
        reader.bytes()
        extrinsics.append(reader.data[start : reader.pos])
    return tuple(extrinsics)


def check_extrinsic(data: bytes) -> None:
    """Raise ScaleError unless the bytes are one length-prefixed extrinsic, no more and no less."""
    reader = Reader(data)
    length = reader.compact()
    if length != len(data) - reader.pos:
        raise ScaleError(
            f"the length prefix says {length} bytes, but {len(data) - reader.pos} follow; "
            "an extrinsic is sent with its compact length in front"
        )
    if length == 0:
        raise ScaleError("an extrinsic can't be empty")
