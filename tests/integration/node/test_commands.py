"""The full node's commands: chain specs from the runtime's presets, keys that are never printed, plain refusals."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from ganglion.artifacts import runtime_artifact

from ...full_node import run

SECRET = "bottom drive obey lake curtain smoke basket hold race lonely fit walk//authority//7"


def exported(chain: str, *options: str) -> dict:
    done = run("export-chain-spec", "--chain", chain, *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("chain", "kind"), [("development", "Development"), ("local", "Local"), ("testnet", "Live")]
)
def test_each_preset_is_a_chain_spec(chain: str, kind: str):
    spec = exported(chain)
    assert (spec["id"], spec["chainType"]) == (f"ganglion-{chain}", kind)
    assert spec["properties"] == {"ss58Format": 42, "tokenDecimals": 9, "tokenSymbol": "GNG"}
    assert spec["bootNodes"] == [] and not spec["telemetryEndpoints"]


def test_the_spec_holds_the_committed_runtime():
    code = exported("development")["genesis"]["runtimeGenesis"]["code"]
    assert bytes.fromhex(code[2:]) == runtime_artifact().code_path.read_bytes()


def test_a_raw_spec_starts_the_same_chain(tmp_path: Path):
    raw = tmp_path / "raw.json"
    raw.write_text(json.dumps(exported("local", "--raw")))
    assert exported(str(raw), "--raw") == json.loads(raw.read_text())


def test_a_chain_that_does_not_exist_is_refused_with_the_names_of_those_that_do():
    done = run("export-chain-spec", "--chain", "mainnet")
    assert done.returncode != 0
    assert "development, local, testnet" in done.stderr and "mainnet" in done.stderr


@pytest.mark.parametrize(("kind", "scheme"), [("aura", "sr25519"), ("gran", "ed25519")])
def test_a_session_key_from_a_file_goes_into_the_keystore_unseen(tmp_path: Path, kind: str, scheme: str):
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    words = ["--chain", "local", "--base-path", tmp_path / "base", "--suri", secret]
    done = run("key", "insert", *words, "--key-type", kind, "--scheme", scheme)
    assert done.returncode == 0, done.stderr
    assert "bottom" not in done.stdout + done.stderr and not done.stdout
    (stored,) = (tmp_path / "base/chains/ganglion-local/keystore").iterdir()
    assert stored.name.startswith(kind.encode().hex())
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    assert json.loads(stored.read_text()) == SECRET


def test_a_damaged_chain_spec_is_refused(tmp_path: Path):
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(exported("local"))[:-40])
    done = run("export-chain-spec", "--chain", broken)
    assert done.returncode != 0 and "broken.json" in done.stderr
