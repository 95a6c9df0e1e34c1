"""What an operator types about models: register, verify, declare, look, retire, release."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ganglion.keys import Keypair
from ganglion.model.loading import bundled_model_path
from ganglion.model.profile import profile_hash

BOB = ("--key", "//Bob", "--yes")
HOTKEY = Keypair.from_uri("//Bob//miner").ss58
MINER = (*BOB, "--hotkey", "//Bob//miner")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model of its own: the bundled one with another licence in its card is another label, not another profile."""
    return Path(shutil.copytree(bundled_model_path(), tmp_path / "my-model"))


def test_from_registration_to_release(
    run: Callable[..., Any], blocks: Callable[[int], None], folder: Path
) -> None:
    identity = profile_hash(folder).hex()
    run("model", "register", folder, "--licence", "MIT", *BOB)
    again = run("model", "register", folder, *BOB, code=3)
    assert "AlreadyRegistered" in again.err
    shown = run("model", "show", folder, "--json")
    assert (shown["name"], shown["licence"], shown["id"]) == ("my-model", "MIT", f"0x{identity}")
    number = shown["number"]
    facts = run("model", "show", number).out.splitlines()
    assert any(line.startswith("file config.json:") and "sha256:" in line for line in facts)
    assert any(line.split() == ["thresholds.margin_hard:", "1000"] for line in facts)
    assert "blocks after retiring" in run("model", "terms").out
    run("model", "set-terms", number, "--name", "renamed", *BOB)
    listed = run("model", "list", "--json")
    assert [one["name"] for one in listed if one["number"] == number] == ["renamed"]
    assert identity in run("model", "list").out

    created = run("subnet", "create", "--key", "//Alice", "--hotkey", "//Alice//h", "--yes", "--json")
    (netuid,) = [e["fields"]["netuid"] for e in created["events"] if e["name"] == "SubnetCreated"]
    run("subnet", "register", netuid, *MINER)
    run("stake", "add", "5", "-n", netuid, "--with", "//Bob//miner", *BOB)
    run("model", "declare", identity, "-n", netuid, *MINER)
    run("model", "declare", number, "-n", netuid, "--role", "audit", "--bond", "2", *MINER)
    lines = run("model", "declarations", netuid, "--json")
    assert [(one["hotkey"], one["role"], one["bond"]) for one in lines] == [
        (HOTKEY, "serve", run("model", "terms", "--json")["min_serve_bond"]),
        (HOTKEY, "audit", 2 * 10**9),
    ]
    assert "2.0000" in run("model", "declarations", netuid).out
    locked = run("stake", "remove", "4", "-n", netuid, "--with", "//Bob//miner", *BOB, code=3)
    assert "model retire" in locked.err
    for role in ("serve", "audit"):
        run("model", "retire", folder, "-n", netuid, "--role", role, *MINER)
    early = run("model", "release", "-n", netuid, *MINER, code=3)
    assert "NothingToRelease" in early.err
    blocks(run("model", "terms", "--json")["bond_release"])
    run("model", "release", "-n", netuid, *MINER)
    assert run("model", "declarations", netuid, "--json") == []
    run("model", "remove", number, *BOB)
    gone = run("model", "show", number, code=2)
    assert "model list" in gone.err


def test_files_that_are_not_the_profiles_are_named(run: Callable[..., Any], folder: Path) -> None:
    identity = profile_hash(folder).hex()
    assert "match" in run("model", "verify", folder, "--profile", identity).out
    unknown = run("model", "verify", folder, code=2)
    assert "is registered" in unknown.err
    run("model", "register", folder, *BOB)
    assert run("model", "verify", folder, "--json")["matches"] is True
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "rope_theta": 1}))
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    card = json.loads((folder / "profile.json").read_text())
    (folder / "profile.json").write_text(json.dumps({**card, "thresholds": {"margin_hard": 5}}))
    differs = run("model", "verify", folder, "--profile", identity, code=1)
    for part in (
        "config.json has other contents",
        "chat_template.jinja is not part of it",
        "thresholds differs",
    ):
        assert part in differs.err
    (folder / "profile.json").write_text('{"treshold": {}}')
    damaged = run("model", "verify", folder, "--profile", identity, code=1)
    assert "treshold" in damaged.err
    run("model", "remove", identity, *BOB)
