"""Whatever a miner sends, only it loses: no bytes of it end a validator or fail a user's request."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from ganglion.daemon import writing
from ganglion.errors import GanglionError, PeerError
from ganglion.peer import Peer, PeerClient, PeerLimits, PeerRefused
from ganglion.protocol.endpoints import dial_target
from ganglion.protocol.identity import random_identity
from ganglion.protocol.openai import parse_chat
from ganglion.protocol.receipts import Kind
from ganglion.verification.rules import Verdict
from ganglion_miner.answering import Answerer
from ganglion_miner.engine.base import FinishEvent, GenerationRequest, TokenEvent
from ganglion_miner.engine.echo import EchoEngine
from ganglion_validator import miners
from ganglion_validator.answer_text import Lied
from ganglion_validator.chain_view import Endpoint
from ganglion_validator.config import ValidatorConfig
from ganglion_validator.daemon import LoadedModel, Validator
from ganglion_validator.gateway import routes
from ganglion_validator.jobs import JobMaker

from .support import (
    CHAT,
    CONTEXT,
    LOOPBACK,
    MINERS,
    MODEL,
    NETWORK,
    PROFILE,
    VALIDATOR,
    ByteTokenizer,
    ValidatorChain,
    key_of,
    until,
)

Start = Callable[..., Any]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BUSY = b"HTTP/1.1 429 Busy\r\nContent-Length: 2\r\nRetry-After: "
RAW = {
    "Retry-After is a superscript": BUSY + "²".encode() + b"\r\n\r\n{}",
    "Retry-After is another script's digit": BUSY + "٣".encode() + b"\r\n\r\n{}",
    "Retry-After is astronomical": BUSY + b"9" * 5000 + b"\r\n\r\n{}",
    "headers that are no text": OK
    + b"Signature: \xff\r\nSignature-Input: \xfe\r\nContent-Length: 2\r\n\r\n{}",
    "no HTTP at all": b"\x00\x01\x02\r\n\r\n",
    "a status that is none": b"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "a redirect to nowhere": b"HTTP/1.1 302 X\r\nLocation: http://[::1/%zz\r\nContent-Length: 0\r\n\r\n",
    "a negative length": OK + b"Content-Length: -5\r\n\r\n{}",
    "a length of 2**66": OK + b"Content-Length: 99999999999999999999\r\n\r\n{}",
    "a bad chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}",
    "cut short": OK + b"Content-Length: 50\r\n\r\n{}",
    "an abyss of brackets": b"HTTP/1.1 400 X\r\nContent-Length: 50000\r\n\r\n" + b"[" * 50_000,
    "five thousand headers": OK + b"".join(b"X-%d: a\r\n" % n for n in range(5000)) + b"\r\n",
    "nothing": b"",
}


@asynccontextmanager
async def sending(data: bytes) -> AsyncIterator[int]:
    """A port on which every request gets these bytes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")), b":0"
        )
        await reader.readexactly(int(length.split(b":")[1]))
        writer.write(data)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def peer_at(port: int) -> Peer:
    return Peer(MINERS[0].ss58, dial_target(family=4, ip=LOOPBACK, port=port, allow_private=True))


async def ask_in_all_ways(client: PeerClient, peer: Peer) -> list[BaseException]:
    """What each kind of request raised."""

    async def stream() -> None:
        async with client.stream(peer, Kind.CHAT, CHAT, random_identity()) as blocks:
            async for _ in blocks:
                pass

    calls = [
        client.get(peer, "/v1/models"),
        client.complete(peer, Kind.CHAT, CHAT, random_identity()),
        client.embed(peer, {"model": "m", "input": ["a"]}, random_identity()),
        stream(),
    ]
    found = []
    for call in calls:
        try:
            await call
        except BaseException as error:
            found.append(error)
    return found


