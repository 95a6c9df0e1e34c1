"""The runtime's version record. Its SCALE layout depends on the version of the `Core` API."""

from __future__ import annotations

from dataclasses import dataclass

from ganglion_devnode.scale import Reader, ScaleError, byte_string, vector

CORE_API = bytes.fromhex("df6acb689907609b")


@dataclass(slots=True, frozen=True)
class RuntimeVersion:
    """Names, versions and the (8-byte id, version) of each runtime API."""

    spec_name: str
    impl_name: str
    authoring_version: int
    spec_version: int
    impl_version: int
    apis: list[tuple[bytes, int]]
    transaction_version: int
    system_version: int

    @property
    def state_version(self) -> int:
        """Trie layout of the state: 0 or 1."""
        return min(self.system_version, 1)

    @property
    def extrinsics_root_version(self) -> int:
        """Trie layout of the extrinsics root: 0 or 1."""
        return 1 if self.system_version >= 2 else 0

    def api_version(self, api: bytes) -> int | None:
        """Version of a runtime API by its 8-byte id (blake2b-64 of its name), or None."""
        return dict(self.apis).get(api)

    @classmethod
    def decode(cls, data: bytes, embedded_apis: list[tuple[bytes, int]] | None = None) -> RuntimeVersion:
        """From `Core_version`'s answer, or from the custom section with the APIs that stand apart there."""
        reader = Reader(data)
        names = [_text(reader), _text(reader)]
        authoring, spec, impl = (reader.uint(4) for _ in range(3))
        inline = [(reader.take(8), reader.uint(4)) for _ in range(reader.compact())]
        apis = embedded_apis if embedded_apis else inline
        core = dict(apis).get(CORE_API, 0)
        transaction = reader.uint(4) if core >= 3 else 1
        system = reader.uint(1) if core >= 4 else 0
        return cls(names[0], names[1], authoring, spec, impl, apis, transaction, system)

    def encode(self) -> bytes:
        """SCALE, as `Core_version` answers."""
        core = self.api_version(CORE_API) or 0
        numbers = (self.authoring_version, self.spec_version, self.impl_version)
        parts = [byte_string(self.spec_name.encode()), byte_string(self.impl_name.encode())]
        parts += [number.to_bytes(4, "little") for number in numbers]
        parts.append(vector([api + version.to_bytes(4, "little") for api, version in self.apis]))
        if core >= 3:
            parts.append(self.transaction_version.to_bytes(4, "little"))
        if core >= 4:
            parts.append(bytes((self.system_version,)))
        return b"".join(parts)


def _text(reader: Reader) -> str:
    try:
        return reader.bytes().decode()
    except UnicodeDecodeError as error:
        raise ScaleError("a name in the version is not UTF-8") from error


def read_apis(section: bytes) -> list[tuple[bytes, int]]:
    """The `runtime_apis` custom section: 12 bytes an API."""
    if len(section) % 12:
        raise ScaleError("the runtime_apis section is not a multiple of 12 bytes")
    reader = Reader(section)
    return [(reader.take(8), reader.uint(4)) for _ in range(len(section) // 12)]
