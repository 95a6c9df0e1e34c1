"""What the generator knows of the chain: accounts, subnets, secrets, deposits. Enough to make calls that succeed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from ganglion import Client
from ganglion.chain.calls import Call
from ganglion.pallets import neurons, staking, subnets

from .accounts import FUNDED, Account, ecdsa, ed25519, sr25519

GNG = 10**9
HOTKEYS = 14
TEMPOS = (5, 7)
STAKED = 6  # hotkeys that have a slot and stake from the start


@dataclass
class Secret:
    """A commitment whose content is known."""

    author: Account
    netuid: int
    uids: list[int]
    values: list[int]
    salt: bytes


@dataclass
class World:
    """State of the generator.

    Attributes:
        multisigs: calls that wait for approvals, by call hash: (signatories, call, threshold).
        open: what the chain says of them: (account, call hash, timepoint).
        proxies: (real, delegate, type).
        owners, neurons: coldkey by hotkey, hotkeys with a slot by netuid.
        positions: stakes of the coldkeys, plain.
    """

    client: Client
    dice: random.Random
    coldkeys: list[Account]
    hotkeys: list[Account]
    genesis: str = ""
    height: int = 0
    runtime: Any = None
    secrets: list[Secret] = field(default_factory=list)
    multisigs: dict[str, tuple[list[Account], Call, int]] = field(default_factory=dict)
    open: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    proxies: list[tuple[Account, Account, str]] = field(default_factory=list)
    owners: dict[str, Account] = field(default_factory=dict)
    neurons: dict[int, list[str]] = field(default_factory=dict)
    positions: list[tuple[Account, dict[str, Any]]] = field(default_factory=list)

    @classmethod
    def of(cls, client: Client, seed: int) -> World:
        coldkeys = [sr25519(f"//{name}") for name in FUNDED]
        coldkeys += [ed25519("//equal//ed"), ecdsa("//equal//ecdsa"), sr25519("//equal//poor")]
        hotkeys = [
            (sr25519, ed25519, ecdsa)[0 if n % 5 else 1 + n % 2](f"//equal//hotkey//{n}")
            for n in range(HOTKEYS)
        ]
        return cls(client, random.Random(seed), coldkeys, hotkeys)

    @property
    def alice(self) -> Account:
        """Has sudo."""
        return self.coldkeys[0]

    @property
    def accounts(self) -> list[Account]:
        return self.coldkeys + self.hotkeys

    def coldkey(self) -> Account:
        return self.dice.choice(self.coldkeys)

    def hotkey(self) -> Account:
        return self.dice.choice(self.hotkeys)

    def netuid(self) -> int:
        """Mostly one that exists."""
        return self.dice.choice((1, 1, 1, 2, 2, 2, 3))

    def owner_of(self, hotkey: Account) -> Account:
        """Mostly the owner."""
        owner = self.owners.get(hotkey.ss58)
        return owner if owner is not None and self.dice.random() < 0.85 else self.coldkey()

    def neuron(self, netuid: int) -> Account:
        """Mostly a hotkey with a slot."""
        registered = [one for one in self.hotkeys if one.ss58 in self.neurons.get(netuid, ())]
        return self.dice.choice(registered) if registered and self.dice.random() < 0.9 else self.hotkey()

    def validator(self, netuid: int) -> Account:
        """Mostly one of those that were staked on at the start."""
        return self.hotkeys[self.dice.randrange(STAKED)] if self.dice.random() < 0.8 else self.neuron(netuid)

    def amount(self) -> int:
        """All sizes: dust, ordinary, too much, impossible."""
        roll = self.dice.random()
        if roll < 0.1:
            return self.dice.randrange(3_000)
        if roll < 0.13:
            return 2**128 - 1
        return self.dice.randrange(1_000_000) * GNG if roll < 0.2 else self.dice.randrange(40 * GNG)

    async def refresh(self) -> None:
        """Read nonces and what lets calls succeed."""
        rpc = self.client.rpc
        self.runtime = await self.client.context.runtimes.current()
        self.genesis = self.genesis or await self.client.chain.genesis()
        nonces = await rpc.batch([("system_accountNextIndex", [one.ss58]) for one in self.accounts])
        for account, nonce in zip(self.accounts, nonces, strict=True):
            account.nonce = nonce
        self.height = await self.client.chain.height()
        by_address = {one.ss58: one for one in self.coldkeys}
        owners = await self.client.query_map("Neurons", "Coldkeys")
        self.owners = {keys[0]: by_address[owner] for keys, owner in owners if owner in by_address}
        slots = await self.client.query_map("Neurons", "Uids")
        self.neurons = {netuid: [key[1] for key, _ in slots if key[0] == netuid] for netuid in (1, 2)}
        waiting = await self.client.query_map("Multisig", "Multisigs")
        if self.dice.random() < 0.3:
            api = ("StakingApi", "positions")
            held = [(one, await self.client.call_api(*api, one.ss58)) for one in self.coldkeys]
            self.positions = [(one, position) for one, found in held for position in found]
        self.open = [(keys[0], keys[1], value["when"]) for keys, value in waiting]


def first_calls(world: World) -> list[list[tuple[Account, Call]]]:
    """Transactions that give the random ones something to act on, a block each: money, subnets, stakes."""
    alice, bob, charlie = world.coldkeys[:3]
    money = [(alice, _pay(account, 4_000 * GNG)) for account in world.coldkeys[6:]]
    created = [
        (bob, subnets.create(world.hotkeys[0].ss58, 10**18)),
        (charlie, subnets.create(world.hotkeys[1].ss58, 10**18)),
    ]
    activated, staked = [], []
    for netuid, tempo in enumerate(TEMPOS, start=1):
        changes = {
            "tempo": tempo,
            "commit_reveal_on": netuid == 1,
            "weights_rate_limit": 0,
            "immunity_period": 3,
        }
        changes |= {"min_validator_stake": GNG}
        activated.append(((bob, charlie)[netuid - 1], subnets.start(netuid)))
        for call in (subnets.set_hyperparameters(netuid, changes), subnets.activate(netuid)):
            activated.append((alice, Call("Sudo", "sudo", {"call": call})))
    for number, hotkey in enumerate(world.hotkeys[:STAKED]):
        netuid, owner = 1 + number % 2, (bob, charlie)[number % 2]
        if number >= 2:  # the owners' hotkeys have their slots
            staked.append((owner, neurons.register(netuid, hotkey.ss58, 10**18)))
        staked.append((owner, staking.add_stake(hotkey.ss58, netuid, (100 + number) * GNG)))
    # An account that holds much can't be claimed as a hotkey, so only those get it that are owned by now.
    paid = [(alice, _pay(hotkey, 200 * GNG)) for hotkey in world.hotkeys[:STAKED]]
    paid += [(alice, _pay(hotkey, GNG // 20)) for hotkey in world.hotkeys[STAKED:]]
    return [money, created[:1], created[1:], activated, staked, paid]


def _pay(account: Account, value: int) -> Call:
    return Call("Balances", "transfer_keep_alive", {"dest": account.ss58, "value": value})
