"""`ganglion chat --private` on a whole network: a marker in the question and the answer itself are searched for in
every packet, block, database, log and temporary file of everybody.
"""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ganglion.peer import Peer, PeerClient
from ganglion.protocol.endpoints import dial_target
from ganglion.protocol.identity import random_identity
from ganglion.protocol.receipt_checks import check_file
from ganglion.protocol.receipt_file import read_receipt_file
from ganglion.protocol.receipts import Kind
from ganglion.protocol.sealed import SealingKey

from ..validator.processes import BOB, MINER, NETUID, VALIDATOR, Daemon, Network, daemon, free_port, validator
from .capture import Tap, chain_bytes, files_with, forms_of_ids, forms_of_text

MARKER = "Quetzalcoatlus 7c1f-marker"
CONTROL = "Pterodactylus 9e2b-control"
LEAST_STAKE = 10**9
PREFIX = 12  # token ids of a text that are looked for


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[Network]:
    made = Network(tmp_path / "chain")
    await made.start()
    await made.create_subnet()
    await made.register(VALIDATOR, BOB)
    await made.stake()
    yield made
    await made.stop()


def miner(rpc: int, folder: Path, port: int, advertised: int) -> Any:
    """A miner that is reached through the tap, and reaches the chain through one."""
    own = {
        "--rpc": f"ws://127.0.0.1:{rpc}",
        "--hotkey": "//m-hot",
        "--host": "127.0.0.1",
        "--port": port,
        "--advertise-port": advertised,
        "--min-requester-stake": LEAST_STAKE,
        "--metagraph-interval": 0.3,
        "--registration-poll": 0.2,
        "--log-level": "debug",
    }
    return daemon("ganglion_miner", folder, port, own)


async def chat(folder: Path, *words: str) -> tuple[int, str, str]:
    """`ganglion chat` in a process of its own, as a user runs it."""
    os.makedirs(folder, exist_ok=True)
    code = "import sys; from ganglion.cli import main; sys.exit(main())"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        "chat",
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"TMPDIR": str(folder), "HOME": str(folder)},
    )
    out, err = await asyncio.wait_for(process.communicate(), 120)
    return process.returncode or 0, out.decode(), err.decode()


async def ready(network: Network, server: Daemon) -> SealingKey:
    """The key that the chain shows once the miner answers."""

    async def found() -> Any:
        assert server.process.returncode is None, server.said()
        endpoint = await network.client.neurons.endpoint(NETUID, MINER.ss58)
        return endpoint.keys[0].data if endpoint is not None and endpoint.keys else None

    return SealingKey.decode(await network.until(found))


async def open_request(network: Network, port: int) -> None:
    """The same request without a seal, to show that the tap would have seen it."""
    genesis = bytes.fromhex((await network.client.chain.genesis())[2:])
    body = {"model": "ganglion-tiny", "messages": [{"role": "user", "content": CONTROL}], "max_tokens": 8}
    async with PeerClient(BOB, genesis) as client:
        target = dial_target(family=4, ip=0x7F000001, port=port, allow_private=True)
        await client.complete(Peer(MINER.ss58, target), Kind.CHAT, body, random_identity())


async def test_nobody_but_requester_and_miner_learns_a_private_prompt(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    user, evidence, port = tmp_path / "user", tmp_path / "user" / "answer.json", free_port()
    async with Tap(network.port) as rpc, Tap(port) as wire:
        async with (
            miner(rpc.port, tmp_path / "miner", port, wire.port) as server,
            validator(network, tmp_path / "validator") as judge,
        ):
            published = await ready(network, server)
            await judge.listening()
            code, out, err = await chat(
                user, "--private", "--json", "--key", "//Bob", "--rpc", f"ws://127.0.0.1:{rpc.port}",
                "--max-tokens", "48", "--audit", "ganglion-tiny", "--receipt", str(evidence), MARKER,
            )  # fmt: skip
            assert code == 0, err
            await open_request(network, wire.port)
            await network.blocks(25)  # two epochs, in which the validator commits what it saw
            await asyncio.sleep(1.0)
            chain = await chain_bytes(network.client)
            assert await server.end() == 0
            await judge.end()

    said, opened = json.loads(out), json.loads(evidence.read_text())
    assert said["x_ganglion"]["audit"]["outcome"] == "passed" and len(said["text"]) > 20
    assert said["x_ganglion"]["accepted"], err
    checks = {check.name: check.outcome for check in check_file(read_receipt_file(evidence))}
    assert checks.pop("anchor proof") == "not shown" and set(checks.values()) == {"ok"}, checks
    assert said["x_ganglion"]["sealing_key"] == published.key_id.hex()
    assert stat.S_IMODE(evidence.stat().st_mode) == 0o600

    forms = forms_of_text(MARKER) | {f"answer {k}": v for k, v in forms_of_text(said["text"][:40]).items()}
    marked = opened["prompt_ids"][-PREFIX:]
    forms |= {f"prompt {k}": v for k, v in forms_of_ids(marked).items()}
    forms |= {f"answer {k}": v for k, v in forms_of_ids(opened["token_ids"][:PREFIX]).items()}
    places = {"between requester and miner": wire.seen, "to the chain": rpc.seen, "on chain": chain}
    found = [
        f"{where} ({name})" for where, raw in places.items() for name, form in forms.items() if form in raw
    ]
    for folder in ("chain", "validator", "miner", "tmp"):
        found += files_with(tmp_path / folder, forms)
    assert found == []

    # the search does find what is there: an open request on the wire, the requester's own file, the key on chain
    assert forms_of_text(CONTROL)["utf-8"] in wire.seen
    assert list(files_with(user, forms_of_ids(marked)))
    assert published.encode() in chain and published.public.hex().encode() in rpc.seen
    assert len(chain) > 10_000 and len(rpc.seen) > 10_000
    lines = (tmp_path / "miner" / "log").read_text().splitlines()
    assert any("sealing_key_made" in line for line in lines)


async def test_who_may_not_ask_is_told_before_anything_is_sealed(network: Network, tmp_path: Path):
    port = free_port()
    async with Tap(port) as wire, miner(network.port, tmp_path / "miner", port, wire.port) as server:
        await ready(network, server)
        rpc = ("--rpc", network.url)
        code, _, err = await chat(tmp_path / "user", "--private", "--key", "//Dave", *rpc, MARKER)
        assert code == 4 and "nano of stake" in err, err
        assert b"/v1/sealed" not in wire.seen and b"/v1/models" in wire.seen
        code, _, err = await chat(
            tmp_path / "user", "--private", "--key", "//Bob", "--miner", "7", *rpc, MARKER
        )
        assert code == 4 and "no uid 7" in err, err