@pytest.mark.parametrize("name", RAW)
async def test_any_bytes_are_an_error_of_ours_and_nothing_else(name: str):
    limits = PeerLimits(connect=1, idle=1, total=2)
    async with sending(RAW[name]) as port, PeerClient(VALIDATOR, NETWORK, limits=limits) as client:
        found = await ask_in_all_ways(client, peer_at(port))
    assert len(found) == 4, "no answer that is not signed is ever used"
    assert all(isinstance(error, GanglionError) for error in found), found


@pytest.mark.parametrize(
    ("said", "seconds"), [(b"7", 7.0), (b"99999999", 3600.0), (b"-1", None), (b"soon", None)]
)
async def test_how_long_to_wait_is_taken_with_care(said: bytes, seconds: float | None):
    async with sending(BUSY + said + b"\r\n\r\n{}") as port, PeerClient(VALIDATOR, NETWORK) as client:
        with pytest.raises(PeerRefused) as caught:
            await client.get(peer_at(port), "/v1/models")
    assert caught.value.retry_after == seconds


class Lenient:
    """Passes everything."""

    def judge(self, deliveries: Any) -> list[Verdict]:
        return [Verdict(True) for _ in deliveries]


def load(config: ValidatorConfig) -> LoadedModel:
    jobs = JobMaker(ByteTokenizer(), MODEL, CONTEXT, 64)
    return LoadedModel(jobs, lambda genesis: Lenient(), {"generate": PROFILE})


@pytest.mark.parametrize(
    "name", ["Retry-After is a superscript", "headers that are no text", "an abyss of brackets"]
)
async def test_a_validator_outlives_it(miner: Start, tmp_path: Path, name: str):
    chain = ValidatorChain(neurons=2)
    async with sending(RAW[name]) as port:
        chain.set_neuron(MINERS[0].ss58, endpoint=Endpoint(4, LOOPBACK, port))
        chain.set_neuron(MINERS[1].ss58, endpoint=Endpoint(4, LOOPBACK, await miner(1)))
        fast = {"gateway_port": 0, "chain_interval": 0.02, "round_interval": 0.1, "round_window": 0.2}
        validator = Validator(ValidatorConfig(data_dir=tmp_path, **fast), VALIDATOR, chain, load=load)
        task = asyncio.create_task(validator.run())
        try:
            await until(lambda: task.done() or validator.book.scores.get(key_of(1), 0) > 0)
            assert not task.done(), task.exception()
        finally:
            validator.stop()
            await asyncio.wait_for(asyncio.gather(task, return_exceptions=True), 20)


