"""Costs of the dev node's execution core: calls, host calls, metadata, state roots.

`python tests/bench/devnode_core.py` prints one JSON object; `measure` gives the same to other programs.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from wasmtime import wat2wasm

from ganglion_devnode.executor import Executor
from ganglion_devnode.overlay import Overlay
from ganglion_devnode.state import State
from ganglion_devnode.trie import Trie

ARTIFACT = Path(__file__).parents[2] / "chain" / "artifacts" / "ganglion_runtime.compact.compressed.wasm"
HOST_CALLS = 20_000
LOOP = """(module (import "env" "ext_storage_exists_version_1" (func $exists (param i64) (result i32)))
 (memory (export "memory") 1) (global (export "__heap_base") i32 (i32.const 64))
 (func (export "empty") (param i32 i32) (result i64) (i64.const 0))
 (func (export "loop") (param i32 i32) (result i64) (local $n i32)
  (loop (drop (call $exists (i64.const 0))) (local.set $n (i32.add (local.get $n) (i32.const 1)))
   (br_if 0 (i32.lt_u (local.get $n) (i32.const %d)))) (i64.const 0)))"""


def seconds(work: Callable[[], object], times: int) -> float:
    """Mean seconds of one run."""
    started = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - started) / times


def root_after_20_changes(keys: int) -> float:
    """Seconds to apply 20 changes to a state of `keys` and compute its root."""
    rng = random.Random(keys)
    pairs = {rng.randbytes(48): rng.randbytes(60) for _ in range(keys)}
    trie = Trie.empty(1).apply(pairs)
    trie.root()
    chosen = rng.sample(list(pairs), 20)
    rounds = iter([{key: rng.randbytes(60) for key in chosen} for _ in range(50)])
    return seconds(lambda: trie.apply(next(rounds)).root(), 50)


def measure() -> dict[str, float]:
    """All figures; the unit is the last part of each name."""
    code = ARTIFACT.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        cold = seconds(lambda: Executor(code, cache_dir=cache), 1)
        warm = seconds(lambda: Executor(code, cache_dir=cache), 5)
        executor = Executor(code, cache_dir=cache)
        loop = Executor(bytes(wat2wasm(LOOP % HOST_CALLS)), cache_dir=cache)
    state = State.empty(1)
    empty = seconds(lambda: loop.call(Overlay(state), "empty", b""), 2000)
    looped = seconds(lambda: loop.call(Overlay(state), "loop", b""), 5)
    return {
        "runtime_load_cold_s": cold,
        "runtime_load_cached_ms": warm * 1e3,
        "empty_call_us": empty * 1e6,
        "host_call_us": (looped - empty) / HOST_CALLS * 1e6,
        "core_version_us": seconds(lambda: executor.call(Overlay(state), "Core_version", b""), 1000) * 1e6,
        "metadata_ms": seconds(lambda: executor.call(Overlay(state), "Metadata_metadata", b""), 50) * 1e3,
        "root_20_changes_1k_keys_ms": root_after_20_changes(1_000) * 1e3,
        "root_20_changes_100k_keys_ms": root_after_20_changes(100_000) * 1e3,
    }


if __name__ == "__main__":
    json.dump({name: round(value, 3) for name, value in measure().items()}, sys.stdout, indent=2)
    print()
