"""Weights on chain: once an epoch, revealed in time, and every moment at which the process can be killed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ganglion.errors import ConnectionLost, InvalidTransaction
from ganglion_validator.committer import Committer
from ganglion_validator.store import Store

from .support import RULES, VALIDATOR, Killed, ValidatorChain

ROW = ((1, 2), (65535, 300))
OTHER = ((1, 2), (1, 65535))
COMMIT_BLOCKS = 4  # of an epoch, before it is time


class Process:
    """A validator's committer that can be killed and started again on the same disk."""

    def __init__(self, chain: ValidatorChain, path: Path) -> None:
        self.chain, self.path = chain, path
        self.start()

    def start(self) -> None:
        self.store = Store(self.path)
        self.committer = Committer(self.chain, self.store, VALIDATOR.ss58)

    def kill(self) -> None:
        """What was not committed to the database is gone."""
        self.store.close()
        self.chain.die = ""

    async def step(self, row: tuple = ROW) -> None:
        await self.committer.step(await self.chain.snapshot(), row)

    async def blocks(self, count: int, row: tuple = ROW) -> None:
        for _ in range(count):
            self.chain.step()
            await self.step(row)


@pytest.fixture
def begin(tmp_path: Path) -> Callable[..., Process]:
    made: list[Process] = []

    def make(**changes: object) -> Process:
        made.append(Process(ValidatorChain(**changes), tmp_path / "scores.sqlite"))
        return made[-1]

    yield make
    for process in made:
        process.store.close()


async def test_once_an_epoch_and_revealed_in_the_next(begin: Callable[..., Process]):
    process = begin()
    await process.blocks(35)
    chain = process.chain
    assert chain.calls.count("commit") == 4, "epochs 10 to 13"
    assert [(row.uids, row.values) for row in chain.rows] == [ROW] * 3
    assert len({row.salt for row in chain.rows}) == 3, "a salt is used once"
    assert chain.calls.count("reveal") == 3, "no reveal is tried before its epoch or twice"


async def test_nothing_is_committed_before_it_is_time_or_knows_anything(begin: Callable[..., Process]):
    process = begin()
    await process.blocks(2)
    assert "commit" not in process.chain.calls, "too early in the epoch"
    await process.blocks(5, row=((), ()))
    assert "commit" not in process.chain.calls, "it abstains"
    await process.blocks(1)
    assert process.chain.calls.count("commit") == 1


async def test_without_a_permit_it_waits_and_commits_as_soon_as_there_is_one(
    begin: Callable[..., Process], capsys: pytest.CaptureFixture
):
    process = begin(permit=False)
    await process.blocks(12)
    assert "commit" not in process.chain.calls
    assert capsys.readouterr().out.count("no validator permit yet") == 1, "said once, not at every block"
    process.chain.set_neuron(VALIDATOR.ss58, permit=True)
    await process.blocks(4)
    assert process.chain.calls.count("commit") == 1


async def test_in_the_open_where_commit_reveal_is_off(begin: Callable[..., Process]):
    process = begin(rules=replace(RULES, commit_reveal=False))
    await process.blocks(25)
    assert set(process.chain.calls) == {"snapshot", "set"}
    assert process.chain.calls.count("set") == 3, "once an epoch"


async def test_the_rate_limit_is_kept(begin: Callable[..., Process]):
    process = begin(rules=replace(RULES, rate_limit=25))
    await process.blocks(70)
    assert process.chain.calls.count("commit") == 3


# every moment between two steps at which the process can be killed


async def test_killed_after_storing_before_sending(begin: Callable[..., Process]):
    process = begin()
    process.chain.die = "before commit"
    process.chain.step(COMMIT_BLOCKS)
    with pytest.raises(Killed):
        await process.step()
    stored = process.store.made_in(10)
    assert stored is not None and process.chain.commits == []
    process.kill()
    process.start()
    await process.step(OTHER)
    assert [one.commitment for one in process.chain.commits] == [stored], "the same one is sent"
    await process.blocks(10, OTHER)
    assert process.chain.rows[0].values == ROW[1]


async def test_killed_after_sending_before_knowing_that_it_is_included(begin: Callable[..., Process]):
    process = begin()
    process.chain.die = "after commit"
    process.chain.step(COMMIT_BLOCKS)
    with pytest.raises(Killed):
        await process.step()
    process.kill()
    process.start()
    await process.blocks(1)
    assert process.chain.calls.count("commit") == 1, "it found its commitment on chain"
    await process.blocks(9)
    assert len(process.chain.rows) == 1


async def test_killed_before_storing(begin: Callable[..., Process], monkeypatch: pytest.MonkeyPatch):
    process = begin()
    monkeypatch.setattr(process.store, "save_weights", lambda *_: (_ for _ in ()).throw(Killed))
    process.chain.step(COMMIT_BLOCKS)
    with pytest.raises(Killed):
        await process.step()
    assert "commit" not in process.chain.calls, "nothing is sent that is not on disk"
    process.kill()
    process.start()
    await process.step()
    assert len(process.chain.commits) == 1


