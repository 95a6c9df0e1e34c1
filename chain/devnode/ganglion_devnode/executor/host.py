"""What every host function needs: the guest's memory, its allocator, limits, and how failures become traps.

Host functions are methods named as the wasm import (`ext_...`), in the mixins beside this file. They take the
raw arguments as unsigned integers (i32 or i64; a fat pointer is `address | length << 32`) and return the raw
result or None. Every access is checked in 64 bits against the memory's current size: Python would otherwise
write over its own process. Knows no particular function.
"""

from __future__ import annotations

import ctypes
from ctypes import addressof, c_ubyte, c_void_p
from time import monotonic
from typing import TYPE_CHECKING

from wasmtime import TrapCode

from ganglion_devnode.executor import c_api
from ganglion_devnode.executor.context import CallContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from ganglion_devnode.overlay import Overlay

U32 = 0xFFFFFFFF
MAX_ERROR_LOGS = 16


class HostFailure(Exception):
    """A host function refuses what the runtime asked of it."""


class HostBytesExhausted(HostFailure):
    """The call moved more bytes than it may."""


class DeadlineReached(Exception):
    """The call's time is over; noticed outside of wasm."""


class HostBase:
    """State of one running call. An instance is used by one call at a time and reused for the next."""

    __slots__ = (
        "_base",
        "_memory",
        "_outer_check",
        "_size",
        "_trap",
        "_trap_at",
        "_values",
        "_values_at",
        "_view",
        "batch",
        "budget",
        "call_context",
        "deadline_at",
        "error_logs",
        "failure",
        "malloc",
        "overlay",
        "store",
        "version_of",
    )

    def __init__(self, version_of: Callable[[bytes], bytes | None]) -> None:
        self.version_of = version_of  # encoded version of some other runtime's code
        self._values = c_api.Values()
        self._values_at = addressof(self._values)
        self._trap = c_void_p()
        self._trap_at = addressof(self._trap)
        self._view: memoryview | None = None

    def begin(self, overlay: Overlay, context: CallContext) -> None:
        """Set up for a call, before the instance exists."""
        self.overlay = overlay
        self.call_context = context
        self.budget = context.max_host_bytes
        self.deadline_at = None if context.deadline is None else monotonic() + context.deadline
        self.failure: tuple[str, BaseException] | None = None
        self.error_logs: list[str] = []
        self.batch: bool | None = None  # whether all signatures of an open batch held
        self._outer_check = overlay.check
        overlay.check = self.check_deadline

    def attach(self, store: int, memory: c_api.Extern, malloc: c_api.Extern, max_bytes: int) -> None:
        """Take over the instance's memory. `max_bytes` is how far it can grow; its base never moves."""
        self.store = store
        self._memory = addressof(memory.of.memory)
        self.malloc = addressof(malloc.of.func)
        self._base = c_api.memory_data(store, self._memory)
        self._size = c_api.memory_data_size(store, self._memory)
        self._view = memoryview((c_ubyte * max_bytes).from_address(self._base)).cast("B")

    def end(self) -> None:
        """Let go of the instance, whose memory is gone afterwards, and of the caller's objects."""
        self.overlay.check = self._outer_check
        del self.overlay, self._outer_check
        if self._view is not None:
            self._view.release()
            self._view = None
        self._size = 0

    # --- memory

    def read(self, fat: int) -> bytes:
        """The bytes a fat pointer names."""
        start = fat & U32
        length = fat >> 32
        end = start + length
        if end > self._size:
            self._refresh(end)
        self.budget -= length
        if self.budget < 0 or self.deadline_at is not None:
            self._check_limits()
        return self._view[start:end].tobytes()  # type: ignore[index]

    def fixed(self, pointer: int, length: int) -> bytes:
        """`length` bytes at a plain pointer."""
        return self.read((pointer & U32) | length << 32)

    def write(self, pointer: int, data: bytes) -> None:
        """Put `data` into the guest's memory."""
        end = pointer + len(data)
        if end > self._size:
            self._refresh(end)
        self._view[pointer:end] = data  # type: ignore[index]

    def write_within(self, fat: int, data: bytes) -> None:
        """Put as much of `data` as fits into the buffer a fat pointer names; all of the buffer must exist."""
        start = fat & U32
        length = fat >> 32
        if start + length > self._size:
            self._refresh(start + length)
        self.write(start, data[:length])

    def give(self, data: bytes) -> int:
        """A fat pointer to `data` in a new guest allocation; the guest frees it."""
        return self.give_fixed(data) | len(data) << 32 if data else 0

    def give_fixed(self, data: bytes) -> int:
        """A plain pointer to `data` in a new guest allocation."""
        size = len(data)
        self.budget -= size
        if self.budget < 0 or self.deadline_at is not None:
            self._check_limits()
        pointer = self.allocate(size)
        end = pointer + size
        if end > self._size:
            self._refresh(end)
        self._view[pointer:end] = data  # type: ignore[index]
        return pointer

    def allocate(self, size: int) -> int:
        """Call the module's own allocator."""
        self._values[0] = size
        error = c_api.func_call_unchecked(self.store, self.malloc, self._values_at, 1, self._trap_at)
        if error or self._trap.value:
            self._raise_allocation(size, error)
        return self._values[0] & U32

    def _raise_allocation(self, size: int, error: int | None) -> None:
        if error:
            raise HostFailure(f"allocation of {size} bytes failed: {c_api.take_error(error)}")
        trap = c_api.take_trap(self._trap.value or 0)
        self._trap.value = None
        if trap.trap_code == TrapCode.INTERRUPT:
            raise DeadlineReached
        raise HostFailure(f"the runtime's heap has no room for {size} bytes")

    def _refresh(self, end: int) -> None:
        self._size = c_api.memory_data_size(self.store, self._memory)
        if end > self._size:
            raise HostFailure(f"pointer and length reach {end}, beyond the memory's {self._size} bytes")

    # --- limits

    def _check_limits(self) -> None:
        if self.budget < 0:
            raise HostBytesExhausted(f"more than {self.call_context.max_host_bytes} bytes in one call")
        self.check_deadline()

    def check_deadline(self) -> None:
        """Raise if the call's time is over; long loops call this."""
        if self.deadline_at is not None and monotonic() > self.deadline_at:
            raise DeadlineReached

    def fail(self, name: str, error: BaseException) -> int:
        """Remember the first failure and make the trap that ends the call."""
        if self.failure is None:
            self.failure = (name, error)
        text = name.encode()
        return c_api.trap_new(text, len(text))


