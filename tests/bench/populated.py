"""A subnet with any number of neurons, made by real transactions: registered, staked, permitted, weighing.

Nothing is written into the state from outside, so that epochs and metagraphs are those of a live subnet.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from ganglion.balance import Balance
from ganglion.chain.extrinsics import Draft
from ganglion.client import Client
from ganglion.keys import Keypair, ss58

NETUID = 1
ALICE = Keypair.from_uri("//Alice")
MAX_PRICE = int(Balance.from_gng(100))
STAKE = int(Balance.from_gng(1_000))
FUNDS = 2 * STAKE
BATCH = 4  # registrations in one transaction: the weight that is declared for them must fit a block
NewBlock = Callable[[], Awaitable[object]]


def validators_of(neurons: int) -> int:
    """How many of the neurons validate; as in the native benchmark of the consensus function."""
    return min(neurons // 4, 64)


async def populate(client: Client, new_block: NewBlock, neurons: int) -> None:
    """Subnet 1 with so many neurons. Instant sealing is expected; weights are set, and counted in two epochs.

    Each validator's coldkey owns its part of the miners too.

    Args:
        new_block: makes one block.
    """
    names = [f"//bench//{i}" for i in range(validators_of(neurons))]
    operators = [Keypair.from_uri(f"{name}//coldkey") for name in names]
    validators = [Keypair.from_uri(f"{name}//hotkey") for name in names]
    rng = random.Random(neurons)
    miners = [ss58.encode(rng.randbytes(32)) for _ in range(neurons - len(validators))]
    await _in_batches(client, ALICE, [client.balances.transfer(key.ss58, FUNDS) for key in operators])
    await _create(client, operators[0], validators[0].ss58, neurons)
    for number, (operator, validator) in enumerate(zip(operators, validators, strict=True)):
        register = [client.neurons.register(NETUID, validator.ss58, MAX_PRICE)] if number else []
        stake = client.staking.add_stake(validator.ss58, NETUID, STAKE + number)
        await _in_batches(client, operator, [*register, stake])
    for number, operator in enumerate(operators):
        own = miners[number :: len(operators)]
        await _in_batches(client, operator, [client.neurons.register(NETUID, key, MAX_PRICE) for key in own])
    await next_epoch(client, new_block)
    await _weigh(client, validators, neurons, rng)
    for _ in range(2):
        await next_epoch(client, new_block)
    await _check(client, neurons, len(validators))


async def _create(client: Client, owner: Keypair, hotkey: str, neurons: int) -> None:
    await client.subnets.create(hotkey, MAX_PRICE).submit(owner)
    await client.subnets.start(NETUID).submit(owner)
    changes = {
        "max_allowed_uids": neurons,
        "registration_price_min": 1_000,
        "registration_price_max": 1_000_000,
        "commit_reveal_on": False,
        "weights_rate_limit": 0,
    }
    root_calls = [client.subnets.activate(NETUID), client.subnets.set_hyperparameters(NETUID, changes)]
    await client.system.batch_all([client.system.sudo(call) for call in root_calls]).submit(ALICE)


async def _in_batches(client: Client, signer: Keypair, calls: Sequence[Draft]) -> None:
    for start in range(0, len(calls), BATCH):
        await client.system.batch_all(calls[start : start + BATCH]).submit(signer)


async def _weigh(client: Client, validators: Sequence[Keypair], neurons: int, rng: random.Random) -> None:
    """Each validator gives each miner about the weight that the others give it."""
    miners = range(len(validators), neurons)
    quality = [rng.randrange(1, 60_000) for _ in miners]
    for validator in validators:
        values = [q + rng.randrange(5_000) for q in quality]
        await client.weights.set(NETUID, list(miners), values).submit(validator)


async def next_epoch(client: Client, new_block: NewBlock) -> None:
    """Make blocks until one more epoch is complete."""
    async for _ in blocks_until_epoch(client, new_block):
        await new_block()


async def blocks_until_epoch(client: Client, new_block: NewBlock) -> AsyncIterator[int]:
    """Yields, for each block to make, how many will follow it; the last one (0) holds the epoch."""
    subnet = await client.subnets.require(NETUID)
    left = subnet.last_epoch_block + subnet.tempo - await client.chain.height()
    for following in reversed(range(left)):
        yield following


async def _check(client: Client, neurons: int, validators: int) -> None:
    """Refuse to measure something else than was asked for."""
    graph = await client.metagraph(NETUID)
    found = (graph.n, int(graph.validator_permit.sum()), int((graph.incentive > 0).sum()))
    wanted = (neurons, validators, neurons - validators)
    if found != wanted:
        raise RuntimeError(f"neurons, permits, neurons with incentive are {found}, should be {wanted}")
