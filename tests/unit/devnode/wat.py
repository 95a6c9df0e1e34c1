"""Tiny runtimes in WebAssembly text, for what a real runtime never does: loop, trap, lie about pointers."""

from __future__ import annotations

from wasmtime import wat2wasm

ALLOCATOR = """
 (import "env" "ext_allocator_malloc_version_1" (func $malloc (param i32) (result i32)))
 (import "env" "ext_allocator_free_version_1" (func $free (param i32)))
"""
MEMORY = '(memory (export "memory") 2)'
HEAP_BASE = '(global (export "__heap_base") i32 (i32.const 4096))'
FAT = """(func $fat (param $p i32) (param $n i32) (result i64)
 (i64.or (i64.extend_i32_u (local.get $p)) (i64.shl (i64.extend_i32_u (local.get $n)) (i64.const 32))))"""
INPUT = "(call $fat (local.get $ptr) (local.get $len))"
NOTHING = "(i64.const 0)"


def runtime(*parts: str, imports: str = "", memory: str = MEMORY, heap_base: str = HEAP_BASE) -> bytes:
    """A module with what every runtime has, and `parts`: complete `(func ...)` and other forms."""
    body = "\n".join(parts)
    return bytes(wat2wasm(f"(module {imports} {ALLOCATOR} {memory} {heap_base} {FAT} {body})"))


def api(name: str, body: str, local: str = "") -> str:
    """An exported API method: (ptr, len) -> fat pointer."""
    return f'(func (export "{name}") (param $ptr i32) (param $len i32) (result i64) {local} {body})'


def host(name: str, params: str = "", result: str = "") -> str:
    """An import of a host function, callable as `$name`."""
    signature = (f" (param {params})" if params else "") + (f" (result {result})" if result else "")
    return f'(import "env" "{name}" (func ${name}{signature}))'


ECHO = api("echo", INPUT)
