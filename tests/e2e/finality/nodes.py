"""Full nodes of the preset `local` on loopback, which know each other only when a test introduces them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ...full_node import FullNode, until

NAMES = ("alice", "bob", "charlie", "dave")
PEER_SECONDS, FINAL_SECONDS = 30, 90


def start(name: str, folder: Path, *options: str) -> FullNode:
    """An authority."""
    key = f"{NAMES.index(name) + 1:064x}"  # of its identity among peers; a test's, so no secret
    own = ("--chain", "local", f"--{name}", "--node-key", key)
    return FullNode(*own, "--rpc-methods", "unsafe", *options, folder=folder / name)


def start_together(names: Sequence[str], folder: Path, made: list[FullNode]) -> None:
    """Authorities that know each other; returns when they finalise. Those that run are in ``made`` in any case."""
    made.append(start(names[0], folder))
    bootnode = ("--bootnodes", address_of(made[0]))
    with ThreadPoolExecutor() as pool:
        others = [pool.submit(start, name, folder, *bootnode) for name in names[1:]]
    made += [one.result() for one in others]
    until(lambda: made[-1].finalized() >= 1, FINAL_SECONDS, "the authorities finalise")


def introduce(newcomer: FullNode, others: Iterable[FullNode]) -> None:
    """Connect a node with others; returns when it has them as peers."""
    others = list(others)
    before = newcomer.rpc("system_health")["peers"]
    for other in others:
        newcomer.rpc("system_addReservedPeer", address_of(other))
    wanted = before + len(others)
    until(lambda: newcomer.rpc("system_health")["peers"] >= wanted, PEER_SECONDS, f"{wanted} peers")


def address_of(node: FullNode) -> str:
    """Where another node dials it."""
    peer = node.rpc("system_localPeerId")
    found = [one for one in node.rpc("system_localListenAddresses") if one.startswith("/ip4/127.0.0.1/tcp/")]
    return found[0] if "/p2p/" in found[0] else f"{found[0]}/p2p/{peer}"
