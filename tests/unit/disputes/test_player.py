"""A player lives on: what fails is told, tried again later, and costs none of the other disputes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from ganglion.disputes import player
from ganglion.disputes.player import Player
from ganglion.errors import ChainError

from .support import MINER


class Disputes:
    """Open disputes 0 and 1; whoever looks at 0 fails."""

    def __init__(self, failure: Exception | None) -> None:
        self.failure, self.looks, self.asked = failure, 0, [0, 0]
        self.listing: list[Exception] = []
        self.seen = asyncio.Event()

    async def awaiting(self, _: str) -> list[int]:
        self.looks += 1
        if self.listing:
            raise self.listing.pop()
        self.seen.set()
        return [0, 1]

    async def dispute(self, id: int) -> Any:
        self.asked[id] += 1
        if id == 0 and self.failure is not None:
            raise self.failure
        return None


def player_of(disputes: Disputes) -> Player:
    async def connect() -> None:
        return None

    return Player(SimpleNamespace(connect=connect, disputes=disputes), MINER, None)  # type: ignore[arg-type]


@pytest.fixture
def clock(monkeypatch):
    """Time that stands till it is moved."""
    at = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(player, "time", SimpleNamespace(monotonic=lambda: at.now))
    return at


async def test_a_mistake_costs_one_dispute_and_is_told_with_its_traceback(clock):
    disputes = Disputes(ZeroDivisionError("a mistake"))
    with capture_logs() as logs:
        assert await player_of(disputes).look() == 0
    assert disputes.asked == [1, 1], "the other dispute has its turn"
    (told,) = logs
    assert told["log_level"] == "error" and told["dispute"] == 0 and told["fault"] == "self"
    assert isinstance(told["exc_info"], ZeroDivisionError)


async def test_a_mistake_is_tried_again_ever_later_but_before_a_deadline(clock):
    disputes = Disputes(ZeroDivisionError())
    one, gaps, last = player_of(disputes), [], clock.now
    for _ in range(200):
        before = disputes.asked[0]
        await one.look()
        if disputes.asked[0] > before:
            gaps.append(clock.now - last)
            last = clock.now
        clock.now += 1
    assert gaps[:4] == [0, 3, 6, 12] and set(gaps[4:]) == {player.LONGEST_WAIT}
    assert disputes.asked[1] == 200


async def test_what_may_pass_is_tried_at_every_look(clock):
    disputes = Disputes(ChainError("no answer"))
    one = player_of(disputes)
    with capture_logs() as logs:
        for _ in range(3):
            await one.look()
    assert disputes.asked == [3, 3] and [told["log_level"] for told in logs] == ["warning"] * 3
    disputes.failure = None
    assert await one.look() == 0


async def test_success_forgets_failures(clock):
    disputes = Disputes(ZeroDivisionError())
    one = player_of(disputes)
    await one.look()
    clock.now += 3
    disputes.failure = None
    await one.look()
    disputes.failure = ZeroDivisionError()
    clock.now += 1
    await one.look()
    clock.now += 3
    await one.look()
    assert disputes.asked[0] == 4


@pytest.mark.parametrize("failure", [ZeroDivisionError(), ChainError("no answer"), TimeoutError()], ids=repr)
async def test_a_watcher_never_ends(monkeypatch, failure):
    monkeypatch.setattr(player, "LONGEST_WAIT", 0.001)
    disputes = Disputes(None)
    disputes.listing = [failure] * 5
    task = asyncio.create_task(player_of(disputes).run(0.001))
    async with asyncio.timeout(10):
        await disputes.seen.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert disputes.looks == 6
