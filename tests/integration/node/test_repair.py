"""What back-up-and-restore.md and when-it-breaks.md say of a node: copies, damage, purging, its identity."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ...full_node import FullNode, run, until

CHAIN = Path("chains") / "ganglion-development"
DEV = ("--chain", "development")


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """Folder of a node that was stopped in order, its block 2 and its peer id."""
    folder = tmp_path_factory.mktemp("repair") / "node"
    node = FullNode("--dev", folder=folder)
    try:
        until(lambda: node.finalized() >= 3, 60, "three finalized blocks")
        kept = node.rpc("chain_getBlockHash", 2), node.rpc("system_localPeerId")
    finally:
        assert node.end() == 0
    return folder, *kept


def copy_of(stopped: tuple[Path, str, str], to: Path) -> Path:
    shutil.copytree(stopped[0] / CHAIN / "paritydb", to / CHAIN / "paritydb")
    return to


def test_a_copied_database_goes_on_under_another_identity(stopped: tuple[Path, str, str], tmp_path: Path):
    folder = copy_of(stopped, tmp_path / "new")
    node = FullNode("--dev", folder=folder)
    try:
        assert node.rpc("chain_getBlockHash", 2) == stopped[1]
        assert node.rpc("system_localPeerId") != stopped[2]
        reached = node.number()
        until(lambda: node.finalized() > reached, 60, "new blocks are finalized")
    finally:
        node.end()


def test_a_damaged_database_is_refused_and_purging_keeps_the_keys(
    stopped: tuple[Path, str, str], tmp_path: Path
):
    folder, secret = copy_of(stopped, tmp_path / "damaged"), tmp_path / "secret"
    secret.write_text("//Alice")
    words = ("--base-path", folder, *DEV)
    run("key", "insert", *words, "--suri", secret, "--key-type", "aura", "--scheme", "sr25519")
    run("key", "generate-node-key", *words)
    (folder / CHAIN / "paritydb" / "full" / "metadata").write_text("garbage")
    with pytest.raises(AssertionError, match=r'Backend\("Corruption: Bad metadata"\)'):
        FullNode("--dev", folder=folder)

    keys = sorted(folder.glob("chains/*/keystore/*")) + sorted(folder.glob("chains/*/network/*"))
    assert len(keys) == 2 and run("purge-chain", "-y", *words).returncode == 0
    assert all(path.exists() for path in keys) and not (folder / CHAIN / "paritydb").exists()
    node = FullNode("--dev", folder=folder)
    try:
        until(lambda: node.finalized() >= 1, 60, "a new chain")
    finally:
        node.end()


def test_an_authority_without_an_identity_is_refused_with_the_error_that_the_guide_names(tmp_path: Path):
    with pytest.raises(AssertionError, match="NetworkKeyNotFound"):
        FullNode(*DEV, "--validator", folder=tmp_path / "node")
    guide = Path(__file__).parents[3] / "docs" / "how-to" / "operate-a-node.md"
    assert "NetworkKeyNotFound" in guide.read_text()
