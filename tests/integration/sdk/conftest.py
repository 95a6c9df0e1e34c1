"""A real chain for each test, with a client connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ganglion.testing import DevelopmentChain, development_chain


@pytest.fixture
async def chain() -> AsyncIterator[DevelopmentChain]:
    async with development_chain() as made:
        yield made
