"""Miners and validators on hosts of their own are paid, whatever the tests before this one did to the network."""

from __future__ import annotations

import json
import urllib.request

import pytest

from ganglion import Client
from ganglion.devnet.plan import NETUID
from ganglion.keys import Keypair

from .daemons import API_KEY, MINER_PORT, Daemons
from .network import Network

pytestmark = pytest.mark.e2e
WEIGHTS_SECONDS = 240


async def test_miners_and_the_validator_are_paid(network: Network, daemons: Daemons):
    async with Client(network.nodes["dave"].url) as client:
        watcher = daemons.watcher(client)
        await watcher.first_weights(WEIGHTS_SECONDS)
        before = await free(client, daemons)
        metagraph, checks = await watcher.until_paid()
        assert checks.honest_miners_earn and checks.validators_earn, (checks, watcher.rows(metagraph))
        after = await free(client, daemons)
        assert all(after[name] > before[name] for name in ("miner-1", "miner-2")), (before, after)


async def free(client: Client, daemons: Daemons) -> dict[str, int]:
    """What each participant's coldkey has, nano."""
    people = daemons.plan.participants
    return {p.name: int(await client.balances.free(Keypair.from_uri(p.coldkey_uri).ss58)) for p in people}


async def test_every_daemon_has_an_address_of_its_own_on_chain(network: Network, daemons: Daemons):
    async with Client(network.nodes["bob"].url) as client:
        metagraph = await client.metagraph(NETUID)
        for miner in daemons.plan.miners:
            uid = metagraph.uid_of(Keypair.from_uri(miner.hotkey_uri).ss58)
            assert uid is not None
            endpoint = metagraph.endpoint(uid)
            assert endpoint is not None
            assert endpoint.url == f"http://{daemons.daemons[miner.name].host.address}:{MINER_PORT}"


def test_a_user_is_answered_over_the_network(network: Network, daemons: Daemons):
    daemons.wait_ready()
    question = {
        "model": "ganglion-tiny",
        "max_tokens": 8,
        "messages": [{"role": "user", "content": "Hello?"}],
    }
    request = urllib.request.Request(
        f"{daemons.daemons['validator-1'].url}/v1/chat/completions",
        json.dumps(question).encode(),
        {"content-type": "application/json", "authorization": f"Bearer {API_KEY}"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.load(response)
    assert answer["x_ganglion"]["receipt"] and answer["usage"]["completion_tokens"] >= 1


def test_no_daemon_ended(daemons: Daemons):
    for name, daemon in daemons.daemons.items():
        assert daemon.process.poll() is None, f"{name}:\n{daemon.log_file.read_text()[-3000:]}"
