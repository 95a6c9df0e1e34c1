"""The wasm engine: configured as strictly as a Substrate node's, with epochs for deadlines.

Knows no runtime. One engine can serve many executors.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from wasmtime import Config, Engine
from wasmtime import _bindings as bindings

TICK_SECONDS = 0.02
IDLE_TICKS = 50
NO_DEADLINE_TICKS = 1 << 62
MAX_WASM_STACK = 1 << 20  # bytes, as sc-executor
BEYOND_MVP = (
    "reference_types",
    "multi_value",
    "bulk_memory",
    "simd",
    "relaxed_simd",
    "tail_call",
    "threads",
    "memory64",
    "multi_memory",
)
MEMORY_RESERVATION = 1 << 32  # bytes of address space, so that memory never moves


def _config() -> Config:
    config = Config()
    # Without these two, switching reference types off aborts the process.
    bindings.wasmtime_config_wasm_component_model_async_set(config.ptr(), False)
    bindings.wasmtime_config_concurrency_support_set(config.ptr(), False)
    for feature in BEYOND_MVP:
        setattr(config, f"wasm_{feature}", False)
    config.epoch_interruption = True
    config.max_wasm_stack = MAX_WASM_STACK
    config.memory_reservation = MEMORY_RESERVATION
    config.memory_may_move = False
    config.cranelift_opt_level = "speed"
    return config


class WasmEngine:
    """A wasmtime engine whose epoch advances only while calls with a deadline run."""

    def __init__(self) -> None:
        self.engine = Engine(_config())
        self._lock = threading.Lock()
        self._waiting = 0
        self._ticker: threading.Thread | None = None

    @contextmanager
    def ticking(self) -> Iterator[None]:
        """Advance the epoch every TICK_SECONDS meanwhile."""
        with self._lock:
            self._waiting += 1
            if self._ticker is None:
                self._ticker = threading.Thread(target=self._tick, name="wasm-epoch", daemon=True)
                self._ticker.start()
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1

    def _tick(self) -> None:
        """Runs until no call with a deadline has been seen for a while; the next one starts a new thread."""
        idle = 0
        due = time.monotonic() + TICK_SECONDS
        while True:
            time.sleep(TICK_SECONDS)
            while due <= time.monotonic():  # a late wake-up makes up for the ticks it missed
                self.engine.increment_epoch()
                due += TICK_SECONDS
            with self._lock:
                idle = 0 if self._waiting else idle + 1
                if idle > IDLE_TICKS:
                    self._ticker = None
                    return


def engine_identity() -> str:
    """What compiled code depends on, besides the runtime: part of the artifact cache's key."""
    return f"wasmtime {version('wasmtime')}, strict 1"


def ticks(seconds: float) -> int:
    """Epochs to allow for a call of at most `seconds`."""
    return max(1, int(seconds / TICK_SECONDS) + 1)
