"""B09: stake that is bought for one vote has none.

The attacker has ten times the stake of everybody else, locked after the snapshot, or before it and too young.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ganglion.errors import DispatchError
from ganglion.testing import DevelopmentChain, development_chain
from tests.governing import submitted

GNG = 10**9
LOCK_AGE = 30


@pytest.fixture
async def chain() -> AsyncIterator[DevelopmentChain]:
    async with development_chain() as made:
        yield made


async def stake_and_lock(chain: DevelopmentChain, name: str, netuid: int, gng: int) -> None:
    """A hotkey of its own, with stake that is locked for votes."""
    client, coldkey = chain.client, chain.key(name)
    hotkey = chain.key(name, "hot").ss58
    await client.neurons.register(netuid, hotkey, 1_000 * GNG).submit(coldkey)
    await client.staking.add_stake(hotkey, netuid, gng * GNG).submit(coldkey)
    await client.governance.lock(netuid, hotkey, gng * GNG).submit(coldkey)


@pytest.mark.parametrize(
    "early", [False, True], ids=["locked after the snapshot", "locked before it, too young"]
)
async def test_stake_bought_for_a_vote_has_none(chain: DevelopmentChain, early: bool) -> None:
    client, honest, attacker = chain.client, chain.key("Bob"), chain.key("Dave")
    netuid = await chain.subnet("Eve")
    await stake_and_lock(chain, "Bob", netuid, 90)
    await chain.blocks(LOCK_AGE)
    if early:
        await stake_and_lock(chain, "Dave", netuid, 900)
    index = await submitted(client, client.compose("System", "remark", remark=b"capture"))
    if not early:
        await stake_and_lock(chain, "Dave", netuid, 900)
    with pytest.raises(DispatchError, match="NotInSnapshot"):
        await client.governance.vote(index, True).submit(attacker)
    await client.governance.vote(index, False).submit(honest)
    with pytest.raises(DispatchError, match="VoteOpen"):
        await client.governance.lock(netuid, chain.key("Bob", "hot").ss58, 0).submit(honest)
    referendum = await client.governance.referendum(index)
    assert referendum is not None
    assert referendum.stake == 90 * GNG and referendum.voted(True) == 0
    print("ATTACK B09 flash vote DEFEATED votes of bought stake=0 (bound 0)")
    await chain.blocks(await client.constant("Governance", "VotingPeriod") + 2)
    assert await client.governance.referendum(index) is None, "rejected"
