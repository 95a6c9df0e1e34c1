"""The hosts themselves: who reaches whom before, during and after a cut, and that nothing is left behind."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from ...full_node import until
from .namespaces import Host, Switch, _names, ip, need_namespaces, remove_leftovers

SERVER = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(self.client_address[0].encode())
http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Answer).serve_forever()
"""
ASK = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=1).read().decode())"


@pytest.fixture(scope="module")
def switch() -> Iterator[Switch]:
    made = Switch()
    try:
        for name in "abcd":
            host = made.add(name)
            subprocess.Popen(host.command(sys.executable, "-c", SERVER), stderr=subprocess.DEVNULL)
        for host in made.hosts.values():
            until(lambda host=host: from_here(host), 20, f"the server of {host.name} answers")
        yield made
    finally:
        made.remove()


def from_here(host: Host) -> str:
    try:
        with urllib.request.urlopen(f"http://{host.control}:8000", timeout=2) as response:
            return response.read().decode()
    except OSError:
        return ""


def reaches(switch: Switch, one: str, other: str) -> bool:
    """Whether a program on one host gets an answer of another; it must come from the right address."""
    source, target = switch.hosts[one], switch.hosts[other]
    words = source.command(sys.executable, "-c", ASK, f"http://{target.address}:8000")
    done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode != 0 or done.stdout.strip() == source.address
    return done.returncode == 0


def test_a_cut_lets_nothing_through_and_heals(switch: Switch):
    pairs = [("a", "b"), ("a", "c"), ("d", "b"), ("c", "d")]
    assert all(reaches(switch, *pair) for pair in pairs)
    switch.partition(["a", "b"], ["c", "d"])
    assert [reaches(switch, *pair) for pair in pairs] == [True, False, False, True]
    assert all(from_here(host) for host in switch.hosts.values()), "the control network is not cut"
    switch.partition(["a", "b"], ["c"], ["d"])
    assert [reaches(switch, *pair) for pair in pairs] == [True, False, False, False]
    switch.heal()
    assert all(reaches(switch, *pair) for pair in pairs)


KILLED = """
import json, os, subprocess, sys
from tests.e2e.multihost.namespaces import Switch
switch = Switch()
host = switch.add("a")
child = subprocess.Popen(host.command("sleep", "600"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(json.dumps([switch._mark, switch._outer, child.pid]), flush=True)
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_run_left_is_removed_by_the_next(switch: Switch):
    words = [sys.executable, "-c", KILLED]
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -9, done.stderr
    mark, outer, pid = json.loads(done.stdout)
    left = {f"{mark}.a", f"{mark}.switch"}
    assert left <= set(_names()) and outer in ip("link")
    assert left <= set(remove_leftovers())
    until(lambda: not left & set(_names()), 10, "the namespaces are gone")
    until(lambda: f"{outer}@" not in ip("link"), 10, "the wire is gone")
    until(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split(),
          10, "its process is gone")  # fmt: skip
    assert set(switch.hosts) == set("abcd"), "a living run's hosts are left alone"
    assert all(from_here(host) for host in switch.hosts.values())


def test_two_runs_at_once_do_not_meet(switch: Switch):
    other = Switch()
    try:
        host = other.add("a")
        networks = {address.rsplit(".", 1)[0] for address in (host.address, switch.hosts["a"].address)}
        assert len(networks) == 2 and reaches(switch, "a", "b")
    finally:
        other.remove()
    assert all(from_here(host) for host in switch.hosts.values())


@pytest.mark.parametrize(
    ("user", "path", "missing"), [(1000, "/usr/sbin:/usr/bin", "root"), (0, "/nowhere", "iproute2")]
)
def test_what_is_missing_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, user: int, path: str, missing: str
):
    monkeypatch.setattr("os.geteuid", lambda: user)
    monkeypatch.setenv("PATH", path)
    with pytest.raises(AssertionError, match=missing) as failure:
        need_namespaces()
    assert "\n" not in str(failure.value)
