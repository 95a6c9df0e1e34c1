"""Blocks that are dropped, finality that lags: the same weights again, never others; a reveal waits for its epoch."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ganglion_validator.committer import Committer
from ganglion_validator.config import ValidatorConfig
from ganglion_validator.daemon import Validator
from ganglion_validator.store import Store

from .support import MINERS, RULES, VALIDATOR, ValidatorChain

ROW, OTHER = ((1, 2), (65535, 300)), ((1, 2), (1, 65535))
COMMIT_BLOCKS, REVEAL_BLOCKS = (
    4,
    5,
)  # of an epoch of ten: before it is time, and when there is no more time to wait


class ForkingChain(ValidatorChain):
    """A chain whose newest blocks can be taken back, and whose finality can lag.

    Attributes:
        final: what was there at the last final block; None = the best block is final.
    """

    final: Any = None
    STATE = ("block", "epoch", "epoch_block", "commits", "rows", "neurons")

    def state(self) -> dict[str, Any]:
        return {name: copy.copy(getattr(self, name)) for name in self.STATE}

    def back_to(self, state: dict[str, Any]) -> None:
        """A reorganisation: the blocks since then are replaced by empty ones, of which there are none yet."""
        vars(self).update({name: copy.copy(value) for name, value in state.items()})

    async def snapshot(self) -> Any:
        if self.final is None:
            return await super().snapshot()
        now = self.state()
        self.back_to(self.final)
        found = await super().snapshot()
        self.back_to(now)
        return found

    async def tip(self) -> Any:
        return await super().snapshot()


@pytest.fixture
def chain() -> ForkingChain:
    return ForkingChain()


@pytest.fixture
def counted() -> list[str]:
    return []


@pytest.fixture
def committer(chain: ForkingChain, counted: list[str], tmp_path: Path) -> Iterator[Committer]:
    store = Store(tmp_path / "scores.sqlite")
    yield Committer(chain, store, VALIDATOR.ss58, count=counted.append)
    store.close()


async def step(committer: Committer, chain: ForkingChain, row: Any = ROW) -> None:
    await committer.step(await chain.tip(), row, (await chain.snapshot()).epoch)


async def test_a_dropped_commitment_is_sent_again_as_it_was(
    committer: Committer, chain: ForkingChain, counted: list[str]
):
    chain.step(COMMIT_BLOCKS)
    before = chain.state()
    await step(committer, chain)
    (first,) = chain.commits
    chain.back_to(before)
    chain.step()
    await step(committer, chain, OTHER)
    (again,) = chain.commits
    assert again.commitment == first.commitment, "the scores have changed since, what is committed has not"
    assert counted == ["committed"]


async def test_a_commitment_that_slips_into_the_next_epoch_is_revealed_after_that_one(
    committer: Committer, chain: ForkingChain
):
    chain.step(COMMIT_BLOCKS)
    before = chain.state()
    await step(committer, chain)
    commitment = chain.commits[0].commitment
    chain.back_to(before)
    chain.step(RULES.tempo)
    await chain.commit(commitment)  # the same transaction, included late
    for _ in range(2 * RULES.tempo):
        chain.step()
        await step(committer, chain, OTHER)
    assert [row.values for row in chain.rows][:1] == [ROW[1]]


async def test_a_reveal_waits_until_the_beginning_of_its_epoch_is_final(
    committer: Committer, chain: ForkingChain, counted: list[str]
):
    chain.step(COMMIT_BLOCKS)
    await step(committer, chain)
    chain.final = chain.state()
    chain.step(RULES.tempo - COMMIT_BLOCKS)
    await step(committer, chain)
    assert chain.rows == [], "what is revealed could be copied, should the epoch's beginning be undone"
    chain.final = None
    await step(committer, chain)
    assert len(chain.rows) == 1 and counted == ["committed", "revealed"]


async def test_a_reveal_does_not_wait_for_finality_that_stands_still(
    committer: Committer, chain: ForkingChain
):
    chain.step(COMMIT_BLOCKS)
    await step(committer, chain)
    chain.final = chain.state()
    chain.step(RULES.tempo - COMMIT_BLOCKS)
    seen = []
    for block in range(REVEAL_BLOCKS + 1):
        await step(committer, chain)
        seen.append((block, len(chain.rows)))
        chain.step()
    assert [rows for _, rows in seen] == [0] * (REVEAL_BLOCKS - 1) + [1, 1]


async def test_a_dropped_reveal_is_sent_again(committer: Committer, chain: ForkingChain, counted: list[str]):
    chain.step(COMMIT_BLOCKS)
    await step(committer, chain)
    chain.step(RULES.tempo - COMMIT_BLOCKS)
    before = chain.state()
    await step(committer, chain)
    chain.back_to(before)
    chain.step()
    await step(committer, chain)
    assert len(chain.rows) == 1 and counted == ["committed", "revealed"]


# the daemon


@pytest.fixture
def validator(chain: ForkingChain, tmp_path: Path) -> Iterator[Validator]:
    made = Validator(ValidatorConfig(data_dir=tmp_path, finality_max_age=100), VALIDATOR, chain)
    yield made
    made.store.close()


async def test_scores_go_by_final_blocks_and_deadlines_by_the_best(validator: Validator, chain: ForkingChain):
    chain.final = chain.state()
    chain.step(RULES.tempo + COMMIT_BLOCKS)
    del chain.neurons[MINERS[0].ss58]
    await validator._look()
    assert MINERS[0].ss58 in validator._snapshot.neurons, "its score is kept while that can be undone"
    assert MINERS[0].ss58 not in validator._tip.neurons
    assert validator._tip.epoch == validator._snapshot.epoch + 1
    assert validator.finality.lag == RULES.tempo + COMMIT_BLOCKS


async def test_finality_that_stands_still_for_too_long_closes_the_gateway(
    validator: Validator, chain: ForkingChain
):
    now = [0.0]
    validator.finality._clock = lambda: now[0]
    chain.final = chain.state()
    for _ in range(5):
        now[0] += 30
        chain.step()
        await validator._look()
    assert "no block has become final for 120 s" in validator.blockers()["finality"]
    text = validator.metrics.render().decode()
    assert "ganglion_validator_finality_lag_blocks 5.0" in text
    assert "ganglion_validator_finality_stalled_seconds 120.0" in text
    chain.final = None
    await validator._look()
    assert "finality" not in validator.blockers()
