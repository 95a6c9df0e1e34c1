"""Reorganisations: a transaction is executed at most once, and nothing else is signed before it is dead for good."""

import asyncio

import pytest

from ganglion.chain.calls import Call
from ganglion.chain.confirmation import RESUBMIT_EVERY, Confirmation
from ganglion.chain.context import Chain
from ganglion.chain.extrinsics import Draft, Signed
from ganglion.chain.search import Place
from ganglion.chain.submission import Submission
from ganglion.errors import ConnectionLost, InvalidTransaction, RequestTimeout, RpcError
from ganglion.keys import Keypair
from ganglion.testing import FakeTransport

from .forks import STALE, ForkedChain

WATCH = "author_submitAndWatchExtrinsic"
DATA, OTHER = b"\x01\x02\x03", b"\x09\x09"
ALICE = Keypair.from_uri("//Alice")
PERIOD = 64


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("ganglion.chain.confirmation.POLL", 0.001)


@pytest.fixture
def node():
    chain = ForkedChain()
    chain.blocks(2)
    chain.finalize()
    return chain


@pytest.fixture
def signed(node):
    return Signed(
        Chain(FakeTransport(node.answers())), Call("System", "remark"), DATA, ALICE.ss58, 0, 2, PERIOD
    )


def place_of(node, block, index=0):
    return Place(block, len(node.line(block)) - 1, index)


def started(signed, place=None, limit=3.0, final=True):
    confirmation = Confirmation(signed.chain, signed, place)
    return confirmation, asyncio.create_task(confirmation.run(limit, final=final))


async def looks(count=20):
    """Time for some looks at the chain."""
    await asyncio.sleep(0.003 * count)


async def test_in_a_block_is_not_final(node, signed):
    block = node.add(DATA)
    _, task = started(signed, place_of(node, block))
    await looks()
    assert not task.done()
    node.blocks(2)
    node.finalize(block)
    assert await task == place_of(node, block)
    assert node.submitted == [], "nothing was missing"


async def test_a_dropped_block_whose_transaction_is_included_elsewhere(node, signed):
    fork = node.best
    dropped = node.add(DATA)
    confirmation, task = started(signed, place_of(node, dropped))
    await looks()
    node.add(on=fork)
    again = node.add(OTHER, DATA)
    node.add()
    node.finalize()
    assert await task == place_of(node, again, 1)
    assert confirmation.retracted == 1
    assert sum(DATA in node.bodies[block] for block in node.line(node.final)) == 1, "once"


async def test_dropped_and_nowhere_is_submitted_again_with_the_same_bytes(node, signed):
    fork = node.best
    dropped = node.add(DATA)
    _, task = started(signed, place_of(node, dropped))
    await looks()
    node.add(on=fork)
    node.add()
    while not node.submitted:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    assert set(node.submitted) == {DATA}
    again = node.add(*node.pool)
    node.finalize()
    assert await task == place_of(node, again)


async def test_the_old_branch_may_win_after_all(node, signed):
    fork = node.best
    first = node.add(DATA)
    _, task = started(signed, place_of(node, first))
    node.add(on=fork)
    node.add()
    await looks()
    node.best = first
    node.blocks(3)
    node.finalize()
    assert await task == place_of(node, first)


async def test_a_nonce_that_another_took_in_a_final_block_is_lost(node, signed):
    fork = node.best
    dropped = node.add(DATA)
    _, task = started(signed, place_of(node, dropped))
    await looks()
    node.refuse = STALE
    node.add(OTHER, on=fork)
    node.add()
    await looks()
    assert not task.done(), "the other branch can still win"
    node.finalize()
    with pytest.raises(InvalidTransaction) as caught:
        await task
    assert caught.value.reason == "Stale" and caught.value.retryable


async def test_its_era_over_in_final_blocks_is_the_end(node, signed):
    _, task = started(signed)
    await looks()
    node.blocks(PERIOD)
    await looks()
    assert not task.done(), "over in the best chain only"
    node.finalize()
    with pytest.raises(InvalidTransaction) as caught:
        await task
    assert caught.value.reason == "AncientBirthBlock" and caught.value.retryable


