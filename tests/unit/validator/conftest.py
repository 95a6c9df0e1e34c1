"""Miners and gateways on free ports of the loopback, closed at the end of a test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from .support import MINERS, Gateway, gateway, start_miner


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as made:
        yield made


@pytest.fixture
def miner(stack: AsyncExitStack) -> Callable[..., Any]:
    """`port = await miner(0, engine=...)`: the miner with this index in MINERS."""

    async def start(number: int = 0, **options: Any) -> int:
        server = await start_miner(MINERS[number], **options)
        stack.push_async_callback(server.close)
        return server.port

    return start


@pytest.fixture
def front(stack: AsyncExitStack, tmp_path: Path) -> Callable[..., Any]:
    """`gateway = await front({0: port, 1: port}, request_timeout=2.0)`."""

    async def start(ports: dict[int, int], **options: Any) -> Gateway:
        servers = {MINERS[number]: port for number, port in ports.items()}
        return await stack.enter_async_context(gateway(servers, folder=tmp_path, **options))

    return start
