"""Session keys of a running authority are exchanged as docs/how-to/rotate-keys.md says, with its secrets unseen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganglion.keys import Keypair

from ...full_node import FullNode, run, until

ALICE = Keypair.from_uri("//Alice").ss58
CLI = "import sys; from ganglion.cli import main; sys.exit(main())"
SECRET = "0x" + "5a" * 32


def ganglion(*words: str | Path, rpc: str = "", code: int = 0) -> subprocess.CompletedProcess[str]:
    """The command line, as a process."""
    env = os.environ | ({"GANGLION_RPC": rpc} if rpc else {})
    command = [sys.executable, "-c", CLI, *map(str, words)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A development chain with sessions of three blocks."""
    found = json.loads(run("export-chain-spec", "--chain", "development").stdout)
    found["genesis"]["runtimeGenesis"]["patch"]["parameters"]["sessionLength"] = 3
    path = tmp_path_factory.mktemp("spec") / "short.json"
    path.write_text(json.dumps(found))
    return path


def insert(spec: Path, folder: Path, secret: Path) -> list[Path]:
    """The secret's keys in the keystore of a node that may run; files of all keys in it."""
    for kind, scheme in (("aura", "sr25519"), ("gran", "ed25519")):
        words = ("--chain", spec, "--base-path", folder, "--suri", secret)
        done = run("key", "insert", *words, "--key-type", kind, "--scheme", scheme)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return sorted(folder.glob("chains/*/keystore/*"))


@pytest.fixture
def node(spec: Path, tmp_path: Path) -> Iterator[FullNode]:
    """An authority with Alice's keys in its keystore."""
    folder, secret = tmp_path / "node", tmp_path / "alice"
    run("key", "generate-node-key", "--chain", spec, "--base-path", folder)
    secret.write_text("//Alice")
    insert(spec, folder, secret)
    started = FullNode("--chain", spec, "--validator", "--rpc-methods", "safe", folder=folder)
    yield started
    started.end()


def session_of(node: FullNode) -> dict:
    return json.loads(ganglion("authority", "show", "--json", rpc=node.url).stdout)


def test_keys_are_exchanged_while_the_authority_works(node: FullNode, spec: Path, tmp_path: Path):
    new = tmp_path / "new"
    new.write_text(SECRET)
    old_files = sorted(node.folder.glob("chains/*/keystore/*"))
    all_files = insert(spec, node.folder, new)
    until(lambda: node.finalized() >= 2, 30, "the authority works with its old keys")

    printed = ganglion("authority", "keys", new, ALICE)
    assert SECRET[2:] not in printed.stdout + printed.stderr
    keys, proof = printed.stdout.split()
    ganglion("authority", "set-keys", keys, proof, "--key", "//Alice", "--yes", rpc=node.url)
    began = session_of(node)
    assert began["authorities"][0]["changing"]
    assert began["authorities"][0]["aura"] == f"0x{Keypair.from_uri('//Alice').public_key.hex()}"
    until(lambda: not session_of(node)["authorities"][0]["changing"], 60, "the new keys work")
    # Each look is a process of its own, in which sessions pass: the exact one is tested in the runtime's flows.
    assert session_of(node)["session"] > began["session"]
    changed = node.number()
    until(lambda: node.finalized() > changed, 60, "the old keys have finalized the change")
    for path in old_files:
        path.unlink()
    shown = session_of(node)["authorities"][0]
    assert shown["aura"] + shown["grandpa"][2:] == keys
    reached = node.number()
    until(lambda: node.finalized() > reached + 3, 60, "blocks by the new key are finalized")
    assert len(all_files) == 4 and SECRET[2:] not in node.log()


def test_keys_of_somebody_else_are_refused(node: FullNode, tmp_path: Path):
    until(lambda: node.number() >= 1, 30, "a block")
    for_alice = ganglion("authority", "keys", tmp_path / "alice", ALICE).stdout.split()
    stolen = ganglion("authority", "set-keys", *for_alice, "--key", "//Bob", "--yes", rpc=node.url, code=3)
    assert "InvalidProof" in stolen.stderr
    unknown = ganglion(
        "authority", "set", "//Alice", "//Bob", "--key", "//Alice", "--yes", rpc=node.url, code=3
    )
    assert "NoKeys" in unknown.stderr


def test_too_many_strangers_at_once_need_a_yes(node: FullNode):
    asked = ganglion("authority", "set", "//Bob", "//Charlie", "--key", "//Alice", rpc=node.url, code=2)
    assert "only 0 of these 2 are authorities now" in asked.stderr
    other = ganglion("authority", "set", "//Bob", "--key", "//Bob", "--yes", rpc=node.url, code=2)
    assert f"only {ALICE} can do that" in other.stderr
