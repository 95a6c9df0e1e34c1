"""From announcements of heads to blocks without gaps and repetitions."""

import asyncio

import pytest

from ganglion.chain.following import KEPT, LONGEST_GAP, Trail, follow
from ganglion.chain.head import Head
from ganglion.errors import DecodeError, RequestTimeout, UsageError

from .forks import ForkedChain


async def handed_on(chain, announced, *, finalized=False, fetch=None):
    async def headers():
        for block in announced:
            yield chain.headers[block]

    async def by_hash(block):
        return Head.parse(chain.headers[block])

    return [one.hash async for one in follow(headers(), fetch or by_hash, finalized=finalized)]


@pytest.mark.parametrize("finalized", [True, False])
async def test_gaps_are_filled_and_repetitions_left_out(finalized):
    chain = ForkedChain()
    blocks = chain.blocks(9)
    announced = [blocks[1], blocks[1], blocks[2], blocks[6], blocks[6], blocks[8]]
    assert await handed_on(chain, announced, finalized=finalized) == blocks[1:]


async def test_a_node_that_is_behind_brings_no_final_block_twice():
    chain = ForkedChain()
    blocks = chain.blocks(6)
    assert await handed_on(chain, [blocks[3], blocks[1], blocks[2], blocks[5]], finalized=True) == blocks[3:]


async def test_a_reorganisation_brings_the_blocks_of_the_new_branch():
    chain = ForkedChain()
    common = chain.blocks(2)
    old = chain.blocks(3)
    new = [chain.add(on=common[-1])]
    new += chain.blocks(3)
    found = await handed_on(chain, [common[0], common[1], *old, new[-1]])
    assert found == [*common, *old, *new], (
        "the new branch from the fork on, parents first, the old one before it"
    )


async def test_a_gap_that_is_too_long_is_not_made_up_for():
    chain = ForkedChain()
    blocks = chain.blocks(LONGEST_GAP + 50)
    found = await handed_on(chain, [blocks[0], blocks[-1]], finalized=True)
    assert found == [blocks[0], *blocks[-LONGEST_GAP:]]


async def test_what_the_node_has_let_go_is_left_out():
    chain = ForkedChain()
    blocks = chain.blocks(6)

    async def fetch(block):
        if block == blocks[2]:
            raise UsageError("the node does not know the block")
        return Head.parse(chain.headers[block])

    assert await handed_on(chain, [blocks[0], blocks[5]], fetch=fetch) == [blocks[0], *blocks[3:]]


async def test_a_node_that_is_away_while_a_gap_is_filled_is_waited_for(monkeypatch):
    monkeypatch.setattr("ganglion.chain.following.RETRY_SECONDS", 0.001)
    chain = ForkedChain()
    blocks = chain.blocks(4)
    failures = [RequestTimeout("nobody answers")] * 3

    async def fetch(block):
        await asyncio.sleep(0)
        if failures:
            raise failures.pop()
        return Head.parse(chain.headers[block])

    assert await handed_on(chain, [blocks[0], blocks[3]], fetch=fetch) == blocks


async def test_a_closed_client_ends_it():
    chain = ForkedChain()
    blocks = chain.blocks(4)

    async def fetch(block):
        raise RequestTimeout("the client is closed", retryable=False)

    with pytest.raises(RequestTimeout):
        await handed_on(chain, [blocks[0], blocks[3]], fetch=fetch)


def test_what_is_remembered_is_bounded():
    trail = Trail(finalized=True)
    for number in range(KEPT + 10):
        trail.add(Head(number, "", "", f"0x{number:x}"))
    assert len(trail._seen) == KEPT


@pytest.mark.parametrize("broken", [None, {}, {"number": "0x1"}, {"number": "x"}])
def test_what_is_no_header_is_refused(broken):
    with pytest.raises(DecodeError):
        Head.parse(broken)
