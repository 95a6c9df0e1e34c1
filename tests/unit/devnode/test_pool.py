"""The pool's rules, each on its own, and a random run against its invariants."""

from __future__ import annotations

import random

import pytest

from ganglion_devnode.hashing import blake2_256
from ganglion_devnode.pool.part import Limits
from ganglion_devnode.pool.pool import Pool
from ganglion_devnode.pool.transaction import (
    AlreadyImported,
    CycleDetected,
    ImmediatelyDropped,
    NoTagsProvided,
    Pooled,
    PoolEvent,
    TooLowPriority,
)
from ganglion_devnode.pool.validity import ValidTransaction

U64_MAX = (1 << 64) - 1


def tag(account: str, nonce: int) -> bytes:
    return f"{account}{nonce}".encode()


class Bench:
    """A pool with a log of all events, and transactions named by account and nonce."""

    def __init__(self, **limits: Limits) -> None:
        self.pool = Pool(**limits)
        self.log: list[tuple[str, str]] = []
        self.names: dict[bytes, str] = {}

    def add(
        self, account: str, nonce: int, *, state_nonce: int = 0, priority: int = 1, longevity: int = U64_MAX,
        at: int = 0, salt: str = "",
    ) -> Pooled:  # fmt: skip
        name = f"{account}{nonce}{salt}"
        requires = () if nonce == state_nonce else (tag(account, nonce - 1),)
        validity = ValidTransaction(priority, requires, (tag(account, nonce),), longevity, True)
        tx_hash = blake2_256(name.encode())
        self.names[tx_hash] = name
        self.pool.watch(tx_hash, self._event)
        return self.pool.add(tx_hash, name.encode(), validity, at)

    def _event(self, event: PoolEvent) -> None:
        self.log.append((self.names[event.hash], event.status))

    def hash(self, name: str) -> bytes:
        return blake2_256(name.encode())

    def order(self) -> list[str]:
        best = self.pool.best()
        names = []
        while (tx := best.next()) is not None:
            names.append(self.names[tx.hash])
            best.done(tx)
        return names


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_ready_and_future(bench: Bench) -> None:
    bench.add("a", 0)
    bench.add("a", 2)
    assert (bench.pool.ready_count, bench.pool.future_count) == (1, 1)
    bench.add("a", 1)
    assert (bench.pool.ready_count, bench.pool.future_count) == (3, 0)
    assert bench.log == [("a0", "ready"), ("a2", "future"), ("a1", "ready"), ("a2", "ready")]


def test_order_is_priority_then_arrival_but_never_before_a_requirement(bench: Bench) -> None:
    bench.add("a", 0, priority=1)
    bench.add("a", 1, priority=100)
    bench.add("b", 0, priority=5)
    bench.add("c", 0, priority=5)
    assert bench.order() == ["b0", "c0", "a0", "a1"]


def test_what_has_no_room_holds_back_its_dependents(bench: Bench) -> None:
    bench.add("a", 0)
    bench.add("a", 1)
    best = bench.pool.best()
    assert best.next() is not None
    assert best.next() is None  # a0 was not done


def test_replacement_needs_a_higher_priority(bench: Bench) -> None:
    bench.add("a", 0, priority=5)
    bench.add("a", 1, priority=5)
    with pytest.raises(TooLowPriority):
        bench.add("a", 0, priority=5, salt="same")
    replacement = bench.add("a", 0, priority=6, salt="better")
    assert ("a0", "usurped") in bench.log
    assert bench.order() == ["a0better", "a1"]
    assert replacement.hash in bench.pool


def test_replacement_in_the_future(bench: Bench) -> None:
    bench.add("a", 3, priority=5)
    with pytest.raises(TooLowPriority):
        bench.add("a", 3, priority=4, salt="worse")
    bench.add("a", 3, priority=6, salt="better")
    assert (bench.pool.future_count, ("a3", "usurped") in bench.log) == (1, True)


def test_refusals(bench: Bench) -> None:
    bench.add("a", 0)
    with pytest.raises(AlreadyImported):
        bench.add("a", 0)
    with pytest.raises(NoTagsProvided):
        bench.pool.add(b"1" * 32, b"x", ValidTransaction(1, (), (), 1, True), 0)
    with pytest.raises(CycleDetected):
        bench.pool.add(b"2" * 32, b"x", ValidTransaction(1, (b"t",), (b"t",), 1, True), 0)
    assert len(bench.pool) == 1


def test_a_full_pool_drops_the_worst_and_says_so() -> None:
    bench = Bench(ready=Limits(2, 1 << 20))
    bench.add("a", 0, priority=1)
    bench.add("b", 0, priority=2)
    bench.add("c", 0, priority=3)
    assert bench.log[-2:] == [("a0", "dropped"), ("c0", "ready")]
    with pytest.raises(ImmediatelyDropped) as caught:
        bench.add("d", 0, priority=1)
    assert caught.value.retryable
    assert bench.order() == ["c0", "b0"]


