"""kill -9 of the chain, of each miner and of each validator in turn, while requests flow: all come back, and no
score, stake or unit of balance is lost."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from ganglion import Balance, Client
from ganglion.keys import Keypair
from ganglion.metagraph import Metagraph

from .running import RunningDevnet, is_alive, kill, start, stop

pytestmark = pytest.mark.e2e
NETUID = 1
BACK_SECONDS = 60
QUESTION = {
    "model": "ganglion-tiny",
    "max_tokens": 16,
    "messages": [{"role": "user", "content": "What is a file?"}],
}


@pytest.fixture(scope="module")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDevnet]:
    folder = tmp_path_factory.mktemp("devnet")
    running = start(folder / "net", folder / "log")
    pids = dict(running.status()["processes"])
    yield running
    pids |= running.status()["processes"]
    stop(running)
    assert not [name for name, pid in pids.items() if is_alive(pid)], "processes were left behind"
    assert not (folder / "net").exists(), "the folder was left behind"


class Traffic(threading.Thread):
    """Asks all gateways, one after the other, until told to stop."""

    def __init__(self, gateways: list[str]) -> None:
        super().__init__(daemon=True)
        self.gateways = gateways
        self.stopping = threading.Event()
        self.answered = 0
        self.refused: list[str] = []
        self.slowest = 0.0

    def run(self) -> None:
        with requests.Session() as client:
            while not self.stopping.is_set():
                for gateway in self.gateways:
                    self._ask(client, gateway)

    def _ask(self, client: requests.Session, gateway: str) -> None:
        began = time.monotonic()
        try:
            answer = client.post(f"{gateway}/chat/completions", json=QUESTION, timeout=60)
        except requests.RequestException as error:  # the gateway itself is dead
            self.refused.append(type(error).__name__)
            time.sleep(0.2)
            return
        finally:
            self.slowest = max(self.slowest, time.monotonic() - began)
        if answer.status_code == 200:
            assert answer.json()["x_ganglion"]["receipt"]
            self.answered += 1
        else:
            self.refused.append(answer.json()["error"]["code"])


@pytest.fixture(scope="module")
def traffic(devnet: RunningDevnet) -> Iterator[Traffic]:
    running = Traffic(devnet.gateways)
    running.start()
    yield running
    running.stopping.set()
    running.join(60)


def revive(devnet: RunningDevnet, name: str, url: str) -> None:
    """kill -9 a daemon and wait until its successor is ready."""
    old = devnet.pid(name)
    kill(old)
    devnet.wait(f"{name} is started again", lambda: devnet.pid(name) != old, BACK_SECONDS)
    devnet.wait(
        f"{name} is ready", lambda: requests.get(f"{url}/readyz", timeout=5).status_code == 200, BACK_SECONDS
    )


def answered_after(devnet: RunningDevnet, traffic: Traffic) -> None:
    """Requests are answered again."""
    before = traffic.answered
    devnet.wait("requests are answered", lambda: traffic.answered >= before + 4, BACK_SECONDS)


async def accounts_and_issuance(client: Client) -> tuple[int, int]:
    """Sum of all accounts, and the total issuance, at one block."""
    at = await client.at()
    accounts = await at.query_map("System", "Account")
    total = sum(account["data"]["free"] + account["data"]["reserved"] for _, account in accounts)
    return total, int(await at.query("Balances", "TotalIssuance"))


def uid_of(metagraph: Metagraph, name: str) -> int:
    """Slot of a participant."""
    uid = metagraph.uid_of(Keypair.from_uri(f"//devnet//{name}//hotkey").ss58)
    assert uid is not None
    return uid


async def facts(devnet: RunningDevnet) -> dict:
    """What must survive."""
    async with Client(devnet.rpc) as client:
        total, issuance = await accounts_and_issuance(client)
        metagraph = await client.metagraph(NETUID)
        return {
            "conserved": total == issuance,
            "stake": [int(one) for one in metagraph.stake],
            "user": await client.balances.free(Keypair.from_uri("//devnet//user").ss58),
            "height": await client.chain.height(),
            "hash": await client.chain.hash(),
            "epoch": metagraph.epoch,
            "committed": [int(metagraph.last_update[uid_of(metagraph, f"validator-{n}")]) for n in (1, 2)],
        }


def scores(devnet: RunningDevnet, name: str) -> dict[str, float]:
    """Scores on a validator's disk."""
    (path,) = Path(devnet.folder / "data" / name).glob("*.sqlite")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        assert db.execute("PRAGMA quick_check").fetchone() == ("ok",)
        return dict(db.execute("SELECT hotkey, score FROM scores"))


