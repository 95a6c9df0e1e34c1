"""A database whose files were damaged: the node refuses it and says so, and syncs anew once it is purged."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ...full_node import run
from .network import Network
from .node import CHAIN, START_SECONDS, Node

pytestmark = pytest.mark.e2e
NOTICE_SECONDS = START_SECONDS
SYNC_SECONDS = 120
REFUSAL = re.compile(r"^Error: Service\(Client\(", re.M)
Damage = Callable[[list[Path]], None]


@pytest.fixture
def stopped(network: Network) -> Iterator[Node]:
    """An authority that has ended in order; it runs again afterwards, whatever the test made of it."""
    node = network.nodes["charlie"]
    assert node.stop() == 0
    yield node
    if not node.runs:
        purge(node)
        node.start()


def purge(node: Node) -> None:
    """Throw the chain's data away, as an operator does; keys stay."""
    done = run("purge-chain", "-y", "--chain", CHAIN, "--base-path", node.folder)
    assert done.returncode == 0, done.stderr


def truncate(files: list[Path]) -> None:
    """Cut every file in half."""
    for file in files:
        with file.open("r+b") as open_file:
            open_file.truncate(file.stat().st_size // 2)


def scribble(files: list[Path]) -> None:
    """Overwrite one byte in sixteen of what is stored, but not of what describes it, so that the database opens."""
    dice = random.Random(7)
    for file in files:
        if file.name == "metadata":
            continue
        data = bytearray(file.read_bytes())
        for at in range(0, len(data), 16):
            data[at] = dice.randrange(256)
        file.write_bytes(data)


@pytest.mark.parametrize("damage", [truncate, scribble])
def test_it_refuses_and_syncs_anew(network: Network, stopped: Node, damage: Damage):
    files = sorted(file for file in stopped.database.rglob("*") if file.is_file() and file.stat().st_size)
    assert files, f"no files in {stopped.database}"
    damage(files)
    stopped.launch()
    network.wait("it ends", lambda: not stopped.runs, NOTICE_SECONDS)
    assert stopped.process is not None and stopped.process.returncode != 0
    assert REFUSAL.search(stopped.log()), stopped.log()[-1500:]
    purge(stopped)
    stopped.start()
    head = network.nodes["alice"].finalized()
    network.wait("it has synced", lambda: stopped.finalized() >= head, SYNC_SECONDS)
    network.agree(list(network.nodes.values()))
