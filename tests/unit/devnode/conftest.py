"""Shared pieces of the execution core's tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ganglion_devnode.executor import Executor
from ganglion_devnode.executor.engine import WasmEngine
from ganglion_devnode.overlay import Overlay
from ganglion_devnode.state import State

VECTORS = Path(__file__).parents[2] / "conformance" / "vectors" / "devnode"


@pytest.fixture(scope="session")
def wasm_engine() -> WasmEngine:
    return WasmEngine()


@pytest.fixture
def load(wasm_engine: WasmEngine, tmp_path: Path) -> Callable[..., Executor]:
    """Make an executor whose cache is this test's own."""

    def make(code: bytes, **options: Any) -> Executor:
        return Executor(code, cache_dir=tmp_path / "cache", engine=wasm_engine, **options)

    return make


@pytest.fixture
def overlay() -> Overlay:
    return Overlay(State.empty(1))


def vectors(name: str) -> Any:
    """Recorded answers of polkadot-sdk's own crates."""
    return json.loads((VECTORS / name).read_text())
