"""Runtime code as stored, its embedded version, and the SCALE forms beneath."""

from __future__ import annotations

import pytest
import zstandard

from ganglion_devnode.errors import BadRuntime
from ganglion_devnode.executor.code import MAX_CODE_BYTES, ZSTD_PREFIX, embedded_version, load_code
from ganglion_devnode.executor.version import CORE_API, RuntimeVersion
from ganglion_devnode.executor.wasm_binary import leb, sized
from ganglion_devnode.scale import Reader, ScaleError, byte_string, compact

from .wat import ECHO, runtime

VERSION = RuntimeVersion("spec", "impl", 1, 2, 3, [(b"otherapi", 7), (CORE_API, 5)], 4, 1)
CODE = runtime(ECHO)


def custom(name: str, body: bytes) -> bytes:
    inner = sized(name.encode()) + body
    return b"\x00" + leb(len(inner)) + inner


def with_version(version: RuntimeVersion) -> bytes:
    """A module with the two custom sections a runtime build makes."""
    apis = b"".join(api + number.to_bytes(4, "little") for api, number in version.apis)
    whole = version.encode()
    bare = whole.replace(compact(len(version.apis)) + apis, compact(0))
    assert bare != whole
    return CODE + custom("runtime_apis", apis) + custom("runtime_version", bare)


def test_plain_and_compressed_code_load_alike() -> None:
    assert load_code(CODE) == CODE
    for compressor in (zstandard.ZstdCompressor(19), zstandard.ZstdCompressor(write_content_size=False)):
        assert load_code(ZSTD_PREFIX + compressor.compress(CODE)) == CODE


def test_a_bomb_is_refused() -> None:
    bomb = ZSTD_PREFIX + zstandard.ZstdCompressor().compress(bytes(MAX_CODE_BYTES + 1))
    assert len(bomb) < 10_000
    with pytest.raises(BadRuntime, match="decompresses to more than"):
        load_code(bomb)
    assert len(load_code(ZSTD_PREFIX + zstandard.ZstdCompressor().compress(bytes(1 << 20)))) == 1 << 20


def test_a_cut_frame_is_refused() -> None:
    frame = zstandard.ZstdCompressor().compress(bytes(range(256)) * 40)
    with pytest.raises(BadRuntime, match="ends early"):
        load_code(ZSTD_PREFIX + frame[: len(frame) // 2])


def test_embedded_version() -> None:
    assert embedded_version(with_version(VERSION)) == VERSION
    assert embedded_version(CODE) is None
    with pytest.raises(BadRuntime, match="embedded version is damaged"):
        embedded_version(CODE + custom("runtime_version", b"\x10no"))
    with pytest.raises(BadRuntime, match="multiple of 12"):
        embedded_version(CODE + custom("runtime_version", b"\x10no") + custom("runtime_apis", b"12345"))


@pytest.mark.parametrize(("core", "transaction", "system"), [(2, 1, 0), (3, 4, 0), (4, 4, 1), (5, 4, 1)])
def test_older_versions_have_fewer_fields(core: int, transaction: int, system: int) -> None:
    version = RuntimeVersion("s", "i", 1, 2, 3, [(CORE_API, core)], transaction, system)
    assert RuntimeVersion.decode(version.encode()) == version
    assert (version.state_version, version.extrinsics_root_version) == (min(system, 1), 0)


@pytest.mark.parametrize(
    "value", [0, 63, 64, 16383, 16384, 2**30 - 1, 2**30, 2**32 - 1, 2**64 - 1, 2**536 - 1]
)
def test_compact_integers_survive(value: int) -> None:
    reader = Reader(compact(value))
    assert reader.compact() == value
    reader.finish()


@pytest.mark.parametrize(
    "data", ["", "01", "0100", "fd00", "02ff0000", "0200", "0300000000", "07ffffff3f00", "03ff"]
)
def test_damaged_or_overlong_compact_integers_are_refused(data: str) -> None:
    with pytest.raises(ScaleError):
        Reader(bytes.fromhex(data)).compact()


def test_reading_beyond_the_end_is_refused() -> None:
    with pytest.raises(ScaleError):
        Reader(byte_string(b"abc")[:-1]).bytes()
    with pytest.raises(ScaleError, match="neither 0 nor 1"):
        Reader(b"\x02").option()
    with pytest.raises(ScaleError, match="1 bytes left over"):
        Reader(b"\x02").finish()
    with pytest.raises(ScaleError):
        compact(-1)
    with pytest.raises(ScaleError):
        compact(2**536)
