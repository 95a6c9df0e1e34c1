"""A block's header, and its hash, which names the block. Pure; talks to nobody."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from ganglion.errors import DecodeError

__all__ = ["Head"]


@dataclass(frozen=True)
class Head:
    """What a block's header says.

    Attributes:
        number: height.
        parent: hash of the parent, 0x-hex.
        state_root: 0x-hex.
        hash: of the block itself, 0x-hex: blake2_256 of the header's SCALE bytes.
    """

    number: int
    parent: str
    state_root: str
    hash: str

    @classmethod
    def parse(cls, header: Any) -> Head:
        """From the node's JSON.

        Raises:
            DecodeError: it is no header.
        """
        try:
            number, logs = int(header["number"], 16), header["digest"]["logs"]
            fixed = [_raw(header[name], 32) for name in ("parentHash", "stateRoot", "extrinsicsRoot")]
            tail = _compact(len(logs)) + b"".join(_raw(log) for log in logs)
        except (KeyError, TypeError, ValueError) as error:
            raise DecodeError(f"not a block header: {header!r}") from error
        encoded = fixed[0] + _compact(number) + fixed[1] + fixed[2] + tail
        digest = blake2b(encoded, digest_size=32).hexdigest()
        return cls(number, header["parentHash"], header["stateRoot"], "0x" + digest)


def _raw(text: str, length: int | None = None) -> bytes:
    data = bytes.fromhex(text.removeprefix("0x"))
    if length is not None and len(data) != length:
        raise ValueError(f"{len(data)} bytes instead of {length}")
    return data


def _compact(value: int) -> bytes:
    """SCALE's compact form of a u32."""
    if value < 1 << 6:
        return bytes([value << 2])
    if value < 1 << 14:
        return (value << 2 | 1).to_bytes(2, "little")
    if value < 1 << 30:
        return (value << 2 | 2).to_bytes(4, "little")
    return b"\x03" + value.to_bytes(4, "little")
