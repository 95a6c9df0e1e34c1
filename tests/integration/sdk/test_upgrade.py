"""A runtime upgrade on a real chain while a client is connected."""

import zstandard

from ganglion.keys import Keypair
from ganglion_devnode.executor.code import ZSTD_PREFIX, load_code

NAME = b"\x20ganglion"  # SCALE of spec_name and impl_name, as the wasm's version section has them


def renumbered(code: bytes, spec_version: int) -> bytes:
    """The same runtime that says another spec version (in the section that nodes read)."""
    wasm = load_code(code)
    at = wasm.index(b"runtime_version")
    at = wasm.index(NAME * 2, at) + 2 * len(NAME) + 4
    assert wasm[at : at + 4] == (1).to_bytes(4, "little")
    changed = wasm[:at] + spec_version.to_bytes(4, "little") + wasm[at + 4 :]
    return ZSTD_PREFIX + zstandard.compress(changed, 3)


async def test_the_client_follows_an_upgrade(chain):
    client, bob = chain.client, chain.key("Bob").ss58
    before = await client.context.runtimes.current()
    old = await client.chain.hash()
    code = renumbered(bytes.fromhex((await client.rpc.request("state_getStorage", ["0x3a636f6465"]))[2:]), 7)
    await chain.sudo(client.compose("System", "set_code_without_checks", code=code))
    await chain.blocks(2)

    assert await client.balances.free(bob) == 10**15
    after = await client.context.runtimes.current()
    assert (before.runtime_version, after.runtime_version) == (1, 7) and after is not before
    assert await (await client.at(old)).balances.free(bob) == 10**15
    assert (await client.context.runtimes.at(old)) is before

    async with type(client)(chain.node.url) as fresh:
        assert (await fresh.context.runtimes.current()).runtime_version == 7
        assert await fresh.balances.free(Keypair.from_uri("//Alice").ss58) > 0
