"""Reading and writing the wasm binary format, as far as relinking needs it. Knows no Substrate."""

from __future__ import annotations

from dataclasses import dataclass

MAGIC = b"\0asm\x01\0\0\0"
CUSTOM, TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEMENT, CODE, DATA, DATA_COUNT = range(
    13
)
KIND_FUNC, KIND_TABLE, KIND_MEMORY, KIND_GLOBAL = range(4)


class WasmFormatError(ValueError):
    """The bytes are not a wasm module this node can read."""


def leb(value: int) -> bytes:
    """Unsigned LEB128."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def sized(data: bytes) -> bytes:
    """`data` with its length in front."""
    return leb(len(data)) + data


class Cursor:
    """A bounded cursor over part of a module."""

    __slots__ = ("data", "end", "pos")

    def __init__(self, data: bytes, pos: int = 0, end: int | None = None) -> None:
        self.data = data
        self.pos = pos
        self.end = len(data) if end is None else end

    def take(self, count: int) -> bytes:
        """The next raw bytes."""
        start, self.pos = self.pos, self.pos + count
        if self.pos > self.end:
            raise WasmFormatError(f"wasm section ends early at offset {start}")
        return self.data[start : self.pos]

    def byte(self) -> int:
        """One byte."""
        return self.take(1)[0]

    def leb(self) -> int:
        """Unsigned LEB128 of at most 10 bytes. (Signed constants are read as such by the callers that need
        them.)"""
        value = shift = 0
        while shift < 70:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise WasmFormatError(f"overlong integer at offset {self.pos}")

    def sized(self) -> bytes:
        """Length-prefixed bytes."""
        return self.take(self.leb())

    def name(self) -> str:
        """A UTF-8 name."""
        try:
            return self.sized().decode()
        except UnicodeDecodeError as error:
            raise WasmFormatError("a name in the module is not UTF-8") from error

    @property
    def done(self) -> bool:
        """True at the end."""
        return self.pos >= self.end


@dataclass(slots=True)
class Section:
    """One section; `name` only for custom ones, whose `body` starts after it."""

    kind: int
    body: bytes
    name: str = ""

    def encode(self) -> bytes:
        """The section with its header."""
        inner = sized(self.name.encode()) + self.body if self.kind == CUSTOM else self.body
        return bytes((self.kind,)) + sized(inner)


def read_sections(wasm: bytes) -> list[Section]:
    """Split a module into sections."""
    if wasm[:4] == b"PVM\0":
        raise WasmFormatError("this runtime is PolkaVM bytecode; only wasm runtimes can be run")
    if wasm[:8] != MAGIC:
        raise WasmFormatError("this is not a wasm module (version 1): its first 8 bytes are wrong")
    cursor = Cursor(wasm, 8)
    sections = []
    while not cursor.done:
        kind = cursor.byte()
        body = cursor.sized()
        if kind == CUSTOM:
            inner = Cursor(body)
            name = inner.name()
            sections.append(Section(kind, body[inner.pos :], name))
        else:
            sections.append(Section(kind, body))
    return sections


def write_sections(sections: list[Section]) -> bytes:
    """Join sections into a module."""
    return MAGIC + b"".join(section.encode() for section in sections)


@dataclass(slots=True)
class Import:
    """One import: where from, kind (KIND_*), and its raw type description."""

    module: str
    name: str
    kind: int
    descriptor: bytes

    def encode(self) -> bytes:
        """Binary form."""
        return sized(self.module.encode()) + sized(self.name.encode()) + bytes((self.kind,)) + self.descriptor


def read_limits(cursor: Cursor) -> tuple[int, int | None]:
    """(minimum, maximum or None) of a memory or table."""
    flags = cursor.byte()
    if flags > 1:
        raise WasmFormatError(f"memory or table flags {flags} are beyond wasm 1.0")
    minimum = cursor.leb()
    return minimum, cursor.leb() if flags else None


def _descriptor(cursor: Cursor, kind: int) -> None:
    if kind == KIND_FUNC:
        cursor.leb()
    elif kind == KIND_TABLE:
        cursor.byte()
        read_limits(cursor)
    elif kind == KIND_MEMORY:
        read_limits(cursor)
    elif kind == KIND_GLOBAL:
        cursor.take(2)
    else:
        raise WasmFormatError(f"import of unknown kind {kind}")


def read_imports(body: bytes) -> list[Import]:
    """All entries of an import section."""
    cursor = Cursor(body)
    imports = []
    for _ in range(cursor.leb()):
        module, name, kind = cursor.name(), cursor.name(), cursor.byte()
        start = cursor.pos
        _descriptor(cursor, kind)
        imports.append(Import(module, name, kind, body[start : cursor.pos]))
    return imports


@dataclass(slots=True)
class Export:
    """One export: name, kind (KIND_*), index."""

    name: str
    kind: int
    index: int

    def encode(self) -> bytes:
        """Binary form."""
        return sized(self.name.encode()) + bytes((self.kind,)) + leb(self.index)


def read_exports(body: bytes) -> list[Export]:
    """All entries of an export section."""
    cursor = Cursor(body)
    return [Export(cursor.name(), cursor.byte(), cursor.leb()) for _ in range(cursor.leb())]
