"""A decision of root on a chain without Sudo, from the first motion to the enactment; the stock accounts of
development networks hold the seats.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from ganglion.client import Client
from ganglion.keys import Keypair
from ganglion.pallets.governance import COUNCIL, call_hash, submit

MEMBERS = tuple(Keypair.from_uri(name) for name in ("//Alice", "//Bob", "//Charlie"))

Wait = Callable[[int], Awaitable[None]]
"""Wait for so many blocks."""


def following(client: Client) -> Wait:
    """Wait on a network that makes blocks by itself."""

    async def wait(count: int) -> None:
        end = await client.chain.height() + count
        await client.chain.wait_for(end, timeout=60 + 10 * count)

    return wait


async def submitted(client: Client, draft: Any, members: Sequence[Keypair] = MEMBERS) -> int:
    """Three of the council put a call to the vote; the referendum's number."""
    encoded = await draft.encode()
    motion = submit(call_hash(encoded), len(encoded))
    proposal = call_hash(await client.compose(motion.pallet, motion.function, **motion.args).encode())
    await client.governance.note_preimage(encoded).submit(members[0])
    for member in members:
        step = await client.governance.advance(COUNCIL, member.ss58, proposal, call=motion)
        done = await step.submit(member)
    return done.event("Governance", "Submitted").fields["index"]


async def decide(client: Client, draft: Any, voters: Sequence[Keypair], wait: Wait) -> None:
    """Have a call of root decided and enacted; the voters have locked stake that is old enough."""
    index = await submitted(client, draft)
    for voter in voters:
        await client.governance.vote(index, True).submit(voter)
    await wait(await client.constant("Governance", "VotingPeriod") + 1)
    approved = await client.governance.referendum(index)
    assert approved is not None and approved.stage == "Approved", approved
    await wait(await client.constant("Governance", "EnactmentDelay") + 2)
    assert await client.governance.referendum(index) is None
