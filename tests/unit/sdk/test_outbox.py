"""A daemon's transactions: each label once, whatever becomes of blocks, pools and the process before."""

import asyncio

import pytest

from ganglion.chain.calls import Call
from ganglion.chain.context import Chain
from ganglion.chain.extrinsics import Draft, Finalized
from ganglion.chain.outbox import DONE_SECONDS, MAX_OPEN, Outbox
from ganglion.errors import ChainError, InvalidTransaction, RequestTimeout, RpcError
from ganglion.keys import Keypair
from ganglion.testing import FakeTransport

from .forks import ForkedChain

WATCH = "author_submitAndWatchExtrinsic"
ALICE = Keypair.from_uri("//Alice")
BAD = RpcError("Invalid Transaction", code=1010, data="Inability to pay some fees")


class Account:
    """A node with one account's transactions, and its outbox."""

    def __init__(self, runtime, monkeypatch):
        self.node = ForkedChain()
        self.node.blocks(2)
        self.node.finalize()
        self.now = 0.0
        self.settled = []
        self.runtime = runtime
        self.rpc = FakeTransport(
            self.node.answers() | {"system_accountNextIndex": self.next_index, WATCH: self.watch}
        )
        chain = Chain(self.rpc)

        async def current(*_):
            return runtime

        async def events(*_, **__):
            return []

        monkeypatch.setattr(chain.runtimes, "current", current)
        monkeypatch.setattr(chain.storage, "get", events)
        monkeypatch.setattr("ganglion.chain.confirmation.POLL", 0.001)
        monkeypatch.setattr("ganglion.chain.outbox.POLL", 0.001)
        self.draft = Draft(chain, Call("System", "remark", {"remark": b""}))
        self.outbox = Outbox(chain, ALICE, lambda *pair: self.settled.append(pair), clock=lambda: self.now)

    def next_index(self, params):
        return sum(len(self.node.bodies[block]) for block in self.node.line(self.node.best)) + len(
            self.node.pool
        )

    def watch(self, params):
        self.node.answers()["author_submitExtrinsic"](params)
        return "watching"

    def send(self, label, timeout=2.0):
        return asyncio.create_task(self.outbox.send(label, self.draft, timeout=timeout))

    async def sent(self, count):
        async with asyncio.timeout(3):
            while len(self.node.submitted) < count or not self.rpc.subscriptions.get(WATCH):  # noqa: ASYNC110
                await asyncio.sleep(0.001)

    def include(self, on=None):
        """What the pool has, in a block."""
        block = self.node.add(*self.node.pool, on=on)
        self.rpc.push(WATCH, {"inBlock": block})
        return block

    async def until_settled(self, count=1):
        async with asyncio.timeout(3):
            while len(self.settled) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.001)

    def nonces(self):
        return [self.runtime.decode_extrinsic(data)["nonce"] for data in dict.fromkeys(self.node.submitted)]


@pytest.fixture
async def account(runtime, monkeypatch):
    made = Account(runtime, monkeypatch)
    yield made
    await made.outbox.close()


async def test_in_a_block_for_the_caller_and_final_in_the_background(account):
    task = account.send("a")
    await account.sent(1)
    account.include()
    await task
    assert account.outbox.open == 1 and account.settled == []
    account.node.finalize()
    await account.until_settled()
    label, outcome = account.settled[0]
    assert label == "a" and isinstance(outcome, Finalized) and account.outbox.open == 0


async def test_the_same_label_is_not_signed_twice_while_its_block_may_be_dropped(account):
    fork = account.node.best
    task = account.send("a")
    await account.sent(1)
    data = account.node.submitted[0]
    account.include()
    await task
    account.node.add(on=fork)
    account.node.add()
    for _ in range(3):
        await account.send("a")
    await asyncio.sleep(0.05)
    assert set(account.node.submitted) == {data}, "the dropped one is sent again, and no other"
    account.node.add(*account.node.pool)
    account.node.finalize()
    await account.until_settled()
    assert sum(len(account.node.bodies[block]) for block in account.node.line(account.node.final)) == 1


