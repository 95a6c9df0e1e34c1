"""Images once for the folder; one compose network, paid for its work, for the tests that share it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from .composing import Compose, build
from .upgrade import next_runtime


@pytest.fixture(scope="package")
def images() -> dict[str, str]:
    """The environment that names both images, built from this checkout."""
    return build()


@pytest.fixture(scope="package")
def next_code() -> tuple[bytes, int]:
    """The runtime under its next version."""
    return next_runtime()


@pytest.fixture(scope="package")
def network(images: dict[str, str], next_code: tuple[bytes, int]) -> Iterator[Compose]:
    """The compose network, as `docker compose up` starts it; what is compiled was compiled before."""
    compose = Compose(f"ganglion-test-{os.getpid()}", images)
    try:
        compose.up()
        yield compose
    finally:
        compose.down()
