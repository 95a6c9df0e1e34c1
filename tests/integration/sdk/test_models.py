"""Profiles and bonds on a real chain: both sides hash the same bytes, and a bond is locked until it is released."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ganglion import Balance
from ganglion.errors import DispatchError, UsageError
from ganglion.model.loading import bundled_model_path
from ganglion.model.profile import ProfileSpec, Replay, Thresholds, read_profile

GNG = 10**9


def odd_specs() -> list[ProfileSpec]:
    """Every field with another value than its default, and lengths on both sides of SCALE's compact form."""
    many = tuple((f"part-{i:02}.safetensors", bytes([i]) * 32) for i in range(64))
    long = ("x" * 128, bytes(range(32)))
    numbers = Thresholds(*(7 * i + 1 for i in range(12)))
    pinned = Replay(b"\1" * 32, b"\2" * 32, "avx2", "AVX2,STRICT", "z" * 64)
    return [
        ProfileSpec(
            many, 1_024, "embed", "statistical", "bfloat16", "eager", "vllm", "st-9", numbers, pinned
        ),
        ProfileSpec((long,), 1, thresholds=replace(numbers, margin_hard=2**32 - 1, min_tokens=2**16 - 1)),
    ]


async def test_the_chain_computes_the_same_identity(chain):
    models = chain.client.models
    for spec in [read_profile(bundled_model_path()).spec, *odd_specs()]:
        assert await models.profile_id(spec) == spec.digest()
        done = await models.register(spec, "one", "MIT", 5).submit(chain.key("Alice"))
        found = await models.require(spec.digest())
        assert found.spec == spec and (found.name, found.licence, found.price_floor) == ("one", "MIT", 5)
        assert found.deposit == (await models.terms()).deposit(spec) > GNG
        assert found == await models.by_number(found.number) and found.registered_at == done.number
        assert await models.number(spec.digest()) == found.number
    assert [one.number for one in await models.all()] == [0, 1, 2]
    assert await models.get(bytes(32)) is None
    with pytest.raises(UsageError, match="is registered"):
        await models.require(bytes(32))
    with pytest.raises(DispatchError, match="TooManyLayers"):
        await models.register(replace(spec, layers=1_025), "one", "MIT", 5).submit(chain.key("Alice"))


async def test_a_bond_is_locked_till_it_is_released(chain):
    client, spec = chain.client, read_profile(bundled_model_path()).spec
    profile, netuid = spec.digest(), await chain.subnet("Alice")
    bob, hotkey = chain.key("Bob"), chain.key("Bob", "miner").ss58
    await client.models.register(spec, "ganglion-tiny", "Apache-2.0").submit(chain.key("Alice"))
    await client.neurons.register(netuid, hotkey, 10**12).submit(bob)
    await client.staking.add_stake(hotkey, netuid, Balance.parse("5")).submit(bob)
    terms = await client.models.terms()
    bond = terms.least_bond("serve")
    with pytest.raises(DispatchError, match="BondTooLow"):
        await client.models.declare(netuid, hotkey, profile, "serve", bond - 1).submit(bob)
    await client.models.declare(netuid, hotkey, profile, "serve", bond).submit(bob)
    await client.models.declare(netuid, hotkey, profile, "audit", terms.least_bond("audit")).submit(bob)
    lines = await client.models.declarations(netuid)
    assert [(one.hotkey, one.profile, one.role, one.ends_at) for one in lines] == [
        (hotkey, 0, "serve", None),
        (hotkey, 0, "audit", None),
    ]
    standing = await client.models.standing(netuid, hotkey)
    assert (standing.accusations, standing.serve_bond) == (0, bond)
    with pytest.raises(DispatchError, match="Locked"):
        await client.staking.remove_stake(hotkey, netuid, Balance.parse("4")).submit(bob)
    for role in ("serve", "audit"):
        await client.models.retire(netuid, hotkey, profile, role).submit(bob)
    with pytest.raises(DispatchError, match="NothingToRelease"):
        await client.models.release(netuid, hotkey).submit(chain.key("Dave"))
    await chain.blocks(terms.bond_release)
    await client.models.release(netuid, hotkey).submit(chain.key("Dave"))
    assert await client.models.declarations(netuid) == []
    await client.staking.remove_stake(hotkey, netuid, Balance.parse("4")).submit(bob)
    await client.models.remove(profile).submit(chain.key("Alice"))


def test_what_is_not_sent():
    from ganglion.pallets import models

    spec = odd_specs()[1]
    for wrong in ("", "n" * 65, "two\nlines", "caf\u00e9"):
        with pytest.raises(UsageError):
            models.register(spec, wrong)
    with pytest.raises(UsageError, match="role"):
        models.declare(1, "5x", bytes(32), "judge", 1)
    with pytest.raises(UsageError, match="32 bytes"):
        models.remove(b"short")
