"""The gateway in front of real miners' servers: answers, streams, retries, lies, users who leave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import ClientSession

from ganglion.keys import ss58
from ganglion.protocol import sse
from ganglion.protocol.receipts import SignedReceipt, output_hash, verify_receipt
from ganglion_miner.engine.echo import EchoEngine
from ganglion_validator.answer_text import Lied
from ganglion_validator.scoring import Record

from .cheats import (
    Advertiser,
    Biller,
    Breaking,
    Injector,
    Overcounter,
    Silent,
    ToolCaller,
    refusing,
    unsigned,
)
from .support import CHAT, MINERS, MODEL, key_of, until

Start = Callable[..., Any]


async def stream_of(front: Any, body: dict, path: str = "/v1/chat/completions") -> list[Any]:
    """The stream's JSON values, "DONE", and comments as bytes."""
    found: list[Any] = []
    async with front.session.post(front.url + path, json=body | {"stream": True}) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "text/event-stream"
        for block in (await response.read()).split(b"\n\n"):
            if block.startswith(b"data: "):
                text = block[6:]
                found.append("DONE" if text == b"[DONE]" else json.loads(text))
            elif block:
                found.append(block)
    return found


async def test_an_answer_with_its_receipt(miner: Start, front: Start):
    gate = await front({0: await miner(0)})
    status, body = await gate.ask()
    assert status == 200
    assert body["choices"] == [
        {
            "index": 0,
            "logprobs": None,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "hello world", "refusal": None},
        }
    ]
    assert body["usage"] == {"prompt_tokens": 11, "completion_tokens": 11, "total_tokens": 22}
    receipt = verify_receipt(SignedReceipt.from_text(body["x_ganglion"]["receipt"]))
    assert receipt.miner == MINERS[0].public_key
    assert receipt.output == output_hash(tuple(body["x_ganglion"]["token_ids"]))
    assert body["x_ganglion"]["miner"] == ss58.encode(receipt.miner)
    assert body["id"].endswith(receipt.request_id.hex())
    assert [d.text for d in gate.delivered] == ["hello world"]


async def test_completions_prompts_as_text_and_as_ids(miner: Start, front: Start):
    gate = await front({0: await miner(0)})
    for prompt in ("abc", [97, 98, 99]):
        status, body = await gate.ask({"model": MODEL, "prompt": prompt}, "/v1/completions")
        assert (status, body["choices"][0]["text"]) == (200, "abc")


