"""A runtime upgrade that nobody's key could make alone, on a chain whose Sudo key was given up."""

from __future__ import annotations

from hashlib import blake2b

import pytest

from ganglion.errors import DispatchError
from ganglion.testing import DevelopmentChain
from tests.governing import decide

from .test_upgrade import renumbered

LOCK_AGE = 30


async def test_council_and_voters_upgrade_the_runtime(chain: DevelopmentChain) -> None:
    client, eve = chain.client, chain.key("Eve")
    netuid = await chain.subnet("Eve")
    await client.compose("Sudo", "remove_key").submit(chain.key("Alice"))
    hotkey = chain.key("Bob", "hot").ss58
    await client.neurons.register(netuid, hotkey, 10**12).submit(chain.key("Bob"))
    await client.staking.add_stake(hotkey, netuid, 100 * 10**9).submit(chain.key("Bob"))
    await client.governance.lock(netuid, hotkey, 90 * 10**9).submit(chain.key("Bob"))
    await chain.blocks(LOCK_AGE)

    code = renumbered(bytes.fromhex((await client.rpc.request("state_getStorage", ["0x3a636f6465"]))[2:]), 7)
    apply = client.compose("System", "apply_authorized_upgrade", code=code)
    with pytest.raises(DispatchError, match="NothingAuthorized"):
        await apply.submit(eve)
    code_hash = "0x" + blake2b(code, digest_size=32).hexdigest()
    # The version section was renumbered, the code in it was not: the check of its number would refuse it.
    authorise = client.compose("System", "authorize_upgrade_without_checks", code_hash=code_hash)
    await decide(client, authorise, [chain.key("Bob")], chain.blocks)
    with pytest.raises(DispatchError, match="Unauthorized"):
        await client.compose("System", "apply_authorized_upgrade", code=code + b"\0").submit(eve)
    await apply.submit(eve)
    await chain.blocks(2)
    assert (await client.rpc.request("state_getRuntimeVersion", []))["specVersion"] == 7
