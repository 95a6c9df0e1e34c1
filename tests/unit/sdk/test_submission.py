"""From a signed transaction to its block, through every way a watch can end."""

import asyncio
import gc

import pytest

from ganglion.chain.calls import Call
from ganglion.chain.context import Chain
from ganglion.chain.extrinsics import Draft, Signed
from ganglion.chain.search import Place
from ganglion.chain.submission import Submission
from ganglion.errors import ConnectionLost, InvalidTransaction, RequestTimeout, RpcError
from ganglion.keys import Keypair
from ganglion.testing import FakeTransport

from .forks import ForkedChain

WATCH = "author_submitAndWatchExtrinsic"
DATA = b"\x01\x02\x03"
OTHER = b"\x09\x09"
ALICE = Keypair.from_uri("//Alice")


@pytest.fixture
def blocks():
    chain = ForkedChain()
    chain.blocks(2)
    chain.finalize()
    return chain


@pytest.fixture
def rpc(blocks):
    return FakeTransport(blocks.answers())


@pytest.fixture
def signed(rpc):
    return Signed(Chain(rpc), Call("System", "remark"), DATA, ALICE.ss58, 0, 2, 64)


async def started(signed, rpc, limit=2.0):
    task = asyncio.create_task(Submission(signed.chain, signed).run(limit))
    while not rpc.subscriptions.get(WATCH) and not task.done():  # noqa: ASYNC110
        await asyncio.sleep(0)
    return task


def at(chain, index=0):
    """The best block's place, with a transaction at this position."""
    return Place(chain.best, len(chain.line(chain.best)) - 1, index)


async def test_in_block(signed, rpc, blocks):
    task = await started(signed, rpc)
    blocks.add(OTHER, DATA)
    rpc.push(WATCH, "ready", {"broadcast": ["peer"]}, {"inBlock": blocks.best})
    assert await task == at(blocks, 1)
    assert rpc.subscriptions[WATCH] == []


@pytest.mark.parametrize(
    ("status", "reason"), [("invalid", "Invalid"), ("dropped", "Dropped"), ({"usurped": "0x01"}, "Usurped")]
)
async def test_given_up_by_the_pool(signed, rpc, status, reason):
    task = await started(signed, rpc)
    rpc.push(WATCH, status)
    with pytest.raises(InvalidTransaction) as caught:
        await task
    assert caught.value.reason == reason


async def test_a_retracted_block_is_waited_out(signed, rpc, blocks):
    task = await started(signed, rpc)
    rpc.push(WATCH, "ready", {"retracted": "0x07"}, "future")
    await asyncio.sleep(0.01)
    assert not task.done()
    blocks.add(DATA)
    rpc.push(WATCH, {"finalized": blocks.best})
    assert await task == at(blocks, 0)


async def test_a_lost_connection_after_inclusion_finds_the_block(signed, rpc, blocks):
    task = await started(signed, rpc)
    blocks.add(OTHER)
    blocks.add(DATA)
    rpc.drop_subscriptions()
    assert await task == at(blocks, 0)
    assert rpc.count(WATCH) == 1


async def test_a_lost_connection_before_inclusion_submits_again(signed, rpc, blocks):
    task = await started(signed, rpc)
    rpc.drop_subscriptions()
    while rpc.count(WATCH) < 2:  # noqa: ASYNC110
        await asyncio.sleep(0)
    blocks.add(DATA)
    rpc.push(WATCH, {"inBlock": blocks.best})
    assert await task == at(blocks, 0)


async def test_submitting_what_is_in_a_block_finds_it(signed, rpc, blocks):
    blocks.add(DATA)
    rpc.answers[WATCH] = RpcError("Invalid Transaction", code=1010, data="Transaction is outdated")
    assert await Submission(signed.chain, signed).run(2) == at(blocks, 0)


async def test_a_used_nonce_is_refused(signed, rpc):
    rpc.answers[WATCH] = RpcError("Invalid Transaction", code=1010, data="Transaction is outdated")
    with pytest.raises(InvalidTransaction) as caught:
        await Submission(signed.chain, signed).run(2)
    assert caught.value.reason == "Stale" and caught.value.retryable


async def test_a_bad_signature_is_refused_at_once(signed, rpc):
    rpc.answers[WATCH] = RpcError("Invalid Transaction", code=1010, data="Transaction has a bad signature")
    with pytest.raises(InvalidTransaction) as caught:
        await Submission(signed.chain, signed).run(2)
    assert caught.value.reason == "BadProof" and rpc.count("chain_getBlock") == 0


