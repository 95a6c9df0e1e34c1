"""Two of four authorities are gone for good: finality goes on after docs/how-to/rotate-keys.md's last resort."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ganglion.keys import Keypair

from ...full_node import FullNode, run, until
from .test_rotation import ganglion, session_of

DELAY = 5
NAMES = ("alice", "bob", "charlie", "dave")
PATIENCE = 120


def short_sessions(folder: Path) -> Path:
    """Preset local with sessions of five blocks and slots of a second."""
    found = json.loads(run("export-chain-spec", "--chain", "local").stdout)
    found["genesis"]["runtimeGenesis"]["patch"]["parameters"] |= {"sessionLength": 5, "slotDuration": 1000}
    path = folder / "spec.json"
    path.write_text(json.dumps(found))
    return path


def authority(name: str, spec: Path, folder: Path, first: FullNode | None) -> FullNode:
    words = ["--chain", spec, f"--{name}", "--validator", "--allow-private-ip"]
    if first is not None:
        words += ["--bootnodes", address(first)]
    run("key", "generate-node-key", "--chain", spec, "--base-path", folder / name)
    return FullNode(*words, folder=folder / name)


def address(node: FullNode) -> str:
    return next(one for one in node.rpc("system_localListenAddresses") if "/127.0.0.1/" in one)


def send(node: FullNode, *words: str) -> None:
    ganglion("authority", *words, "--key", "//Alice", "--yes", rpc=node.url)


@pytest.mark.long
def test_the_rest_goes_on_and_a_node_that_was_away_follows(tmp_path: Path):
    spec, nodes = short_sessions(tmp_path), []
    try:
        for name in NAMES:
            nodes.append(authority(name, spec, tmp_path, nodes[0] if nodes else None))
        first = nodes[0]
        until(lambda: first.finalized() >= 3, PATIENCE, "four finalize")
        for node in nodes[2:]:
            node.end(kill=True)
        until(lambda: first.number() - first.finalized() > 8, PATIENCE, "two of four finalize nothing")

        send(first, "set", *(Keypair.from_uri(f"//{name.title()}").ss58 for name in NAMES[:2]))
        began = session_of(first)["session"]
        until(lambda: session_of(first)["session"] == began + 1, PATIENCE, "the next session")
        stalled = first.finalized()
        send(first, "note-stalled", str(DELAY), str(stalled))
        until(lambda: first.finalized() > stalled + 5, PATIENCE, "two finalize as the whole")

        nodes.append(authority("charlie", spec, tmp_path, first))
        reached = first.finalized()
        until(lambda: nodes[-1].finalized() > reached, PATIENCE, "who was away follows the new voters")
        hashes = {node.rpc("chain_getBlockHash", reached) for node in (first, nodes[1], nodes[-1])}
        assert len(hashes) == 1
    finally:
        for node in nodes:
            node.end(kill=True)