async def test_a_stream_is_passed_on_with_its_receipt(miner: Start, front: Start):
    gate = await front({0: await miner(0)})
    usage = {"stream_options": {"include_usage": True}}
    found = await stream_of(gate, CHAT | usage)
    assert found[-1] == "DONE" and found[-2].startswith(b": x-ganglion-acceptance ")
    assert found[-3].startswith(b": x-ganglion-receipt ")
    chunks = [one for one in found if isinstance(one, dict)]
    text = "".join(c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"])
    assert text == "hello world"
    assert chunks[-1]["usage"]["completion_tokens"] == 11
    assert gate.delivered[0].text == "hello world" and gate.delivered[0].job.streamed


async def test_the_same_seed_gives_the_same_request(miner: Start, front: Start):
    gate = await front({0: await miner(0)})
    first, second, other = [(await gate.ask(CHAT | {"seed": n}))[1] for n in (7, 7, 8)]
    assert first["x_ganglion"]["nonce"] == second["x_ganglion"]["nonce"] != other["x_ganglion"]["nonce"]
    assert not any(delivery.auditable or delivery.job.counts for delivery in gate.delivered)


async def test_stop_strings_end_an_answer(miner: Start, front: Start):
    gate = await front({0: await miner(0)})
    status, body = await gate.ask(CHAT | {"stop": [" wor"]})
    assert (status, body["choices"][0]["message"]["content"]) == (200, "hello")


async def test_models_are_listed_with_their_miners(miner: Start, front: Start):
    gate = await front({0: await miner(0), 1: await miner(1)})
    status, body = await gate.get("/v1/models")
    assert (status, body["data"][0]["id"]) == (200, MODEL)
    assert body["data"][0]["x_ganglion"]["miners"] == 2
    assert (await gate.get(f"/v1/models/{MODEL}"))[1]["id"] == MODEL
    status, body = await gate.get("/v1/models/other")
    assert (status, body["error"]["code"]) == (404, "model_not_found")


# miners that fail


async def test_a_dead_miner_is_retried_elsewhere(miner: Start, front: Start):
    gate = await front({0: await miner(0), 1: await miner(1)})
    gate.miners.known[key_of(0)].peer = dead_peer(gate, 0)
    for _ in range(12):
        status, _ = await gate.ask()
        assert status == 200
    assert {d.key for d in gate.delivered} == {key_of(1)}
    assert gate.broken and all(found.key == key_of(0) for found, *_ in gate.broken)


def dead_peer(gate: Any, number: int) -> Any:
    from ganglion.peer import Peer
    from ganglion.protocol.endpoints import dial_target

    return Peer(MINERS[number].ss58, dial_target(family=4, ip=0x7F000001, port=1, allow_private=True))


@pytest.mark.parametrize("stream", [False, True])
async def test_a_miner_that_breaks_at_once_is_made_good_by_another(miner: Start, front: Start, stream: bool):
    gate = await front({0: await miner(0, answerer=refusing("engine_failed")), 1: await miner(1)})
    for _ in range(10):
        if stream:
            assert (await stream_of(gate, CHAT))[-1] == "DONE"
        else:
            assert (await gate.ask())[0] == 200
    assert {d.key for d in gate.delivered} == {key_of(1)}


async def test_a_stream_that_breaks_in_the_middle_says_so(miner: Start, front: Start):
    gate = await front({0: await miner(0, engine=Breaking(context_length=4096))})
    found = await stream_of(gate, CHAT)
    assert found[-1]["error"]["code"] == "engine_unavailable" and "DONE" not in found
    assert gate.delivered == [] and len(gate.broken) == 1


async def test_when_nobody_answers_it_is_a_503_with_retry_after(miner: Start, front: Start):
    gate = await front({n: await miner(n, answerer=refusing("engine_failed")) for n in range(3)})
    async with gate.session.post(gate.url + "/v1/chat/completions", json=CHAT) as response:
        assert response.status == 503 and int(response.headers["Retry-After"]) >= 1
        assert (await response.json())["error"]["code"] == "engine_unavailable"
    assert len(gate.broken) == 2, "once elsewhere, not everywhere"


async def test_a_miner_that_blames_the_user_is_not_believed_alone(miner: Start, front: Start):
    gate = await front({0: await miner(0, answerer=refusing("unprocessable_prompt")), 1: await miner(1)})
    assert [(await gate.ask())[0] for _ in range(10)] == [200] * 10


async def test_what_two_miners_say_of_a_request_is_passed_on(miner: Start, front: Start):
    gate = await front({n: await miner(n, answerer=refusing("unprocessable_prompt")) for n in range(2)})
    status, body = await gate.ask()
    assert (status, body["error"]["code"]) == (422, "unprocessable_prompt")


async def test_a_miner_that_never_answers_costs_its_time_and_no_more(miner: Start, front: Start):
    gate = await front({0: await miner(0, engine=Silent()), 1: await miner(1)}, request_timeout=0.5)
    answers = await asyncio.gather(*(gate.ask() for _ in range(8)))
    assert [status for status, _ in answers] == [200] * 8


# miners that lie


@pytest.mark.parametrize("cheat", [Advertiser, ToolCaller, Overcounter])
@pytest.mark.parametrize("stream", [False, True])
async def test_a_lie_never_counts_as_an_answer(miner: Start, front: Start, cheat: type, stream: bool):
    gate = await front({0: await miner(0, answerer=cheat), 1: await miner(1)})
    for _ in range(20):
        if stream:
            await stream_of(gate, CHAT)
        else:
            status, body = await gate.ask()
            message = body["choices"][0]["message"]
            assert (status, message) == (
                200,
                {"role": "assistant", "content": "hello world", "refusal": None},
            )
    lies = [error for *_, error in gate.broken]
    if cheat is ToolCaller and not stream:
        return  # the gateway builds the answer itself, of what was verified: there is no tool call in it
    assert lies and all(isinstance(error, Lied) for error in lies)
    assert {d.key for d in gate.delivered} == {key_of(1)}


async def test_no_byte_of_a_miners_own_comments_reaches_a_user(miner: Start, front: Start):
    gate = await front({0: await miner(0, answerer=Injector)})
    async with gate.session.post(f"{gate.url}/v1/chat/completions", json=CHAT | {"stream": True}) as response:
        raw = await response.read()
    assert b"EVIL" not in raw and b"tool_calls" not in raw and sse.DONE not in raw
    ((*_, error),) = gate.broken
    assert isinstance(error, Lied) and gate.delivered == []


async def test_the_end_of_a_stream_is_told_only_when_it_is_proven(miner: Start, front: Start):
    """What a client counts, bills or ends by: finish reason, usage, token ids."""
    gate = await front({0: await miner(0, answerer=Biller)})
    async with gate.session.post(f"{gate.url}/v1/chat/completions", json=CHAT | {"stream": True}) as response:
        raw = await response.read()
    assert b'"content":"h' in raw and b"no miner gave a usable answer" in raw
    assert b'"usage"' not in raw and b"token_ids" not in raw and b'"finish_reason":"' not in raw


async def test_an_unsigned_answer_is_not_used(miner: Start, front: Start):
    gate = await front({0: await miner(0, middleware=unsigned()), 1: await miner(1)})
    assert [(await gate.ask())[0] for _ in range(8)] == [200] * 8
    assert {d.key for d in gate.delivered} == {key_of(1)}


async def test_an_answer_made_with_another_profile_is_not_used(miner: Start, front: Start):
    gate = await front({0: await miner(0), 1: await miner(1)})
    honest = gate.miners.known[key_of(1)].offer
    gate.state.dispatcher.profiles["generate"] = b"\x55" * 32
    for one in gate.miners.known.values():
        one.offer = type(honest)(MODEL, (b"\x55" * 32).hex(), "generate")  # as if they had said so
    status, body = await gate.ask()
    assert status == 503 and "another model profile" in body["error"]["message"]


# users


async def test_a_user_who_leaves_cancels_the_request_at_the_miner(miner: Start, front: Start):
    engine = Silent()
    gate = await front({0: await miner(0, engine=engine)})
    for body in (CHAT, CHAT | {"stream": True}):
        async with ClientSession() as session:
            asking = asyncio.create_task(session.post(gate.url + "/v1/chat/completions", json=body))
            before = engine.started
            await until(lambda before=before: engine.started > before)
            asking.cancel()
    await until(lambda: engine.ended == 2 and not gate.state.in_flight)
    assert gate.miners.known[key_of(0)].in_flight == 0
    assert gate.broken == [], "that is nobody's fault"


async def test_a_user_who_leaves_in_the_middle_of_a_stream(miner: Start, front: Start):
    engine = EchoEngine(context_length=4096, delay=0.05)
    gate = await front({0: await miner(0, engine=engine)})
    long = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": "x" * 2000}]}
    async with ClientSession() as session, session.post(gate.url + "/v1/chat/completions", json=long) as got:
        await got.content.readany()
    await until(lambda: not gate.state.in_flight and not engine.stats().running)
    assert gate.delivered == [] and gate.broken == []


async def test_too_many_users_at_once_get_a_429(miner: Start, front: Start):
    gate = await front({0: await miner(0, engine=Silent())}, max_user_requests=2)
    waiting = [asyncio.create_task(gate.ask()) for _ in range(2)]
    await until(lambda: gate.state.in_flight == 2)
    status, body = await gate.ask()
    assert (status, body["error"]["code"]) == (429, "queue_full")
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_miner_never_gets_more_than_its_limit(miner: Start, front: Start):
    gate = await front({0: await miner(0, engine=Silent())}, requests_per_miner=2)
    waiting = [asyncio.create_task(gate.ask()) for _ in range(2)]
    await until(lambda: gate.miners.known[key_of(0)].in_flight == 2)
    status, body = await gate.ask()
    assert (status, body["error"]["code"]) == (429, "queue_full")
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_requests_go_where_the_scores_are(miner: Start, front: Start):
    gate = await front({n: await miner(n) for n in range(3)})
    gate.state.book.records.update({key_of(0): Record("generate", 0.0), key_of(1): Record("generate", 50.0)})
    gate.state.book.records[key_of(2)] = Record("generate", 0.0, owed=3, penalty=16)
    for _ in range(20):
        await gate.ask()
    assert {d.key for d in gate.delivered} == {key_of(1)}
