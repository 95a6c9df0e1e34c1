"""Anchoring: when a batch is due, and what happens when the chain or the process fails in between."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from ganglion.daemon.anchoring import Anchoring
from ganglion.errors import ChainError


@dataclass(frozen=True)
class Batch:
    root: bytes
    count: int


@dataclass
class Shelf:
    """Accepted receipts as numbers."""

    wait: int = 0
    age: float = 0.0
    open: Batch | None = None
    done: list[Batch] = field(default_factory=list)

    async def waiting(self):
        return self.wait, self.age

    async def next_batch(self, limit):
        if self.open is None and (count := min(limit, self.wait)):
            self.open, self.wait = Batch(bytes([len(self.done) + 1]) * 32, count), self.wait - count
        return self.open

    async def anchored(self, batch):
        assert batch == self.open
        self.done.append(batch)
        self.open = None


@dataclass
class Chain:
    fails: int = 0
    loses_answer: bool = False
    roots: list[tuple[bytes, int]] = field(default_factory=list)

    async def is_anchored(self, root):
        return root in dict(self.roots)

    async def anchor(self, root, count):
        if self.fails:
            self.fails -= 1
            raise ChainError("gone", retryable=True)
        self.roots.append((root, count))
        if self.loses_answer:
            self.loses_answer = False
            raise ChainError("the connection broke", retryable=True)


@pytest.mark.parametrize(
    ("wait", "age", "anchored"),
    [(0, 0, 0), (9, 99, 0), (10, 0, 10), (1, 100, 1), (70_000, 0, 16_384)],
)
async def test_a_batch_is_due_when_it_is_large_or_old(wait, age, anchored):
    shelf, chain = Shelf(wait, age), Chain()
    anchoring = Anchoring(shelf, chain, at_least=10, every=100.0)
    assert await anchoring.step() == anchored == anchoring.receipts
    assert [count for _, count in chain.roots] == ([anchored] if anchored else [])


async def test_the_same_batch_is_tried_until_it_is_on_chain():
    shelf, chain = Shelf(10), Chain(fails=2)
    anchoring = Anchoring(shelf, chain, at_least=10)
    for _ in range(2):
        with pytest.raises(ChainError):
            await anchoring.step()
        shelf.wait = 3  # newer ones wait for their own batch
    assert await anchoring.step() == 10 and chain.roots == [(b"\1" * 32, 10)]
    assert await anchoring.step() == 0


async def test_what_is_on_chain_already_is_not_sent_again():
    shelf, chain = Shelf(10), Chain(loses_answer=True)
    anchoring = Anchoring(shelf, chain, at_least=10)
    with pytest.raises(ChainError):
        await anchoring.step()
    assert await anchoring.step() == 10 and len(chain.roots) == 1 and shelf.open is None


async def test_a_batch_that_a_killed_process_left_is_sent_though_nothing_is_due():
    shelf, chain = Shelf(open=Batch(b"\7" * 32, 2)), Chain()
    assert await Anchoring(shelf, chain).step() == 2 and chain.roots == [(b"\7" * 32, 2)]
