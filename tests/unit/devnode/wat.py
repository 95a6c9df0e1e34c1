"""Tiny runtimes in WebAssembly text, for what a real runtime never does: loop, trap, lie about pointers."""

from __future__ import annotations

from wasmtime import wat2wasm

ALLOCATOR = """
 (import "env" "ext_allocator_malloc_version_1" (func $malloc (param i32) (result i32)))
 (import "env" "ext_allocator_free_version_1" (func $free (param i32)))
"""


def runtime(
    *functions: str, imports: str = "", heap_base: int = 4096, memory: str = '(memory (export "memory") 2)'
) -> bytes:
    """A module with the exports every runtime has. `functions` are complete `(func ...)` forms."""
    body = "\n".join(functions)
    return bytes(
        wat2wasm(f"""(module {imports} {ALLOCATOR} {memory}
      (global (export "__heap_base") i32 (i32.const {heap_base}))
      {body})""")
    )


def api(name: str, body: str, local: str = "") -> str:
    """An exported API method: (ptr, len) -> fat pointer."""
    return f'(func (export "{name}") (param $ptr i32) (param $len i32) (result i64) {local} {body})'


def host(name: str, params: str = "", result: str = "") -> str:
    """An import of a host function, callable as `$name`."""
    signature = (f" (param {params})" if params else "") + (f" (result {result})" if result else "")
    return f'(import "env" "{name}" (func ${name}{signature}))'


ECHO = api(
    "echo",
    "(i64.or (i64.extend_i32_u (local.get $ptr)) (i64.shl (i64.extend_i32_u (local.get $len)) (i64.const 32)))",
)
EMPTY = "(i64.const 0)"
