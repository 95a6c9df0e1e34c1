"""One coldkey with a subnet of its own, on a whole chain: does it earn more there than by nominating honestly?

Every run is a dev node of its own. Wealth is counted from the creation of the subnet on, and its lock counts as
wealth; what the attacker burns for registrations is counted, because the split by burned fees may give it back.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ganglion.balance import Balance
from ganglion.chain.extrinsics import Draft
from ganglion.client import Client
from ganglion.keys import Keypair
from ganglion_devnode import DevNode, NodeConfig

from .result import Measurement
from .scenarios import Scenarios

ALICE = Keypair.from_uri("//Alice")
GNG = int(Balance.from_gng(1))
TOTAL = 100_000 * GNG  # all stake of a run
FUNDS = 1_000 * GNG  # of every coldkey beside its stake
PRICE = 1_000 * GNG  # nothing here costs more
SETTLING = 8  # tempos in which everybody has done what it does
Strategy = tuple[list[Keypair], Callable[[], Awaitable[None]]]
REFRESH = 10  # tempos between two settings of the same weights: nobody becomes inactive


@dataclass(frozen=True)
class Neuron:
    """A hotkey and the coldkey that owns it."""

    coldkey: Keypair
    hotkey: Keypair

    @classmethod
    def named(cls, name: str) -> Neuron:
        return cls(Keypair.from_uri(f"//{name}//coldkey"), Keypair.from_uri(f"//{name}//hotkey"))


@dataclass(frozen=True)
class Honest:
    """A subnet of honest people."""

    netuid: int
    stake: int
    validators: list[Neuron]
    miners: list[Neuron]


class World:
    """A chain with honest subnets, and tools to add an attacker."""

    def __init__(self, client: Client, node: Any, case: dict[str, Any], seed: int) -> None:
        self.client, self._node, self._case = client, node, case
        self._random = random.Random(f"self-subnet {seed}")
        self.subnets: list[Honest] = []
        self._set: dict[tuple[int, str], tuple[Keypair, list[int], list[int]]] = {}

    async def build(self) -> None:
        """The honest subnets, the first with twice the stake of each other; their validators vote for them by stake."""
        count, honest = self._case["subnets"], int(TOTAL * (1 - self._case["stake"]))
        for netuid in range(1, count + 1):
            stake = honest * (2 if netuid == 1 else 1) // (count + 1)
            self.subnets.append(await self._honest(netuid, stake))
        votes = {subnet.netuid: 2 if subnet.netuid == 1 else 1 for subnet in self.subnets}
        await self.epochs(1)
        for subnet in self.subnets:
            await self._weigh(subnet)
            for validator in subnet.validators:
                await self.client.root_vote.vote(votes).submit(validator.hotkey)

    @property
    def attackers_stake(self) -> int:
        """Nano that the attacker has, or the nominator in its place."""
        return int(TOTAL * self._case["stake"])

    async def _honest(self, netuid: int, stake: int) -> Honest:
        validators = [Neuron.named(f"{netuid}//validator{i}") for i in range(self._case["validators"])]
        miners = [Neuron.named(f"{netuid}//miner{i}") for i in range(self._case["miners"])]
        for neuron in validators + miners:
            await self.fund(neuron, (stake // len(validators) if neuron in validators else 0) + FUNDS)
        await self.create(validators[0])
        for neuron in validators[1:] + miners:
            await self.client.neurons.register(netuid, neuron.hotkey.ss58, PRICE).submit(neuron.coldkey)
        for validator in validators:
            await self.stake(validator, validator, netuid, stake // len(validators))
        await self.client.staking.set_take(validators[0].hotkey.ss58, self._case["take"]).submit(
            validators[0].coldkey
        )
        return Honest(netuid, stake, validators, miners)

    async def _weigh(self, subnet: Honest) -> None:
        """Quality of the miners differs; validators see it with noise."""
        first = len(subnet.validators)
        quality = [self._random.uniform(0.2, 1.0) for _ in subnet.miners]
        for validator in subnet.validators:
            values = [int((q + self._random.uniform(0, 0.05)) * 60_000) for q in quality]
            uids = list(range(first, first + len(values)))
            await self.weigh(subnet.netuid, validator.hotkey, uids, values)

    async def weigh(self, netuid: int, hotkey: Keypair, uids: list[int], values: list[int]) -> None:
        """Set weights, now and again."""
        self._set[netuid, hotkey.ss58] = (hotkey, uids, values)
        await self.client.weights.set(netuid, uids, values).submit(hotkey)

    async def fund(self, neuron: Neuron, amount: int) -> None:
        """Tokens from the first holder, before wealth is counted."""
        await self.client.balances.transfer(neuron.coldkey.ss58, amount).submit(ALICE)

    async def create(self, owner: Neuron) -> int:
        """A started, active subnet whose weights need no second step."""
        await self.client.subnets.create(owner.hotkey.ss58, PRICE).submit(owner.coldkey)
        netuid = max(one.netuid for one in await self.client.subnets.all())
        await self.client.subnets.start(netuid).submit(owner.coldkey)
        changes = {
            "tempo": self._case["tempo"],
            "commit_reveal_on": False,
            "weights_rate_limit": 0,
        }
        await self._root(self.client.subnets.activate(netuid))
        await self._root(self.client.subnets.set_hyperparameters(netuid, changes))
        return netuid

    async def stake(self, who: Neuron, on: Neuron, netuid: int, amount: int) -> None:
        """Nothing where the amount is 0."""
        if amount:
            await self.client.staking.add_stake(on.hotkey.ss58, netuid, amount).submit(who.coldkey)

    async def _root(self, call: Draft) -> None:
        await self.client.system.sudo(call).submit(ALICE)

    async def epochs(self, count: int) -> None:
        """So many tempos later."""
        await self.until(await self.client.chain.height() + count * self._case["tempo"])

    async def until(self, end: int) -> None:
        """Blocks up to this height; transactions make blocks of their own."""
        tempo = self._case["tempo"]
        refresh = await self.client.chain.height() + REFRESH * tempo
        while (height := await self.client.chain.height()) < end:
            if height >= refresh and end - height > 2 * tempo:
                refresh += REFRESH * tempo
                for (netuid, _), (hotkey, uids, values) in self._set.items():
                    await self.client.weights.set(netuid, uids, values).submit(hotkey)
            else:
                await self._node.chain.new_block()

    async def wealth(self, coldkeys: list[Keypair]) -> int:
        """Free, held and staked, nano."""
        total = 0
        for key in coldkeys:
            account = await self.client.balances.account(key.ss58)
            positions = await self.client.staking.positions(key.ss58)
            total += int(account.free) + int(account.reserved) + sum(int(one.total) for one in positions)
        return total


async def self_subnet(scenarios: Scenarios, seed: int) -> list[Measurement]:
    """What the attacker earns in its own subnet as a part of what the same stake earns as a nominator."""
    case = scenarios.attacks["self_subnet"]
    honest = await _earned(case, seed, nominate)
    found = []
    for splits in case["splits"]:
        for part in case["parts"]:
            earned = await _earned(case, seed, lambda world, s=splits, p=part: attack(world, case, s, p))
            name = f"self-subnet, {splits} coldkey{'s' if splits > 1 else ''}, {part:.0%} of the stake in it"
            found.append(
                Measurement(
                    name, "earned, attacker / nominator", seed, earned / honest, case["at_most"], strict=False
                )
            )
    return found


async def _earned(case: dict[str, Any], seed: int, strategy: Any) -> int:
    """Nano that a strategy's coldkeys gain in all epochs and in the few before them that settling takes."""
    node = await DevNode.start(NodeConfig(rpc_port=0))
    try:
        async with Client(node.url) as client:
            world = World(client, node, case, seed)
            await world.build()
            coldkeys, settle = await strategy(world)
            before, height = await world.wealth(coldkeys), await client.chain.height()
            await settle()
            await world.until(height + (SETTLING + case["epochs"]) * case["tempo"])
            return await world.wealth(coldkeys) - before
    finally:
        await node.stop()


