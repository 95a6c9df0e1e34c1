"""JSON-RPC 2.0: requests, batches, parameters, subscriptions; every malformed message gets its error."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ganglion.errors import GanglionError, UsageError
from ganglion_devnode.errors import MethodNotFound
from ganglion_devnode.node_errors import NodeBusy, PrunedBlock
from ganglion_devnode.pool.transaction import AlreadyImported, NotValid, TooLowPriority
from ganglion_devnode.pool.validity import ValidityError, decode_apply_result, decode_validity
from ganglion_devnode.rpc.faults import fault_of, submission_fault
from ganglion_devnode.rpc.jsonrpc import MAX_BATCH, Dispatcher, Reply
from ganglion_devnode.rpc.params import U32, Flag, Hash, Hex, Keys, Text
from ganglion_devnode.rpc.session import MAX_SUBSCRIPTIONS, MAX_WAITING, Sink, WsSession
from ganglion_devnode.rpc.table import MethodTable, method, subscription
from ganglion_devnode.scale import ScaleError


class Methods:
    def __init__(self) -> None:
        self.ended = 0
        self.sinks: list[Sink] = []

    @method("add", "plus")
    def add(self, first: U32, second: U32 = 10) -> int:
        return first + second

    @method("bytes")
    async def bytes(self, data: Hex, block_hash: Hash | None = None) -> list[str | None]:
        return [data.hex(), block_hash and block_hash.hex()]

    @method("typed")
    def typed(self, text: Text, flag: Flag, keys: Keys) -> list[Any]:
        return [text, flag, len(keys)]

    @method("fail")
    def fail(self) -> None:
        raise ZeroDivisionError("secret detail")

    @method("big")
    def big(self) -> str:
        return "x" * 10_000

    @method("dev_danger", unsafe=True)
    def danger(self) -> bool:
        return True

    @subscription("watch", notification="watched", unsubscribe=("unwatch",))
    def watch(self, sink: Sink, start: U32) -> Callable[[], None]:
        sink.send(start)
        self.sinks.append(sink)

        def end() -> None:
            self.ended += 1

        return end

    @subscription("watchFailing", notification="watched", unsubscribe=("unwatch",))
    def watch_failing(self, sink: Sink) -> Callable[[], None]:
        raise UsageError("no")


@pytest.fixture
def methods() -> Methods:
    return Methods()


@pytest.fixture
def dispatcher(methods: Methods) -> Dispatcher:
    return Dispatcher(MethodTable([methods], unsafe=False), 5_000)


async def ask(dispatcher: Dispatcher, message: Any, session: WsSession | None = None) -> Any:
    reply = await dispatcher.handle(
        message if isinstance(message, str | bytes) else json.dumps(message), session
    )
    return None if reply.text is None else json.loads(reply.text)


async def call(dispatcher: Dispatcher, name: str, params: Any = None) -> Any:
    answer = await ask(dispatcher, {"jsonrpc": "2.0", "id": 7, "method": name, "params": params})
    assert answer["id"] == 7
    return answer.get("result", answer.get("error"))


@pytest.mark.parametrize("params", [[1, 2], {"first": 1, "second": 2}])
async def test_positional_and_named(dispatcher: Dispatcher, params: Any) -> None:
    assert await call(dispatcher, "add", params) == 3
    assert await call(dispatcher, "plus", params) == 3


async def test_optional_parameters(dispatcher: Dispatcher) -> None:
    assert await call(dispatcher, "add", [1]) == 11
    assert await call(dispatcher, "add", [1, None]) == 11
    assert await call(dispatcher, "bytes", ["0xAB"]) == ["ab", None]
    assert await call(dispatcher, "bytes", {"data": "ab", "blockHash": "0x" + "11" * 32}) == ["ab", "11" * 32]


@pytest.mark.parametrize(
    ("name", "params", "text"),
    [
        ("add", ["1"], "`first` (position 1) must be a whole number, got a string"),
        ("add", [True], "`first` (position 1) must be a whole number, got a boolean"),
        ("add", [-1], "from 0 to 4294967295"),
        ("add", [1.5], "must be a whole number, got a number"),
        ("add", [], "`first` (position 1) is missing"),
        ("add", [1, 2, 3], "at most 2 parameters, got 3"),
        ("add", {"frist": 1}, "no parameter is called 'frist'"),
        ("bytes", ["0xabc"], "even number of digits"),
        ("bytes", ["zz"], "must be a hex string"),
        ("bytes", ["0x00 1"], "must be a hex string"),
        ("bytes", ["0x00", "0x11"], "`block_hash` (position 2) must be a hash of 32 bytes, got 1"),
        ("typed", [5, True, []], "`text` (position 1) must be a string"),
        ("typed", ["a", "yes", []], "`flag` (position 2) must be true or false"),
        ("typed", ["a", True, {"a": 1}], "`keys` (position 3) must be an array, got an object"),
        ("typed", ["a", True, ["0x", 5]], "has an item that must be a hex string, got a number"),
        ("typed", ["a", True, ["0x"] * 10_001], "at most 10000"),
    ],
)
async def test_wrong_parameters(dispatcher: Dispatcher, name: str, params: Any, text: str) -> None:
    error = await call(dispatcher, name, params)
    assert error["code"] == -32602
    assert text in error["message"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("", -32700),
        ("{", -32700),
        (b"\xff\xfe", -32700),
        ("[" * 100_000, -32700),
        ("[]", -32600),
        ("5", -32600),
        ('{"id":1}', -32600),
        ('{"id":1,"method":5}', -32600),
        ('{"id":1,"method":"add","params":5}', -32600),
        ('{"id":{},"method":"add"}', -32600),
        ('{"jsonrpc":"1.0","id":1,"method":"add"}', -32600),
        ('{"id":1,"method":"nothing"}', -32601),
    ],
)
async def test_malformed_messages(dispatcher: Dispatcher, message: str | bytes, code: int) -> None:
    assert (await ask(dispatcher, message))["error"]["code"] == code


async def test_unsafe_methods_do_not_exist(methods: Methods, dispatcher: Dispatcher) -> None:
    assert (await call(dispatcher, "dev_danger"))["code"] == -32601
    table = MethodTable([methods], unsafe=True)
    assert await call(Dispatcher(table, 5_000), "dev_danger") is True
    assert table.names() == sorted(table.names())
    assert "dev_danger" in table.names()


async def test_batches(dispatcher: Dispatcher) -> None:
    answers = await ask(
        dispatcher,
        [
            {"id": 1, "method": "add", "params": [1, 1]},
            {"id": "two", "method": "nothing"},
            {"method": "add", "params": [1, 1]},
            5,
        ],
    )
    assert [answer["id"] for answer in answers] == [1, "two", None]
    assert [answer.get("error", {}).get("code") for answer in answers] == [None, -32601, -32600]


async def test_notifications_get_no_answer(dispatcher: Dispatcher) -> None:
    assert await ask(dispatcher, {"method": "add", "params": ["wrong"]}) is None
    assert await ask(dispatcher, [{"method": "add", "params": [1]}]) is None


async def test_bounds(dispatcher: Dispatcher) -> None:
    assert (await ask(dispatcher, [{"id": 1, "method": "add"}] * (MAX_BATCH + 1)))["error"]["code"] == -32010
    assert (await call(dispatcher, "big"))["code"] == -32008
    # Each answer fits, all together do not.
    many = [{"id": 1, "method": "bytes", "params": ["00" * 200]}] * 20
    assert (await ask(dispatcher, many))["error"]["code"] == -32008


async def test_an_unexpected_exception_shows_no_detail(dispatcher: Dispatcher) -> None:
    error = await call(dispatcher, "fail")
    assert error["code"] == -32603
    assert "secret" not in json.dumps(error)


async def test_subscription_needs_a_websocket(dispatcher: Dispatcher) -> None:
    error = await call(dispatcher, "watch", [1])
    assert (error["code"], "WebSocket" in error["data"]) == (-32601, True)


async def test_notifications_come_after_the_id(methods: Methods, dispatcher: Dispatcher) -> None:
    session = WsSession(1 << 20)
    reply: Reply = await dispatcher.handle('{"id":1,"method":"watch","params":[5]}', session)
    subscription_id = json.loads(reply.text or "")["result"]
    session.outbox.put(reply.text or "")
    for after in reply.after:
        after()
    methods.sinks[0].send(6)
    texts = [json.loads(await session.outbox.get()) for _ in range(3)]
    assert texts[0]["id"] == 1
    assert [text["params"] for text in texts[1:]] == [
        {"subscription": subscription_id, "result": 5},
        {"subscription": subscription_id, "result": 6},
    ]
    ended = {"id": 2, "method": "unwatch", "params": [subscription_id]}
    assert (await ask(dispatcher, ended, session))["result"] is True
    assert (await ask(dispatcher, ended, session))["result"] is False
    assert methods.ended == 1
    methods.sinks[0].send(7)
    assert not session.outbox._messages


async def test_a_failed_subscription_leaves_nothing(dispatcher: Dispatcher) -> None:
    session = WsSession(1 << 20)
    answer = await ask(dispatcher, {"id": 1, "method": "watchFailing"}, session)
    assert answer["error"]["code"] == -32602
    assert not session._sinks


async def test_subscriptions_are_bounded(dispatcher: Dispatcher) -> None:
    session = WsSession(1 << 20)
    for _ in range(MAX_SUBSCRIPTIONS):
        assert "result" in await ask(dispatcher, {"id": 1, "method": "watch", "params": [1]}, session)
    answer = await ask(dispatcher, {"id": 1, "method": "watch", "params": [1]}, session)
    assert answer["error"]["code"] == -32006


@pytest.mark.parametrize(("count", "size"), [(MAX_WAITING + 1, 1), (3, 1000)])
async def test_an_outbox_gives_up_on_who_does_not_read(count: int, size: int) -> None:
    session = WsSession(2_500 if size > 1 else 1 << 20)
    for _ in range(count):
        session.outbox.put("x" * size)
    assert session.outbox.overflown.is_set()
    assert not session.outbox._messages


async def test_closing_a_session_ends_its_subscriptions(methods: Methods, dispatcher: Dispatcher) -> None:
    session = WsSession(1 << 20)
    for _ in range(3):
        await ask(dispatcher, {"id": 1, "method": "watch", "params": [1]}, session)
    session.close()
    assert methods.ended == 3


@pytest.mark.parametrize(
    ("answer", "code", "message", "data"),
    [
        ("010000", 1010, "Invalid Transaction", "Transaction call is not expected"),
        ("010001", 1010, "Invalid Transaction", "Inability to pay some fees (e.g. account balance too low)"),
        ("010002", 1010, "Invalid Transaction", "Transaction will be valid in the future"),
        ("010003", 1010, "Invalid Transaction", "Transaction is outdated"),
        ("010004", 1010, "Invalid Transaction", "Transaction has a bad signature"),
        ("010005", 1010, "Invalid Transaction", "Transaction has an ancient birth block"),
        ("010006", 1010, "Invalid Transaction", "Transaction would exhaust the block limits"),
        ("0100072a", 1010, "Invalid Transaction", "Custom error: 42"),
        ("01000a", 1010, "Invalid Transaction", "Invalid signing address"),
        (
            "010101",
            1011,
            "Unknown Transaction Validity",
            "Could not find an unsigned validator for the unsigned transaction",
        ),
        ("01010207", 1011, "Unknown Transaction Validity", "Custom error: 7"),
    ],
)
def test_validity_errors(answer: str, code: int, message: str, data: str) -> None:
    verdict = decode_validity(bytes.fromhex(answer))
    assert isinstance(verdict, ValidityError)
    assert fault_of(NotValid(verdict)).to_json() == {"code": code, "message": message, "data": data}
    assert decode_apply_result(bytes.fromhex(answer)) == verdict


@pytest.mark.parametrize("answer", ["", "02", "0102", "01000d", "010103", "0100", "00"])
def test_damaged_validity(answer: str) -> None:
    with pytest.raises(ScaleError):
        decode_validity(bytes.fromhex(answer))


def test_other_errors() -> None:
    assert fault_of(AlreadyImported("x")).code == 1013
    assert fault_of(TooLowPriority(1, 2)).message == "Priority is too low: (2 vs 1)"
    assert "Exported method X is not found" in fault_of(MethodNotFound("X")).message
    assert fault_of(PrunedBlock("x", hint="h")).to_json()["data"] == {
        "fault": "user",
        "retryable": False,
        "hint": "h",
    }
    assert fault_of(NodeBusy("x")).code == -32009
    assert fault_of(GanglionError("x")).code == -32000
    assert submission_fault(ScaleError("x")).code == 1001
    assert submission_fault(MethodNotFound("X")).code == 1002


async def test_a_subscription_that_finishes_is_forgotten(methods: Methods, dispatcher: Dispatcher) -> None:
    session = WsSession(1 << 20)
    reply = await dispatcher.handle('{"id":1,"method":"watch","params":[5]}', session)
    methods.sinks[0].finish()  # before the subscriber knows the id: what it was sent still comes
    assert session._sinks
    for after in reply.after:
        after()
    assert not session._sinks
    assert methods.ended == 1
    assert json.loads(await session.outbox.get())["params"]["result"] == 5
