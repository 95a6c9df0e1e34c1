"""`docker compose up`: a network that pays its work, keeps its containers modest, and lives through an upgrade."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.error
import urllib.request

import pytest
import yaml

from ganglion.client import Client
from ganglion.devnet.docker.provision import named_plan
from ganglion.devnet.plan import NETUID
from ganglion.devnet.watch import Watcher
from ganglion.keys import Keypair
from ganglion.metagraph import Metagraph

from .composing import ROOT, Compose, remains, wait
from .upgrade import spec_version, upgrade

pytestmark = [pytest.mark.e2e, pytest.mark.docker]
NODES = ("node-alice", "node-bob", "node-charlie", "node-dave")
DAEMONS = ("miner-1", "miner-2", "miner-3", "validator-1", "validator-2")
PAID_SECONDS = 400
KEY = "ganglion-local"
PLAN = named_plan(validators=2, miners=3)


def watcher(client: Client) -> Watcher:
    began = asyncio.get_running_loop().time()
    return Watcher(client, PLAN, lambda: asyncio.get_running_loop().time() - began, print)


async def paid(client: Client, seen: Watcher, after: int) -> Metagraph:
    """The first epoch later than ``after`` that pays every miner and validator."""
    async with asyncio.timeout(PAID_SECONDS):
        while True:
            metagraph = await seen.next_epoch(after)
            checks = seen.check(metagraph)
            if checks.honest_miners_earn and checks.validators_earn:
                return metagraph
            after = metagraph.epoch


def provisioned(network: Compose) -> int | None:
    """Exit code of the provisioning; None while it runs."""
    state = network.states()["provision"]["State"]
    return None if state["Running"] or state["Restarting"] else state["ExitCode"]


def chat(port: int, key: str | None) -> dict:
    body = {
        "model": "ganglion-tiny",
        "max_tokens": 8,
        "messages": [{"role": "user", "content": "What is a file?"}],
    }
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/chat/completions", json.dumps(body).encode(), headers
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


async def test_it_pays_its_work(network: Compose) -> None:
    wait("provisioning ended", lambda: provisioned(network) == 0, 120)
    async with Client(network.rpc) as client:
        metagraph = await paid(client, watcher(client), 0)
        assert len(metagraph.table()) == 6  # the owner, three miners, two validators
        names = {row["name"] for row in watcher(client).rows(metagraph)}
        assert names == {"owner", "miner-1", "miner-2", "miner-3", "validator-1", "validator-2"}


def test_gateways_answer_who_has_the_key(network: Compose) -> None:
    for port in network.gateway_ports:
        assert chat(port, KEY)["choices"][0]["message"]["role"] == "assistant"
        with pytest.raises(urllib.error.HTTPError) as refused:
            chat(port, None)
        assert refused.value.code == 401


def test_containers_are_healthy_and_modest(network: Compose) -> None:
    def healthy() -> bool:
        states = network.states()
        return all(states[name]["State"]["Health"]["Status"] == "healthy" for name in (*NODES, *DAEMONS))

    wait("all containers are healthy", healthy, 60)
    states = network.states()
    for name in (*NODES, *DAEMONS):
        host = states[name]["HostConfig"]
        assert states[name]["Config"]["User"] == "ganglion"
        volumes = [m["Name"] for m in states[name]["Mounts"] if m["Type"] == "volume"]
        assert volumes == [f"{network.project}_{name}"]  # none without a name, which nobody would remove
        assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and host["Memory"] > 0
    published = {
        p["HostIp"]
        for s in states.values()
        for ports in s["NetworkSettings"]["Ports"].values()
        for p in ports or ()
    }
    assert published == {"127.0.0.1"}
    assert network.inside("miner-1", "import torch; print(torch.get_num_threads())").strip() == "1"


def test_what_the_dashboard_asks_for_is_there(network: Compose) -> None:
    """Every target of prometheus.yml answers; every metric of the dashboard is among what they tell."""
    scrapes = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"]
    targets = [t for job in scrapes for t in job["static_configs"][0]["targets"]]
    code = f"""