async def test_killed_before_revealing(begin: Callable[..., Process]):
    process = begin()
    process.chain.step(COMMIT_BLOCKS)
    await process.step()
    process.chain.die = "before reveal"
    process.chain.step(10 - COMMIT_BLOCKS)
    with pytest.raises(Killed):
        await process.step()
    process.kill()
    process.start()
    await process.step()
    assert [(row.uids, row.values) for row in process.chain.rows] == [ROW]


async def test_killed_after_revealing_before_knowing_it(begin: Callable[..., Process]):
    process = begin()
    process.chain.step(COMMIT_BLOCKS)
    await process.step()
    process.chain.die = "after reveal"
    process.chain.step(10 - COMMIT_BLOCKS)
    with pytest.raises(Killed):
        await process.step()
    process.kill()
    process.start()
    await process.step()
    assert process.chain.calls.count("reveal") == 1
    await process.blocks(COMMIT_BLOCKS)
    assert process.chain.calls.count("commit") == 2, "the next epoch's commitment is made as always"


async def test_dead_for_the_whole_reveal_window_misses_one_and_goes_on(begin: Callable[..., Process]):
    process = begin()
    process.chain.step(COMMIT_BLOCKS)
    await process.step()
    process.kill()
    process.chain.step(20)
    process.start()
    await process.blocks(15)
    assert process.chain.rows and process.chain.calls.count("commit") == 3


async def test_a_commitment_of_a_lost_disk_is_told_and_stops_nothing(
    begin: Callable[..., Process], capsys: pytest.CaptureFixture
):
    process = begin()
    process.chain.step(COMMIT_BLOCKS)
    await process.step()
    process.kill()
    process.path.unlink()
    process.start()
    await process.blocks(10)
    assert process.chain.rows == []
    assert "is not in the store" in capsys.readouterr().out
    assert process.chain.calls.count("commit") == 2
    await process.blocks(10)
    assert len(process.chain.rows) == 1


# what the chain may say


async def test_a_reveal_that_the_chain_refuses_does_not_stop_the_next_commitment(
    begin: Callable[..., Process],
):
    process = begin()
    process.chain.step(COMMIT_BLOCKS)
    await process.step()

    async def refuse(_: object) -> None:
        raise InvalidTransaction("the version key is too old", reason="Call")

    process.chain.reveal = refuse  # type: ignore[method-assign]
    await process.blocks(10)
    assert process.chain.calls.count("commit") == 2


async def test_a_node_that_goes_away_in_between_costs_nothing(begin: Callable[..., Process]):
    process = begin()
    process.chain.step(COMMIT_BLOCKS)
    snapshot = await process.chain.snapshot()
    process.chain.down = True
    with pytest.raises(ConnectionLost):
        await process.committer.step(snapshot, ROW)
    process.chain.down = False
    await process.step()
    assert len(process.chain.commits) == 1


async def test_a_new_version_key_makes_a_new_commitment(begin: Callable[..., Process]):
    process = begin()
    process.chain.die = "before commit"
    process.chain.step(COMMIT_BLOCKS)
    with pytest.raises(Killed):
        await process.step()
    process.kill()
    process.start()
    process.chain.rules = replace(RULES, version_key=3)
    await process.step()
    await process.blocks(10)
    assert process.chain.rows[0].version_key == 3


async def test_a_shorter_reveal_period_forgets_no_commitment_that_waits(begin: Callable[..., Process]):
    """A commitment is revealed after the period that it was made under, whatever the rules say by then."""
    one = begin(rules=replace(RULES, reveal_period=5))
    await one.blocks(COMMIT_BLOCKS)
    (open_one,) = one.chain.commits
    one.chain.rules = RULES
    while one.chain.epoch < open_one.reveal_epoch:
        await one.blocks(1, ((), ()))
        assert one.store.weights_of(open_one.commitment) is not None
    await one.step(((), ()))
    assert [row.values for row in one.chain.rows] == [ROW[1]] and one.chain.commits == []
    for _ in range(3 * RULES.tempo):
        await one.blocks(1, ((), ()))
    assert one.store.weights_of(open_one.commitment) is None, "and then it is forgotten"


# what Prometheus is told


async def test_weights_are_counted_by_what_became_of_them(begin: Callable[..., Process]):
    process, counted = begin(), []
    process.committer.count = counted.append
    await process.blocks(15)
    assert counted == ["committed", "revealed", "committed"]


async def test_a_commitment_whose_epoch_ended_is_missed_once(
    begin: Callable[..., Process], monkeypatch: pytest.MonkeyPatch
):
    process, counted = begin(), []
    process.committer.count = counted.append
    await process.blocks(COMMIT_BLOCKS + 1)
    monkeypatch.setattr(process.store, "weights_of", lambda _: None)  # the disk was lost
    await process.blocks(20, row=((), ()))
    assert counted == ["committed", "missed"]


async def test_in_the_open_they_are_counted_as_set(begin: Callable[..., Process]):
    process, counted = begin(rules=replace(RULES, commit_reveal=False)), []
    process.committer.count = counted.append
    await process.blocks(9)
    assert counted == ["set"]
