"""Everything that a newcomer would do by hand before a network runs: fund, create, start, activate, register, stake.

Real transactions, signed by the keys of the plan; nothing is written into the genesis for it. What the chain has
already is left out, so that a network which keeps its chain can be provisioned at every start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from ganglion.balance import Balance
from ganglion.chain.extrinsics import Signed
from ganglion.client import Client
from ganglion.devnet.bonding import declare_model
from ganglion.devnet.plan import FUNDS, NETUID, VALIDATOR_STAKE, Participant, Plan
from ganglion.errors import ChainError, GanglionError, TransportError
from ganglion.keys import Keypair

FAUCET_URI = "//Alice"
MAX_LOCK = Balance.from_gng(1_000)
MAX_PRICE = Balance.from_gng(100)
MIN_FUNDS = Balance.from_gng(5_000)  # who has less is funded
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
    """Bring the subnet of the plan into being, as far as it is not.

    Raises:
        ChainError: a transaction failed, or the subnet is somebody else's.
    """
    if await _fund(client, plan):
        progress("funded owner, validators, miners and the user")
    if await _create_subnet(client, plan):
        progress(f"created, started and activated subnet {NETUID}")
    missing = [p for p in plan.participants if await _uid(client, p) is None]
    await _all([await _join(client, participant) for participant in missing])
    progress(f"registered: {', '.join(p.name for p in missing) or 'all were before'}")
    declared = await declare_model(client, plan)
    if declared:
        progress(f"bonded, to serve or audit the model: {', '.join(p.name for p in declared)}")
    if await _require_verdicts(client):
        progress("weights have to rest on published verdicts")


async def _fund(client: Client, plan: Plan) -> bool:
    uris = [plan.owner_uri, plan.user_uri, *(p.coldkey_uri for p in plan.participants)]
    addresses = [Keypair.from_uri(uri).ss58 for uri in uris]
    poor = [address for address in addresses if await client.balances.free(address) < MIN_FUNDS]
    if poor:
        transfers = [client.balances.transfer(address, FUNDS) for address in poor]
        await client.system.batch_all(transfers).submit(Keypair.from_uri(FAUCET_URI))
    return bool(poor)


async def _create_subnet(client: Client, plan: Plan) -> bool:
    owner, subnet = Keypair.from_uri(plan.owner_uri), await client.subnets.get(NETUID)
    if subnet is None:
        hotkey = Keypair.from_uri(plan.owner_hotkey_uri).ss58
        created = await client.subnets.create(hotkey, MAX_LOCK).submit(owner)
        netuid = created.event("Subnets", "SubnetCreated").fields["netuid"]
    elif subnet.owner != owner.ss58:
        raise ChainError(f"subnet {NETUID} is somebody else's", hint="provision an empty chain")
    elif subnet.active:
        return False
    else:
        netuid = NETUID
    if netuid != NETUID:
        raise ChainError(f"the first subnet got number {netuid}", hint="start the devnet with an empty chain")
    state = (await client.subnets.require(NETUID)).state
    if state in ("Created", "Activated"):
        await client.subnets.start(NETUID).submit(owner)
    if state in ("Created", "Started"):
        await client.system.sudo(client.subnets.activate(NETUID)).submit(Keypair.from_uri(FAUCET_URI))
    return True


async def _require_verdicts(client: Client) -> bool:
    """From here on validators publish what their weights rest on. Root does it: an owner waits in freeze windows."""
    if (await client.subnets.require(NETUID)).hyperparameters["verdicts_on"]:
        return False
    call = client.subnets.set_hyperparameters(NETUID, {"verdicts_on": True})
    await client.system.sudo(call).submit(Keypair.from_uri(FAUCET_URI))
    return True


async def _uid(client: Client, participant: Participant) -> int | None:
    return await client.neurons.uid(NETUID, Keypair.from_uri(participant.hotkey_uri).ss58)


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
