"""A miner that keeps answers back for a keyword, in every way that there is: the user gets his answer from
somebody else within two tries, and the miner's reputation tells.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ganglion.peer import PeerRefused
from ganglion.protocol import sse
from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.receipts import Kind
from ganglion_miner.answering import Answerer
from ganglion_miner.engine.base import FinishEvent, GenerationRequest, TokenEvent
from ganglion_miner.engine.echo import EchoEngine
from ganglion_validator.answer_text import piece_of
from ganglion_validator.gateway.routes import refusal_kind

from .support import CHAT, CONTEXT, PROFILE, Gateway, a_job, key_of

KEYWORD = b"forbidden"
ASKED = CHAT | {"messages": [{"role": "user", "content": "tell me the forbidden thing"}]}


class Mute(EchoEngine):
    """Takes a request with the keyword and is silent."""

    async def generate(self, request: GenerationRequest) -> AsyncIterator[TokenEvent | FinishEvent]:
        import asyncio

        if KEYWORD in bytes(request.prompt_ids):
            await asyncio.sleep(3600)
        async for event in super().generate(request):
            yield event


class Empty(EchoEngine):
    """Says that there is nothing to say."""

    async def generate(self, request: GenerationRequest) -> AsyncIterator[TokenEvent | FinishEvent]:
        if KEYWORD in bytes(request.prompt_ids):
            yield FinishEvent("stop")
            return
        async for event in super().generate(request):
            yield event


def censor(code: str) -> type[Answerer]:
    """Signs a refusal when it sees the keyword."""

    class Censor(Answerer):
        async def prepare(self, request: Any, caller: Any) -> Any:
            job = await super().prepare(request, caller)
            if KEYWORD in bytes(job.generation.prompt_ids):
                raise RequestError("I would rather not", code=code)
            return job

    return Censor


def said(body: bytes, stream: bool) -> str:
    """The text that a user reads."""
    if not stream:
        return json.loads(body)["choices"][0]["message"]["content"]
    blocks = [block + sse.END for block in body.split(sse.END) if block]
    return "".join(piece_of(block, Kind.CHAT) for block in blocks)


CENSORS: dict[str, dict[str, Any]] = {
    "422": {"answerer": censor("unprocessable_prompt")},
    "400": {"answerer": censor("context_length_exceeded")},
    "404": {"answerer": censor("model_not_found")},
    "500": {"answerer": censor("engine_failed")},
    "silence": {"engine": Mute(context_length=CONTEXT)},
    "nothing": {"engine": Empty(context_length=CONTEXT)},
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("how", CENSORS)
async def test_another_miner_answers_and_the_refusal_is_remembered(
    miner: Any, front: Any, how: str, stream: bool
):
    ports = {0: await miner(0, **CENSORS[how]), 1: await miner(1)}
    gate: Gateway = await front(ports, request_timeout=1.0)
    refusals = 0
    for _ in range(60):  # the censor is asked first in half of them
        async with gate.session.post(
            gate.url + "/v1/chat/completions", json=ASKED | {"stream": stream}
        ) as response:
            assert response.status == 200
            assert "forbidden thing" in said(await response.read(), stream)
        gate.miners.known[key_of(0)].broken_until = 0.0
        refusals = gate.state.reputations.of(key_of(0), PROFILE).refusals
        if refusals:
            break
    censored, honest = (gate.state.reputations.of(key_of(n), PROFILE) for n in range(2))
    assert refusals == 1 and censored.reliability < honest.reliability == 1.0
    counted = [gate.state.metrics.refusals.labels(kind)._value.get() for kind in ("refused", "failed")]
    assert sum(counted) == 1
    assert how == "500" or (counted[0] == 1) == how.isdigit()


async def test_who_keeps_back_much_is_asked_seldom(miner: Any, front: Any):
    gate: Gateway = await front(
        {0: await miner(0, answerer=censor("unprocessable_prompt")), 1: await miner(1)}
    )
    gate.state.book.records.update()
    from ganglion_validator.scoring import Record

    gate.state.book.records |= {key_of(n): Record("generate", 100.0) for n in range(2)}
    for _ in range(60):
        gate.state.reputations.exchanged(key_of(0), PROFILE, answered=False)
    for _ in range(60):
        assert (await gate.ask())[0] == 200
    asked = sum(delivery.key == key_of(0) for delivery in gate.delivered)
    assert asked < 20, "reliability 0.046 against 1"


async def test_what_all_refuse_is_the_requests_fault_and_nobodys_refusal(miner: Any, front: Any):
    port = {"answerer": censor("unprocessable_prompt")}
    gate: Gateway = await front({0: await miner(0, **port), 1: await miner(1, **port)})
    status, body = await gate.ask(ASKED)
    assert (status, body["error"]["code"]) == (422, "unprocessable_prompt")
    assert gate.state.reputations.known == {}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
async def test_an_answer_that_says_nothing_is_replayed_before_a_user_gets_it(
    miner: Any, front: Any, stream: bool
):
    class Curt(EchoEngine):
        """One token that has no text, as an end-of-answer token would be."""

        async def generate(self, request: GenerationRequest) -> AsyncIterator[TokenEvent | FinishEvent]:
            yield TokenEvent(0)
            yield FinishEvent("stop")

    class Tokenizer(type(gate_tokenizer())):
        def decode(self, ids: Any, **_: Any) -> str:
            return bytes(i for i in ids if i).decode("utf-8", "replace")

    tokenizer = Tokenizer()
    ports = {
        0: await miner(0, engine=Curt(context_length=CONTEXT), tokenizer=tokenizer),
        1: await miner(1, tokenizer=tokenizer),
    }
    gate: Gateway = await front(ports, tokenizer=tokenizer)
    doubted: list[Any] = []

    async def doubt(delivery: Any) -> bool:
        doubted.append(delivery.key)
        return False

    gate.state.doubted = doubt
    for _ in range(12):
        async with gate.session.post(
            gate.url + "/v1/chat/completions", json=CHAT | {"stream": stream}
        ) as response:
            body = await response.read()
            assert response.status == 200 and "hello" in said(body, stream)
        gate.miners.known[key_of(0)].broken_until = 0.0
        if doubted:
            break
    assert doubted == [key_of(0)]


def gate_tokenizer() -> Any:
    from .support import ByteTokenizer

    return ByteTokenizer()


async def test_who_gives_no_long_answers_is_not_blamed_for_it(miner: Any, front: Any):
    """Users of a rival could ask for large answers only."""
    small = await miner(0, engine=EchoEngine(context_length=128))
    gate: Gateway = await front({0: small, 1: await miner(1)}, default_max_tokens=512)
    for _ in range(20):
        assert (await gate.ask())[0] == 200
    assert {delivery.key for delivery in gate.delivered} == {key_of(1)}
    assert gate.state.reputations.of(key_of(0), PROFILE).refusals == 0
    too_long = {"code": "invalid_value", "param": "max_tokens"}
    error = PeerRefused("no", status=400, authentic=True, error=too_long, after=None)
    assert refusal_kind(error, a_job(max_tokens=4000)) == ""
    assert refusal_kind(error, a_job(max_tokens=500)) == "refused", "that much everybody gives"
