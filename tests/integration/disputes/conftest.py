"""One model for all tests, a network for each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ganglion.testing import development_chain

from .support import Honest, Network, make_network, pinned_model


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pinned_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def honest(model: Path) -> Honest:
    return Honest(model)


@pytest.fixture
async def network(model: Path) -> AsyncIterator[Network]:
    async with development_chain() as chain:
        yield await make_network(chain, model)
