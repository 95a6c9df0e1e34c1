"""The few functions of wasmtime's C API that a runtime call goes through, with plain integers for pointers.

wasmtime-py's own classes cost 4 to 30 microseconds a call, these about one. Everything that is not on the
path of a call (compiling, linking, types, reading traps) uses the public classes.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_bool, c_char_p, c_int64, c_size_t, c_uint64, c_void_p
from typing import Any

from wasmtime import Trap, WasmtimeError
from wasmtime import _bindings as bindings
from wasmtime._ffi import dll
from wasmtime._trap import Frame, FrameList

EXTERN_FUNC, EXTERN_MEMORY = 0, 3
VAL_STRIDE = 2  # a raw value takes 16 bytes, two 64-bit words

Extern = bindings.wasmtime_extern_t
Instance = bindings.wasmtime_instance_t

# (env, caller, values, number of values) -> trap or null
HostCallback = ctypes.CFUNCTYPE(c_void_p, c_void_p, c_void_p, POINTER(c_uint64), c_size_t)


def _function(name: str, result: Any, *arguments: Any) -> Any:
    function = dll[name]  # a fresh object: prototypes set here do not touch wasmtime-py's
    function.restype = result
    function.argtypes = arguments
    return function


store_new = _function("wasmtime_store_new", c_void_p, c_void_p, c_void_p, c_void_p)
store_context = _function("wasmtime_store_context", c_void_p, c_void_p)
store_delete = _function("wasmtime_store_delete", None, c_void_p)
set_epoch_deadline = _function("wasmtime_context_set_epoch_deadline", None, c_void_p, c_uint64)
instance_pre_instantiate = _function(
    "wasmtime_instance_pre_instantiate", c_void_p, c_void_p, c_void_p, c_void_p, c_void_p
)
instance_export_get = _function(
    "wasmtime_instance_export_get", c_bool, c_void_p, c_void_p, c_char_p, c_size_t, c_void_p
)
func_call_unchecked = _function(
    "wasmtime_func_call_unchecked", c_void_p, c_void_p, c_void_p, c_void_p, c_size_t, c_void_p
)
memory_data = _function("wasmtime_memory_data", c_void_p, c_void_p, c_void_p)
memory_data_size = _function("wasmtime_memory_data_size", c_size_t, c_void_p, c_void_p)
trap_new = _function("wasmtime_trap_new", c_void_p, c_char_p, c_size_t)
linker_define_func_unchecked = _function(
    "wasmtime_linker_define_func_unchecked",
    c_void_p, c_void_p, c_char_p, c_size_t, c_char_p, c_size_t, c_void_p, HostCallback, c_void_p, c_void_p,
)  # fmt: skip

Values = c_int64 * (VAL_STRIDE * 2)  # room for two arguments or one result


def address(pointer: Any) -> int:
    """The address a ctypes pointer of wasmtime-py holds."""
    return ctypes.cast(pointer, c_void_p).value or 0


def take_error(pointer: int) -> WasmtimeError:
    """Own a `wasmtime_error_t`."""
    return WasmtimeError._from_ptr(ctypes.cast(pointer, POINTER(bindings.wasmtime_error_t)))


def error_frames(error: WasmtimeError) -> list[Frame]:
    """The wasm frames an error passed, innermost first. Traps made by host functions arrive as errors."""
    frames = FrameList(error)
    bindings.wasmtime_error_wasm_trace(error.ptr(), ctypes.byref(frames.vec))
    return [Frame._from_ptr(frames.vec.data[at], frames) for at in range(frames.vec.size)]


def take_trap(pointer: int) -> Trap:
    """Own a `wasm_trap_t`."""
    return Trap._from_ptr(ctypes.cast(pointer, POINTER(bindings.wasm_trap_t)))
