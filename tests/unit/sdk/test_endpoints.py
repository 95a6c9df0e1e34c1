"""Which of several nodes is used, and why not another one."""

import pytest

from ganglion.chain.endpoints import BEHIND_BEST, BEHIND_FINAL, STEADY_SECONDS, Endpoints, Report, report_of
from ganglion.errors import ChainError, ConnectionLost, RpcError, TransportError

A, B, C = "ws://a:1", "ws://b:1", "ws://c:1"
GENESIS, OTHER = "0x" + "11" * 32, "0x" + "22" * 32
STALE = 20.0


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def nodes(clock):
    return Endpoints([A, B, C], stale=STALE, clock=clock)


def said(best=100, final=98, **changes):
    return Report(changes.pop("genesis", GENESIS), best, final, **changes)


def gone(url):
    return ConnectionLost(f"no connection to {url}")


def test_they_are_tried_in_order_and_round_again(nodes):
    seen = []
    for _ in range(5):
        seen.append(nodes.url)
        nodes.failed(gone(nodes.url))
    assert seen == [A, B, C, A, B] and nodes.attempt == 1 and nodes.all_failed


def test_a_repeated_url_counts_once():
    assert Endpoints([A, B, A]).urls == (A, B)


def test_a_node_that_lasted_is_no_failed_attempt(nodes, clock):
    nodes.accept(said())
    clock.now += STEADY_SECONDS
    nodes.failed(gone(A))
    assert (nodes.url, nodes.attempt, nodes.all_failed) == (B, 0, False)


def test_why_none_can_be_used_names_each(nodes):
    nodes.accept(said())
    nodes.failed(gone(A))
    with pytest.raises(ChainError, match="another chain") as caught:
        nodes.accept(said(genesis=OTHER))
    nodes.failed(caught.value)
    nodes.failed(gone(C))
    text = str(nodes.failure())
    assert A in text and B in text and C in text and OTHER in text and GENESIS in text
    assert nodes.failure().retryable


def test_a_node_of_another_network_is_never_used(nodes):
    nodes.accept(said())
    for _ in range(10):
        nodes.failed(gone(nodes.url))
        with pytest.raises(ChainError, match="another chain"):
            nodes.accept(said(genesis=OTHER))


def test_the_genesis_can_be_given():
    nodes = Endpoints([A], GENESIS)
    with pytest.raises(ChainError, match="another chain"):
        nodes.accept(said(genesis=OTHER))


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (said(syncing=True), "syncing"),
        (said(best=100, final=98 - BEHIND_FINAL), "behind"),
        (said(best=100 - BEHIND_BEST, final=98), "behind"),
    ],
)
def test_a_node_that_is_behind_is_used_only_when_the_others_failed(nodes, report, reason):
    nodes.accept(said())
    nodes.failed(gone(A))
    with pytest.raises(TransportError, match=reason) as caught:
        nodes.accept(report)
    nodes.failed(caught.value)
    nodes.failed(gone(C))
    nodes.accept(report)
    assert nodes.failure() is None


def test_a_node_that_is_a_little_behind_is_used(nodes):
    nodes.accept(said())
    nodes.failed(gone(A))
    nodes.accept(said(best=98, final=95))
    assert nodes.switches == 1


def test_a_node_without_heights_is_used(nodes):
    nodes.accept(Report(GENESIS))
    nodes.failed(gone(A))
    nodes.accept(Report(GENESIS))


def test_with_one_node_only_its_genesis_counts(clock):
    nodes = Endpoints([A], clock=clock)
    nodes.accept(said())
    nodes.failed(gone(A))
    nodes.accept(said(best=1, final=0, syncing=True))


def test_finality_that_stands_still_is_a_reason_to_look_at_the_others(nodes, clock):
    nodes.accept(said())
    clock.now += STALE - 1
    assert not nodes.is_doubtful()
    nodes.saw(said(best=120, final=98))
    clock.now += 2
    assert nodes.is_doubtful()
    assert not nodes.is_doubtful(), "not at every look"
    nodes.saw(said(best=121, final=99))
    clock.now += STALE - 1
    assert not nodes.is_doubtful()


def test_a_node_that_syncs_is_doubtful_at_once(nodes):
    nodes.accept(said())
    nodes.saw(said(syncing=True))
    assert nodes.is_doubtful()


def test_the_one_that_is_most_ahead_is_chosen(nodes):
    nodes.accept(said())
    far, near = said(best=130, final=125), said(best=111, final=108)
    assert nodes.better({B: near, C: far}) == C
    reason = nodes.leave_for(C)
    nodes.failed(reason)
    assert nodes.url == C and A in str(reason)


def test_no_other_one_is_better(nodes):
    nodes.accept(said())
    others = {
        B: said(best=101, final=99),
        C: said(genesis=OTHER, best=1000, final=1000),
    }
    assert nodes.better(others) is None
    assert nodes.better({B: said(best=1000, final=1000, syncing=True)}) is None


async def test_what_a_node_says_of_itself():
    async def ask(method, params):
        answers = {
            "chain_getBlockHash": GENESIS,
            "system_health": {"isSyncing": True},
            "chain_getFinalizedHead": "0x07",
            "chain_getHeader": {"number": "0x7"} if params else {"number": "0x9"},
        }
        return answers[method]

    assert await report_of(ask) == Report(GENESIS, 9, 7, True)


async def test_a_node_that_says_little_of_itself():
    async def ask(method, params):
        if method != "chain_getBlockHash":
            raise RpcError("Method not found", code=-32601)
        return GENESIS

    assert await report_of(ask) == Report(GENESIS)
