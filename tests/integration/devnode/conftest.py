"""Running nodes for the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ganglion_devnode import DevNode, NodeConfig

from .devnode_client import Http, StartNode, Ws


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache of compiled runtimes for all tests."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture
async def start(compiled: Path) -> AsyncIterator[StartNode]:
    """Start nodes that end with the test."""
    nodes: list[DevNode] = []

    async def start_node(**options: Any) -> DevNode:
        node = await DevNode.start(NodeConfig(rpc_port=0, cache_dir=compiled, **options))
        nodes.append(node)
        return node

    yield start_node
    for node in nodes:
        await node.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
async def node(start: StartNode) -> DevNode:
    """An instantly sealing node in memory, which re-executes its blocks."""
    return await start(verify_blocks=True)


@pytest.fixture
def http(node: DevNode, session: aiohttp.ClientSession) -> Http:
    return Http(session, node.http_url)


@pytest.fixture
async def ws(node: DevNode, session: aiohttp.ClientSession) -> AsyncIterator[Ws]:
    async with session.ws_connect(node.url, max_msg_size=0) as socket:
        yield Ws(socket)