def test_bytes_are_bounded_too() -> None:
    bench = Bench(ready=Limits(100, 5))
    bench.add("a", 0)
    bench.add("b", 0, priority=2)
    bench.add("c", 0, priority=3)
    assert bench.pool.ready_count == 2


def test_the_future_is_bounded() -> None:
    bench = Bench(future=Limits(2, 1 << 20))
    for nonce in (5, 6, 7):
        bench.add("a", nonce, priority=nonce)
    assert bench.pool.future_count == 2
    assert ("a5", "dropped") in bench.log


def test_inclusion_is_final_and_releases_dependents(bench: Bench) -> None:
    first = bench.add("a", 0)
    bench.add("a", 1)
    bench.pool.block_sealed(b"B" * 32, 1, [first])
    assert bench.log[-2:] == [("a0", "inBlock"), ("a0", "finalized")]
    assert bench.order() == ["a1"]


def test_a_tag_from_a_block_counts_for_what_was_judged_before_it(bench: Bench) -> None:
    first = bench.add("a", 0, at=4)
    bench.pool.block_sealed(b"B" * 32, 5, [first])
    # Judged on block 4, arrived after block 5 (validated in the worker thread meanwhile).
    late = bench.add("a", 1, at=4)
    assert bench.pool.best().next() is late


def test_longevity(bench: Bench) -> None:
    bench.add("a", 0, longevity=2, at=10)
    bench.pool.block_sealed(b"B" * 32, 11, [])
    assert bench.pool.ready_count == 1
    bench.pool.block_sealed(b"C" * 32, 12, [])
    assert bench.log[-1] == ("a0", "invalid")
    assert len(bench.pool) == 0


def test_removal_makes_dependents_future(bench: Bench) -> None:
    for nonce in range(3):
        bench.add("a", nonce)
    bench.pool.remove(bench.hash("a0"), "invalid", "why")
    assert bench.log[-3:] == [("a0", "invalid"), ("a1", "future"), ("a2", "future")]
    assert (bench.pool.ready_count, bench.pool.future_count) == (0, 2)


def test_revalidation_moves_between_ready_and_future(bench: Bench) -> None:
    waiting = bench.add("a", 1)
    now_valid = ValidTransaction(1, (), (tag("a", 1),), U64_MAX, True)
    bench.pool.revalidated(waiting.hash, now_valid, 1)
    assert bench.log[-1] == ("a1", "ready")
    bench.pool.revalidated(waiting.hash, waiting.validity, 2)
    assert bench.log[-1] == ("a1", "future")
    events = len(bench.log)
    bench.pool.revalidated(waiting.hash, waiting.validity, 3)
    assert len(bench.log) == events  # nothing changed, nothing told


def test_least_recently_validated(bench: Bench) -> None:
    old = bench.add("a", 0, at=1)
    bench.add("b", 0, at=3)
    assert [tx.hash for tx in bench.pool.least_recently_validated(3, 10)] == [old.hash]


def test_unwatched_and_final_watchers_are_forgotten(bench: Bench) -> None:
    tx = bench.add("a", 0)
    bench.pool.unwatch(tx.hash, bench._event)
    bench.pool.remove(tx.hash, "dropped")
    assert bench.log == [("a0", "ready")]
    assert not bench.pool._watchers


@pytest.mark.parametrize("seed", range(20))
def test_random_runs_keep_the_invariants(seed: int) -> None:
    """Every transaction that entered is in one part or has exactly one final status; ready ones can all be ordered."""
    dice = random.Random(seed)
    bench = Bench(ready=Limits(12, 1 << 20), future=Limits(8, 1 << 20))
    nonces = dict.fromkeys("abc", 0)
    entered: set[str] = set()
    block = 0
    for step in range(300):
        account = dice.choice("abc")
        action = dice.random()
        if action < 0.7:
            nonce = nonces[account] + dice.randrange(5)
            try:
                tx = bench.add(
                    account, nonce, state_nonce=nonces[account], priority=dice.randrange(1, 9),
                    longevity=dice.randrange(1, 30), at=block, salt=f"-{step}",
                )  # fmt: skip
                entered.add(bench.names[tx.hash])
            except (TooLowPriority, ImmediatelyDropped):
                pass
        elif action < 0.8 and len(bench.pool):
            name = dice.choice(sorted(bench.names.values()))
            bench.pool.remove(bench.hash(name), "invalid")
        else:
            block += 1
            best, included = bench.pool.best(), []
            while len(included) < 4 and (tx := best.next()) is not None:
                account = bench.names[tx.hash][0]
                assert tx.validity.provides == (tag(account, nonces[account]),)
                nonces[account] += 1
                included.append(tx)
                best.done(tx)
            bench.pool.block_sealed(bytes(32), block, included)
        assert bench.pool.ready_count <= 12
        assert bench.pool.future_count <= 8
        assert len(bench.order()) == bench.pool.ready_count
    final = [name for name, status in bench.log if status in ("finalized", "usurped", "dropped", "invalid")]
    alive = {name for name in entered if bench.hash(name) in bench.pool}
    assert sorted(final) == sorted(entered - alive)
