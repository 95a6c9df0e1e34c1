"""`Chain` over ganglion.Client: the only file of the miner that talks to a node.

Reads at final blocks, so that no reorganisation takes back what was acted on. Never signs with anything but the
hotkey.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable
from dataclasses import replace
from typing import TypeVar

from ganglion.chain.outbox import Outbox
from ganglion.client import Client
from ganglion.config import NetworkConfig
from ganglion.daemon.outcomes import log_outcome
from ganglion.errors import RequestTimeout
from ganglion.keys import Keypair
from ganglion.metagraph import Metagraph
from ganglion.pallets.endpoint import EndpointAddress, EndpointKey
from ganglion_miner.chain_view import Endpoint, Neuron, Snapshot

READ_TIMEOUT = 30.0
SERVE_TIMEOUT = 90.0
SEALING = "Hpke"  # kind of the published keys to which prompts are sealed

T = TypeVar("T")


class ClientChain:
    """One subnet of one network, for one hotkey. Connects on first use and again after a failure."""

    def __init__(self, network: NetworkConfig, netuid: int, key: Keypair) -> None:
        self._client = Client(network)
        self._outbox = Outbox(self._client.context, key, log_outcome)
        self._last: tuple[str, Snapshot] | None = None
        self._netuid = netuid
        self._hotkey = key.ss58

    async def genesis(self) -> bytes:
        """See Chain.genesis."""
        await _within(self._client.connect(), READ_TIMEOUT)
        return bytes.fromhex((await self._client.chain.genesis()).removeprefix("0x"))

    async def snapshot(self) -> Snapshot:
        """See Chain.snapshot."""
        return await _within(self._snapshot(), READ_TIMEOUT)

    async def _snapshot(self) -> Snapshot:
        final, best = await self._client.chain.finalized(), await self._client.chain.height()
        if self._last is None or self._last[0] != final:
            self._last = (final, await self._read(final))
        return replace(self._last[1], best=best)

    async def _read(self, final: str) -> Snapshot:
        at = await self._client.at(final)
        if await at.subnets.get(self._netuid) is None:
            return Snapshot((await self._client.chain.header(final)).number, {}, exists=False)
        snapshot = to_snapshot(await at.metagraph(self._netuid))
        own = snapshot.neurons.get(self._hotkey)
        if own is None or own.endpoint is None:
            return snapshot
        published = await at.neurons.endpoint(self._netuid, self._hotkey)
        keys = () if published is None else tuple(key.data for key in published.keys if key.kind == SEALING)
        own = replace(own, endpoint=replace(own.endpoint, sealing=keys))
        return replace(snapshot, neurons={**snapshot.neurons, self._hotkey: own})

    async def requester_stake(self, account: str) -> int:
        """See Chain.requester_stake."""
        return await _within(self._stake(account), READ_TIMEOUT)

    async def _stake(self, account: str) -> int:
        at = await self._client.finalized()
        coldkey = await at.neurons.coldkey(account) or account
        positions = await at.staking.positions(coldkey)
        return sum(int(position.staked) for position in positions if position.netuid == self._netuid)

    async def serve(self, endpoint: Endpoint) -> None:
        """See Chain.serve."""
        address = (ipaddress.IPv4Address if endpoint.family == 4 else ipaddress.IPv6Address)(endpoint.ip)
        keys = tuple(EndpointKey(SEALING, data) for data in endpoint.sealing)
        draft = self._client.neurons.serve(
            self._netuid, EndpointAddress(address, endpoint.port, endpoint.protocol, keys)
        )
        await self._outbox.send(("serve", endpoint), draft, timeout=SERVE_TIMEOUT)

    async def owes_bond(self, profile: bytes) -> bool:
        """See Chain.owes_bond."""
        return await _within(self._owes_bond(profile), READ_TIMEOUT)

    async def _owes_bond(self, profile: bytes) -> bool:
        at = await self._client.finalized()
        if not (await at.subnets.require(self._netuid)).hyperparameters.get("verdicts_on"):
            return False
        number = await at.models.number(profile)
        declared = {
            (one.profile, one.role)
            for one in await at.models.declarations(self._netuid)
            if one.hotkey == self._hotkey and one.ends_at is None
        }
        return (number, "serve") not in declared

    async def is_anchored(self, root: bytes) -> bool:
        """See Chain.is_anchored."""
        return await _within(self._anchored_at(root), READ_TIMEOUT) is not None

    async def _anchored_at(self, root: bytes) -> int | None:
        return await self._client.receipts.anchored_at(self._netuid, self._hotkey, root)

    async def anchor(self, root: bytes, count: int) -> None:
        """See Chain.anchor."""
        draft = self._client.receipts.anchor(self._netuid, root, count)
        await self._outbox.send(("anchor", root.hex()), draft, timeout=SERVE_TIMEOUT)

    async def close(self) -> None:
        """See Chain.close."""
        await self._outbox.close()
        await self._client.close()


def to_snapshot(metagraph: Metagraph) -> Snapshot:
    """The columns that a miner needs, by hotkey. Endpoints are taken as they are, well-formed or not."""
    neurons = {}
    for uid, hotkey in enumerate(metagraph.hotkey_addresses):
        family = int(metagraph.endpoint_family[uid])
        ip = int(metagraph.endpoint_ip[uid, 0]) | int(metagraph.endpoint_ip[uid, 1]) << 64
        port, protocol = int(metagraph.endpoint_port[uid]), int(metagraph.endpoint_protocol[uid])
        endpoint = Endpoint(family, ip, port, protocol) if family else None
        neurons[hotkey] = Neuron(uid, hotkey, bool(metagraph.validator_permit[uid]), endpoint)
    return Snapshot(metagraph.block, neurons)


async def _within(work: Awaitable[T], seconds: float) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError as error:
        raise RequestTimeout(f"the node did not answer within {seconds:g} s") from error