async def test_what_the_pool_has_already_is_waited_for(signed, rpc, blocks):
    rpc.answers[WATCH] = RpcError("Transaction Already Imported", code=1013)
    task = asyncio.create_task(Submission(signed.chain, signed).run(3))
    await asyncio.sleep(0.05)
    assert not task.done()
    blocks.add(DATA)
    assert await task == at(blocks, 0)


@pytest.mark.parametrize("refusal", ["Immediately Dropped", "Inability to pay some fees"])
async def test_a_second_nodes_refusal_proves_nothing_of_what_the_first_one_took(signed, rpc, blocks, refusal):
    task = await started(signed, rpc)
    rpc.answers[WATCH] = RpcError("Invalid Transaction", code=1010, data=refusal)
    rpc.drop_subscriptions()
    while rpc.count(WATCH) < 2:  # noqa: ASYNC110
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    assert not task.done()
    blocks.add(DATA)
    assert await task == at(blocks, 0)


async def test_a_block_that_another_node_does_not_have_is_looked_for_again(signed, rpc, blocks):
    task = await started(signed, rpc)
    empty = blocks.best
    blocks.add(DATA)
    rpc.push(WATCH, {"inBlock": empty})
    assert await task == at(blocks, 0)


async def test_other_errors_of_the_node_are_not_swallowed(signed, rpc):
    rpc.answers[WATCH] = RpcError("Method not found", code=-32601)
    with pytest.raises(RpcError, match="not found"):
        await Submission(signed.chain, signed).run(2)


async def test_never_included_is_a_timeout_that_says_it_is_safe_to_repeat(signed, rpc):
    task = await started(signed, rpc, 0.1)
    with pytest.raises(RequestTimeout, match=r"within 0\.1 s") as caught:
        await task
    assert "safe" in caught.value.hint and rpc.subscriptions[WATCH] == []


async def test_a_node_that_is_gone_ends_at_the_deadline(signed, rpc):
    rpc.answers[WATCH] = ConnectionLost("gone")
    rpc.answers["chain_getHeader"] = ConnectionLost("gone")
    with pytest.raises(RequestTimeout):
        await Submission(signed.chain, signed).run(0.2)


async def test_every_end_releases_the_nonce(signed, rpc):
    signed.chain.nonces._reserved[ALICE.ss58] = {0}
    rpc.answers[WATCH] = RpcError("Invalid Transaction", code=1010, data="Transaction has a bad signature")
    with pytest.raises(InvalidTransaction):
        await signed.submit(timeout=1)
    assert signed.chain.nonces._reserved == {}


async def test_a_draft_signs_again_when_another_took_its_nonce(runtime, rpc, blocks, monkeypatch):
    chain = Chain(rpc)

    async def current():
        return runtime

    monkeypatch.setattr(chain.runtimes, "current", current)
    rpc.answers |= {
        "system_accountNextIndex": FakeTransport.sequence(3, 4),
        "chain_getFinalizedHead": lambda params: blocks.best,
        WATCH: FakeTransport.sequence(
            RpcError("Priority is too low", code=1014),
            RpcError("Invalid Transaction", code=1010, data="Transaction has a bad signature"),
        ),
    }
    with pytest.raises(InvalidTransaction) as caught:
        await Draft(chain, Call("System", "remark", {"remark": b""})).submit(ALICE)
    assert caught.value.reason == "BadProof"
    sent = [bytes.fromhex(params[0][2:]) for method, params in rpc.requests if method == WATCH]
    assert [runtime.decode_extrinsic(data)["nonce"] for data in sent] == [3, 4]


async def test_a_signed_transaction_that_is_thrown_away_frees_its_nonce(runtime, rpc, blocks, monkeypatch):
    chain = Chain(rpc)

    async def current():
        return runtime

    monkeypatch.setattr(chain.runtimes, "current", current)
    rpc.answers |= {"system_accountNextIndex": 3, "chain_getFinalizedHead": lambda params: blocks.best}
    draft = Draft(chain, Call("System", "remark", {"remark": b""}))
    first = await draft.sign(ALICE)
    second = await draft.sign(ALICE)
    assert (first.nonce, second.nonce) == (3, 4)
    del first
    gc.collect()
    assert (await draft.sign(ALICE)).nonce == 3
