"""Runs API methods of one runtime. The face of this package.

An executor is made once per runtime code and is safe to call from several threads: compiled code is shared,
everything else belongs to a lane that one call has to itself.
"""

from __future__ import annotations

import ctypes
import threading
from functools import cached_property
from pathlib import Path

from wasmtime import FuncType, MemoryType, Module, ValType, WasmtimeError

from ganglion_devnode.errors import BadRuntime, MethodNotFound, RuntimeFailure
from ganglion_devnode.executor.cache import ArtifactCache, artifact_key, default_cache_dir
from ganglion_devnode.executor.code import embedded_version, load_code
from ganglion_devnode.executor.context import CallContext
from ganglion_devnode.executor.engine import WasmEngine, engine_identity
from ganglion_devnode.executor.instance import Lane
from ganglion_devnode.executor.relink import LAST_PAGE, RELINKER_VERSION, relink
from ganglion_devnode.executor.version import RuntimeVersion
from ganglion_devnode.executor.wasm_binary import WasmFormatError
from ganglion_devnode.hashing import blake2_256
from ganglion_devnode.overlay import Overlay
from ganglion_devnode.state import State

DEFAULT_HEAP_PAGES = 2048  # 128 MiB beyond the initial memory, as a Substrate node
PAGE = 65536
VERSION_DEADLINE = 10.0  # seconds for asking a runtime without an embedded version
DEFAULT_CONTEXT = CallContext()


class Executor:
    """A compiled runtime.

    code: `:code` as stored, plain or compressed. cache_dir: where compiled code is kept (default: the user's
    cache folder). heap_pages: 64 KiB pages that memory may grow by. Compiling takes seconds the first time,
    milliseconds from the cache; it can be done in any thread.
    """

    def __init__(
        self,
        code: bytes,
        *,
        cache_dir: Path | None = None,
        heap_pages: int = DEFAULT_HEAP_PAGES,
        engine: WasmEngine | None = None,
    ) -> None:
        if not 0 <= heap_pages <= LAST_PAGE:
            raise ValueError(f"heap_pages must be 0 to {LAST_PAGE}, got {heap_pages}")
        self.code_hash = blake2_256(code)
        self.heap_pages = heap_pages
        self._cache_dir = cache_dir or default_cache_dir()
        self._engine = engine or WasmEngine()
        self._wasm = load_code(code)
        self._embedded = embedded_version(self._wasm)
        self._module = self._load_module()
        self._methods, self._max_memory = _exports(self._module)
        self._lanes: list[Lane] = []
        self._lock = threading.Lock()
        lane = self._new_lane()  # fails here, not in the first call, if something cannot be linked
        self.missing_host_functions: tuple[str, ...] = tuple(lane.missing)  # calling one traps with its name
        self._lanes.append(lane)
        del self._wasm

    def call(
        self, overlay: Overlay, method: str, data: bytes, *, context: CallContext = DEFAULT_CONTEXT
    ) -> bytes:
        """Call `method` (for example "Core_version") with SCALE input on `overlay`; returns SCALE output.

        Raises MethodNotFound, WasmTrap, HostLimit or CallDeadline. What the runtime wrote stays in `overlay`,
        also after a failure: the caller decides, with a transaction of its own around the call.
        """
        if method not in self._methods:
            raise MethodNotFound(method)
        lane = self._take_lane()
        try:
            return lane.run(overlay, method, data, context)
        finally:
            with self._lock:
                self._lanes.append(lane)

    @cached_property
    def version(self) -> RuntimeVersion:
        """The runtime's version: embedded in the code, or asked of the runtime where it is not."""
        if self._embedded is not None and self._embedded.apis:
            return self._embedded
        answer = self.call(
            Overlay(State.empty(0)), "Core_version", b"", context=CallContext(deadline=VERSION_DEADLINE)
        )
        return RuntimeVersion.decode(answer)

    @property
    def methods(self) -> frozenset[str]:
        """Names of the API methods."""
        return self._methods

    def _take_lane(self) -> Lane:
        with self._lock:
            if self._lanes:
                return self._lanes.pop()
        return self._new_lane()

    def _new_lane(self) -> Lane:
        return Lane(self._engine, self._module, self._max_memory, self._version_of)

    def _version_of(self, code: bytes) -> bytes | None:
        """Encoded version of another runtime's code; None if it is no runtime."""
        try:
            wasm = load_code(code)
            version = embedded_version(wasm)
            if version is None or not version.apis:
                version = Executor(wasm, cache_dir=self._cache_dir, engine=self._engine).version
        except RuntimeFailure:
            return None
        return version.encode()

    def _load_module(self) -> Module:
        """Compiled code from the cache, or compiled now."""
        cache = ArtifactCache(self._cache_dir)
        key = artifact_key(
            self.code_hash, engine_identity(), f"relink-{RELINKER_VERSION}", str(self.heap_pages)
        )
        artifact = cache.load(key)
        if artifact is not None:
            try:
                return Module.deserialize(self._engine.engine, artifact)
            except WasmtimeError:
                pass  # made by another build of wasmtime: compile again
        module = self._compile()
        cache.store(key, bytes(module.serialize()))
        _give_memory_back()
        return module

    def _compile(self) -> Module:
        try:
            return Module(self._engine.engine, relink(self._wasm, self.heap_pages))
        except WasmFormatError as error:
            raise BadRuntime(str(error)) from error
        except WasmtimeError as error:
            raise BadRuntime(f"the runtime does not compile: {error}") from error


def _give_memory_back() -> None:
    """Compiling takes some 140 MB, which glibc would keep; where there is no glibc, nothing is to be done."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError, TypeError):
        pass


def _exports(module: Module) -> tuple[frozenset[str], int]:
    """Names of the exports of an API method's type, and the memory's largest size in bytes."""
    i32, i64 = ValType.i32(), ValType.i64()
    methods, memory = [], 0
    for export in module.exports:
        kind = export.type
        if isinstance(kind, FuncType) and kind.params == [i32, i32] and kind.results == [i64]:
            methods.append(export.name)
        elif isinstance(kind, MemoryType) and export.name == "memory":
            memory = (kind.limits.max or LAST_PAGE) * PAGE
    return frozenset(methods), memory
