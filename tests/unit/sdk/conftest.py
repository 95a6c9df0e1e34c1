"""The codec of the runtime in chain/artifacts, loaded once."""

from __future__ import annotations

import pytest

from ganglion.artifacts import runtime_artifact
from ganglion.chain.substrate import Runtime

GENESIS = "0x" + "42" * 32
VERSION = {"specVersion": 1, "transactionVersion": 1}


def no_bridge(method, params):
    raise AssertionError(f"{method} must not be asked of a node")


@pytest.fixture(scope="session")
def metadata() -> bytes:
    raw = runtime_artifact().metadata_v15_path.read_bytes()
    return raw[raw.index(b"meta") :]  # the file may carry the length that state_call's answer has


@pytest.fixture(scope="session")
def runtime(metadata) -> Runtime:
    return Runtime(metadata, VERSION, GENESIS, ss58_prefix=42, bridge=no_bridge)
