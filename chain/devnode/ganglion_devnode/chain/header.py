"""Block headers and digests: SCALE form, hash, and the JSON form that clients read.

Knows nothing of how a header comes to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ganglion_devnode.hashing import blake2_256
from ganglion_devnode.scale import Reader, ScaleError, byte_string, compact, vector

AURA = b"aura"
OTHER, CONSENSUS, SEAL, PRE_RUNTIME, RUNTIME_UPDATED = 0, 4, 5, 6, 8
_WITH_ENGINE = (CONSENSUS, SEAL, PRE_RUNTIME)
MAX_DIGEST_ITEMS = 1024
ZERO_HASH = bytes(32)
SYNTHETIC = b"ganglion/dev-set-storage"  # marks a block whose storage was set from outside


@dataclass(frozen=True, slots=True)
class DigestItem:
    """One log of a header. `engine` is 4 bytes for consensus, seal and pre-runtime items, else empty."""

    kind: int
    engine: bytes = b""
    data: bytes = b""

    @classmethod
    def aura_slot(cls, slot: int) -> DigestItem:
        """The pre-runtime item that tells Aura the block's slot."""
        return cls(PRE_RUNTIME, AURA, slot.to_bytes(8, "little"))

    @classmethod
    def aura_seal(cls, signature: bytes) -> DigestItem:
        """The author's signature over the hash of the header without this item."""
        return cls(SEAL, AURA, signature)

    @classmethod
    def other(cls, data: bytes) -> DigestItem:
        """Free data that no consensus engine reads."""
        return cls(OTHER, b"", data)

    def encode(self) -> bytes:
        """SCALE."""
        if self.kind in _WITH_ENGINE:
            return bytes((self.kind,)) + self.engine + byte_string(self.data)
        return bytes((self.kind,)) + (byte_string(self.data) if self.kind == OTHER else b"")

    @classmethod
    def decode(cls, data: bytes) -> DigestItem:
        """From SCALE, with nothing left over."""
        reader = Reader(data)
        item = cls.read(reader)
        reader.finish()
        return item

    @classmethod
    def read(cls, reader: Reader) -> DigestItem:
        """Decode one item; unknown tags are an error, as in Substrate."""
        kind = reader.uint(1)
        if kind in _WITH_ENGINE:
            return cls(kind, reader.take(4), reader.bytes())
        if kind == OTHER:
            return cls(kind, b"", reader.bytes())
        if kind == RUNTIME_UPDATED:
            return cls(kind)
        raise ScaleError(f"unknown digest item {kind}")


@dataclass(frozen=True, slots=True)
class Header:
    """A block header. Hashes are 32 bytes; `number` is a u32."""

    parent_hash: bytes
    number: int
    state_root: bytes = ZERO_HASH
    extrinsics_root: bytes = ZERO_HASH
    digest: tuple[DigestItem, ...] = ()

    def encode(self) -> bytes:
        """SCALE."""
        logs = vector([item.encode() for item in self.digest])
        return self.parent_hash + compact(self.number) + self.state_root + self.extrinsics_root + logs

    @classmethod
    def decode(cls, data: bytes) -> Header:
        """From SCALE, with nothing left over."""
        reader = Reader(data)
        header = cls.read(reader)
        reader.finish()
        return header

    @classmethod
    def read(cls, reader: Reader) -> Header:
        """From SCALE at the reader's position."""
        parent, number = reader.take(32), reader.compact()
        state_root, extrinsics_root = reader.take(32), reader.take(32)
        count = reader.compact()
        if count > MAX_DIGEST_ITEMS:
            raise ScaleError(f"{count} digest items")
        return cls(
            parent, number, state_root, extrinsics_root, tuple(DigestItem.read(reader) for _ in range(count))
        )

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Header:
        """From the form of `chain_getHeader`. Raises ScaleError, KeyError, TypeError or ValueError."""
        logs = [_from_hex(item) for item in record["digest"]["logs"]]
        return cls(
            _hash(record["parentHash"]),
            int(record["number"], 16),
            _hash(record["stateRoot"]),
            _hash(record["extrinsicsRoot"]),
            tuple(DigestItem.decode(item) for item in logs),
        )

    def hash(self) -> bytes:
        """The block's hash: blake2_256 of the SCALE form."""
        return blake2_256(self.encode())

    def slot(self) -> int | None:
        """The Aura slot in the pre-runtime digest, if there is one."""
        for item in self.digest:
            if item.kind == PRE_RUNTIME and item.engine == AURA and len(item.data) == 8:
                return int.from_bytes(item.data, "little")
        return None

    def with_item(self, item: DigestItem) -> Header:
        """This header with one more digest item at the end."""
        return replace(self, digest=(*self.digest, item))

    def without_seal(self) -> Header:
        """This header as the runtime executed it."""
        if self.digest and self.digest[-1].kind == SEAL:
            return replace(self, digest=self.digest[:-1])
        return self

    @property
    def synthetic(self) -> bool:
        """Whether the block holds storage that was set from outside, which no execution reproduces."""
        return DigestItem.other(SYNTHETIC) in self.digest

    @property
    def runtime_updated(self) -> bool:
        """Whether the block changed the runtime's code or environment."""
        return any(item.kind == RUNTIME_UPDATED for item in self.digest)

    def to_json(self) -> dict[str, object]:
        """The form of `chain_getHeader`."""
        return {
            "parentHash": "0x" + self.parent_hash.hex(),
            "number": hex(self.number),
            "stateRoot": "0x" + self.state_root.hex(),
            "extrinsicsRoot": "0x" + self.extrinsics_root.hex(),
            "digest": {"logs": ["0x" + item.encode().hex() for item in self.digest]},
        }


def _from_hex(text: str) -> bytes:
    if not text.startswith("0x"):
        raise ScaleError(f"bytes are written in hexadecimal after 0x, not as {text[:20]!r}")
    return bytes.fromhex(text[2:])


def _hash(text: str) -> bytes:
    value = _from_hex(text)
    if len(value) != 32:
        raise ScaleError(f"a hash has 32 bytes, not {len(value)}")
    return value
