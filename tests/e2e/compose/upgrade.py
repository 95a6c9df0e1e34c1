"""An upgrade as releases make one: the runtime under the next spec version, decided by council and voters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from hashlib import blake2b
from pathlib import Path

from ganglion.client import Client
from ganglion.devnet.plan import NETUID, Plan
from ganglion.keys import Keypair
from tests.governing import decide, following

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


async def locked(client: Client, plan: Plan) -> list[Keypair]:
    """The validators' coldkeys, each with half of its own stake locked for votes."""
    coldkeys = []
    for one in plan.validators:
        coldkey, hotkey = Keypair.from_uri(one.coldkey_uri), Keypair.from_uri(one.hotkey_uri)
        (position,) = [p for p in await client.staking.positions(coldkey.ss58) if p.hotkey == hotkey.ss58]
        await client.governance.lock(NETUID, hotkey.ss58, int(position.staked) // 2).submit(coldkey)
        coldkeys.append(coldkey)
    return coldkeys


async def upgrade(client: Client, code: bytes, plan: Plan) -> int:
    """Upgrade without Sudo: council and voters authorise the code's hash, and anybody brings the code; the block that
    carries it."""
    voters, wait = await locked(client, plan), following(client)
    await wait(await client.constant("Governance", "LockAge") + 1)
    code_hash = "0x" + blake2b(code, digest_size=32).hexdigest()
    await decide(client, client.compose("System", "authorize_upgrade", code_hash=code_hash), voters, wait)
    anybody = Keypair.from_uri("//Ferdie")
    done = await client.compose("System", "apply_authorized_upgrade", code=code).submit(anybody)
    assert done.event("System", "CodeUpdated")
    return done.number
