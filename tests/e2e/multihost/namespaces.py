"""Hosts on one machine: a network namespace each, joined by bridges in a namespace of their own.

Every host has two interfaces: ``eth0`` in the network that tests cut and heal, and ``ctl0``, over which this process
reaches it whatever happens to the other. Addresses are of 198.18.0.0/15, which RFC 2544 sets aside for tests of
networks. Names carry the owner's process and its start, so that what a killed run left is found and removed.
Knows nothing of chains.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

PREFIX = "ganglion"
COMMAND_SECONDS = 20
END_SECONDS = 10


def need_namespaces() -> None:
    """Fail in one line where hosts can't be made."""
    if os.geteuid() != 0:
        raise AssertionError("hosts in network namespaces need root: run these tests as root")
    if shutil.which("ip") is None:
        raise AssertionError("hosts in network namespaces need `ip`: apt-get install iproute2")


def ip(*words: str) -> str:
    """What `ip` prints. Raises AssertionError with its message."""
    done = subprocess.run(
        ["ip", *words], capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False
    )
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr.strip()}"
    return done.stdout


def process_start(pid: int) -> int | None:
    """Clock tick at which a process started; None where it is gone. With the pid it names one process for ever."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def _names() -> list[str]:
    return [line.split()[0] for line in ip("netns", "list").splitlines() if line.strip()]


def _owner_is_alive(name: str) -> bool:
    _, pid, started, _, _ = name.split(".")
    return process_start(int(pid)) == int(started)


def remove_leftovers() -> list[str]:
    """Remove the hosts of runs that were killed, and what runs in them; their names."""
    ours = [name for name in _names() if name.startswith(f"{PREFIX}.") and name.count(".") == 4]
    dead = [name for name in ours if not _owner_is_alive(name)]
    remove(dead)
    return dead


def remove(names: Sequence[str]) -> None:
    """End every process in these namespaces, then the namespaces."""
    deadline = time.monotonic() + END_SECONDS
    while pids := [pid for name in names for pid in ip("netns", "pids", name).split()]:
        assert time.monotonic() < deadline, f"processes in {names} do not end: {pids}"
        for pid in pids:
            _kill(int(pid))
        time.sleep(0.05)
    for name in names:
        ip("netns", "delete", name)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Host:
    """A namespace with an address.

    Attributes:
        address: on the network that can be cut; what other hosts use.
        control: where this process reaches it at all times.
    """

    def __init__(self, namespace: str, name: str, address: str, control: str) -> None:
        self.namespace = namespace
        self.name = name
        self.address = address
        self.control = control

    def command(self, *words: str | Path) -> list[str]:
        """Words that run a program in this host."""
        return ["ip", "netns", "exec", self.namespace, *map(str, words)]


class Switch:
    """The hosts of one run and the wires between them."""

    def __init__(self) -> None:
        need_namespaces()
        remove_leftovers()
        self._number = _free_number()
        self._mark = f"{PREFIX}.{os.getpid()}.{process_start(os.getpid())}.{self._number}"
        self._switch = f"{self._mark}.switch"
        self._outer = f"gng{self._number}"
        self.hosts: dict[str, Host] = {}
        self._bridges = 0
        ip("netns", "add", self._switch)
        try:
            self._wire()
        except BaseException:
            self.remove()
            raise

    def _wire(self) -> None:
        for bridge in ("net0", "ctl"):
            self._bridge(bridge)
        inner = ["type", "veth", "peer", "name", "outside", "netns", self._switch]
        ip("link", "add", self._outer, *inner)
        ip("-n", self._switch, "link", "set", "outside", "master", "ctl", "up")
        ip("address", "add", f"198.19.{self._number}.1/24", "dev", self._outer)
        ip("link", "set", self._outer, "up")

    def _bridge(self, name: str) -> None:
        ip("-n", self._switch, "link", "add", name, "type", "bridge", "forward_delay", "0")
        ip("-n", self._switch, "link", "set", name, "up")

    def add(self, name: str) -> Host:
        """A new host, connected."""
        last = len(self.hosts) + 11
        host = Host(
            f"{self._mark}.{name}", name, f"198.18.{self._number}.{last}", f"198.19.{self._number}.{last}"
        )
        ip("netns", "add", host.namespace)
        self.hosts[name] = host
        ip("-n", host.namespace, "link", "set", "lo", "up")
        for device, bridge, address in (("eth0", "net0", host.address), ("ctl0", "ctl", host.control)):
            port = f"{device[0]}{last}"
            ip("-n", host.namespace, "link", "add", device, "type", "veth", "peer", "name", port,
               "netns", self._switch)  # fmt: skip
            ip("-n", self._switch, "link", "set", port, "master", bridge, "up")
            ip("-n", host.namespace, "address", "add", f"{address}/24", "dev", device)
            ip("-n", host.namespace, "link", "set", device, "up")
        return host

    def partition(self, *groups: Sequence[str]) -> None:
        """Wire each group to a bridge of its own; hosts in no group stay with the first.

        Packets between groups are lost in silence, as when a line is cut somewhere between.
        """
        for number, group in enumerate(groups[1:], start=1):
            while self._bridges < number:
                self._bridges += 1
                self._bridge(f"net{self._bridges}")
            self._plug(group, f"net{number}")

    def heal(self) -> None:
        """One network again."""
        self._plug(list(self.hosts), "net0")

    def _plug(self, names: Sequence[str], bridge: str) -> None:
        for name in names:
            port = f"e{self.hosts[name].address.rsplit('.', 1)[1]}"
            ip("-n", self._switch, "link", "set", port, "master", bridge)

    def remove(self) -> None:
        """End every process on the hosts and take everything down."""
        remove([name for name in _names() if name.startswith(f"{self._mark}.")])
        self.hosts.clear()


def _free_number() -> int:
    """Third byte of addresses that nobody on this machine uses."""
    used = ip("-4", "-oneline", "address")
    for offset in range(254):
        number = (os.getpid() + offset) % 254 + 1
        if f" 198.19.{number}." not in used:
            return number
    raise AssertionError("all 254 test networks of 198.19.0.0/16 are in use")
