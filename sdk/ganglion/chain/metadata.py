"""Metadata version 15, lowered to the version 14 that scalecodec reads, plus the types of the runtime APIs.

Version 15 is the first that describes runtime APIs, and its type registry contains their types; scalecodec
knows version 14 only. One walk over the bytes copies them, drops what version 14 lacks, drops documentation
that nobody reads (decoding each doc line as an object is half of scalecodec's time; the docs of errors are
kept), and collects the API table. Nothing here knows the network or the pallets.

Source: frame-metadata v14 and v15, scale-info PortableRegistry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ganglion.errors import DecodeError

T = TypeVar("T")

MAGIC = b"meta"
EXTRINSIC_PATH = ("sp_runtime", "generic", "unchecked_extrinsic", "UncheckedExtrinsic")

__all__ = ["ApiMethod", "LoweredMetadata", "lower"]


@dataclass(frozen=True)
class ApiMethod:
    """One function of a runtime API.

    Attributes:
        inputs: (parameter name, type id) in order.
        output: type id.
    """

    inputs: tuple[tuple[str, int], ...]
    output: int


@dataclass(frozen=True)
class LoweredMetadata:
    """What ``lower`` makes.

    Attributes:
        v14: metadata version 14 with prefix.
        apis: methods by API name and method name; empty when the input was version 14.
    """

    v14: bytes
    apis: dict[str, dict[str, ApiMethod]]


def lower(metadata: bytes) -> LoweredMetadata:
    """Bring prefixed metadata of version 14 or 15 into one form.

    Raises:
        DecodeError: neither version, or truncated.
    """
    if metadata[:4] != MAGIC or len(metadata) < 5:
        raise DecodeError("the node's metadata has no magic prefix", hint="is this a Substrate node?")
    if metadata[4] not in (14, 15):
        raise DecodeError(f"metadata version {metadata[4]} is not supported", hint="upgrade ganglion")
    try:
        return _Lowering(metadata).run()
    except (IndexError, UnicodeDecodeError) as error:
        raise DecodeError("the node's metadata is truncated or damaged") from error


class _Lowering:
    """A cursor over the input that copies what it passes to the output, except what it is told to drop."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.version = data[4]
        self.position = 5
        self.mark = 5
        self.out = [MAGIC + bytes([14])]
        self.extrinsic_type = 0

    def run(self) -> LoweredMetadata:
        self._each(self._portable_type)
        self._each(self._pallet)
        self._extrinsic()
        self._compact()
        self._flush()
        apis = self._apis_and_rest() if self.version == 15 else {}
        return LoweredMetadata(b"".join(self.out), apis)

    def _apis_and_rest(self) -> Any:
        """The runtime APIs. What comes after them (enums of all pallets, extras) must be there, and is not kept."""
        apis = self._apis()
        for _ in ("calls", "events", "errors"):
            self._compact()
        self._each(lambda: (self._string(), self._compact(), self._bytes()))
        return apis

    # -- cursor

    def _byte(self) -> int:
        value = self.data[self.position]
        self.position += 1
        return value

    def _compact(self) -> int:
        first = self.data[self.position]
        mode = first & 3
        if mode == 0:
            self.position += 1
            return first >> 2
        size = (1, 2, 4, (first >> 2) + 5)[mode]
        raw = self.data[self.position : self.position + size]
        if len(raw) != size:
            raise IndexError
        self.position += size
        return int.from_bytes(raw, "little") >> 2 if mode < 3 else int.from_bytes(raw[1:], "little")

    def _bytes(self) -> bytes:
        length = self._compact()
        raw = self.data[self.position : self.position + length]
        if len(raw) != length:
            raise IndexError
        self.position += length
        return raw

    def _string(self) -> str:
        return self._bytes().decode()

    def _each(self, read: Callable[[], T]) -> list[T]:
        return [read() for _ in range(self._compact())]

    def _optional(self, read: Callable[[], T]) -> T | None:
        return read() if self._byte() else None

    def _flush(self) -> None:
        self.out.append(self.data[self.mark : self.position])
        self.mark = self.position

    def _drop(self, read: Callable[[], object], replacement: bytes = b"") -> None:
        """Pass over something without copying it."""
        self._flush()
        read()
        self.out.append(replacement)
        self.mark = self.position

    def _docs(self, keep: bool = False) -> None:
        if keep:
            self._each(self._bytes)
        else:
            self._drop(lambda: self._each(self._bytes), b"\0")

    # -- type registry

    def _portable_type(self) -> None:
        number = self._compact()
        path = tuple(self._each(self._string))
        if path == EXTRINSIC_PATH:
            self.extrinsic_type = number
        self._each(self._type_parameter)
        self._type_definition(keep_docs=path[-1:] == ("Error",))
        self._docs()

    def _type_parameter(self) -> None:
        self._bytes()
        self._optional(self._compact)

    def _type_definition(self, keep_docs: bool) -> None:
        kind = self._byte()
        if kind == 0:
            self._each(self._field)
        elif kind == 1:
            self._each(lambda: self._variant(keep_docs))
        elif kind in (2, 6):
            self._compact()
        elif kind == 3:
            self.position += 4
            self._compact()
        elif kind == 4:
            self._each(self._compact)
        elif kind == 5:
            self._byte()
        elif kind == 7:
            self._compact()
            self._compact()
        else:
            raise DecodeError(f"unknown kind of type in the metadata: {kind}")

    def _field(self) -> None:
        self._optional(self._bytes)
        self._compact()
        self._optional(self._bytes)
        self._docs()

    def _variant(self, keep_docs: bool) -> None:
        self._bytes()
        self._each(self._field)
        self._byte()
        self._docs(keep_docs)

    # -- pallets

    def _pallet(self) -> None:
        self._bytes()
        self._optional(self._storage)
        self._optional(self._compact)
        self._optional(self._compact)
        self._each(self._constant)
        self._optional(self._compact)
        self._byte()
        if self.version == 15:
            self._drop(lambda: self._each(self._bytes))

    def _storage(self) -> None:
        self._bytes()
        self._each(self._storage_entry)

    def _storage_entry(self) -> None:
        self._bytes()
        self._byte()
        if self._byte() == 0:
            self._compact()
        else:
            self._each(self._byte)
            self._compact()
            self._compact()
        self._bytes()
        self._docs()

    def _constant(self) -> None:
        self._bytes()
        self._compact()
        self._bytes()
        self._docs()

    # -- the rest

    def _extrinsic(self) -> None:
        """Version 15 names the parts of the extrinsic's type where version 14 names the type."""
        if self.version == 14:
            self._compact()
            self._byte()
        else:
            self._flush()
            self.out.append(_encode_compact(self.extrinsic_type))
            self._byte()
            self._flush()
            self._drop(lambda: [self._compact() for _ in range(4)])
        self._each(self._signed_extension)

    def _signed_extension(self) -> None:
        self._bytes()
        self._compact()
        self._compact()

    def _apis(self) -> dict[str, dict[str, ApiMethod]]:
        return dict(self._each(self._api))

    def _api(self) -> tuple[str, dict[str, ApiMethod]]:
        name = self._string()
        methods = dict(self._each(self._api_method))
        self._each(self._bytes)
        return name, methods

    def _api_method(self) -> tuple[str, ApiMethod]:
        name = self._string()
        inputs = tuple(self._each(lambda: (self._string(), self._compact())))
        method = ApiMethod(inputs, self._compact())
        self._each(self._bytes)
        return name, method


def _encode_compact(value: int) -> bytes:
    if value < 2**6:
        return bytes([value << 2])
    if value < 2**14:
        return (value << 2 | 1).to_bytes(2, "little")
    return (value << 2 | 2).to_bytes(4, "little")
