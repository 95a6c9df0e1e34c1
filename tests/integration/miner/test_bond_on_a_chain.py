"""A declaration on a real chain as both daemons see it: the miner owes a bond, then the validator may ask it."""

from __future__ import annotations

from ganglion import Balance
from ganglion.config import NetworkConfig
from ganglion.model.loading import bundled_model_path
from ganglion.model.profile import read_profile
from ganglion.testing import development_chain
from ganglion_miner.client_chain import ClientChain as MinerChain
from ganglion_validator.client_chain import ClientChain as ValidatorChain


async def test_from_owing_a_bond_to_being_asked() -> None:
    async with development_chain() as chain:
        client, found = chain.client, read_profile(bundled_model_path())
        bob, hotkey, profile = chain.key("Bob"), chain.key("Bob", "miner"), found.digest()
        netuid = await chain.subnet("Alice")
        network = NetworkConfig.named("development", (chain.node.url,))
        miner = MinerChain(network, netuid, hotkey)
        validator = ValidatorChain(network, netuid, chain.key("Alice", "owner"))
        try:
            await miner.genesis(), await validator.genesis()
            assert not await miner.owes_bond(profile), "weights rest on nothing yet"
            await chain.sudo(client.subnets.set_hyperparameters(netuid, {"verdicts_on": True}))
            assert await miner.owes_bond(profile)
            assert await validator.bonded(profile) == frozenset()

            await client.models.register(found.spec, found.name).submit(chain.key("Alice"))
            await client.neurons.register(netuid, hotkey.ss58, 10**12).submit(bob)
            await client.staking.add_stake(hotkey.ss58, netuid, Balance.parse("5")).submit(bob)
            bond = (await client.models.terms()).min_audit_bond
            await client.models.declare(netuid, hotkey.ss58, profile, "audit", bond).submit(bob)
            assert await miner.owes_bond(profile), "an auditor's bond is for another promise"
            await client.models.declare(netuid, hotkey.ss58, profile, "serve", bond).submit(bob)
            await chain.blocks(1)
            assert not await miner.owes_bond(profile)
            await validator.snapshot()
            assert await validator.bonded(profile) == {hotkey.ss58}

            await client.models.retire(netuid, hotkey.ss58, profile, "serve").submit(bob)
            await chain.blocks(1)
            assert await miner.owes_bond(profile)
            await validator.snapshot()
            assert await validator.bonded(profile) == frozenset()
        finally:
            await miner.close()
            await validator.close()
