"""A miner whose answers nothing stands for says so, and what to run; without the chain it says nothing."""

from __future__ import annotations

import asyncio

import pytest

from ganglion_miner import bond
from ganglion_miner.config import MinerConfig

from .support import MINER, FakeChain

PROFILE = bytes(range(32))
CONFIG = MinerConfig(netuid=7, hotkey="//x", rpc=("ws://node:1",))


async def remind(chain: FakeChain, monkeypatch: pytest.MonkeyPatch, seconds: float = 0.1) -> None:
    """As long as a few looks take."""
    monkeypatch.setattr(bond, "LOOK_SECONDS", 0.01)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await bond.remind_of_bond(chain, CONFIG, MINER.ss58, PROFILE)


async def test_what_to_run_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    chain = FakeChain()
    chain.bond_owed = True
    await remind(chain, monkeypatch)
    said = capsys.readouterr().err
    command = f"ganglion model declare {PROFILE.hex()} -n 7 --hotkey {MINER.ss58} --network development"
    assert f"{command} --rpc ws://node:1" in said
    assert chain.asked_of[0] == PROFILE


async def test_who_is_bonded_is_left_alone_and_so_is_everybody_while_the_chain_is_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    chain = FakeChain()
    await remind(chain, monkeypatch)
    asked = len(chain.asked_of)
    assert asked > 1
    chain.down = chain.bond_owed = True
    await remind(chain, monkeypatch)
    assert capsys.readouterr().err == "" and len(chain.asked_of) == asked
