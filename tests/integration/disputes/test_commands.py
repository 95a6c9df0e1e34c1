"""The commands from a receipt's file to the end of a dispute, and what a daemon does by itself."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from ganglion.cli import main
from ganglion.config import NetworkConfig
from ganglion.daemon.disputes import play_disputes
from ganglion.pallets.disputes import Stage
from ganglion.protocol.receipt_file import ReceiptFile, write_receipt_file

from .support import CHALLENGER, MINER, Network, honest_tokens

DAVE, HOTKEY, AUDITS = "//Dave", "//Bob//miner", "//Alice//owner"


class Commands:
    """Command lines, each in a thread with a loop of its own."""

    def __init__(self, network: Network, capsys: pytest.CaptureFixture[str]) -> None:
        self._url, self._capsys = network.chain.node.url, capsys

    async def run(self, *argv: object, code: int = 0, noun: str = "dispute") -> Any:
        self._capsys.readouterr()
        line = [noun, *(str(one) for one in argv), "--rpc", self._url]
        found = await asyncio.to_thread(main, line)
        said = self._capsys.readouterr()
        assert found == code, said.err
        return json.loads(said.out) if "--json" in argv else said

    async def send(self, key: str, *argv: object, code: int = 0) -> Any:
        return await self.run(*argv, "--key", key, "--yes", code=code)


@pytest.fixture
def commands(
    network: Network, capsys: pytest.CaptureFixture[str], monkeypatch: Any, tmp_path: Path
) -> Commands:
    monkeypatch.setenv("GANGLION_HOME", str(tmp_path))
    return Commands(network, capsys)


async def receipt_file(
    network: Network, path: Path, output: tuple[int, ...], *, leaves: bool = False
) -> Path:
    said = await network.answer(output, leaves=leaves)
    shown = ReceiptFile(
        said.signed,
        prompt_ids=said.prompt_ids,
        token_ids=said.output_ids,
        sampling=said.terms,
        leaves=said.leaves or None,
    )
    write_receipt_file(path, shown)
    return path


async def test_a_liar_who_has_the_model_confesses(
    network: Network, model: Path, commands: Commands, tmp_path: Path
):
    file = await receipt_file(network, tmp_path / "receipt.json", (5, 6, 7, 8))
    netuid = ("--netuid", network.netuid)
    refused = await commands.send(DAVE, "open", file, *netuid, code=2)
    assert "which token" in refused.err
    await commands.send(DAVE, "open", file, *netuid, "--model", model)
    (shown,) = await commands.run("list", "--json")
    assert shown["accused"] == MINER.ss58 and shown["claim"]["kind"] == "Margin"
    facts = await commands.run("show", 0, "--json")
    assert facts["stage"] == "Answering" and facts["awaited"] == [MINER.ss58]
    await commands.send(AUDITS, "vote", 0, "accused", code=3)
    await commands.send(HOTKEY, "respond", 0, "--model", model)
    facts = await commands.run("show", 0, "--json")
    assert (facts["ending"], facts["reason"]) == ("Upheld", "Conceded")
    assert len(await commands.run("list", "--ended", "--json")) == 1
    unknown = await commands.run("show", 7, code=2)
    assert "no dispute 7" in unknown.err


async def test_a_member_votes_by_command(network: Network, model: Path, commands: Commands, tmp_path: Path):
    file = await receipt_file(network, tmp_path / "receipt.json", honest_tokens(model, 4), leaves=True)
    netuid = ("--netuid", network.netuid)
    honest = await commands.send(DAVE, "open", file, *netuid, "--model", model, code=2)
    assert "is honest" in honest.err
    await commands.send(DAVE, "open", file, *netuid, "--answer")
    await network.randomness()
    await network.chain.blocks(6)
    await commands.send(AUDITS, "vote", 0, "--model", model)
    facts = await commands.run("show", 0, "--json")
    assert (facts["ending"], facts["reason"]) == ("Dismissed", "Committee")


async def test_a_daemon_answers_for_what_its_hotkey_signed(network: Network, model: Path):
    client = network.client
    evidence = await network.answer(honest_tokens(model, 4))
    config = NetworkConfig("custom", (network.chain.node.url,))
    daemon = asyncio.create_task(play_disputes(config, MINER, str(model), interval=0.2))
    try:
        await client.disputes.open_margin(network.netuid, evidence, 1, 5_000_000).submit(CHALLENGER)
        async with asyncio.timeout(240):
            while (await client.disputes.dispute(0)).stage is not Stage.JUDGING:
                assert not daemon.done()
                await asyncio.sleep(0.2)
        found = await client.disputes.dispute(0)
        assert found.bisection.margin <= found.limit and found.bisection.middle is not None
    finally:
        daemon.cancel()
        await asyncio.gather(daemon, return_exceptions=True)
