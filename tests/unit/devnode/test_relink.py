"""The rewritten module behaves as the original, with its allocator inside."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from ganglion_devnode.errors import BadRuntime, WasmTrap
from ganglion_devnode.executor import Executor
from ganglion_devnode.executor.allocator import MALLOC_EXPORT
from ganglion_devnode.executor.relink import relink
from ganglion_devnode.executor.wasm_binary import CUSTOM, IMPORT, Cursor, leb, read_imports, read_sections
from ganglion_devnode.overlay import Overlay

from .wat import ECHO, NOTHING, api, host, runtime

Load = Callable[..., Executor]
RESULT = "(i32.store (i32.const 64) {}) (call $fat (i32.const 64) (i32.const 4))"


def answer(expression: str) -> str:
    """A body that returns an i32 expression as 4 bytes."""
    return RESULT.format(expression)


def call_u32(load: Load, overlay: Overlay, code: bytes, data: bytes = b"") -> int:
    return int.from_bytes(load(code).call(overlay, "run", data), "little")


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**32 - 1, 2**63])
def test_leb_survives(value: int) -> None:
    assert Cursor(leb(value)).leb() == value


def test_calls_tables_and_the_start_function_are_renumbered(load: Load, overlay: Overlay) -> None:
    code = runtime(
        "(type $unary (func (param i32) (result i32)))",
        "(table 4 funcref) (elem (i32.const 1) $double $increment)",
        "(func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))",
        "(func $increment (type $unary) (i32.add (local.get 0) (i32.const 1)))",
        "(func $init (i32.store (i32.const 96) (call $double (i32.const 50)))) (start $init)",
        "(func $switch (param i32) (result i32) (block (block (block (br_table 0 1 2 (local.get 0)))"
        " (return (call $double (i32.const 8)))) (return (call $increment (i32.const 8)))) (i32.const 16))",
        api(
            "run",
            answer(
                "(i32.add (i32.add (i32.load (i32.const 96))"
                " (call_indirect (type $unary) (i32.const 3) (i32.const 2)))"
                " (i32.add (call $switch (i32.const 0))"
                " (i32.add (call $switch (i32.const 1)) (call $switch (i32.const 9)))))"
            ),
        ),
    )
    assert call_u32(load, overlay, code) == 100 + 4 + 16 + 9 + 16


def test_bytes_that_look_like_calls_are_left_alone(load: Load, overlay: Overlay) -> None:
    # 0x10 is `call`: here it stands in constants, memory offsets, local indices and a float.
    locals_ = "(local " + "i32 " * 20 + ")"
    code = runtime(
        api(
            "run",
            "(local.set 16 (i32.const 0x10101010))"
            " (i64.store offset=16 (i32.const 0) (i64.const 0x1010101010101010))"
            " (f64.store offset=4112 align=1 (i32.const 0) (f64.const 0x1.0101010101010p+1))"
            " (f32.store (i32.const 32) (f32.const 0x1.010102p+1))"
            + answer("(i32.sub (local.get 16) (i32.load offset=16 (i32.const 0)))"),
            local=locals_,
        )
    )
    assert call_u32(load, overlay, code) == 0


def test_imported_memory_becomes_its_own(load: Load, overlay: Overlay) -> None:
    code = runtime(ECHO, imports='(import "env" "memory" (memory 3))', memory="")
    linked = relink(code, 10)
    assert [entry.name for entry in read_imports(_section(linked, IMPORT))] == []
    assert load(code).call(overlay, "echo", b"hello") == b"hello"


def _section(wasm: bytes, kind: int) -> bytes:
    return next(section.body for section in read_sections(wasm) if section.kind == kind)


def test_other_imports_stay_and_debug_sections_go() -> None:
    code = runtime(ECHO, imports=host("ext_a", "i32") + host("ext_b"))
    code += b"\x00" + leb(11) + b"\x0a.debug_str"
    linked = relink(code, 10)
    assert [entry.name for entry in read_imports(_section(linked, IMPORT))] == ["ext_a", "ext_b"]
    assert [section.name for section in read_sections(linked) if section.kind == CUSTOM] == ["name"]


def test_a_call_beyond_the_module_is_refused(load: Load) -> None:
    code = runtime("(func $f (call $f))")
    wrong = code.replace(b"\x10\x03\x0b", b"\x10\x7a\x0b")
    assert wrong != code
    with pytest.raises(BadRuntime, match="call of function 122"):
        load(wrong)


def test_instructions_beyond_wasm_1_are_refused(load: Load) -> None:
    simd = runtime("(func (drop (v128.const i64x2 1 2)))")
    with pytest.raises(BadRuntime, match=r"0xfd at code offset \d+ is beyond wasm 1.0"):
        load(simd)
    bulk = runtime("(func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))")
    with pytest.raises(BadRuntime, match="bulk memory"):
        load(bulk)


# --- the allocator

HEAP = 4096 + 96  # __heap_base plus the allocator's own state


def allocations(load: Load, overlay: Overlay, body: str, **options: int) -> list[int]:
    """Run `body`, which stores i32 results from address 64 on; returns 8 of them."""
    local = "(local $a i32) (local $b i32) (local $c i32)"
    code = runtime(api("run", f"{body} (call $fat (i32.const 64) (i32.const 32))", local=local))
    out = load(code, **options).call(overlay, "run", b"")
    return [int.from_bytes(out[at : at + 4], "little") for at in range(0, 32, 4)]


def store(slot: int, expression: str) -> str:
    return f"(i32.store (i32.const {64 + 4 * slot}) {expression})"


def malloc(size: int) -> str:
    return f"(call $malloc (i32.const {size}))"


def test_sizes_are_rounded_to_powers_of_two(load: Load, overlay: Overlay) -> None:
    sizes = [0, 1, 8, 9, 16, 17, 100, 1]
    found = allocations(load, overlay, " ".join(store(n, malloc(size)) for n, size in enumerate(sizes)))
    first = HEAP + 16 + 8  # the call's own (empty) input came first
    steps = [after - before for before, after in pairwise(found)]
    assert found[0] == first
    assert steps == [16, 16, 16, 24, 24, 40, 136]


def test_freed_blocks_are_reused_last_first(load: Load, overlay: Overlay) -> None:
    body = (
        f"(local.set $a {malloc(20)}) (local.set $b {malloc(20)})"
        " (call $free (local.get $a)) (call $free (local.get $b))"
        + store(0, f"(i32.sub {malloc(32)} (local.get $b))")
        + store(1, f"(i32.sub {malloc(17)} (local.get $a))")
        + store(2, f"(i32.gt_u {malloc(17)} (local.get $b))")
    )
    assert allocations(load, overlay, body)[:3] == [0, 0, 1]


def test_header_bytes_belong_to_the_guest_where_they_must(load: Load, overlay: Overlay) -> None:
    # The runtime writes a u16 into header bytes 6-7; freeing ignores it, and a new allocation clears it.
    body = (
        f"(local.set $a {malloc(64)}) (i32.store16 (i32.sub (local.get $a) (i32.const 2)) (i32.const 0xbeef))"
        "(call $free (local.get $a))"
        f"(local.set $b {malloc(64)})"
        + store(0, "(i32.sub (local.get $a) (local.get $b))")
        + store(1, "(i32.load (i32.sub (local.get $b) (i32.const 8)))")
        + store(2, "(i32.load (i32.sub (local.get $b) (i32.const 4)))")
    )
    assert allocations(load, overlay, body)[:3] == [0, 3, 1]


def test_host_allocations_have_clean_headers(load: Load, overlay: Overlay) -> None:
    hashing = "ext_hashing_blake2_256_version_1"
    body = (
        "(local.set $a (call $malloc (i32.const 32)))"
        " (i32.store16 (i32.sub (local.get $a) (i32.const 2)) (i32.const 7))"
        f"(call $free (local.get $a)) (local.set $b (call ${hashing} (i64.const 0)))"
        + answer("(i32.load16_u (i32.sub (local.get $b) (i32.const 2)))")
    )
    code = runtime(
        api("run", body, local="(local $a i32) (local $b i32)"), imports=host(hashing, "i64", "i32")
    )
    assert call_u32(load, overlay, code) == 0


def test_memory_grows_up_to_its_limit_and_no_further(load: Load, overlay: Overlay) -> None:
    body = store(0, "(memory.size)") + "(drop " + malloc(60_000) + ")" + store(1, "(memory.size)")
    body += "(drop " + malloc(300_000) + ")" + store(2, "(memory.size)")
    assert allocations(load, overlay, body, heap_pages=14)[:3] == [2, 2, 10]
    body += "(drop " + malloc(300_000) + ")" + store(3, "(memory.size)")
    with pytest.raises(WasmTrap, match="heap is exhausted"):
        allocations(load, overlay, body, heap_pages=14)
    assert allocations(load, overlay, body, heap_pages=20)[:4] == [2, 2, 10, 20]


@pytest.mark.parametrize(
    "body",
    [
        "(call $free (i32.const 0))",
        "(call $free (i32.const 5000))",
        "(call $free (i32.const 200000))",
        f"(local.set $a {malloc(8)}) (call $free (local.get $a)) (call $free (local.get $a))",
        f"(local.set $a {malloc(8)}) (i32.store (i32.sub (local.get $a) (i32.const 8)) (i32.const 23))"
        "(call $free (local.get $a))",
        f"(drop {malloc(32 * 1024 * 1024 + 1)})",
    ],
    ids=["null", "never allocated", "beyond memory", "twice", "bad order", "too large"],
)
def test_misuse_of_the_allocator_is_a_trap(load: Load, overlay: Overlay, body: str) -> None:
    with pytest.raises(WasmTrap):
        allocations(load, overlay, body)


def test_the_largest_allocation_is_32_mib(load: Load, overlay: Overlay) -> None:
    assert allocations(load, overlay, store(0, f"(i32.ne {malloc(32 * 1024 * 1024)} (i32.const 0))"))[0] == 1


def test_the_allocator_is_not_an_api_method(load: Load) -> None:
    executor = load(runtime(ECHO, api("other", NOTHING)))
    assert executor.methods == {"echo", "other"}
    assert MALLOC_EXPORT not in executor.methods