Callback = ctypes._CFuncPtr


def make_callback(host: HostBase, name: str, function: Callable[..., int | None], arity: int) -> Callback:
    """The C callback for one host function: raw values in, raw result out, every exception a trap."""
    # Written out per number of arguments: collecting them in a list first would double the cost of a call.
    if arity == 0:

        def call(_env: int, _caller: int, values: c_api.Values, _count: int) -> int | None:
            try:
                result = function()
                if result is not None:
                    values[0] = result
            except BaseException as error:
                return host.fail(name, error)
            return None

    elif arity == 1:

        def call(_env: int, _caller: int, values: c_api.Values, _count: int) -> int | None:
            try:
                result = function(values[0])
                if result is not None:
                    values[0] = result
            except BaseException as error:
                return host.fail(name, error)
            return None

    elif arity == 2:

        def call(_env: int, _caller: int, values: c_api.Values, _count: int) -> int | None:
            try:
                result = function(values[0], values[2])
                if result is not None:
                    values[0] = result
            except BaseException as error:
                return host.fail(name, error)
            return None

    else:
        slots = range(0, arity * c_api.VAL_STRIDE, c_api.VAL_STRIDE)

        def call(_env: int, _caller: int, values: c_api.Values, _count: int) -> int | None:
            try:
                result = function(*[values[slot] for slot in slots])
                if result is not None:
                    values[0] = result
            except BaseException as error:
                return host.fail(name, error)
            return None

    return c_api.HostCallback(call)
