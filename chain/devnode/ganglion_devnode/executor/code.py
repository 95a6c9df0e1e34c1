"""Runtime code as it is stored in `:code`: plain wasm or zstd-compressed, and its embedded version."""

from __future__ import annotations

import zstandard

from ganglion_devnode.errors import BadRuntime
from ganglion_devnode.executor.version import RuntimeVersion, read_apis
from ganglion_devnode.executor.wasm_binary import CUSTOM, WasmFormatError, read_sections
from ganglion_devnode.scale import ScaleError

ZSTD_PREFIX = bytes.fromhex("52bc537646db8e05")
MAX_CODE_BYTES = 50 << 20  # decompressed; the same limit as a Substrate node's


def load_code(blob: bytes) -> bytes:
    """The wasm module in `blob`; raises BadRuntime."""
    if not blob.startswith(ZSTD_PREFIX):
        if len(blob) > MAX_CODE_BYTES:
            raise BadRuntime(f"the runtime has {len(blob)} bytes, more than {MAX_CODE_BYTES}")
        return blob
    frame = blob[len(ZSTD_PREFIX) :]
    try:
        declared = zstandard.frame_content_size(frame)  # -1 where the frame does not say
        code = zstandard.ZstdDecompressor().stream_reader(frame).read(MAX_CODE_BYTES + 1)
    except zstandard.ZstdError as error:
        raise BadRuntime(f"the compressed runtime is damaged: {error}") from error
    if len(code) > MAX_CODE_BYTES:
        raise BadRuntime(f"the runtime decompresses to more than {MAX_CODE_BYTES} bytes")
    if declared not in (-1, len(code)):
        raise BadRuntime(f"the compressed runtime ends early: {len(code)} of {declared} bytes")
    return code


def embedded_version(code: bytes) -> RuntimeVersion | None:
    """The version in the module's custom sections, or None where a runtime (an old one) has none."""
    try:
        sections = {section.name: section.body for section in read_sections(code) if section.kind == CUSTOM}
    except WasmFormatError as error:
        raise BadRuntime(str(error)) from error
    if "runtime_version" not in sections:
        return None
    try:
        return RuntimeVersion.decode(
            sections["runtime_version"], read_apis(sections.get("runtime_apis", b""))
        )
    except ScaleError as error:
        raise BadRuntime(f"the runtime's embedded version is damaged: {error}") from error
