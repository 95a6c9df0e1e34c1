"""The runtime's metadata, version 15, with its documentation: the source of all pages about the chain.

The SDK's reader drops documentation, because no client needs it; this one is slow and keeps everything.
Source: frame-metadata v15, scale-info PortableRegistry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

PRIMITIVES = (
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "u256", "i8", "i16", "i32", "i64", "i128", "i256",
)  # fmt: skip
HASHERS = (
    "Blake2_128", "Blake2_256", "Blake2_128Concat", "Twox128", "Twox256", "Twox64Concat", "Identity",
)  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A field of a record, a variant or a call; `name` is empty in tuples."""

    name: str
    type: int
    docs: list[str]


@dataclass(frozen=True)
class Variant:
    """A variant of an enumeration: a call, an event, an error too."""

    name: str
    fields: list[Field]
    index: int
    docs: list[str]


@dataclass
class Type:
    """A type of the registry: one of fields, variants or `form` (what it is made of) says what it is."""

    path: list[str]
    parameters: list[int | None]
    kind: str
    fields: list[Field] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)
    form: tuple[int, ...] = ()
    docs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class StorageItem:
    """A storage item; `keys` has (hasher names, type) of a map."""

    name: str
    keys: tuple[list[str], int] | None
    value: int
    optional: bool
    default: bytes
    docs: list[str]


@dataclass(frozen=True)
class Constant:
    """A constant of a pallet, as the runtime without any state has it."""

    name: str
    type: int
    value: bytes
    docs: list[str]


@dataclass(frozen=True)
class Pallet:
    """A pallet; calls, events and errors are types."""

    name: str
    storage: list[StorageItem]
    calls: int | None
    events: int | None
    constants: list[Constant]
    errors: int | None
    index: int
    docs: list[str]


@dataclass(frozen=True)
class ApiMethod:
    """A function of a runtime API."""

    name: str
    inputs: list[tuple[str, int]]
    output: int
    docs: list[str]


@dataclass(frozen=True)
class Api:
    """A runtime API."""

    name: str
    methods: list[ApiMethod]
    docs: list[str]


@dataclass(frozen=True)
class Metadata:
    """Everything."""

    types: list[Type]
    pallets: list[Pallet]
    extensions: list[str]
    apis: list[Api]

    def variants(self, number: int | None) -> list[Variant]:
        """Variants of an enumeration, none of what is absent."""
        return [] if number is None else sorted(self.types[number].variants, key=lambda one: one.index)

    def name(self, number: int) -> str:
        """A type as one writes it."""
        one = self.types[number]
        if one.kind in ("composite", "variant"):
            given = [self.name(p) for p in one.parameters if p is not None]
            plain = one.path[-1] in ("Option", "BoundedVec", "Result", "BTreeMap", "Compact")
            return one.path[-1] + (f"<{', '.join(given)}>" if plain and given else "")
        parts = [self.name(part) for part in one.form]
        if one.kind == "sequence":
            return f"Vec<{parts[0]}>"
        if one.kind == "array":
            return f"[{self.name(one.form[1])}; {one.form[0]}]"
        if one.kind == "compact":
            return f"Compact<{parts[0]}>"
        if one.kind == "tuple":
            return "(" + ", ".join(parts) + ")"
        return one.path[-1]


def load(path: Path) -> Metadata:
    """Read a metadata file."""
    return _Reader(path.read_bytes()).run()


class _Reader:
    """A cursor over SCALE bytes."""

    def __init__(self, data: bytes) -> None:
        start = data.find(b"meta\x0f", 0, 16)  # after the length of the whole
        if start < 0:
            raise SystemExit("the metadata is not version 15: run tools/dump_metadata.py")
        self.data = data
        self.at = start + 5

    def run(self) -> Metadata:
        types = self.each(self.type)
        pallets = self.each(self.pallet)
        extensions = self.extrinsic()
        self.compact()
        return Metadata(types, pallets, extensions, self.each(self.api))

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]

    def compact(self) -> int:
        mode = self.data[self.at] & 3
        if mode == 3:
            return int.from_bytes(self.take((self.byte() >> 2) + 4), "little")
        return int.from_bytes(self.take((1, 2, 4)[mode]), "little") >> 2

    def bytes(self) -> bytes:
        return self.take(self.compact())

    def text(self) -> str:
        return self.bytes().decode()

    def each(self, read: Callable[[], T]) -> list[T]:
        return [read() for _ in range(self.compact())]

    def docs(self) -> list[str]:
        return self.each(self.text)

    def maybe(self, read: Callable[[], T]) -> T | None:
        return read() if self.byte() else None

    # -- types

    def type(self) -> Type:
        self.compact()
        path = self.each(self.text)
        parameters = self.each(self.parameter)
        one = self.definition(path, parameters)
        one.docs = self.docs()
        return one

    def parameter(self) -> int | None:
        self.text()
        return self.maybe(self.compact)

    def definition(self, path: list[str], parameters: list[int | None]) -> Type:
        kind = self.byte()
        if kind == 0:
            return Type(path, parameters, "composite", fields=self.each(self.field))
        if kind == 1:
            return Type(path, parameters, "variant", variants=self.each(self.variant))
        if kind == 3:
            length = int.from_bytes(self.take(4), "little")
            return Type(path, parameters, "array", form=(length, self.compact()))
        if kind == 4:
            return Type(path, parameters, "tuple", form=tuple(self.each(self.compact)))
        if kind == 5:
            return Type([PRIMITIVES[self.byte()]], parameters, "primitive")
        if kind == 7:
            return Type(["BitVec"], parameters, "primitive", form=(self.compact(), self.compact())[:0])
        return Type(path, parameters, {2: "sequence", 6: "compact"}[kind], form=(self.compact(),))

    def field(self) -> Field:
        name = self.maybe(self.text) or ""
        number = self.compact()
        self.maybe(self.text)
        return Field(name, number, self.docs())

    def variant(self) -> Variant:
        return Variant(self.text(), self.each(self.field), self.byte(), self.docs())

    # -- pallets

    def pallet(self) -> Pallet:
        return Pallet(
            self.text(),
            self.maybe(self.storage) or [],
            self.maybe(self.compact),
            self.maybe(self.compact),
            self.each(self.constant),
            self.maybe(self.compact),
            self.byte(),
            self.docs(),
        )

    def storage(self) -> list[StorageItem]:
        self.text()
        return self.each(self.storage_item)

    def storage_item(self) -> StorageItem:
        name, optional = self.text(), self.byte() == 0
        keys = None
        if self.byte():
            keys = ([HASHERS[self.byte()] for _ in range(self.compact())], self.compact())
        return StorageItem(name, keys, self.compact(), optional, self.bytes(), self.docs())

    def constant(self) -> Constant:
        return Constant(self.text(), self.compact(), self.bytes(), self.docs())

    def extrinsic(self) -> list[str]:
        self.byte()
        for _ in range(4):
            self.compact()
        return self.each(self.extension)

    def extension(self) -> str:
        name = self.text()
        self.compact()
        self.compact()
        return name

    def api(self) -> Api:
        return Api(self.text(), self.each(self.api_method), self.docs())

    def api_method(self) -> ApiMethod:
        inputs = (self.text(), self.each(lambda: (self.text(), self.compact())))
        return ApiMethod(*inputs, self.compact(), self.docs())