import urllib.request
for target in {targets!r}:
    print(urllib.request.urlopen(f"http://{{target}}/metrics", timeout=10).read().decode())
"""
    known = set(re.findall(r"^(\w+)[ {]", network.inside("validator-1", code), flags=re.M))
    board = (ROOT / "deploy/grafana/dashboards/ganglion.json").read_text()
    asked = set(re.findall(r"\b(?:substrate|ganglion)_\w+", " ".join(expressions(json.loads(board)))))
    assert len(asked) > 20
    # A counter with labels is told from its first event on, and nobody was retried here.
    assert asked - known <= {"ganglion_gateway_retries_total"}


def expressions(board: dict) -> list[str]:
    return [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]


async def test_a_runtime_upgrade_stops_nobody(network: Compose, next_code: tuple[bytes, int]) -> None:
    code, version = next_code
    before = {name: network.states()[name]["State"]["StartedAt"] for name in (*NODES, *DAEMONS)}
    async with Client(network.rpc) as client:
        seen = watcher(client)
        money = await balances(client)
        block = await upgrade(client, code, PLAN)
        await finalized(client, block + 5)
        assert await spec_version(client, await client.rpc.request("chain_getFinalizedHead", [])) == version
        start = (await client.metagraph(NETUID)).epoch
        metagraph = await paid(client, seen, start + 2)
        while not revealed_since(metagraph, seen, block):
            assert metagraph.epoch < start + 12
            metagraph = await paid(client, seen, metagraph.epoch)
        later = await balances(client)
        assert all(later[name] > money[name] for name in money)
    for node in NODES:
        assert version_of(network, node) == version
    states = network.states()
    assert {name: states[name]["State"]["StartedAt"] for name in before} == before
    assert all(states[name]["RestartCount"] == 0 for name in before)
    assert all(chat(port, KEY)["choices"] for port in network.gateway_ports)


def revealed_since(metagraph: Metagraph, seen: Watcher, block: int) -> bool:
    """Whether every validator's weights were committed, revealed and used after a block."""
    return all(metagraph.last_update[uid] > block + 10 for uid in seen.uids(metagraph, "validator"))


async def balances(client: Client) -> dict[str, int]:
    """What miners' coldkeys own, in nano: the pay lands there."""
    return {
        m.name: int(await client.balances.free(Keypair.from_uri(m.coldkey_uri).ss58)) for m in PLAN.miners
    }


async def finalized(client: Client, height: int) -> None:
    async with asyncio.timeout(120):
        while True:
            head = await client.rpc.request("chain_getFinalizedHead", [])
            if int((await client.rpc.request("chain_getHeader", [head]))["number"], 16) >= height:
                return
            await asyncio.sleep(1)


def version_of(network: Compose, node: str) -> int:
    """Spec version of the last final block of a node that publishes no port, asked from a miner's container."""
    code = f"""
import json, urllib.request
def ask(method, *params):
    body = json.dumps({{"jsonrpc": "2.0", "id": 1, "method": method, "params": params}}).encode()
    request = urllib.request.Request("http://{node}:9944", body, {{"Content-Type": "application/json"}})
    return json.load(urllib.request.urlopen(request, timeout=20))["result"]
print(ask("state_getRuntimeVersion", ask("chain_getFinalizedHead"))["specVersion"])
"""
    return int(network.inside("miner-1", code))


def test_up_again_finds_everything_done(network: Compose) -> None:
    network.up()
    wait("provisioning ended", lambda: not network.states()["provision"]["State"]["Running"], 60)
    assert network.states()["provision"]["State"]["ExitCode"] == 0
    assert (
        network("logs", "--tail", "1", "--no-log-prefix", "provision").strip()
        == "registered: all were before"
    )


def test_down_leaves_nothing(network: Compose) -> None:
    network.down()
    assert remains(f"com.docker.compose.project={network.project}") == []
