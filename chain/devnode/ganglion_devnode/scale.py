"""The few SCALE forms a node handles by itself: compact integers, byte strings, options, fixed integers.

Knows no metadata. Everything typed by a runtime is decoded by clients, never here.
"""

from __future__ import annotations


class ScaleError(ValueError):
    """The bytes are not what the expected SCALE type allows."""


def compact(value: int) -> bytes:
    """Encode a compact unsigned integer."""
    if value < 0:
        raise ScaleError(f"compact integers are unsigned, got {value}")
    if value < 1 << 6:
        return bytes((value << 2,))
    if value < 1 << 14:
        return (value << 2 | 1).to_bytes(2, "little")
    if value < 1 << 30:
        return (value << 2 | 2).to_bytes(4, "little")
    size = max(4, (value.bit_length() + 7) // 8)
    if size > 67:
        raise ScaleError("a compact integer has at most 67 bytes")
    return bytes(((size - 4) << 2 | 3,)) + value.to_bytes(size, "little")


def byte_string(data: bytes) -> bytes:
    """Encode `Vec<u8>`."""
    return compact(len(data)) + data


def option(data: bytes | None) -> bytes:
    """Encode `Option<T>` from the already encoded inner value."""
    return b"\x00" if data is None else b"\x01" + data


def vector(items: list[bytes]) -> bytes:
    """Encode `Vec<T>` from already encoded items."""
    return compact(len(items)) + b"".join(items)


class Reader:
    """A cursor over SCALE bytes. Every read raises ScaleError instead of running past the end."""

    __slots__ = ("data", "pos")

    def __init__(self, data: bytes, pos: int = 0) -> None:
        self.data = data
        self.pos = pos

    def take(self, count: int) -> bytes:
        """The next `count` raw bytes."""
        end = self.pos + count
        if count < 0 or end > len(self.data):
            raise ScaleError(f"need {count} bytes at offset {self.pos}, have {len(self.data) - self.pos}")
        chunk = self.data[self.pos : end]
        self.pos = end
        return chunk

    def uint(self, size: int) -> int:
        """A little-endian unsigned integer of `size` bytes."""
        return int.from_bytes(self.take(size), "little")

    def compact(self) -> int:
        """A compact integer in its one canonical form."""
        first = self.uint(1)
        mode = first & 3
        if mode == 0:
            return first >> 2
        if mode == 3:
            size = (first >> 2) + 4
            value = self.uint(size)
            if value < 1 << 30 or (value.bit_length() <= (size - 1) * 8 and size > 4):
                raise ScaleError("compact integer is not in its shortest form")
            return value
        size, floor = (2, 1 << 6) if mode == 1 else (4, 1 << 14)
        value = (first | self.uint(size - 1) << 8) >> 2
        if value < floor:
            raise ScaleError("compact integer is not in its shortest form")
        return value

    def bytes(self) -> bytes:
        """`Vec<u8>`."""
        return self.take(self.compact())

    def option(self) -> bool:
        """The tag of an `Option`: True if a value follows."""
        tag = self.uint(1)
        if tag > 1:
            raise ScaleError(f"option tag {tag} is neither 0 nor 1")
        return tag == 1

    def finish(self) -> None:
        """Assert that nothing is left."""
        if self.pos != len(self.data):
            raise ScaleError(f"{len(self.data) - self.pos} bytes left over")