async def nominate(world: World) -> Strategy:
    """All stake behind an honest validator of the largest subnet, which takes nothing."""
    nominator, validator = Neuron.named("nominator"), world.subnets[0].validators[0]
    await world.fund(nominator, world.attackers_stake + FUNDS)
    return [nominator.coldkey], lambda: world.stake(nominator, validator, 1, world.attackers_stake)


async def attack(world: World, case: dict[str, Any], splits: int, part: float) -> Strategy:
    """A subnet of its own with all of its votes; what is not staked there copies in the largest honest subnet."""
    neurons = [Neuron.named(f"attacker{i}") for i in range(splits)]
    stake = world.attackers_stake // splits
    inside = int(stake * part)
    for neuron in neurons:
        await world.fund(neuron, stake + 2 * FUNDS)
    netuid = await world.create(neurons[0])

    async def settle() -> None:
        for neuron in neurons:
            if neuron is not neurons[0] and part > 0:
                await world.client.neurons.register(netuid, neuron.hotkey.ss58, PRICE).submit(neuron.coldkey)
            await world.stake(neuron, neuron, netuid, inside)
        if part < 1:
            await _copy(world, neurons, stake - inside)
        await world.epochs(1)
        await _vote_for_itself(world, neurons, netuid, splits)

    return [neuron.coldkey for neuron in neurons], settle


async def _copy(world: World, neurons: list[Neuron], stake: int) -> None:
    """Validators of the largest honest subnet that set what the others' median says."""
    for neuron in neurons:
        await world.client.neurons.register(1, neuron.hotkey.ss58, PRICE).submit(neuron.coldkey)
        await world.stake(neuron, neuron, 1, stake)
    await world.epochs(1)
    consensus = list((await world.client.metagraph(1)).consensus)
    uids = [uid for uid, value in enumerate(consensus) if value > 0]
    values = [int(consensus[uid]) for uid in uids]
    for neuron in neurons:
        await world.weigh(1, neuron.hotkey, uids, values)


async def _vote_for_itself(world: World, neurons: list[Neuron], netuid: int, splits: int) -> None:
    """Root votes for the own subnet, and weights in it: each slot for the next one, the owner for itself."""
    for index, neuron in enumerate(neurons):
        await world.client.root_vote.vote({netuid: 65_535}).submit(neuron.hotkey)
        graph = await world.client.metagraph(netuid)
        mine = graph.uid_of(neuron.hotkey.ss58)
        if mine is not None and graph.validator_permit[mine]:
            target = 0 if splits == 1 else (index + 1) % splits
            await world.weigh(netuid, neuron.hotkey, [target], [65_535])