async def test_submitted_again_from_time_to_time_and_not_at_every_look(node, signed):
    _, task = started(signed, limit=0.3)
    with pytest.raises(RequestTimeout, match="not in a block") as caught:
        await task
    looked = signed.chain.rpc.count("chain_getFinalizedHead")
    assert 1 <= len(node.submitted) <= looked // RESUBMIT_EVERY + 1
    assert "safe" in caught.value.hint and "Already Imported" in str(caught.value)


async def test_finality_that_stands_still_ends_at_the_deadline(node, signed):
    block = node.add(DATA)
    _, task = started(signed, place_of(node, block), limit=0.1)
    with pytest.raises(RequestTimeout, match="not final"):
        await task


async def test_a_node_that_is_away_or_behind_is_waited_for(node, signed):
    block = node.add(DATA)
    answers = signed.chain.rpc.answers
    answers["chain_getFinalizedHead"] = FakeTransport.sequence(
        ConnectionLost("gone"),
        RpcError("Unknown block", code=-32000),
        node.final,
        lambda params: node.final,
    )
    _, task = started(signed, place_of(node, block))
    node.finalize()
    assert await task == place_of(node, block)


# a submission whose outcome is not known


async def test_a_nonce_used_elsewhere_is_not_final_news_of_what_was_sent(node, signed):
    """The node is lost after the transaction was sent; the next one has another transaction with its nonce in a block
    that is dropped later. To sign anew at once would have made two of one."""
    rpc = signed.chain.rpc
    fork = node.best
    task = asyncio.create_task(Submission(signed.chain, signed).run(5))
    while not rpc.subscriptions.get(WATCH):  # noqa: ASYNC110
        await asyncio.sleep(0)
    node.add(OTHER)
    rpc.answers[WATCH] = STALE
    rpc.drop_subscriptions()
    await asyncio.sleep(0.1)
    assert not task.done()
    node.add(on=fork)
    node.add()
    again = node.add(DATA)
    assert await task == place_of(node, again)


async def test_refused_before_anybody_had_it_is_said_at_once(node, signed):
    signed.chain.rpc.answers[WATCH] = STALE
    with pytest.raises(InvalidTransaction) as caught:
        await Submission(signed.chain, signed).run(5)
    assert caught.value.reason == "Stale" and node.submitted == []


# what a caller sees


@pytest.fixture
def chain(node, runtime, monkeypatch):
    made = Chain(FakeTransport(node.answers()))

    async def current(*_):
        return runtime

    async def events(*_, **__):
        return []

    monkeypatch.setattr(made.runtimes, "current", current)
    monkeypatch.setattr(made.storage, "get", events)
    made.rpc.answers["system_accountNextIndex"] = 0
    return made


async def submitted(chain, wait_for):
    draft = Draft(chain, Call("System", "remark", {"remark": b""}))
    task = asyncio.create_task(draft.submit(ALICE, wait_for=wait_for))
    while not chain.rpc.subscriptions.get(WATCH):  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    return task, bytes.fromhex(chain.rpc.requests[-1][1][0][2:])


async def test_a_caller_chooses_what_to_wait_for(node, chain):
    task, data = await submitted(chain, "in_block")
    block = node.add(data)
    chain.rpc.push(WATCH, {"inBlock": block})
    done = await task
    assert (done.block, done.final) == (block, False)

    node.finalize()
    final = await done.finalized()
    assert final.block == block and final.in_block.final


async def test_finalized_tells_the_block_in_which_it_stayed(node, chain):
    fork = node.best
    task, data = await submitted(chain, "finalized")
    chain.rpc.push(WATCH, {"inBlock": node.add(data)})
    await looks()
    assert not task.done()
    node.add(on=fork)
    again = node.add(OTHER, data)
    node.finalize()
    done = await task
    assert (done.block, done.number, done.index, done.final) == (again, 4, 1, True)


async def test_where_finality_lags_the_era_reaches_the_best_chain(node, chain):
    node.blocks(300)
    signed = await Draft(chain, Call("System", "remark", {"remark": b""})).sign(ALICE)
    assert signed.height == 2 and signed.period == 1024
