"""The sans-io core: matching, batching, subscriptions, bounds, what a lost connection means."""

import json

import pytest

from ganglion.chain.rpc_core import (
    MAX_EARLY,
    MAX_PENDING,
    MAX_SUBSCRIPTIONS,
    Answer,
    Notified,
    RpcCore,
    SubscriptionState,
)
from ganglion.errors import DecodeError, RpcError


def heads(**changes):
    return SubscriptionState("chain_subscribeNewHeads", [], "chain_unsubscribeNewHeads", **changes)


def answer(number, result):
    return json.dumps({"jsonrpc": "2.0", "id": number, "result": result})


def notification(name, value):
    return json.dumps({"jsonrpc": "2.0", "method": "x", "params": {"subscription": name, "result": value}})


def test_requests_are_numbered_and_answers_matched_out_of_order():
    core = RpcCore()
    first, text = core.request("system_name", [])
    second, _ = core.request("system_chain", [1, None])
    assert json.loads(text) == {"jsonrpc": "2.0", "id": first, "method": "system_name", "params": []}
    assert core.receive(answer(second, "chain")) == [Answer(second, "chain")]
    assert core.receive(answer(first, None)) == [Answer(first, None)]
    assert core.pending == 0


def test_batch_is_one_text_and_answers_may_come_in_any_grouping():
    core = RpcCore()
    numbers, text = core.batch([("a", []), ("b", [2])])
    assert [one["id"] for one in json.loads(text)] == numbers
    both = json.dumps([json.loads(answer(numbers[1], 2)), json.loads(answer(numbers[0], 1))])
    assert [event.result for event in core.receive(both)] == [2, 1]
    with pytest.raises(ValueError):
        core.batch([])


def test_errors_keep_code_and_data():
    core = RpcCore()
    number, _ = core.request("a", [])
    text = json.dumps({"id": number, "error": {"code": 1010, "message": "Invalid", "data": "Stale"}})
    (event,) = core.receive(text)
    assert isinstance(event.error, RpcError)
    assert (event.error.code, event.error.data, str(event.error)) == (1010, "Stale", "Invalid (Stale)")


@pytest.mark.parametrize("error", ["text", 7, {}, {"code": "x"}, {"message": None}])
def test_malformed_errors_are_errors_still(error):
    core = RpcCore()
    number, _ = core.request("a", [])
    (event,) = core.receive(json.dumps({"id": number, "error": error}))
    assert isinstance(event.error, RpcError)


def test_answers_nobody_waits_for_are_ignored():
    core = RpcCore()
    number, _ = core.request("a", [])
    core.forget(number)
    assert core.receive(answer(number, 1)) == []
    assert core.receive(answer(99, 1)) == []
    assert core.receive('{"id": null, "error": {"code": -32700, "message": "Parse error"}}') == []


@pytest.mark.parametrize("text", ["", "{", "3", '"x"', "null", "[1]", "[" * 100_000])
def test_nonsense_ends_the_connection_and_nothing_else(text):
    with pytest.raises(DecodeError):
        RpcCore().receive(text)


@pytest.mark.parametrize("params", [None, [], {}, {"result": 1}, {"subscription": None}])
def test_malformed_notifications_are_ignored(params):
    core = RpcCore()
    assert core.receive(json.dumps({"method": "x", "params": params})) == []


def test_subscription_queues_until_read():
    core, state = RpcCore(), heads()
    number, _ = core.subscribe(state)
    core.receive(answer(number, "s1"))
    assert core.receive(notification("s1", 1)) == [Notified(state)]
    core.receive(notification("s1", 2))
    core.receive(notification("other", 3))
    assert list(state.queue) == [1, 2] and state.dropped == 0


def test_notifications_that_overtake_the_answer_are_kept():
    core, state = RpcCore(), heads()
    number, _ = core.subscribe(state)
    core.receive(notification("s1", "early"))
    core.receive(notification("s2", "not ours"))
    assert Notified(state) in core.receive(answer(number, "s1"))
    assert list(state.queue) == ["early"]


def test_early_notifications_are_bounded():
    core, state = RpcCore(), heads(limit=10_000)
    number, _ = core.subscribe(state)
    for value in range(MAX_EARLY + 50):
        core.receive(notification("s1", value))
    core.receive(answer(number, "s1"))
    assert len(state.queue) == MAX_EARLY and state.queue[-1] == MAX_EARLY + 49


def test_a_slow_reader_loses_the_oldest():
    core, state = RpcCore(), heads(limit=3)
    number, _ = core.subscribe(state)
    core.receive(answer(number, "s1"))
    for value in range(5):
        core.receive(notification("s1", value))
    assert list(state.queue) == [2, 3, 4] and state.dropped == 2


def test_unsubscribing_tells_the_server_once():
    core, state = RpcCore(), heads()
    number, _ = core.subscribe(state)
    core.receive(answer(number, "s1"))
    _, text = core.unsubscribe(state)
    assert json.loads(text)["method"] == "chain_unsubscribeNewHeads"
    assert json.loads(text)["params"] == ["s1"]
    assert core.unsubscribe(state) is None and core.subscriptions == ()
    assert core.receive(notification("s1", 1)) == [] and not state.queue


def test_a_lost_connection_keeps_what_can_be_resumed():
    core, lasting, watched = RpcCore(), heads(), heads(resumable=False)
    for name, state in (("s1", lasting), ("s2", watched)):
        number, _ = core.subscribe(state)
        core.receive(answer(number, name))
    number, _ = core.request("a", [])
    lost, ended = core.disconnected()
    assert lost == [number] and ended == [watched]
    assert watched.closed and not lasting.closed and lasting.remote is None
    assert core.subscriptions == (lasting,) and core.pending == 0
    again, _ = core.subscribe(lasting)
    core.receive(answer(again, "s9"))
    core.receive(notification("s1", "stale id of the old connection"))
    core.receive(notification("s9", "new"))
    assert list(lasting.queue) == ["new"] and core.subscriptions == (lasting,)


def test_requests_and_subscriptions_are_bounded():
    core = RpcCore()
    for _ in range(MAX_PENDING):
        core.request("a", [])
    with pytest.raises(RpcError, match="already waiting") as caught:
        core.request("a", [])
    assert caught.value.retryable and caught.value.fault == "self"
    core.disconnected()
    for _ in range(MAX_SUBSCRIPTIONS):
        core.subscribe(heads())
    with pytest.raises(RpcError, match="open subscriptions"):
        core.subscribe(heads())


def test_equal_subscriptions_are_two():
    core = RpcCore()
    first, second = heads(), heads()
    for name, state in (("s1", first), ("s2", second)):
        number, _ = core.subscribe(state)
        core.receive(answer(number, name))
    core.receive(notification("s2", 1))
    assert not first.queue and list(second.queue) == [1]
