"""A network of full nodes on hosts of their own, and what a test waits for on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from .namespaces import Switch
from .node import START_SECONDS, Node

AUTHORITIES = ("alice", "bob", "charlie", "dave")
POLL_SECONDS = 0.25
HEALTH_SECONDS = 120
TAIL = 1500


class Network:
    """Nodes by name; hosts are the switch's.

    Args:
        folder: databases, keys and logs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.switch = Switch()
        self.nodes: dict[str, Node] = {}

    @classmethod
    def of_authorities(cls, folder: Path) -> Network:
        """The preset's four authorities, running."""
        network = cls(folder)
        try:
            for name in AUTHORITIES:
                network.add(name, account=f"//{name.capitalize()}").insert_keys()
            for node in network.nodes.values():
                node.bootnodes = network.bootnodes()
                node.launch()
            for name in AUTHORITIES:
                network.wait(f"{name} answers RPC", network.nodes[name].ready, START_SECONDS)
        except BaseException:
            network.remove()
            raise
        return network

    def add(self, name: str, *options: str, account: str = "") -> Node:
        """A node that is not started, on a host of its own."""
        host = self.switch.hosts.get(name) or self.switch.add(name)
        node = self.nodes[name] = Node(host, self.folder / name, *options, account=account)
        node.bootnodes = self.bootnodes()
        return node

    def bootnodes(self) -> list[str]:
        """The authorities."""
        return [self.nodes[name].multiaddress for name in AUTHORITIES if name in self.nodes]

    def running(self) -> list[Node]:
        """Nodes whose process is alive."""
        return [node for node in self.nodes.values() if node.runs]

    def drop(self, name: str) -> None:
        """Kill a node and forget it; its host stays."""
        node = self.nodes.pop(name)
        if node.runs:
            node.kill()

    def remove(self) -> None:
        """End everything."""
        self.switch.remove()

    # ---- waiting ----

    def wait(self, what: str, holds: Callable[[], object], seconds: float) -> float:
        """Seconds until something holds; fails with what every node says.

        An RPC that nobody answers counts as "not yet"; anything else that is wrong fails at once.
        """
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            try:
                if holds():
                    return time.monotonic() - began
            except OSError:
                pass
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"not within {seconds:g} s: {what}\n{self.report()}")

    def report(self) -> str:
        """Heads, peers and last words of every node."""
        return "\n".join(
            f"== {node.name}: {_state(node)}\n{node.log()[-TAIL:]}" for node in self.nodes.values()
        )

    def finalize(self, nodes: Sequence[Node], more: int, seconds: float) -> float:
        """Seconds until each of these nodes has finalized so many blocks more than any of them has now."""
        goal = max(node.finalized() for node in nodes) + more
        return self.wait(
            f"{[node.name for node in nodes]} finalize block {goal}",
            lambda: all(node.finalized() >= goal for node in nodes),
            seconds,
        )

    def healthy(self, seconds: float = HEALTH_SECONDS) -> None:
        """All nodes run, are one network and finalize one chain."""
        nodes = list(self.nodes.values())
        for node in nodes:
            assert node.runs, f"{node.name} does not run:\n{node.log()[-TAIL:]}"
        self.wait(
            "everybody is everybody's peer", lambda: all(n.peers() >= len(nodes) - 1 for n in nodes), seconds
        )
        self.finalize(nodes, 2, seconds)
        self.agree(nodes)

    def agree(self, nodes: Sequence[Node]) -> int:
        """Fail unless these nodes have the same chain up to the lowest finalized block; its height."""
        height = min(node.finalized() for node in nodes)
        hashes = {node.name: node.hash(height) for node in nodes}
        assert len(set(hashes.values())) == 1, f"block {height} differs: {hashes}\n{self.report()}"
        return height


def _state(node: Node) -> str:
    if not node.runs:
        return "does not run"
    try:
        return f"best {node.number()}, finalized {node.finalized()}, {node.peers()} peers"
    except (OSError, AssertionError) as error:
        return f"runs, RPC: {error}"
