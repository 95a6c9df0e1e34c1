"""The validator daemon as its own process against the real dev node: registration, weights, kill -9, node gone."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from pathlib import Path

import pytest

from ganglion_validator.config import ValidatorConfig

from .processes import BOB, MINER, VALIDATOR, Network, cli, daemon, miner, seed_scores, validator

TOP = 65_535


async def prepare(network: Network, folder: Path) -> None:
    """A validator with a permit that knows the miner's work from before."""
    seed_scores(folder, {await network.key_of(MINER): 100.0})
    await network.register(VALIDATOR, BOB)
    await network.stake()


async def expected_row(network: Network) -> list[tuple[int, int]]:
    assert network.client is not None
    return [(await network.client.neurons.uid(1, MINER.ss58), TOP)]


async def test_the_life_of_a_validator(network: Network, tmp_path: Path):
    folder = tmp_path / "v"
    seed_scores(folder, {await network.key_of(MINER): 100.0})
    await network.stop()
    async with validator(network, folder) as running:
        # no node yet: it listens, says why it does not answer, and waits
        await running.listening()
        status, body = await running.get("/readyz")
        assert status == 503 and "chain" in body["reasons"]
        status, body = await running.chat()
        assert (status, body["error"]["code"]) == (503, "not_ready")
        assert "chain has not been reached" in body["error"]["message"]
        await network.start()

        # not registered: it prints the command that does it
        await network.until(lambda: "ganglion subnet register" in running.said(), blocks=False)
        line = next(one for one in running.said().splitlines() if "ganglion subnet register" in one)
        words = line.split()
        assert words[:4] == ["ganglion", "subnet", "register", "1"] and VALIDATOR.ss58 in words
        await cli(*words[1:], "--key", "//Bob", "--yes")

        # no permit yet: it says so once, however many blocks pass
        await network.until(lambda: running.events("weights_wait"))
        await network.blocks(5)
        await asyncio.sleep(1.0)
        assert [one["reason"] for one in running.events("weights_wait")] == ["no validator permit yet"]
        assert await network.open_commits() == []

        # with the permit: commits what its disk knows, reveals it an epoch later, without owning a nano
        await network.stake()
        (commit,) = await network.until(network.open_commits)
        row = await network.until(network.row)
        assert row == await expected_row(network)
        (revealed,) = running.events("weights_revealed")[:1]
        assert revealed["commitment"] == commit.commitment.hex()
        assert int((await network.client.balances.account(VALIDATOR.ss58)).free) == 0
        assert await running.end() == 0
    assert running.events("validator_stopped")


async def test_kill_9_between_commit_and_reveal(network: Network, tmp_path: Path):
    folder = tmp_path / "v"
    await prepare(network, folder)
    async with validator(network, folder) as running:
        (commit,) = await network.until(network.open_commits)
        assert await running.end(signal.SIGKILL) == -signal.SIGKILL
    assert running.events("weights_stored") and not running.events("weights_revealed")

    epoch = (await network.client.epochs.clock(1)).epoch
    while (await network.client.epochs.clock(1)).epoch < commit.reveal_epoch:
        await network.blocks(1)
    assert commit.reveal_epoch > epoch and await network.row() == []
    async with validator(network, folder) as again:
        # no more blocks: within this very epoch, from the stored salt
        row = await network.until(network.row, blocks=False)
    assert row == await expected_row(network)
    assert [one["commitment"] for one in again.events("weights_revealed")] == [commit.commitment.hex()]


async def test_the_node_is_gone_for_a_while(network: Network, tmp_path: Path):
    folder = tmp_path / "v"
    await prepare(network, folder)
    async with miner(network, tmp_path / "m"), validator(network, folder) as running:

        async def answers() -> bool:
            return (await running.chat())[0] == 200

        await running.listening()
        await network.until(answers)
        await network.until(network.row)
        await network.stop()
        for _ in range(8):  # users are served from the cached metagraph
            status, body = await running.chat()
            assert status == 200, body
            await asyncio.sleep(0.5)
        assert (await running.get("/readyz"))[0] == 200
        seen = len(running.events("weights_revealed"))

        await network.start()
        await network.until(lambda: len(running.events("weights_revealed")) > seen)
        assert (await running.chat())[0] == 200
        assert await running.end() == 0


async def test_a_port_in_use_is_a_usage_error(network: Network, tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        async with validator(network, tmp_path / "v", taken.getsockname()[1]) as running:
            assert await asyncio.wait_for(running.process.wait(), 60) == 2
    assert "in use" in running.said() and "--gateway-port" in running.said()


async def test_two_processes_of_one_hotkey(network: Network, tmp_path: Path):
    folder = tmp_path / "v"
    async with validator(network, folder) as first:
        await first.listening()
        async with validator(network, folder) as second:
            assert await asyncio.wait_for(second.process.wait(), 60) == 2
        assert "another validator works with" in second.said()
        assert (await first.get("/healthz"))[0] == 200


@pytest.mark.parametrize(
    ("flags", "said", "code"),
    [
        ({"--hotkey": "/nowhere/hotkey.json"}, "no hotkey file at /nowhere/hotkey.json", 1),
        ({"--gateway-host": "0.0.0.0"}, "needs API keys", 2),
        ({"--audit-rate": "2"}, "audit_rate: Input should be less than or equal to 1", 2),
        ({"--network": "atlantis"}, "unknown network 'atlantis'", 2),
    ],
)
async def test_settings_that_cannot_be(tmp_path: Path, flags: dict[str, str], said: str, code: int):
    settings = {"--hotkey": "//v-hot", "--rpc": "ws://127.0.0.1:9", "--gateway-port": 0} | flags
    async with daemon("ganglion_validator", tmp_path, 0, settings) as running:
        assert await asyncio.wait_for(running.process.wait(), 60) == code
    assert said in running.said() and "Traceback" not in running.said()


async def test_help_names_every_setting():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ganglion_validator", "--help", stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    for name in ValidatorConfig.model_fields:
        assert f"--{name.replace('_', '-')}" in out.decode()
