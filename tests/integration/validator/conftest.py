"""A chain with an active subnet in which one miner is registered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .processes import Network


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[Network]:
    made = Network(tmp_path / "chain")
    await made.start()
    await made.create_subnet()
    yield made
    await made.stop()
