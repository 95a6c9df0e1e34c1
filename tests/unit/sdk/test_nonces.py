"""Nonces of several transactions at a time."""

import asyncio

from ganglion.chain.nonces import Nonces


class Node:
    """A node that counts what it was given."""

    def __init__(self):
        self.next = 5

    async def index(self, address):
        await asyncio.sleep(0)
        return self.next


async def test_concurrent_reservations_differ():
    nonces = Nonces(Node().index)
    found = await asyncio.gather(*(nonces.reserve("a") for _ in range(20)))
    assert sorted(found) == list(range(5, 25))


async def test_a_thrown_away_transaction_leaves_no_gap():
    nonces = Nonces(Node().index)
    first, second = await nonces.reserve("a"), await nonces.reserve("a")
    nonces.release("a", first)
    assert await nonces.reserve("a") == first
    assert await nonces.reserve("a") == second + 1


async def test_what_the_node_counts_is_not_reserved_any_more():
    node = Node()
    nonces = Nonces(node.index)
    assert [await nonces.reserve("a") for _ in range(2)] == [5, 6]
    node.next = 7
    assert await nonces.reserve("a") == 7
    nonces.release("a", 5)
    nonces.release("a", 7)
    assert nonces._reserved == {}


async def test_accounts_are_independent():
    nonces = Nonces(Node().index)
    assert await nonces.reserve("a") == await nonces.reserve("b") == 5


async def test_a_chain_that_went_back_is_followed():
    node = Node()
    nonces = Nonces(node.index)
    nonces.release("a", await nonces.reserve("a"))
    node.next = 0
    assert await nonces.reserve("a") == 0


async def test_a_failed_question_reserves_nothing():
    async def broken(address):
        raise OSError

    nonces = Nonces(broken)
    try:
        await nonces.reserve("a")
    except OSError:
        pass
    assert nonces._reserved == {}
