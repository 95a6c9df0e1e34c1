"""A real chain for each test with a client, and one for a module that its command lines talk to."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ganglion.cli import main
from ganglion.testing import DevelopmentChain, development_chain

PASSWORD = "correct horse"


@pytest.fixture
async def chain() -> AsyncIterator[DevelopmentChain]:
    async with development_chain() as made:
        yield made


@pytest.fixture(scope="module")
def node() -> Iterator[Any]:
    """A node in a thread of its own, because each command has an event loop of its own."""
    from ganglion_devnode import DevNode, NodeConfig

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    made = asyncio.run_coroutine_threadsafe(DevNode.start(NodeConfig(rpc_port=0)), loop).result(60)
    yield made
    asyncio.run_coroutine_threadsafe(made.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def blocks(node: Any) -> Callable[[int], None]:
    """Make blocks without paying for transactions."""

    def make(count: int) -> None:
        if count == 0:
            return
        body = {"jsonrpc": "2.0", "id": 1, "method": "dev_newBlock", "params": [count]}
        request = urllib.request.Request(
            node.http_url, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert "result" in json.load(answer)

    return make


@pytest.fixture
def run(home: Path, node: Any, monkeypatch: Any, capsys: Any) -> Callable[..., Any]:
    """One command line; its JSON where ``--json`` is given, else what it printed."""
    monkeypatch.setenv("GANGLION_HOME", str(home))
    monkeypatch.setenv("GANGLION_RPC", node.url)
    (home / "password").write_text(PASSWORD)
    monkeypatch.setenv("GANGLION_PASSWORD_FILE", str(home / "password"))

    def go(*argv: object, code: int = 0) -> Any:
        monkeypatch.setattr("sys.stdin", io.StringIO(""))
        capsys.readouterr()
        found = main([str(one) for one in argv])
        captured = capsys.readouterr()
        assert found == code, captured.err
        return json.loads(captured.out) if "--json" in argv and captured.out else captured

    return go
