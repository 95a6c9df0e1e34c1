"""A chain with an active subnet in which one miner is registered."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .processes import Network


@pytest.fixture
async def network_of_today(tmp_path: Path) -> AsyncIterator[Network]:
    """The same with a chain whose clock began now: receipts of daemons are as old as they are."""
    made = Network(tmp_path / "chain", time.time_ns() // 1_000_000)
    await made.start()
    await made.create_subnet()
    yield made
    await made.stop()


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[Network]:
    made = Network(tmp_path / "chain")
    await made.start()
    await made.create_subnet()
    yield made
    await made.stop()
