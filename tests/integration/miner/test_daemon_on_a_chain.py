"""The miner daemon as its own process against the real dev node: registration, endpoint, requests, kill -9,
node gone.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession

from ganglion.balance import Balance
from ganglion.client import Client
from ganglion.keys import Keypair
from ganglion.model.loading import resolve_model
from ganglion.model.profile import read_profile
from ganglion.peer import Peer, PeerClient, PeerRefused
from ganglion.protocol.acceptances import PATH as ACCEPTED
from ganglion.protocol.acceptances import acceptances_body, receipt_path
from ganglion.protocol.endpoints import dial_target
from ganglion.protocol.identity import random_identity
from ganglion.protocol.receipts import Kind, accept_receipt
from ganglion_devnode import DevNode, NodeConfig
from ganglion_miner.receipt_store import ReceiptStore

NETUID = 1
ALICE, BOB, MINER, VALIDATOR = (Keypair.from_uri(f"//{n}") for n in ("Alice", "Bob", "m-hot", "v-hot"))
CHAT = {"model": "ganglion-tiny", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 8}
READY = 90.0


@pytest.fixture
async def node() -> AsyncIterator[DevNode]:
    made = await DevNode.start(NodeConfig(sealing="instant", rpc_port=0))
    yield made
    await made.stop()


@pytest.fixture
async def client(node: DevNode) -> AsyncIterator[Client]:
    """A chain with one active subnet whose validator has a permit; the miner is not registered yet."""
    async with Client(node.url) as made:
        lock = await made.subnets.lock_price()
        await made.subnets.create(VALIDATOR.ss58, int(lock) * 2).submit(ALICE)
        await made.subnets.start(NETUID).submit(ALICE)
        await made.system.sudo(made.subnets.activate(NETUID)).submit(ALICE)
        await made.staking.add_stake(VALIDATOR.ss58, NETUID, int(Balance.parse("100 GNG"))).submit(ALICE)
        subnet = await made.subnets.require(NETUID)
        for _ in range(2 * int(subnet.hyperparameters["tempo"]) + 2):
            await node.chain.new_block()
        yield made


class Process:
    """A daemon in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, folder: Path) -> None:
        self.process, self.port, self.folder = process, port, folder

    async def log(self) -> list[dict[str, Any]]:
        path = self.folder / "miner.log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    async def ready(self, wanted: int = 200) -> dict[str, Any]:
        async with asyncio.timeout(READY), ClientSession() as session:
            while True:
                assert self.process.returncode is None, await self.log()
                try:
                    async with session.get(f"http://127.0.0.1:{self.port}/readyz") as response:
                        body = await response.json()
                        if response.status == wanted and (wanted == 200 or "model" not in body["reasons"]):
                            return body
                except ClientError:
                    pass
                await asyncio.sleep(0.1)

    async def end(self, number: int = signal.SIGTERM) -> int:
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), 30)


@asynccontextmanager
async def daemon(url: str, folder: Path, port: int, *more: tuple[str, Any]) -> AsyncIterator[Process]:
    flags = {
        "--rpc": url,
        "--netuid": NETUID,
        "--hotkey": "//m-hot",
        "--host": "127.0.0.1",
        "--port": port,
        "--data-dir": folder,
        "--log-file": folder / "miner.log",
        "--metagraph-interval": 0.3,
        "--registration-poll": 0.2,
        **dict(more),
    }
    arguments = [str(part) for pair in flags.items() for part in pair]
    with (folder / "stderr").open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ganglion_miner",
            *arguments,
            stderr=stderr,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
    running = Process(process, port, folder)
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def peer(port: int) -> Peer:
    return Peer(MINER.ss58, dial_target(family=4, ip=0x7F000001, port=port, allow_private=True))


async def register(client: Client) -> None:
    price = int(await client.subnets.registration_price(NETUID))
    await client.neurons.register(NETUID, MINER.ss58, price * 2).submit(BOB)


async def test_the_life_of_a_miner(node: DevNode, client: Client, tmp_path: Path):
    port = free_port()
    network = bytes.fromhex((await client.chain.genesis())[2:])
    async with PeerClient(VALIDATOR, network) as gateway:
        async with daemon(node.url, tmp_path, port) as miner:
            # not registered: it says what to run, and waits
            reasons = (await miner.ready(503))["reasons"]
            assert set(reasons) == {"registration"}
            command = printed_command(tmp_path / "stderr")
            assert command[:3] == ["ganglion", "subnet", "register"] and MINER.ss58 in command
            with pytest.raises(PeerRefused, match="not registered"):
                await gateway.complete(peer(port), Kind.CHAT, CHAT, random_identity())

            # registered with that very command: it serves its endpoint on chain, free of charge, and answers
            await run_cli([*command[1:], "--key", "//Bob", "--yes"])
            await miner.ready()
            endpoint = await published(client)
            assert (str(endpoint.ip), endpoint.port) == ("127.0.0.1", port)
            assert int((await client.balances.account(MINER.ss58)).free) == 0, "the hotkey holds nothing"
            done = await gateway.complete(peer(port), Kind.CHAT, CHAT, random_identity())
            assert done.answer.receipt.receipt.miner == MINER.public_key

            # someone without a permit is told so
            async with PeerClient(BOB, network) as stranger:
                with pytest.raises(PeerRefused) as caught:
                    await stranger.complete(peer(port), Kind.CHAT, CHAT, random_identity())
            assert (caught.value.status, caught.value.code) == (403, "not_registered")

            # the node goes away: it serves on from the cached metagraph
            blocks = await client.chain.height()
            await node.stop()
            await asyncio.sleep(1.0)
            await gateway.complete(peer(port), Kind.CHAT, CHAT, random_identity())
            assert await miner.end(signal.SIGKILL) == -signal.SIGKILL
        assert blocks > 0
    store = ReceiptStore(tmp_path / f"receipts-{MINER.ss58}.sqlite")
    assert store.count() == 2, "kill -9 loses no receipt"
    store.close()