async def test_what_nobody_thought_of_is_told_and_asked_elsewhere(
    miner: Start, front: Start, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    """A mistake of this code in reading an answer costs that answer, not the daemon, and nobody is blamed."""
    gate = await front({0: await miner(0), 1: await miner(1)})
    real, broken = gate.dispatcher.client.complete, MINERS[0].ss58

    async def complete(peer: Peer, *args: Any, **options: Any) -> Any:
        if peer.hotkey == broken:
            raise ZeroDivisionError("a mistake")
        return await real(peer, *args, **options)

    monkeypatch.setattr(gate.dispatcher.client, "complete", complete)
    assert {(await gate.ask())[0] for _ in range(8)} == {200}
    assert gate.broken == [], "it was not the miner's fault"
    assert "exchange_failed" in capsys.readouterr().out


async def test_an_offer_that_breaks_the_reader_is_no_offer(
    miner: Start, front: Start, monkeypatch: pytest.MonkeyPatch
):
    gate = await front({0: await miner(0), 1: await miner(1)})

    async def get(peer: Peer, *_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("a mistake")

    monkeypatch.setattr(gate.dispatcher.client, "get", get)
    for one in gate.miners.known.values():
        one.asked_at = -1e9
    await gate.miners.refresh_offers(gate.dispatcher.client)
    assert all(one.offer is None for one in gate.miners.known.values())


async def test_an_offer_is_not_read_beyond_what_it_can_take(
    miner: Start, front: Start, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    gate = await front({0: await miner(0)})
    one = gate.miners.known[key_of(0)]
    assert one.offer is not None
    monkeypatch.setattr(miners, "OFFER_BYTES", 50)
    one.asked_at = -1e9
    await gate.miners.refresh_offers(gate.dispatcher.client)
    assert one.offer is None and "50 are accepted" in capsys.readouterr().out


def saying(change: Callable[[dict[str, Any]], None]) -> type[Answerer]:
    """A miner that changes its answer before it is signed as a whole."""

    class Sayer(Answerer):
        async def complete(self, job: Any, progress: Any) -> dict[str, Any]:
            answer = await super().complete(job, progress)
            change(answer)
            return answer

    return Sayer


DEEP: Any = []
for _ in range(200):
    DEEP = [DEEP]
ODD: list[Callable[[dict[str, Any]], Any]] = [
    lambda a: a.update(x_ganglion=[]),
    lambda a: a.update(x_ganglion=DEEP),
    lambda a: a.update(choices={"0": 1}),
    lambda a: a.update(choices=[None]),
    lambda a: a["choices"][0].update(finish_reason=["stop"]),
    lambda a: a["choices"][0].update(message=7),
    lambda a: a["choices"][0]["message"].update(content="\ud800"),
    lambda a: a["choices"][0]["message"].update(content=float("nan")),
    lambda a: a["x_ganglion"].update(receipt=7),
    lambda a: a["x_ganglion"].update(receipt="\ud800"),
    lambda a: a["x_ganglion"].update(receipt="AAAA"),
    lambda a: a["x_ganglion"].update(token_ids="abc"),
    lambda a: a["x_ganglion"].update(token_ids=[True]),
    lambda a: a["x_ganglion"].update(token_ids=[10**400]),
    lambda a: a["x_ganglion"].update(token_ids=[float("inf")]),
    lambda a: a["x_ganglion"].update(token_ids=[1] * 100_000),
]


@pytest.mark.parametrize("number", range(len(ODD)))
async def test_odd_answers_are_made_good_elsewhere(miner: Start, front: Start, number: int):
    gate = await front({0: await miner(0, answerer=saying(ODD[number])), 1: await miner(1)})
    for _ in range(6):
        status, body = await gate.ask()
        assert (status, body["choices"][0]["message"]["content"]) == (200, "hello world")
    assert {one.key for one, _, _ in gate.broken} <= {key_of(0)}


async def test_a_stream_that_is_cut_is_blamed_on_who_cut_it(miner: Start, front: Start):
    @web.middleware
    async def cut(request: web.Request, handler: Any) -> web.StreamResponse:
        if request.method == "POST" and request.transport is not None:
            asyncio.get_running_loop().call_later(0.2, request.transport.abort)
        return await handler(request)

    gate = await front(
        {0: await miner(0, engine=EchoEngine(context_length=CONTEXT, delay=0.05), middleware=cut)}
    )
    async with gate.session.post(f"{gate.url}/v1/chat/completions", json=CHAT | {"stream": True}) as response:
        text = await response.text()
    assert "no miner gave a usable answer" in text and "[DONE]" not in text
    ((one, _, error),) = gate.broken
    assert one.key == key_of(0) and error.fault == "peer" and one.broken_until > gate.miners.clock()


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_is_not_read_beyond_what_its_tokens_can_take(
    miner: Start, front: Start, stream: bool
):
    """Miners are many, and each is asked many things at once: what they send must not fill the memory."""
    gate = await front({0: await miner(0, engine=Chatty(100_000, 0.0))})
    job = gate.state.jobs.chat(parse_chat(CHAT | {"max_tokens": 10, "stream": stream}))
    assert job.answer_bytes < 100_000
    with pytest.raises(PeerError, match=f"{job.answer_bytes} "):
        one = gate.miners.known[key_of(0)]
        if stream:
            async with gate.dispatcher.stream(one, job) as blocks:
                async for _ in blocks:
                    pass
        else:
            await gate.dispatcher.complete(one, job)


@pytest.mark.parametrize("stream", [False, True])
async def test_more_tokens_than_were_asked_for_are_a_lie_and_are_not_decoded(
    miner: Start, front: Start, stream: bool, monkeypatch: pytest.MonkeyPatch
):
    gate = await front({0: await miner(0, engine=Chatty(1001, 0.0))})
    monkeypatch.setattr(gate.dispatcher, "tokenizer", None)
    job = gate.state.jobs.chat(parse_chat(CHAT | {"max_tokens": 1000, "stream": stream}))
    with pytest.raises(Lied, match="1001 tokens, 1000 were allowed"):
        one = gate.miners.known[key_of(0)]
        if stream:
            async with gate.dispatcher.stream(one, job) as blocks:
                async for _ in blocks:
                    pass
        else:
            await gate.dispatcher.complete(one, job)


@pytest.mark.parametrize("how", ["goes", "does not read"])
async def test_a_user_who_goes_or_does_not_read_is_not_blamed_on_the_miner(
    miner: Start, front: Start, how: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(writing, "WRITE_SECONDS", 0.3)
    tokens = 1000 if how == "does not read" else 200
    engine = Chatty(tokens, 0.0 if how == "does not read" else 0.005)
    if how == "does not read":
        monkeypatch.setattr(writing.Outlet, "__aenter__", narrow(writing.Outlet.__aenter__))
    gate = await front({0: await miner(0, engine=engine)}, default_max_tokens=1000)
    host, port = gate.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(sock=small_socket(host, int(port)), limit=1024)
    body = json.dumps(CHAT | {"stream": True}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    await reader.readuntil(b"data: ")
    if how == "goes":
        writer.transport.abort()
    await until(lambda: gate.state.in_flight == 0, 15)
    assert gate.broken == [] and gate.miners.known[key_of(0)].broken_until == 0.0
    await until(lambda: gate.miners.known[key_of(0)].in_flight == 0)
    if how == "does not read":  # it was cut off, while all that it was to get had come from the miner
        assert len(gate.delivered) == 1
        with suppress(ConnectionError):
            assert b"[DONE]" not in await asyncio.wait_for(reader.read(), 10)
    writer.transport.abort()


def narrow(enter: Callable[..., Any]) -> Callable[..., Any]:
    """An outlet whose socket takes little of what is not read."""

    async def made(outlet: Any) -> Any:
        outlet._request.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, 4096
        )
        return await enter(outlet)

    return made


def small_socket(host: str, port: int) -> socket.socket:
    """One that takes little of what is not read."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect((host, port))
    made.setblocking(False)
    return made


class Chatty(EchoEngine):
    """Says much, whatever max_tokens is."""

    def __init__(self, tokens: int, delay: float) -> None:
        super().__init__(context_length=CONTEXT)
        self.tokens, self.wait = tokens, delay

    async def generate(self, request: GenerationRequest) -> AsyncIterator[TokenEvent | FinishEvent]:
        for _ in range(self.tokens):
            await asyncio.sleep(self.wait)
            yield TokenEvent(97)
        yield FinishEvent("length")


class Narrow(writing.Outlet):
    """With next to no room but what it is given."""

    def __init__(self, request: Any, response: Any, *, total: float, limit: int = 16) -> None:
        super().__init__(request, response, total=total, limit=limit)


async def test_the_end_of_a_long_stream_reaches_who_reads(
    miner: Start, front: Start, monkeypatch: pytest.MonkeyPatch
):
    """It comes at once, with all token ids and leaves: more than the buffer for slow readers."""
    monkeypatch.setattr(writing, "BUFFER", 16)
    monkeypatch.setattr(routes, "Outlet", Narrow)
    gate = await front({0: await miner(0, engine=Chatty(1000, 0.001))}, default_max_tokens=1000)
    async with gate.session.post(f"{gate.url}/v1/chat/completions", json=CHAT | {"stream": True}) as response:
        assert (await response.read()).endswith(b"data: [DONE]\n\n")
