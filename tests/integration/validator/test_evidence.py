"""Two daemons and a real chain: audits become verdicts, verdicts evidence, the chain's own function makes weights
of it, and after the reveal anybody can check what was found; users' receipts become final.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ganglion.balance import Balance
from ganglion.disputes.collecting import collect
from ganglion.keys import Keypair
from ganglion.model.loading import bundled_model_path, load_causal_lm, stop_token_ids
from ganglion.model.profile import read_profile
from ganglion.protocol.dispute_evidence import Evidence
from ganglion.protocol.identity import Identity, audit_identity
from ganglion.protocol.merkle import Proof, verify_proof
from ganglion.protocol.receipt_file import read_receipt_file
from ganglion.protocol.receipts import SignedReceipt, verify_receipt
from ganglion.protocol.sampling import SamplingParams
from ganglion.protocol.verdicts import secret_hash
from ganglion.verification.replay import Verifier
from ganglion.verification.rules import Claim

from .processes import ALICE, BOB, CHARLIE, MINER, NETUID, VALIDATOR, Network, free_port, miner, validator

COUNTERS = 20_000


async def prepare(network: Network) -> bytes:
    """A subnet whose weights rest on evidence, its model's profile registered and declared; the profile's hash."""
    client, read = network.client, read_profile(bundled_model_path())
    assert client is not None
    await network.register(VALIDATOR, BOB)
    await network.stake()
    await client.staking.add_stake(MINER.ss58, NETUID, int(Balance.parse("5 GNG"))).submit(CHARLIE)
    await client.models.register(read.spec, read.name, read.licence).submit(ALICE)
    terms = await client.models.terms()
    for hotkey, role, key in ((VALIDATOR, "audit", BOB), (MINER, "serve", CHARLIE)):
        bond = terms.least_bond(role)
        await client.models.declare(NETUID, hotkey.ss58, read.digest(), role, bond).submit(key)
    await client.subnets.set_hyperparameters(NETUID, {"verdicts_on": True, "tempo": 20}).submit(ALICE)
    return read.digest()


async def all_verdicts(running: Any, epoch: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Every page of an epoch."""
    found: list[dict[str, Any]] = []
    while True:
        status, page = await running.get(f"/ganglion/v1/audits/{epoch}?offset={len(found)}")
        assert status == 200, page
        found += page["verdicts"]
        if len(found) == page["leaves"]:
            return page, found


async def test_from_an_audit_to_weights_and_to_what_anybody_can_check(network: Network, tmp_path: Path):
    profile = await prepare(network)
    client = network.client
    flags = {
        "--anchor-every": 1,
        "--round-interval": 0.5,
        "--round-window": 0.5,
        "--background-interval": 0.2,
    }
    async with miner(network, tmp_path / "m"), validator(network, tmp_path / "v", **flags) as running:

        async def answered() -> Any:
            status, body = await running.chat()
            return body if status == 200 else None

        await running.listening()
        body = await network.until(answered)
        assert body["x_ganglion"]["finalized"] is False

        # the chain holds weights that its own function made of the published rows
        row = await network.until(network.row)
        assert row == [(await client.neurons.uid(NETUID, MINER.ss58), 65_535)]
        told = await network.until(lambda: epochs_of(running))
        filed = (await client.audits.filed(NETUID, told[0]))[VALIDATOR.ss58]
        page, verdicts = await all_verdicts(running, told[0])
        assert (bytes.fromhex(page["root"]), page["leaves"]) == (filed.root, filed.leaves)
        assert bytes.fromhex(page["secret"]) == filed.secret

        # anybody can check them: they stand under the root on chain, the secret shows which were its own, and what
        # is opened gives the same verdict again
        own = {audit_identity(filed.secret, n).request_id.hex() for n in range(COUNTERS)}
        for one in verdicts:
            proof = Proof(one["index"], page["leaves"], tuple(map(bytes.fromhex, one["proof"])))
            assert verify_proof(filed.root, bytes.fromhex(one["leaf"]), proof)
            signed = SignedReceipt.from_text(one["opening"]["receipt"])
            assert verify_receipt(signed).profile == profile and one["outcome"] == "passed"
        assert any(one["request_id"] in own for one in verdicts)
        read = await collect(client, f"http://127.0.0.1:{running.port}", NETUID, told[0])
        assert (read.flaws, read.filing.withheld, len(read.filing.verdicts)) == ((), 0, filed.leaves)
        assert read.filing.rows is not None and filed.author == VALIDATOR.ss58
        opened = [one for one in verdicts if "prompt_ids" in one["opening"]][:4]
        genesis = bytes.fromhex((await client.chain.genesis()).removeprefix("0x"))
        again = Verifier("ganglion-tiny").verify([claim_of(one, genesis) for one in opened])
        assert opened and all(verdict.ok for verdict in again), again

        # secrets are a chain: what was announced is what comes next
        later = await network.until(lambda: epochs_of(running, 2))
        second = (await client.audits.filed(NETUID, later[1]))[VALIDATOR.ss58]
        announced = await client.audits.announced(NETUID, VALIDATOR.ss58)
        assert second.secret != filed.secret and announced is not None
        assert (
            await collect(client, f"http://127.0.0.1:{running.port}", NETUID, later[1], back=32)
        ).flaws == ()

        # the user's receipt is on chain and becomes final
        path = f"/ganglion/v1/receipts/{body['x_ganglion']['request_id']}"

        async def final() -> Any:
            _, found = await running.get(path)
            return found if found["x_ganglion"]["finalized"] else None

        found = await network.until(final)
        assert found["inclusion"]["leaves"] >= 1 and found["x_ganglion"]["disputed"] is False
        assert await running.end() == 0


