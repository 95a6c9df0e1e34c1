"""Running runtimes: what a call gives back, and every way in which one can fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from ganglion_devnode.errors import BadRuntime, CallDeadline, HostLimit, MethodNotFound, WasmTrap
from ganglion_devnode.executor import CallContext, Executor
from ganglion_devnode.overlay import Overlay
from ganglion_devnode.state import State

from .wat import ECHO, INPUT, NOTHING, api, host, runtime

Load = Callable[..., Executor]
LOOP = api("spin", f"(loop (br 0)) {NOTHING}")


def test_a_method_gets_its_input_and_returns_its_output(load: Load, overlay: Overlay) -> None:
    executor = load(runtime(ECHO))
    for data in (b"", b"x", b"y" * 300_000):
        assert executor.call(overlay, "echo", data) == data


def test_each_call_starts_with_fresh_memory(load: Load, overlay: Overlay) -> None:
    count = "(i32.store (i32.const 64) (i32.add (i32.load (i32.const 64)) (i32.const 1)))"
    executor = load(runtime(api("count", f"{count} (call $fat (i32.const 64) (i32.const 4))")))
    assert [executor.call(overlay, "count", b"") for _ in range(3)] == [b"\1\0\0\0"] * 3


def test_missing_method_has_the_text_clients_match_on(load: Load, overlay: Overlay) -> None:
    executor = load(runtime('(func (export "odd") (param i32) (result i32) (local.get 0))'))
    for name in ("Nope_nope", "odd", "memory", "__heap_base"):
        with pytest.raises(MethodNotFound, match=f"^Exported method {name} is not found$"):
            executor.call(overlay, name, b"")
    assert executor.methods == frozenset()


PANIC = runtime(
    '(data (i32.const 16) "panicked at src/lib.rs:1: too bad") (func $inner unreachable)',
    api("plain", f"(call $inner) {NOTHING}"),
    api(
        "panic",
        "(call $ext_logging_log_version_1 (i32.const 0) (call $fat (i32.const 16) (i32.const 8))"
        f" (call $fat (i32.const 16) (i32.const 33))) (call $inner) {NOTHING}",
    ),
    api("recurse", "(call $ext_logging_max_level_version_1) drop (call 8 (local.get $ptr) (local.get $len))"),
    imports=host("ext_logging_log_version_1", "i32 i64 i64")
    + host("ext_logging_max_level_version_1", "", "i32"),
)


def test_a_trap_says_where_it_happened(load: Load, overlay: Overlay) -> None:
    with pytest.raises(WasmTrap) as caught:
        load(PANIC).call(overlay, "plain", b"")
    assert caught.value.reason == "unreachable"
    assert caught.value.backtrace[0] == "inner"
    assert caught.value.method == "plain"
    assert (caught.value.fault, caught.value.retryable) == ("chain", False)


def test_a_panic_carries_its_text(load: Load, overlay: Overlay) -> None:
    lines: list[tuple[int, str, str]] = []
    with pytest.raises(WasmTrap, match=r"^panic failed: panicked at src/lib\.rs:1: too bad$") as caught:
        load(PANIC).call(overlay, "panic", b"", context=CallContext(log=lambda *line: lines.append(line)))
    assert caught.value.logs == ["panicked at src/lib.rs:1: too bad"]
    assert lines == [(0, "panicked", "panicked at src/lib.rs:1: too bad")]


def test_endless_recursion_is_a_trap(load: Load, overlay: Overlay) -> None:
    with pytest.raises(WasmTrap, match="stack overflow"):
        load(PANIC).call(overlay, "recurse", b"")


def test_a_loop_is_stopped_at_its_deadline(load: Load, overlay: Overlay) -> None:
    executor = load(runtime(LOOP, ECHO))
    started = time.monotonic()
    with pytest.raises(CallDeadline, match=r"spin was stopped after its limit of 0.2 s"):
        executor.call(overlay, "spin", b"", context=CallContext(deadline=0.2))
    assert 0.15 < time.monotonic() - started < 2
    assert executor.call(overlay, "echo", b"on", context=CallContext(deadline=5)) == b"on"


def test_no_thread_is_left_ticking(load: Load, overlay: Overlay) -> None:
    load(runtime(ECHO)).call(overlay, "echo", b"", context=CallContext(deadline=5))
    assert any(thread.name == "wasm-epoch" for thread in threading.enumerate())
    until = time.monotonic() + 10
    while any(thread.name == "wasm-epoch" for thread in threading.enumerate()):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_loop_of_host_calls_is_stopped_at_its_deadline(load: Load, overlay: Overlay) -> None:
    imports = host("ext_storage_exists_version_1", "i64", "i32")
    body = f"(loop (drop (call $ext_storage_exists_version_1 {INPUT})) (br 0)) {NOTHING}"
    with pytest.raises(CallDeadline):
        load(runtime(api("spin", body), imports=imports)).call(
            overlay, "spin", b"key", context=CallContext(deadline=0.2)
        )


def test_one_long_host_call_is_stopped_at_its_deadline(load: Load) -> None:
    state = State.build({b"k%07d" % n: b"" for n in range(60_000)}, {}, 1)
    imports = host("ext_storage_clear_prefix_version_1", "i64")
    executor = load(
        runtime(
            api("clear", f"(call $ext_storage_clear_prefix_version_1 {INPUT}) {NOTHING}"), imports=imports
        )
    )
    with pytest.raises(CallDeadline):
        executor.call(Overlay(state), "clear", b"k", context=CallContext(deadline=0.01))
    overlay = Overlay(state)
    executor.call(overlay, "clear", b"k")
    assert overlay.next_key(b"") is None


HASH = "ext_hashing_twox_64_version_1"
POINTERS = runtime(
    api("read", f"(drop (call ${HASH} (i64.load (local.get $ptr)))) {NOTHING}"),
    api(
        "write",
        "(drop (call $ext_storage_read_version_1 (call $fat (i32.const 16) (i32.const 1))"
        f" (i64.load (local.get $ptr)) (i32.const 0))) {NOTHING}",
    ),
    api("answer", "(i64.load (local.get $ptr))"),
    '(data (i32.const 16) "k")',
    imports=host(HASH, "i64", "i32") + host("ext_storage_read_version_1", "i64 i64 i32", "i64"),
)
BEYOND = [
    (0, 1 << 31),
    (0xFFFFFFFF, 1),
    (0xFFFFFFFF, 0xFFFFFFFF),
    (131_071, 2),
    (131_072, 1),
    (200_000_000, 64),
]


@pytest.mark.parametrize("method", ["read", "write", "answer"])
@pytest.mark.parametrize(("pointer", "length"), BEYOND)
def test_pointers_beyond_the_memory_are_a_trap(load: Load, method: str, pointer: int, length: int) -> None:
    overlay = Overlay(State.build({b"k": b"v" * 70_000}, {}, 1))
    fat = (pointer | length << 32).to_bytes(8, "little")
    with pytest.raises(WasmTrap, match=r"beyond the memory's 131072 bytes"):
        load(POINTERS).call(overlay, method, fat)


def test_the_last_byte_of_the_memory_can_be_used(load: Load, overlay: Overlay) -> None:
    fat = (131_071 | 1 << 32).to_bytes(8, "little")
    assert load(POINTERS).call(overlay, "answer", fat) == b"\0"
    load(POINTERS).call(overlay, "read", fat)


def test_a_call_moves_only_so_many_bytes(load: Load, overlay: Overlay) -> None:
    imports = host(HASH, "i64", "i32")
    loop = f"(loop (drop (call ${HASH} {INPUT})) (br 0)) {NOTHING}"
    executor = load(runtime(api("flood", loop), imports=imports))
    with pytest.raises(HostLimit, match=r"more than 1000000 bytes in one call"):
        executor.call(overlay, "flood", b"x" * 1000, context=CallContext(max_host_bytes=1_000_000))
    with pytest.raises(HostLimit):
        executor.call(overlay, "flood", b"x" * 1000, context=CallContext(max_host_bytes=999))


def test_an_unknown_import_traps_by_name_when_called(load: Load, overlay: Overlay) -> None:
    imports = host("ext_unheard_of_version_9", "i32 f64", "i64") + host(HASH, "i64 i64", "i32")
    executor = load(
        runtime(
            ECHO,
            api("unknown", "(call $ext_unheard_of_version_9 (i32.const 1) (f64.const 2))"),
            api("misused", f"(drop (call ${HASH} (i64.const 1) (i64.const 2))) {NOTHING}"),
            imports=imports,
        )
    )
    assert executor.missing_host_functions == ("ext_unheard_of_version_9", HASH)
    assert executor.call(overlay, "echo", b"fine") == b"fine"
    with pytest.raises(WasmTrap, match=r"ext_unheard_of_version_9: this node does not provide"):
        executor.call(overlay, "unknown", b"")
    with pytest.raises(WasmTrap, match=rf"{HASH}: this node does not provide"):
        executor.call(overlay, "misused", b"")


def test_an_import_that_is_no_function_is_refused(load: Load) -> None:
    with pytest.raises(BadRuntime, match=r"env.odd, which is not a function"):
        load(runtime(ECHO, imports='(import "env" "odd" (global i32))'))


def logging_runtime() -> bytes:
    log = "(call $ext_logging_log_version_1 (i32.const 2) (i64.const 0) (i64.const 0))"
    return runtime(
        api("log", f"{log} {NOTHING}"), ECHO, imports=host("ext_logging_log_version_1", "i32 i64 i64")
    )


def test_an_exception_in_a_host_function_is_a_trap(load: Load, overlay: Overlay) -> None:
    def broken(*_line: Any) -> None:
        raise ZeroDivisionError("sink is full")

    executor = load(logging_runtime())
    with pytest.raises(
        WasmTrap, match=r"ext_logging_log_version_1: ZeroDivisionError: sink is full"
    ) as caught:
        executor.call(overlay, "log", b"", context=CallContext(log=broken))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert executor.call(overlay, "echo", b"next") == b"next"


def test_an_interrupt_from_the_keyboard_goes_through(load: Load, overlay: Overlay) -> None:
    def interrupt(*_line: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(logging_runtime()).call(overlay, "log", b"", context=CallContext(log=interrupt))


TRANSACTIONS = runtime(
    api(
        "leave_open",
        f"(call $ext_storage_set_version_1 {INPUT} {INPUT}) (call $ext_storage_start_transaction_version_1)"
        f" (call $ext_storage_clear_version_1 {INPUT}) {NOTHING}",
    ),
    api("close_too_much", f"(call $ext_storage_commit_transaction_version_1) {NOTHING}"),
    api(
        "write_and_trap",
        f"(call $ext_storage_set_version_1 {INPUT} {INPUT})"
        " (call $ext_storage_start_transaction_version_1) unreachable",
    ),
    imports=host("ext_storage_set_version_1", "i64 i64")
    + host("ext_storage_clear_version_1", "i64")
    + host("ext_storage_start_transaction_version_1")
    + host("ext_storage_commit_transaction_version_1"),
)


def test_transactions_left_open_are_rolled_back(load: Load, overlay: Overlay) -> None:
    executor = load(TRANSACTIONS)
    executor.call(overlay, "leave_open", b"key")
    assert (overlay.depth, overlay.get(b"key")) == (0, b"key")
    overlay.start_transaction()
    with pytest.raises(WasmTrap, match="no open storage transaction"):
        executor.call(overlay, "close_too_much", b"")
    assert overlay.depth == 1
    with pytest.raises(WasmTrap):
        executor.call(overlay, "write_and_trap", b"other")
    assert (overlay.depth, overlay.get(b"other")) == (1, b"other")
    overlay.rollback_transaction()
    assert overlay.get(b"other") is None


def test_the_overlay_is_left_without_a_deadline(load: Load, overlay: Overlay) -> None:
    before = overlay.check
    load(runtime(ECHO)).call(overlay, "echo", b"", context=CallContext(deadline=1))
    assert overlay.check == before


def test_two_threads_may_call_at_once(load: Load) -> None:
    imports = host("ext_storage_get_version_1", "i64", "i64")
    executor = load(runtime(api("get", f"(call $ext_storage_get_version_1 {INPUT})"), imports=imports))
    wrong: list[bytes] = []

    def work(value: bytes) -> None:
        overlay = Overlay(State.build({b"k": value}, {}, 1))
        expected = b"\x01" + bytes([len(value) << 2]) + value
        answers = (executor.call(overlay, "get", b"k", context=CallContext(deadline=30)) for _ in range(400))
        wrong.extend(answer for answer in answers if answer != expected)

    threads = [threading.Thread(target=work, args=(bytes([65 + n]) * (n + 1),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_input_too_large_for_the_heap_is_a_clear_error(load: Load, overlay: Overlay) -> None:
    with pytest.raises(WasmTrap, match=r"heap has no room for 40000000 bytes"):
        load(runtime(ECHO)).call(overlay, "echo", bytes(40_000_000))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (b"", "not a wasm module"),
        (b"\0asm\x02\0\0\0", "not a wasm module"),
        (b"PVM\0rest", "PolkaVM"),
        (runtime(ECHO)[:-3], "ends early"),
        (runtime(ECHO, heap_base=""), "__heap_base"),
        (runtime("(func (result i32 i32) (i32.const 1) (i32.const 2))"), "does not compile"),
        (bytes.fromhex("52bc537646db8e05") + b"no zstd", "damaged"),
    ],
)
def test_what_is_no_runtime_is_refused(load: Load, code: bytes, text: str) -> None:
    with pytest.raises(BadRuntime, match=text) as caught:
        load(code)
    assert (caught.value.fault, caught.value.hint is not None) == ("user", True)