def test_daemons_are_forked_from_one_process_without_threads(devnet: RunningDevnet) -> None:
    parents = {parent_of(pid) for name, pid in devnet.status()["processes"].items() if name != "chain"}
    assert len(parents) == 1
    assert len(list(Path(f"/proc/{parents.pop()}/task").iterdir())) == 1


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def test_the_chain_comes_back_with_every_block(devnet: RunningDevnet, traffic: Traffic) -> None:
    before = asyncio.run(facts(devnet))
    old = devnet.pid("chain")
    kill(old)
    devnet.wait("the chain is started again", lambda: devnet.pid("chain") != old, BACK_SECONDS)
    devnet.wait("blocks are made", lambda: asyncio.run(height(devnet)) > before["height"] + 2, BACK_SECONDS)
    assert asyncio.run(hash_at(devnet, before["height"])) == before["hash"]
    after = asyncio.run(facts(devnet))
    assert before["conserved"] and after["conserved"]
    assert after["user"] == before["user"] == Balance.from_gng(10_000)
    assert all(now >= then for now, then in zip(after["stake"], before["stake"], strict=True))
    answered_after(devnet, traffic)


async def height(devnet: RunningDevnet) -> int:
    try:
        async with Client(devnet.rpc) as client:
            return await client.chain.height()
    except Exception:
        return 0


async def hash_at(devnet: RunningDevnet, number: int) -> str:
    async with Client(devnet.rpc) as client:
        return await client.chain.hash(number)


@pytest.mark.parametrize("name", ["miner-1", "miner-2", "miner-3", "miner-4"])
def test_a_miner_comes_back(devnet: RunningDevnet, traffic: Traffic, name: str) -> None:
    revive(devnet, name, asyncio.run(endpoint(devnet, name)))
    answered_after(devnet, traffic)


async def endpoint(devnet: RunningDevnet, name: str) -> str:
    async with Client(devnet.rpc) as client:
        metagraph = await client.metagraph(NETUID)
        found = metagraph.endpoint(uid_of(metagraph, name))
        assert found is not None
        return found.url


@pytest.mark.parametrize("number", [1, 2])
def test_a_validator_comes_back_with_its_scores(devnet: RunningDevnet, traffic: Traffic, number: int) -> None:
    name = f"validator-{number}"
    before = scores(devnet, name)
    assert any(score > 0 for score in before.values())
    revive(devnet, name, devnet.gateways[number - 1].removesuffix("/v1"))
    after = scores(devnet, name)
    assert set(before) <= set(after)
    assert all(after[hotkey] > 0 for hotkey, score in before.items() if score > 0)
    answered_after(devnet, traffic)


def test_weights_go_on_and_nothing_is_lost(devnet: RunningDevnet, traffic: Traffic) -> None:
    before = asyncio.run(facts(devnet))
    devnet.wait("an epoch ends", lambda: asyncio.run(facts(devnet))["epoch"] > before["epoch"], 60)
    devnet.wait(
        "both validators commit again",
        lambda: all(at > before["height"] for at in asyncio.run(facts(devnet))["committed"]),
        60,
    )
    after = asyncio.run(facts(devnet))
    assert after["conserved"]
    assert after["user"] == Balance.from_gng(10_000)
    assert traffic.slowest < 60, "a request hung"
    assert set(traffic.refused) <= {
        "ConnectionError",
        "ChunkedEncodingError",
        "not_ready",
        "engine_unavailable",
    }
