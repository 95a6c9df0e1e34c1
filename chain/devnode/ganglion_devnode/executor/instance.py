"""One lane of execution: host functions linked to a compiled runtime, able to run one call at a time.

Two calls at the same time use two lanes. A lane holds no chain state between calls: every call gets a fresh
store and instance.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from ctypes import addressof, byref, c_void_p

from wasmtime import FuncType, Linker, Module, Trap, TrapCode, WasmtimeError

from ganglion_devnode.errors import (
    BadRuntime,
    CallDeadline,
    HostLimit,
    MethodNotFound,
    WasmTrap,
)
from ganglion_devnode.executor import c_api
from ganglion_devnode.executor.allocator import MALLOC_EXPORT
from ganglion_devnode.executor.context import CallContext
from ganglion_devnode.executor.engine import NO_DEADLINE_TICKS, WasmEngine, ticks
from ganglion_devnode.executor.host import (
    Callback,
    DeadlineReached,
    HostBytesExhausted,
    HostFailure,
    make_callback,
)
from ganglion_devnode.executor.host_batch import HostBatches
from ganglion_devnode.executor.host_child_storage import HostChildStorage
from ganglion_devnode.executor.host_crypto import HostKeys
from ganglion_devnode.executor.host_hashing import HostHashing, HostTrie
from ganglion_devnode.executor.host_misc import HostLogging, HostOffchain
from ganglion_devnode.executor.host_storage import HostStorage
from ganglion_devnode.overlay import Overlay

MAX_FRAMES = 32


class Host(
    HostStorage,
    HostChildStorage,
    HostHashing,
    HostTrie,
    HostBatches,
    HostKeys,
    HostLogging,
    HostOffchain,
):
    """All host functions."""

    __slots__ = ()


def _refuse(*_values: int) -> None:
    raise HostFailure("this node does not provide this host function")


def _implementation(host: Host, name: str, arity: int) -> Callable[..., int | None] | None:
    """The host function for an import; None if there is none with this name and number of arguments."""
    method = getattr(host, name, None) if name.startswith("ext_") else None
    return method if method is not None and len(inspect.signature(method).parameters) == arity else None


class Lane:
    """A linked runtime. `run` may be called again and again, by one thread at a time."""

    def __init__(
        self, engine: WasmEngine, module: Module, max_memory: int, version_of: Callable[[bytes], bytes | None]
    ) -> None:
        self._engine = engine
        self._engine_at = c_api.address(engine.engine.ptr())
        self._max_memory = max_memory
        self._host = Host(version_of)
        self._callbacks: list[Callback] = []
        self.missing: list[str] = []  # imports that trap when they are called
        self._linker = Linker(engine.engine)
        for entry in module.imports:
            self._define(entry.module, entry.name or "", entry.type)
        self._instance_pre = self._linker.instantiate_pre(module)
        self._instance_pre_at = c_api.address(self._instance_pre.ptr())

    def _define(self, module: str, name: str, kind: object) -> None:
        if not isinstance(kind, FuncType):
            raise BadRuntime(f"the runtime imports {module}.{name}, which is not a function")
        arity = len(kind.params)
        function = _implementation(self._host, name, arity)
        if function is None:
            self.missing.append(name)
        callback = make_callback(self._host, name, function or _refuse, arity)
        self._callbacks.append(callback)
        names = module.encode(), name.encode()
        error = c_api.linker_define_func_unchecked(
            c_api.address(self._linker.ptr()), names[0], len(names[0]), names[1], len(names[1]),
            c_api.address(kind.ptr()), callback, None, None,
        )  # fmt: skip
        if error:
            raise BadRuntime(f"host function {name} cannot be linked: {c_api.take_error(error)}")

    def run(self, overlay: Overlay, method: str, data: bytes, context: CallContext) -> bytes:
        """Call `method` with `data` in a fresh instance. Transactions it leaves open are rolled back."""
        host = self._host
        host.begin(overlay, context)
        store = c_api.store_new(self._engine_at, None, None)
        try:
            at = c_api.store_context(store)
            if context.deadline is None:
                c_api.set_epoch_deadline(at, NO_DEADLINE_TICKS)
                return self._call(at, method, data)
            c_api.set_epoch_deadline(at, ticks(context.deadline))
            with self._engine.ticking():
                return self._call(at, method, data)
        finally:
            host.end()
            c_api.store_delete(store)

    def _call(self, store: int, method: str, data: bytes) -> bytes:
        host = self._host
        with host.overlay.in_runtime():
            instance = c_api.Instance()
            trap = c_void_p()
            error = c_api.instance_pre_instantiate(self._instance_pre_at, store, byref(instance), byref(trap))
            self._check(method, error, trap)
            function = _export(store, instance, method)
            if function is None:
                raise MethodNotFound(method)
            memory, malloc = _export(store, instance, "memory"), _export(store, instance, MALLOC_EXPORT)
            host.attach(store, memory, malloc, self._max_memory)
            values = c_api.Values()
            try:
                values[0] = host.give_fixed(data)
                values[c_api.VAL_STRIDE] = len(data)
                at = addressof(function.of.func)
                error = c_api.func_call_unchecked(store, at, addressof(values), c_api.VAL_STRIDE, byref(trap))
                self._check(method, error, trap)
                return host.read(values[0] & (1 << 64) - 1)
            except (HostFailure, DeadlineReached) as failure:  # input or output, outside of any host function
                host.failure = host.failure or ("call", failure)
                raise self._explain(method, None) from failure

    def _check(self, method: str, error: int | None, trap: c_void_p) -> None:
        """Raise what a finished call left behind."""
        if not error and not trap.value:
            return
        ended = c_api.take_error(error) if error else c_api.take_trap(trap.value or 0)
        failure = self._explain(method, ended)
        cause = self._host.failure[1] if self._host.failure else None
        raise failure from (cause if cause is not failure else None)

    def _explain(self, method: str, ended: Trap | WasmtimeError | None) -> BaseException:
        """The exception for a failed call, from a host function's reason, the panic text, or the trap."""
        host = self._host
        name, cause = host.failure or ("", None)
        code = _code(ended)
        if isinstance(cause, DeadlineReached) or code == TrapCode.INTERRUPT:
            return CallDeadline(method, host.call_context.deadline or 0)
        if cause is not None and not isinstance(cause, Exception):
            return cause  # KeyboardInterrupt and its like go through unchanged
        backtrace = _backtrace(ended)
        if cause is not None:
            kind = HostLimit if isinstance(cause, HostBytesExhausted) else WasmTrap
            reason = str(cause) if isinstance(cause, HostFailure) else f"{type(cause).__name__}: {cause}"
            return kind(method, f"{name}: {reason}", backtrace, host.error_logs)
        if backtrace[:1] == [MALLOC_EXPORT]:
            return WasmTrap(method, "the runtime's heap is exhausted", backtrace, host.error_logs)
        panicked = host.error_logs and code == TrapCode.UNREACHABLE
        return WasmTrap(method, host.error_logs[-1] if panicked else _text(ended), backtrace, host.error_logs)


def _export(store: int, instance: c_api.Instance, name: str) -> c_api.Extern | None:
    item = c_api.Extern()
    encoded = name.encode()
    found = c_api.instance_export_get(store, byref(instance), encoded, len(encoded), byref(item))
    return item if found else None


def _code(ended: Trap | WasmtimeError | None) -> TrapCode | None:
    try:
        return ended.trap_code if isinstance(ended, Trap) else None
    except ValueError:  # a code this version of the bindings does not name
        return None


def _text(ended: Trap | WasmtimeError | None) -> str:
    """A trap's own text, one line."""
    code = _code(ended)
    return code.name.lower().replace("_", " ") if code is not None else str(ended).splitlines()[0]


def _backtrace(ended: Trap | WasmtimeError | None) -> list[str]:
    """Function names, innermost first, without the hash that rustc appends."""
    if ended is None:
        return []
    names = []
    for frame in (ended.frames if isinstance(ended, Trap) else c_api.error_frames(ended))[:MAX_FRAMES]:
        name = frame.func_name or f"function {frame.func_index}"
        head, _, tail = name.rpartition("::h")
        names.append(head if head and len(tail) == 16 else name)
    return names
