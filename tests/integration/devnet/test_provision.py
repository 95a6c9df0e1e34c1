"""Provisioning on a real chain: everybody is there afterwards, and doing it again changes nothing."""

from __future__ import annotations

import pytest

from ganglion.devnet.docker import provision as service
from ganglion.devnet.plan import NETUID
from ganglion.devnet.provision import provision
from ganglion.errors import ChainError
from ganglion.keys import Keypair
from ganglion.model.loading import bundled_model_path
from ganglion.model.profile import profile_hash
from ganglion.testing import development_chain

PLAN = service.named_plan(validators=1, miners=2)


async def nonces(chain) -> dict[str, int]:
    uris = ["//Alice", PLAN.owner_uri, *(p.coldkey_uri for p in PLAN.participants)]
    addresses = {uri: Keypair.from_uri(uri).ss58 for uri in uris}
    return {uri: (await chain.client.query("System", "Account", a))["nonce"] for uri, a in addresses.items()}


async def test_what_is_there_is_left_alone() -> None:
    said: list[str] = []
    async with development_chain() as chain:
        await provision(chain.client, PLAN, said.append)
        await chain.blocks(1)
        metagraph = await chain.client.metagraph(NETUID)
        uids = [metagraph.uid_of(Keypair.from_uri(p.hotkey_uri).ss58) for p in PLAN.participants]
        assert sorted(uids) == [1, 2, 3] and metagraph.stake[uids[0]] > 0
        (profile,) = await chain.client.models.all()
        assert (profile.id, profile.name) == (profile_hash(bundled_model_path()), "ganglion-tiny")
        declared = {(one.hotkey, one.role) for one in await chain.client.models.declarations(NETUID)}
        roles = {"validator": "audit", "miner": "serve"}
        assert declared == {(Keypair.from_uri(p.hotkey_uri).ss58, roles[p.role]) for p in PLAN.participants}
        before = await nonces(chain)
        await provision(chain.client, PLAN, said.append)
        assert await nonces(chain) == before
    assert said[-1] == "registered: all were before"


async def test_who_is_missing_is_added() -> None:
    async with development_chain() as chain:
        await provision(chain.client, service.named_plan(validators=1, miners=1), print)
        await chain.blocks(1)
        await provision(chain.client, PLAN, print)
        await chain.blocks(1)
        metagraph = await chain.client.metagraph(NETUID)
        assert metagraph.uid_of(Keypair.from_uri(PLAN.miners[1].hotkey_uri).ss58) == 3


async def test_a_subnet_of_somebody_else_is_refused() -> None:
    async with development_chain() as chain:
        await chain.subnet("Bob")
        with pytest.raises(ChainError, match="somebody else's"):
            await provision(chain.client, PLAN, print)


async def test_the_service_says_what_is_wrong(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    import asyncio

    monkeypatch.setattr(service, "START_SECONDS", 0.1)
    arguments = ["--rpc", "ws://127.0.0.1:1", "--validators", "1", "--miners", "1"]
    assert await asyncio.to_thread(service.main, arguments) == 3
    assert "error: " in capsys.readouterr().err