async def test_a_final_one_is_remembered_until_readers_of_final_blocks_have_seen_it(account):
    task = account.send("a")
    await account.sent(1)
    account.include()
    await task
    account.node.finalize()
    await account.until_settled()
    await account.send("a")
    assert len(account.node.submitted) == 1
    account.now += DONE_SECONDS + 1
    again = account.send("a")
    await account.sent(2)
    account.include()
    await again
    assert account.nonces() == [0, 1]


async def test_different_labels_have_different_nonces(account):
    first = account.send("a")
    await account.sent(1)
    account.include()
    await first
    second = account.send("b")
    await account.sent(2)
    account.include()
    await second
    assert account.nonces() == [0, 1] and account.outbox.open == 2


async def test_what_a_former_process_left_is_waited_for_until_it_is_final(account):
    account.node.pool.append(b"of a former process")
    with pytest.raises(RequestTimeout):
        await account.send("a", timeout=0.05)
    account.include()
    with pytest.raises(RequestTimeout):
        await account.send("a", timeout=0.05)
    assert account.node.submitted == [], "it may be the same, and its block may be dropped"
    account.node.finalize()
    task = account.send("a")
    await account.sent(1)
    account.include()
    await task
    assert account.nonces() == [1]


async def test_a_refusal_leaves_nothing(account):
    account.rpc.answers[WATCH] = BAD
    with pytest.raises(InvalidTransaction) as caught:
        await account.send("a")
    assert caught.value.reason == "Payment" and account.outbox.open == 0


@pytest.mark.parametrize("status", ["dropped", "invalid", {"usurped": "0x01"}])
async def test_given_up_by_one_pool_it_is_followed_on(account, status):
    task = account.send("a")
    await account.sent(1)
    data = account.node.submitted[0]
    account.rpc.push(WATCH, status)
    with pytest.raises(InvalidTransaction) as caught:
        await task
    assert caught.value.reason == "Pending" and caught.value.retryable
    with pytest.raises(InvalidTransaction):
        await account.send("a")
    assert set(account.node.submitted) == {data}
    account.node.add(data)
    account.node.finalize()
    await account.until_settled()
    assert isinstance(account.settled[0][1], Finalized)


async def test_dead_for_good_it_can_be_signed_anew(account):
    fork = account.node.best
    task = account.send("a")
    await account.sent(1)
    account.include()
    await task
    account.node.refuse = BAD
    account.node.add(b"another one", on=fork)
    account.node.finalize()
    await account.until_settled()
    assert account.settled[0][1].reason == "Stale"
    account.node.refuse = None
    account.node.pool.clear()
    again = account.send("a")
    await account.sent(len(account.node.submitted) + 1)
    account.include()
    await again
    assert account.nonces() == [0, 1]


async def test_a_caller_who_waits_too_long_finds_it_later(account):
    with pytest.raises(RequestTimeout, match="within"):
        await account.send("a", timeout=0.05)
    account.include()
    await account.send("a")
    assert len(set(account.node.submitted)) == 1


async def test_it_is_bounded(account):
    account.outbox._open.update({number: None for number in range(MAX_OPEN)})
    with pytest.raises(ChainError, match="not final yet") as caught:
        await account.send("a")
    assert caught.value.retryable
    account.outbox._open.clear()


async def test_a_bug_on_the_way_does_not_make_it_be_forgotten(account, monkeypatch):
    broken = ZeroDivisionError("a bug")

    async def confirm(self):
        raise broken

    with monkeypatch.context() as patched:
        patched.setattr("ganglion.chain.extrinsics.Signed.confirm", confirm)
        sending = account.send("one")
        await account.sent(1)
        account.include()
        await sending
        await asyncio.sleep(0.01)
        assert account.outbox.open == 1 and not account.settled
    account.node.finalize()
    await account.until_settled()
    assert isinstance(account.settled[0][1], Finalized) and account.outbox.open == 0
