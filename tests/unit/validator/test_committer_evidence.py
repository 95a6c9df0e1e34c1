"""Weights that rest on evidence: what is committed, in which order things are on disk, and every moment of a kill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from ganglion.errors import UsageError
from ganglion.protocol.verdicts import Evidence, VerdictRow, secret_hash
from ganglion_validator.chain_view import Snapshot
from ganglion_validator.committer import Committer
from ganglion_validator.period_store import EVERYTHING, PeriodStore
from ganglion_validator.store import Store
from ganglion_validator.verdict_tree import Tree

from .support import RULES, VALIDATOR, Killed, ValidatorChain

VERDICTS = replace(RULES, verdicts_on=True)
ROW = ((1, 2), (65535, 300))  # what the scores say; not looked at
COMMIT_BLOCKS = 4


class Source:
    """Periods on disk as the validator keeps them, with rows that the test sets."""

    def __init__(self, store: Store) -> None:
        self.periods = PeriodStore(store)
        self.rows: tuple[VerdictRow, ...] = (VerdictRow(1, 0, 500, 4, 4), VerdictRow(2, 0, 40, 4, 4))
        self.die = ""
        self.told: list[tuple[bytes, int]] = []

    async def draft(self, snapshot: Snapshot) -> Evidence | None:
        if not self.rows:
            return None
        sealed, current = self.periods.sealed, self.periods.open
        period, following = (current, self.periods.announced) if sealed is None else (sealed, current)
        return Evidence(period.secret, secret_hash(following.secret), rows=self.rows)

    def seal(self, evidence: Evidence, epoch: int) -> None:
        period = self.periods.sealed or self.periods.open
        self.periods.seal(period.number, epoch, EVERYTHING, evidence, Tree.of(b"", evidence.rows, {}, ()))
        if self.die == "after seal":
            raise Killed

    def committed(self, evidence: Evidence, epoch: int) -> None:
        self.periods.mark_committed(evidence, epoch)
        self.told.append((evidence.secret, epoch))


class Process:
    """A validator's committer with its periods that can be killed and started again on the same disk."""

    def __init__(self, chain: ValidatorChain, path: Path) -> None:
        self.chain, self.path = chain, path
        self.start()

    def start(self) -> None:
        self.store = Store(self.path)
        self.source = Source(self.store)
        self.committer = Committer(self.chain, self.store, VALIDATOR.ss58, evidence=self.source)

    def restart(self) -> None:
        self.store.close()
        self.chain.die = ""
        self.start()

    async def step(self) -> None:
        await self.committer.step(await self.chain.snapshot(), ROW)

    async def blocks(self, count: int) -> None:
        for _ in range(count):
            self.chain.step()
            await self.step()

    @property
    def filed(self) -> list[Evidence]:
        return [row.evidence for row in self.chain.rows if row.evidence is not None]


@pytest.fixture
def begin(tmp_path: Path) -> Callable[..., Process]:
    made: list[Process] = []

    def make(**changes: object) -> Process:
        made.append(Process(ValidatorChain(**{"rules": VERDICTS, **changes}), tmp_path / "scores.sqlite"))
        return made[-1]

    yield make
    for process in made:
        process.store.close()


def is_a_chain_of_secrets(filed: list[Evidence]) -> bool:
    return all(first.next == secret_hash(second.secret) for first, second in pairwise(filed))


async def test_weights_are_the_chains_and_each_secret_was_announced(begin: Callable[..., Process]):
    process = begin()
    await process.blocks(45)
    assert len(process.filed) == 4 and is_a_chain_of_secrets(process.filed)
    assert {(row.uids, row.values) for row in process.chain.rows} == {((1, 2), (500, 40))}
    assert len({one.secret for one in process.filed}) == 4
    assert process.chain.calls.count("weights_of") == 5, "once for each commitment"


async def test_without_anything_found_it_abstains(begin: Callable[..., Process]):
    process = begin()
    process.source.rows = ()
    await process.blocks(15)
    assert "commit" not in process.chain.calls and process.source.periods.sealed is None


async def test_evidence_that_weighs_nobody_is_filed_all_the_same(begin: Callable[..., Process]):
    process = begin()
    process.source.rows = (VerdictRow(1, 0, 500, 2, 0, hard=2),)
    await process.blocks(15)
    assert [row.uids for row in process.chain.rows] == [()] and process.filed[0].rows[0].hard == 2


async def test_a_lost_permit_keeps_no_evidence_back(begin: Callable[..., Process]):
    process = begin()
    await process.blocks(COMMIT_BLOCKS)
    process.chain.set_neuron(VALIDATOR.ss58, permit=False)
    process.restart()
    await process.blocks(15)
    assert len(process.filed) == 1 and process.chain.calls.count("commit") == 1


async def test_rules_that_change_within_an_epoch(begin: Callable[..., Process]):
    process = begin(rules=RULES)
    process.chain.die = "before commit"
    process.chain.step(COMMIT_BLOCKS)
    with pytest.raises(Killed):
        await process.step()
    process.restart()
    process.chain.rules = VERDICTS
    await process.blocks(15)
    assert len(process.filed) == len(process.chain.rows) == 2, "plain weights that were stored are not sent"


# every moment between two steps at which the process can be killed


async def test_killed_after_closing_the_period(begin: Callable[..., Process]):
    process = begin()
    process.source.die = "after seal"
    process.chain.step(COMMIT_BLOCKS)
    secret = process.source.periods.open.secret
    with pytest.raises(Killed):
        await process.step()
    process.restart()
    await process.blocks(25)
    assert process.filed[0].secret == secret, "the same period comes again"
    assert len(process.filed) == 3 and is_a_chain_of_secrets(process.filed)


async def test_killed_after_storing_and_the_epoch_passes(begin: Callable[..., Process]):
    process = begin()
    process.chain.die = "before commit"
    process.chain.step(COMMIT_BLOCKS)
    secret = process.source.periods.open.secret
    with pytest.raises(Killed):
        await process.step()
    process.store.close()
    process.chain.step(10)
    process.restart()
    await process.blocks(25)
    assert process.filed[0].secret == secret and is_a_chain_of_secrets(process.filed)


async def test_killed_after_sending(begin: Callable[..., Process]):
    process = begin()
    process.chain.die = "after commit"
    process.chain.step(COMMIT_BLOCKS)
    secret = process.source.periods.open.secret
    with pytest.raises(Killed):
        await process.step()
    process.restart()
    assert process.source.periods.committed() == [], "nobody could tell it yet"
    await process.blocks(1)
    assert process.source.told[0] == (secret, 10), "it was found on chain"
    await process.blocks(20)
    assert len(process.filed) == 2 and is_a_chain_of_secrets(process.filed)


async def test_killed_before_and_after_revealing(begin: Callable[..., Process]):
    process = begin()
    await process.blocks(COMMIT_BLOCKS)
    process.chain.step(9 - COMMIT_BLOCKS)
    for moment in ("before reveal", "after reveal"):
        process.chain.die = moment
        process.chain.step()
        with pytest.raises(Killed):
            await process.step()
        process.restart()
    await process.blocks(25)
    assert len(process.filed) == 3 and is_a_chain_of_secrets(process.filed)


async def test_rows_that_the_chain_refuses_close_nothing(begin: Callable[..., Process]):
    process = begin()

    async def refuse(_: object) -> None:
        raise UsageError("a row is about a profile that is not registered")

    process.chain.weights_of = refuse  # type: ignore[method-assign]
    process.chain.step(COMMIT_BLOCKS)
    with pytest.raises(UsageError):
        await process.step()
    assert process.source.periods.sealed is None and process.store.made_in(10) is None
