"""Stakes of signers without a permit: strangers can neither flood the chain nor push out who is known."""

from __future__ import annotations

import asyncio

import pytest

from ganglion.errors import ChainError, ConnectionLost
from ganglion.keys import Keypair
from ganglion.protocol.errors_table import RequestError
from ganglion_miner import stakes
from ganglion_miner.stakes import BURST, PER_SECOND, QUERIES, TTL, Stakes

from .support import STAKER


class Ledger:
    """A chain's answers; `gate` holds them back, `down` refuses."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.rich = {"rich": 100}
        self.asked: list[str] = []
        self.gate: asyncio.Event | None = None
        self.down = False
        self.book = Stakes(self.stake, max_age=300.0, clock=lambda: self.now)

    async def stake(self, account: str) -> int:
        self.asked.append(account)
        if self.gate is not None:
            await self.gate.wait()
        if self.down:
            raise ConnectionLost("the node is gone")
        return self.rich.get(account, 0)

    async def flood(self, count: int, prefix: str = "x") -> list[str]:
        """Codes of the refusals of so many strangers, one after the other."""
        refused = []
        for number in range(count):
            try:
                assert await self.book.of(f"{prefix}{number}", 100) == 0
            except RequestError as error:
                assert error.retry_after and error.retry_after > 0
                refused.append(error.code)
        return refused


async def test_answers_are_kept_for_a_while_the_bad_ones_too():
    one = Ledger()
    for _ in range(3):
        assert (await one.book.of("rich", 100), await one.book.of("poor", 100)) == (100, 0)
    assert one.asked == ["rich", "poor"]
    one.now += TTL
    one.rich = {"poor": 200}
    assert (await one.book.of("rich", 100), await one.book.of("poor", 100)) == (0, 200)


async def test_a_flood_of_strangers_is_bounded_in_time():
    one = Ledger()
    refused = await one.flood(500)
    assert len(one.asked) == BURST and refused == ["chain_unavailable"] * (500 - BURST)
    one.now += 10.0
    await one.flood(500, "y")
    assert len(one.asked) == BURST + min(BURST, 10 * PER_SECOND)


async def test_strangers_do_not_push_out_who_stakes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stakes, "ENTRIES", 3)
    one = Ledger()
    assert await one.book.of("rich", 100) == 100
    await one.flood(15)
    one.asked.clear()
    assert await one.book.of("rich", 100) == 100 and one.asked == []
    assert len(one.book._others) == 3 and len(one.book._enough) == 1


async def test_who_stakes_is_looked_up_again_while_strangers_wait():
    one = Ledger()
    assert await one.book.of("rich", 100) == 100
    one.now += TTL
    one.gate = asyncio.Event()
    waiting = [asyncio.create_task(one.book.of(f"x{number}", 100)) for number in range(QUERIES)]
    await asyncio.sleep(0.01)
    with pytest.raises(RequestError, match="unknown signers"):
        await one.book.of("another", 100)
    again = asyncio.create_task(one.book.of("rich", 100))
    await asyncio.sleep(0.01)
    assert one.asked[-1] == "rich"
    one.gate.set()
    assert await again == 100 and await asyncio.gather(*waiting) == [0] * QUERIES


async def test_many_requests_of_one_signer_are_one_look_up():
    one = Ledger()
    one.gate = asyncio.Event()
    tasks = [asyncio.create_task(one.book.of("rich", 100)) for _ in range(50)]
    await asyncio.sleep(0.01)
    tasks[0].cancel()  # who asked first leaves
    one.gate.set()
    assert await asyncio.gather(*tasks[1:]) == [100] * 49 and one.asked == ["rich"]


async def test_while_the_chain_is_gone_those_who_staked_go_on_for_a_while():
    one = Ledger()
    await one.book.of("rich", 100)
    one.down = True
    one.now += 2 * TTL
    assert await one.book.of("rich", 100) == 100
    with pytest.raises(ChainError):
        await one.book.of("poor", 100)
    one.now += 300.0
    with pytest.raises(ChainError):
        await one.book.of("rich", 100)
    one.down = False
    assert await one.book.of("poor", 100) == 0, "a failure is not remembered"


async def test_strangers_at_a_miner_that_admits_stakers(start):
    miner = await start(min_requester_stake=5_000)
    assert (await miner.ask(key=STAKER))[0] == 200
    before = miner.chain.calls
    found = [(await miner.ask(key=Keypair.from_uri(f"//stranger{n}")))[0] for n in range(BURST + 10)]
    assert set(found) == {403, 503}
    assert miner.chain.calls - before <= BURST + 2
    assert (await miner.ask(key=STAKER))[0] == 200


async def test_where_no_stake_is_asked_for_the_chain_is_not_either(start):
    miner = await start(min_requester_stake=0)
    before = miner.chain.calls
    assert (await miner.ask(key=STAKER))[0] == 200 and miner.chain.calls == before
