"""Work that costs its sender nothing must not cost the chain anything: what would fail never enters a block."""

from __future__ import annotations

from pathlib import Path

import aiohttp

from ganglion import Keypair
from ganglion.testing.chain import DevelopmentChain, development_chain

from .devnode_client import Http, RpcFailure

FLOOD = 1000
GNG = 10**9


async def flood(chain: DevelopmentChain, key: Keypair, netuid: int, nonce: int) -> set[tuple[int, str]]:
    """Submit many set_weights of one key, each different; returns the distinct refusals."""
    refusals = set()
    async with aiohttp.ClientSession() as session:
        http = Http(session, chain.node.http_url)
        for number in range(FLOOD):
            draft = chain.client.weights.set(netuid, [0], [number % 65_535 + 1], number)
            signed = await draft.sign(key, nonce=nonce)
            try:
                await http.call("author_submitExtrinsic", "0x" + signed.data.hex())
            except RpcFailure as failure:
                refusals.add((failure.code, str(failure.data)))
                continue
            raise AssertionError("a failing set_weights was taken into the pool")
    return refusals


async def test_a_thousand_failing_set_weights_from_an_unregistered_key(compiled: Path) -> None:
    async with development_chain(cache_dir=compiled) as chain:
        netuid = await chain.subnet(commit_reveal_on=False)
        head = chain.node.chain.head
        refusals = await flood(chain, chain.key("Nobody"), netuid, 0)
        assert refusals == {(1010, "Inability to pay some fees (e.g. account balance too low)")}
        assert chain.node.chain.head is head
        assert len(chain.node.chain.pool) == 0


async def test_a_thousand_failing_set_weights_from_a_rate_limited_key(compiled: Path) -> None:
    async with development_chain(cache_dir=compiled) as chain:
        netuid = await chain.subnet(commit_reveal_on=False)
        hotkey = chain.key("Bob", "validator")
        await chain.client.neurons.register(netuid, hotkey.ss58, 10**18).submit(chain.key("Bob"))
        await chain.client.staking.add_stake(hotkey.ss58, netuid, 1000 * GNG).submit(chain.key("Bob"))
        await chain.blocks(25)  # an epoch ends and gives the permit
        first = await chain.client.weights.set(netuid, [0], [1], 0).submit(hotkey)
        head = chain.node.chain.head
        assert first.block == "0x" + head.hash.hex()
        refusals = await flood(chain, hotkey, netuid, 1)
        assert refusals == {(1010, "Inability to pay some fees (e.g. account balance too low)")}
        assert chain.node.chain.head is head
        assert len(chain.node.chain.pool) == 0
        # After the limit the same key is served again.
        await chain.blocks(110)
        await chain.client.weights.set(netuid, [0], [2], 0).submit(hotkey)
