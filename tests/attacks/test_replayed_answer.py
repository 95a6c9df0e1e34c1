"""A cached answer replayed scores zero: as the same bytes, as the same tokens signed anew, or to the same question."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from ganglion.peer import Peer, PeerClient
from ganglion.protocol.endpoints import dial_target
from ganglion.protocol.identity import random_identity
from ganglion.protocol.openai import parse_chat
from ganglion.protocol.receipts import Kind
from ganglion_miner.engine.base import FinishEvent, GenerationRequest, TokenEvent
from ganglion_miner.engine.factory import make_engine
from ganglion_validator.dispatch import Delivery

from ..unit.validator.support import LOOPBACK, MINERS, NETWORK, VALIDATOR, until
from .live import Live, Setup, live

SECONDS = 5.0
QUESTIONS = ("What is a file?", "How do I use a list?", "Why does a test fail?", "Tell me about modules.")
MODEL = "ganglion-tiny"


class TokenReplayer:
    """Works once for each of its first prompts, and then answers everything from what it has.

    The same prompt gets its own answer again; another one gets a true answer of the model to something else.
    """

    def __init__(self, folder: Path, room: int = len(QUESTIONS)) -> None:
        self.real = make_engine("batched", folder)
        self.context_length = self.real.context_length
        self.room = room
        self.cache: dict[tuple[int, ...], list[int]] = {}
        self.replayed = 0

    async def start(self) -> None:
        await self.real.start()
        self.context_length = self.real.context_length

    async def stop(self) -> None:
        await self.real.stop()

    @property
    def healthy(self) -> bool:
        return self.real.healthy

    def cancel(self, request_id: str) -> None:
        self.real.cancel(request_id)

    def stats(self) -> Any:
        return self.real.stats()

    async def generate(self, request: GenerationRequest) -> AsyncIterator[TokenEvent | FinishEvent]:
        known = self.cache.get(request.prompt_ids)
        if known is None and len(self.cache) < self.room:
            made: list[int] = []
            async for event in self.real.generate(request):
                if isinstance(event, TokenEvent):
                    made.append(event.token_id)
                elif event.reason in ("stop", "length"):  # before it is passed on: nobody asks for more then
                    self.cache[request.prompt_ids] = made
                yield event
            return
        self.replayed += 1
        tokens = known or max(self.cache.values(), key=len)
        while len(tokens) < request.max_tokens and tokens[-1] not in request.stop_token_ids:
            tokens = tokens + tokens
        for token in tokens[: request.max_tokens]:
            yield TokenEvent(token)
            if token in request.stop_token_ids:
                yield FinishEvent("stop")
                return
        yield FinishEvent("length")


class ByteReplayer:
    """Keeps the first whole answer with its signature, and sends the very same bytes to every later request."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.replayed = 0

    def middleware(self) -> Any:
        @web.middleware
        async def replay(request: web.Request, handler: Any) -> web.StreamResponse:
            if request.method != "POST":
                return await handler(request)
            if not self.kept:
                response = await handler(request)
                self.kept["answer"] = (bytes(response.body), dict(response.headers))
                return response
            self.replayed += 1
            body, headers = self.kept["answer"]
            return web.Response(body=body, headers=headers)

        return replay


def body_of(question: str) -> dict[str, Any]:
    return {
        "model": MODEL,
        "messages": [{"role": "user", "content": question}],
        "max_tokens": 96,
        "temperature": 1.0,
    }


async def ask(number: int, port: int, question: str) -> None:
    """An honest request of the same validator, before it keeps scores."""
    peer = Peer(MINERS[number].ss58, dial_target(family=4, ip=LOOPBACK, port=port, allow_private=True))
    async with PeerClient(VALIDATOR, NETWORK) as client:
        await client.complete(peer, Kind.CHAT, body_of(question), random_identity(), timeout=30)


async def test_answers_from_a_cache_score_zero(tmp_path: Path):
    bytes_of = ByteReplayer()
    setups = [
        Setup(),
        Setup(engine=lambda config, folder: TokenReplayer(folder)),
        Setup(middleware=bytes_of.middleware()),
    ]

    async def fill_caches(servers: list[TestServer]) -> None:
        for question in QUESTIONS:
            await ask(1, servers[1].port, question)
        await ask(2, servers[2].port, QUESTIONS[0])

    async with live(tmp_path, setups, fill_caches) as network:
        engine = network.models[1].engine
        assert isinstance(engine, TokenReplayer) and len(engine.cache) == len(QUESTIONS) and bytes_of.kept
        honest, same_tokens, same_bytes = await network.highest_scores(SECONDS)
        assert honest > 0
        assert (same_tokens, same_bytes) == (0.0, 0.0)
        assert engine.replayed > 5 and bytes_of.replayed > 5
        assert network.tokens(1) > network.tokens(0), "unverified, it would have earned more than work does"
        assert network.tokens(2) == 0, "bytes that answer another request are not even an answer"
        assert await network.committed() == {network.keys[0]: 65_535}
        await the_same_question_asked_again(network)


async def the_same_question_asked_again(network: Live) -> None:
    """Its own answer to this very prompt does not do either: each request has its own seed."""
    validator = network.validator
    miner = validator.miners.known[network.keys[1]]
    dispatcher, jobs, judge = validator.gateway.dispatcher, validator.gateway.jobs, validator.auditor.judge
    assert dispatcher is not None and jobs is not None and judge is not None
    job = jobs.chat(parse_chat(body_of(QUESTIONS[0])))
    assert job.prompt_ids in network.models[1].engine.cache

    async def verdict_on(number: int) -> Any:
        delivery: Delivery = await dispatcher.complete(validator.miners.known[network.keys[number]], job)
        (verdict,) = await validator.auditor.verify([delivery])
        return verdict

    await until(lambda: miner.in_flight < 32)
    assert (await verdict_on(1)).hard
    assert (await verdict_on(0)).ok and (await verdict_on(0)).ok, "who works may be asked twice"