async def test_an_answer_is_accepted_anchored_and_proven(node: DevNode, client: Client, tmp_path: Path):
    """From the answer to the proof of who wrote it, with which weights, when: chain, miner, file, command."""
    await register(client)
    profile = read_profile(resolve_model("ganglion-tiny"))
    await client.models.register(profile.spec, profile.name, profile.licence).submit(ALICE)
    port, path = free_port(), tmp_path / "receipt.json"
    network = bytes.fromhex((await client.chain.genesis())[2:])
    async with (
        daemon(node.url, tmp_path, port, ("--anchor-every", 1.0)) as miner,
        PeerClient(VALIDATOR, network) as gateway,
    ):
        await miner.ready()
        done = await gateway.complete(peer(port), Kind.CHAT, CHAT, random_identity())
        signed = done.answer.receipt
        digest, acceptance = signed.digest(), accept_receipt(VALIDATOR, signed)
        reply = await gateway.post(peer(port), ACCEPTED, acceptances_body([(digest, acceptance)]))
        assert reply.json() == {"kept": 1, "unknown": [], "refused": []}
        kept = await anchored(gateway, port, digest)
    assert [base64.b64decode(leaf) for leaf in kept["trace"]] == list(done.answer.leaves) != []
    terms = done.answer.terms
    shown = {**kept, "token_ids": list(done.answer.token_ids), "sampling": terms.to_json()}
    shown["text"] = done.body["choices"][0]["message"]["content"]
    path.write_text(json.dumps(shown))
    request = tmp_path / "request.json"
    request.write_text(json.dumps(CHAT))
    flags = ["--chain", node.url, "--replay", "ganglion-tiny", "--request", str(request), "--json"]
    out = json.loads(await run_cli(["receipt", "verify", str(path), *flags]))
    outcomes = {check["name"]: check["outcome"] for check in out["checks"]}
    assert set(outcomes) == {
        "miner", "acceptance", "receipt", "prompt", "answer", "sampling", "activations", "anchor proof",
        "network", "weights", "anchor", "replay", "text",
    }  # fmt: skip
    assert set(outcomes.values()) == {"ok"}, out
    assert out["facts"]["miner"] == MINER.ss58 and out["facts"]["requester"] == VALIDATOR.ss58
    path.write_text(json.dumps(shown | {"text": "Something that it never said."}))
    lie = json.loads(await run_cli(["receipt", "verify", str(path), *flags], code=4))
    assert [check["name"] for check in lie["checks"] if check["outcome"] == "failed"] == ["text"]


async def anchored(gateway: PeerClient, port: int, digest: bytes) -> dict[str, Any]:
    """What the miner keeps of an answer, once it is in a batch on chain."""
    async with asyncio.timeout(60):
        while True:
            kept = (await gateway.get(peer(port), receipt_path(digest))).json()
            if "inclusion" in kept:
                return kept
            await asyncio.sleep(0.5)


async def test_restart_publishes_only_what_changed_and_ends_cleanly(
    node: DevNode, client: Client, tmp_path: Path
):
    await register(client)
    port = free_port()
    for _ in range(2):
        async with daemon(node.url, tmp_path, port) as miner:
            await miner.ready()
            await published(client)
            await asyncio.sleep(0.5)
            assert await miner.end() == 0
            log = await miner.log()
    events = [line["event"] for line in log]
    assert events.count("endpoint_published") == 1, "the second start found its endpoint on chain"
    assert events.count("miner_stopped") == 2


async def test_port_in_use_exits_with_a_usage_error(node: DevNode, tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        async with daemon(node.url, tmp_path, taken.getsockname()[1]) as miner:
            assert await asyncio.wait_for(miner.process.wait(), 60) == 2
    said = (tmp_path / "stderr").read_text()
    assert "in use" in said and "--port" in said


def printed_command(stderr: Path) -> list[str]:
    """What the daemon told its operator to run."""
    lines = [line.split() for line in stderr.read_text().splitlines()]
    return next(words for words in lines if words[:1] == ["ganglion"])


async def run_cli(arguments: list[str], code: int = 0) -> str:
    """Run `ganglion` as a user would; what it printed as its result."""
    run = "import sys; from ganglion.cli import main; sys.exit(main())"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", run, *arguments, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 240)
    assert process.returncode == code, out
    return out.decode()


async def published(client: Client) -> Any:
    """The miner's endpoint on chain, once it is there."""
    async with asyncio.timeout(30):
        while (endpoint := await client.neurons.endpoint(NETUID, MINER.ss58)) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return endpoint
