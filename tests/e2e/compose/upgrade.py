"""The running runtime with another spec version: the smallest upgrade that every node and client must follow."""

from __future__ import annotations

import zstandard

from ganglion.client import Client
from ganglion.keys import Keypair
from ganglion_devnode.executor.code import ZSTD_PREFIX, load_code

NAME = b"\x20ganglion"  # SCALE of spec_name and impl_name, as the wasm's version section has them


def renumbered(code: bytes, old: int, new: int) -> bytes:
    """The same runtime under another spec version, compressed as a release is."""
    wasm = load_code(code)
    at = wasm.index(NAME * 2, wasm.index(b"runtime_version")) + 2 * len(NAME) + 4
    assert wasm[at : at + 4] == old.to_bytes(4, "little")
    return ZSTD_PREFIX + zstandard.compress(wasm[:at] + new.to_bytes(4, "little") + wasm[at + 4 :], 3)


async def spec_version(client: Client, at: str | None = None) -> int:
    """Of a block; default the best one."""
    return int((await client.rpc.request("state_getRuntimeVersion", [at] if at else []))["specVersion"])


async def upgrade(client: Client) -> tuple[int, int]:
    """Upgrade by Sudo with all of `set_code`'s checks; the block that carries it, and the new spec version."""
    old = await spec_version(client)
    code = bytes.fromhex((await client.rpc.request("state_getStorage", ["0x3a636f6465"]))[2:])
    call = client.compose("System", "set_code", code=renumbered(code, old, old + 1))
    done = await client.system.sudo(call).submit(Keypair.from_uri("//Alice"))
    outcome = done.event("Sudo", "Sudid").fields["sudo_result"]
    assert "Err" not in str(outcome), outcome
    return done.number, old + 1
