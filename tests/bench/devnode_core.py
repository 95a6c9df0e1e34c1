"""Costs of the dev node's execution core: calls, host calls, metadata, state roots.

`python tests/bench/devnode_core.py` prints one JSON object.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measuring import Subject, main, seconds
from wasmtime import wat2wasm

from ganglion.artifacts import runtime_artifact
from ganglion_devnode.executor import Executor
from ganglion_devnode.overlay import Overlay
from ganglion_devnode.state import State
from ganglion_devnode.trie import Trie

HOST_CALLS = 20_000
CHANGES = 20
STATES, QUICK_STATES = (1_000, 100_000), (1_000,)
LOOP = """(module (import "env" "ext_storage_exists_version_1" (func $exists (param i64) (result i32)))
 (memory (export "memory") 1) (global (export "__heap_base") i32 (i32.const 64))
 (func (export "empty") (param i32 i32) (result i64) (i64.const 0))
 (func (export "loop") (param i32 i32) (result i64) (local $n i32)
  (loop (drop (call $exists (i64.const 0))) (local.set $n (i32.add (local.get $n) (i32.const 1)))
   (br_if 0 (i32.lt_u (local.get $n) (i32.const %d)))) (i64.const 0)))"""
ABOUT = (
    "The executor with the committed runtime, without chain or RPC: loading, the floor of a call, a host call from "
    f"wasm into Python and back, typical calls; and the state root after {CHANGES} changed values."
)


class Rooted:
    """A state of so many keys, changed again and again."""

    def __init__(self, keys: int) -> None:
        rng = random.Random(keys)
        pairs = {rng.randbytes(48): rng.randbytes(60) for _ in range(keys)}
        self._trie = Trie.empty(1).apply(pairs)
        self._trie.root()
        self._changes = self._endless(rng, rng.sample(list(pairs), CHANGES))

    @staticmethod
    def _endless(rng: random.Random, keys: list[bytes]) -> Iterator[dict[bytes, bytes]]:
        while True:
            yield {key: rng.randbytes(60) for key in keys}

    def change(self) -> bytes:
        """Root after the next changes."""
        return self._trie.apply(next(self._changes)).root()


class Core:
    """The executor, with a module that does nothing but call its host."""

    def __init__(self, subject: Subject, folder: Path) -> None:
        self._subject = subject
        self._folder = folder
        self._code = runtime_artifact().code()
        self._runtime = Executor(self._code, cache_dir=folder / "warm")
        self._loop = Executor(bytes(wat2wasm(LOOP % HOST_CALLS)), cache_dir=folder / "warm")
        self._state = State.empty(1)
        self._states = {n: Rooted(n) for n in (QUICK_STATES if subject.quick else STATES)}

    def _add(self, name: str, unit: str, what: str, value: float) -> None:
        self._subject.figure(name, unit, what).add(value * {"s": 1, "ms": 1e3, "µs": 1e6}[unit])

    def _call(self, executor: Executor, method: str, times: int) -> float:
        return seconds(lambda: executor.call(Overlay(self._state), method, b""), times)

    def one_round(self, number: int) -> None:
        """Everything once."""
        times = 10 if self._subject.quick else 1_000
        cold = seconds(lambda: Executor(self._code, cache_dir=self._folder / f"cold-{number}"))
        self._add("load_cold", "s", "loading the runtime, compilation included", cold)
        warm = seconds(lambda: Executor(self._code, cache_dir=self._folder / "warm"), 5)
        self._add("load_cached", "ms", "loading the runtime, compiled before", warm)
        empty = self._call(self._loop, "empty", times)
        self._add("empty_call", "µs", "a call that does nothing", empty)
        host = (self._call(self._loop, "loop", 3) - empty) / HOST_CALLS
        self._add("host_call", "µs", "a host call (storage read of an absent key)", host)
        self._add("core_version", "µs", "Core_version", self._call(self._runtime, "Core_version", times))
        metadata = self._call(self._runtime, "Metadata_metadata", times // 10)
        self._add("metadata", "ms", "Metadata_metadata", metadata)
        for keys, rooted in self._states.items():
            what = f"state root after {CHANGES} changes, {keys:,} keys"
            self._add(f"root_{keys}", "ms", what, seconds(rooted.change, 50))


def run(quick: bool) -> dict[str, Any]:
    """All figures of this benchmark."""
    subject = Subject(ABOUT, quick)
    with tempfile.TemporaryDirectory() as folder:
        core = Core(subject, Path(folder))
        for number in range(subject.rounds):
            core.one_round(number)
    return subject.to_json()


if __name__ == "__main__":
    sys.exit(main(run))
