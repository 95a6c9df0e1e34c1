"""Everything that a newcomer would do by hand before a network runs: fund, create, activate, register, stake.

Real transactions, signed by the keys of the plan; nothing is written into the genesis for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from ganglion.balance import Balance
from ganglion.chain.extrinsics import Signed
from ganglion.client import Client
from ganglion.devnet.plan import FUNDS, NETUID, VALIDATOR_STAKE, Participant, Plan
from ganglion.errors import ChainError, GanglionError, TransportError
from ganglion.keys import Keypair

FAUCET_URI = "//Alice"
MAX_LOCK = Balance.from_gng(1_000)
MAX_PRICE = Balance.from_gng(100)
RECONNECT_SECONDS = 0.2

__all__ = ["connect", "provision"]

Progress = Callable[[str], None]


async def connect(rpc: str, timeout: float) -> Client:
    """A client of the chain as soon as it answers.

    Raises:
        TransportError: it does not within ``timeout`` seconds.
    """
    deadline = asyncio.get_running_loop().time() + timeout
    while True:
        try:
            return await Client(rpc).connect()
        except TransportError:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(RECONNECT_SECONDS)


async def provision(client: Client, plan: Plan, progress: Progress) -> None:
    """Bring the subnet of the plan into being.

    Raises:
        ChainError: a transaction failed.
    """
    await _fund(client, plan)
    progress("funded owner, validators, miners and the user")
    await _create_subnet(client, plan)
    progress(f"created and activated subnet {NETUID}")
    joining = [await _join(client, participant) for participant in plan.participants]
    await _all(joining)
    progress(f"registered {len(plan.validators)} validators and {len(plan.miners)} miners; validators staked")


async def _fund(client: Client, plan: Plan) -> None:
    uris = [plan.owner_uri, plan.user_uri, *(p.coldkey_uri for p in plan.participants)]
    transfers = [client.balances.transfer(Keypair.from_uri(uri).ss58, FUNDS) for uri in uris]
    await client.system.batch_all(transfers).submit(Keypair.from_uri(FAUCET_URI))


async def _create_subnet(client: Client, plan: Plan) -> None:
    hotkey = Keypair.from_uri(plan.owner_hotkey_uri).ss58
    created = await client.subnets.create(hotkey, MAX_LOCK).submit(Keypair.from_uri(plan.owner_uri))
    netuid = created.event("Subnets", "SubnetCreated").fields["netuid"]
    if netuid != NETUID:
        raise ChainError(f"the first subnet got number {netuid}", hint="start the devnet with an empty chain")
    await client.system.sudo(client.subnets.activate(NETUID)).submit(Keypair.from_uri(FAUCET_URI))


async def _join(client: Client, participant: Participant) -> Signed:
    """Registration with the coldkey; a validator's operator stakes in the same transaction."""
    hotkey = Keypair.from_uri(participant.hotkey_uri).ss58
    calls = [client.neurons.register(NETUID, hotkey, MAX_PRICE)]
    if participant.role == "validator":
        calls.append(client.staking.add_stake(hotkey, NETUID, VALIDATOR_STAKE))
    return await client.system.batch_all(calls).sign(Keypair.from_uri(participant.coldkey_uri))


async def _all(transactions: Sequence[Signed]) -> None:
    """Submit in this order, so that UIDs follow it, and wait side by side; the first failure cancels the rest."""
    try:
        async with asyncio.TaskGroup() as group:
            for signed in transactions:
                group.create_task(signed.submit())
    except* GanglionError as errors:
        raise errors.exceptions[0] from None
