"""A miner admits by the last final metagraph, for as long as its settings say; an endpoint is published once."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from ganglion.protocol.errors_table import RequestError
from ganglion_miner.chain_view import ChainCache, Endpoint, Snapshot
from ganglion_miner.daemon import Miner
from ganglion_miner.registration import UNTIL_FINAL, Publisher

from .support import MINER, FakeChain

WANTED = Endpoint(4, 0x7F000001, 8091)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class LaggingChain(FakeChain):
    """Its last final block stays what it is while its best block goes on."""

    final, best = 10, 12

    async def snapshot(self) -> Snapshot:
        return replace(await super().snapshot(), block=self.final, best=self.best)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> ChainCache:
    return ChainCache(LaggingChain(), max_age=50, finality_max_age=100, clock=clock)


async def test_the_last_final_metagraph_is_used_while_finality_stands_still_and_not_for_ever(
    cache: ChainCache, clock: Clock
):
    for _ in range(10):
        await cache.refresh()
        assert MINER.ss58 in cache.neurons()
        clock.now += 10
        cache.chain.best += 1
    clock.now += 10
    await cache.refresh()
    with pytest.raises(RequestError, match="no block has become final for 110 s") as caught:
        cache.neurons()
    assert caught.value.code == "chain_unavailable"
    cache.chain.final += 1
    await cache.refresh()
    assert cache.neurons() and cache.finality.lag == 11


async def test_an_endpoint_that_is_not_final_yet_is_not_published_again(cache: ChainCache, clock: Clock):
    publisher = Publisher(WANTED, clock)
    await publisher.ensure(cache, None)
    clock.now += UNTIL_FINAL - 1
    await publisher.ensure(cache, None)
    assert cache.chain.served == [WANTED]
    clock.now += 2
    await publisher.ensure(cache, None)
    assert cache.chain.served == [WANTED, WANTED], "it did not become final"


async def test_a_metagraph_that_is_too_old_ends_no_daemon(cache: ChainCache, clock: Clock):
    """Neither is an endpoint published by it; with finality back it is."""
    miner = SimpleNamespace(cache=cache, key=MINER, state=SimpleNamespace(sealing=None))
    await cache.refresh()
    for _ in range(11):
        clock.now += 10
        cache.chain.best += 1
        await cache.refresh()
    with pytest.raises(RequestError):
        cache.neurons()
    publisher = Publisher(WANTED, clock)
    await Miner._keep_published(miner, publisher, WANTED)  # type: ignore[arg-type]
    assert cache.chain.served == []
    cache.chain.final += 1
    await cache.refresh()
    await Miner._keep_published(miner, publisher, WANTED)  # type: ignore[arg-type]
    assert cache.chain.served == [WANTED]
