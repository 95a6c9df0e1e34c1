"""An upgrade as releases make one: the runtime built again under the next spec version, set by Sudo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from ganglion.client import Client
from ganglion.keys import Keypair

from .composing import ROOT, run

BUILD_SECONDS = 900


def next_runtime() -> tuple[bytes, int]:
    """Code of the runtime's sources under the next version, and that version; kept for sources that are committed."""
    manifest = json.loads((ROOT / "chain/artifacts/manifest.json").read_text())
    version = manifest["spec_version"] + 1
    cache = Path(os.environ.get("GANGLION_CACHE") or Path.home() / ".cache" / "ganglion")
    path = cache / "upgrades" / f"{manifest['source_hash']}-{version}.wasm"
    check = subprocess.run([sys.executable, "tools/build_runtime.py", "--check"], cwd=ROOT, check=False)
    if not path.exists() or check.returncode != 0:
        words = ("tools/build_runtime.py", "--spec-version", str(version), "--out", str(path))
        run("sh", "tools/bootstrap.sh", "wasm", timeout=BUILD_SECONDS)
        run(sys.executable, *words, timeout=BUILD_SECONDS)
    return path.read_bytes(), version


async def spec_version(client: Client, at: str) -> int:
    """Of the runtime after a block."""
    return int((await client.rpc.request("state_getRuntimeVersion", [at]))["specVersion"])


async def upgrade(client: Client, code: bytes) -> int:
    """Upgrade with all of `set_code`'s checks; the block that carries it."""
    call = client.compose("System", "set_code", code=code)
    done = await client.system.sudo(call).submit(Keypair.from_uri("//Alice"))
    outcome = done.event("Sudo", "Sudid").fields["sudo_result"]
    assert "Err" not in str(outcome), outcome
    return done.number