async def test_kill_9_breaks_no_chain_of_secrets(network: Network, tmp_path: Path):
    await prepare(network)
    client, folder = network.client, tmp_path / "v"
    flags = {"--round-interval": 0.5, "--round-window": 0.5, "--background-interval": 0.2}
    async with miner(network, tmp_path / "m"):
        async with validator(network, folder, **flags) as running:
            await network.until(network.open_commits)
            assert await running.end(signal.SIGKILL) == -signal.SIGKILL
        async with validator(network, folder, **flags) as running:
            # An epoch is shorter here than a start takes; the second start writes to the same log.
            await network.until(lambda: len(running.events("model_loaded")) == 2, blocks=False)
            epochs = await network.until(lambda: epochs_of(running, 2))
            secrets = [(await client.audits.filed(NETUID, epoch))[VALIDATOR.ss58].secret for epoch in epochs]
            assert len(set(secrets)) == len(secrets)
            announced = {secret_hash(secret) for secret in secrets}
            assert await client.audits.announced(NETUID, VALIDATOR.ss58) not in announced
            assert running.events("weights_missed") == []


async def epochs_of(running: Any, least: int = 1) -> list[int]:
    """Epochs whose verdicts can be read, empty until there are so many."""
    try:
        _, found = await running.get("/ganglion/v1/audits")
    except OSError:
        return []
    return found["epochs"] if len(found["epochs"]) >= least else []


def claim_of(one: dict[str, Any], genesis: bytes) -> Claim:
    """What a stranger makes of an opening."""
    opening = one["opening"]
    receipt = SignedReceipt.from_text(opening["receipt"]).receipt
    identity = Identity(receipt.request_id, receipt.nonce)
    return Claim(
        prompt_ids=tuple(opening["prompt_ids"]),
        output_ids=tuple(opening["token_ids"]),
        seed=identity.seed(genesis=genesis, miner=receipt.miner, profile=receipt.profile),
        sampling=SamplingParams(**opening["sampling"]),
        finish_reason=receipt.finish.name.lower(),
        max_tokens=opening["max_tokens"],
        stop_token_ids=stop_token_ids(load_causal_lm(bundled_model_path())),
        stops=tuple(opening["stops"]),
        leaves=tuple(map(b64decode, opening["leaves"])),
        trace_root=receipt.trace,
    )


GARBAGE = """
import asyncio, json, sys
from ganglion.devnet.garbage_miner import run
from ganglion_miner.config import MinerConfig
asyncio.run(run(MinerConfig(**json.loads(sys.argv[1]))))
"""


@asynccontextmanager
async def garbage_miner(network: Network, folder: Path) -> AsyncIterator[None]:
    """A miner that answers with random tokens, in a process of its own."""
    os.makedirs(folder)
    options = {
        "rpc": [network.url],
        "netuid": NETUID,
        "hotkey": "//m-hot",
        "host": "127.0.0.1",
        "port": free_port(),
        "data_dir": str(folder),
        "metagraph_interval": 0.3,
        "registration_poll": 0.2,
    }
    with (folder / "out").open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", GARBAGE, json.dumps(options), stdout=sink, stderr=sink
        )
    try:
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_lie_is_kept_and_accused_by_the_operators_account(network_of_today: Network, tmp_path: Path):
    network = network_of_today
    await prepare(network)
    client, folder = network.client, tmp_path / "v"
    flags = {"--accuser-key": "//Dave", "--round-interval": 0.5, "--round-window": 0.5}
    async with garbage_miner(network, tmp_path / "m"), validator(network, folder, **flags) as running:

        async def accused() -> Any:
            return list(await client.disputes.open()) or list(await client.disputes.ended())

        (dispute, *_) = await network.until(accused, tick=1.0)
        assert dispute.accused == MINER.ss58 and dispute.challenger == Keypair.from_uri("//Dave").ss58
        (kept, *_) = folder.glob("*.evidence/*.json")
        assert dispute.subject == Evidence.of_file(read_receipt_file(kept)).subject(NETUID)
        assert (await running.chat())[0] in (200, 503)
        told = await network.until(lambda: running.events("accused"))
        assert "in block" in told[0]["outcome"]
        assert await running.end() == 0
