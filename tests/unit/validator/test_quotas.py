"""Whoever asks for a model's answers by the thousand is cut at his quota, and others are not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ganglion.protocol.errors_table import RequestError
from ganglion_validator.gateway.quotas import Quotas, Terms, name_of

from .cheats import Silent
from .support import CHAT, Gateway, until

THIEF, FRIEND = "sk-thief", "sk-friend"


def quotas(now: list[float], requests: int = 3, tokens: int = 100, places: int = 2) -> Quotas:
    return Quotas(Terms(requests, tokens, 60.0, places), clock=lambda: now[0])


def test_a_window_ends_and_begins_anew(capsys: pytest.CaptureFixture):
    now = [1000.0]
    made = quotas(now)
    for _ in range(3):
        with made.hold("a", "m", 10) as charge:
            charge.used = 10
    now[0] += 20
    for _ in range(2):
        with pytest.raises(RequestError, match="3 requests") as caught, made.hold("a", "m", 1):
            pass
    assert (caught.value.code, caught.value.retry_after) == ("quota_exceeded", 40.0) and made.cut == 2
    with made.hold("b", "m", 1), made.hold("a", "other", 1):
        pass
    assert capsys.readouterr().out.count("quota_reached") == 1, "told once a window"
    now[0] += 40
    with made.hold("a", "m", 1):
        pass


def test_tokens_are_held_while_a_request_runs_and_what_it_did_not_use_is_given_back():
    made = quotas([0.0], requests=0)
    with made.hold("a", "m", 90) as charge:
        with pytest.raises(RequestError, match="100 tokens"), made.hold("a", "m", 20):
            pass
        charge.used = 30
    with made.hold("a", "m", 70):
        pass
    with pytest.raises(RequestError), made.hold("a", "m", 1):
        pass  # the last one did not say what it used: all that it might have


def test_one_key_has_some_places_and_none_has_all():
    made = quotas([0.0], requests=0, tokens=0)
    with made.hold("a", "m", 5), made.hold("a", "m", 5):
        with pytest.raises(RequestError) as caught, made.hold("a", "m", 5):
            pass
        assert caught.value.code == "queue_full"
        with made.hold("b", "m", 5), made.hold("", "m", 5), made.hold("", "m", 5), made.hold("", "m", 5):
            pass
    with made.hold("a", "m", 5):
        pass


async def test_five_thousand_questions_get_as_many_answers_as_the_quota_has(miner: Any, front: Any):
    gate: Gateway = await front(
        {0: await miner(0)}, keys=frozenset({THIEF, FRIEND}), quota_requests=20, quota_tokens=0
    )

    async def ask(key: str) -> tuple[int, Any, Any]:
        headers = {"Authorization": f"Bearer {key}"}
        async with gate.session.post(
            gate.url + "/v1/chat/completions", json=CHAT, headers=headers
        ) as response:
            return response.status, await response.json(), response.headers

    found = [await ask(THIEF) for _ in range(60)]
    assert [status for status, _, _ in found] == [200] * 20 + [429] * 40
    _, body, headers = found[-1]
    assert body["error"]["code"] == "quota_exceeded" and 3500 < int(headers["Retry-After"]) <= 3600
    assert (await ask(FRIEND))[0] == 200
    assert gate.state.quotas.cut == 40 and THIEF not in str(gate.state.quotas._used)


async def test_one_key_cannot_take_all_places(miner: Any, front: Any):
    engine = Silent()
    gate: Gateway = await front(
        {0: await miner(0, engine=engine)}, keys=frozenset({THIEF, FRIEND}), max_requests_per_key=3
    )
    headers = {"Authorization": f"Bearer {THIEF}"}
    tasks = [asyncio.create_task(gate.ask(headers=headers)) for _ in range(3)]
    await until(lambda: engine.started == 3)
    assert (await gate.ask(headers=headers))[1]["error"]["code"] == "queue_full"
    other = asyncio.create_task(gate.ask(headers={"Authorization": f"Bearer {FRIEND}"}))
    await until(lambda: engine.started == 4)
    for task in (*tasks, other):
        task.cancel()
    await asyncio.gather(*tasks, other, return_exceptions=True)


@pytest.mark.parametrize("wish", [{"logprobs": True}, {"logprobs": True, "top_logprobs": 5}])
async def test_probabilities_are_not_given(miner: Any, front: Any, wish: dict[str, Any]):
    gate: Gateway = await front({0: await miner(0)})
    status, body = await gate.ask(CHAT | wish)
    assert status == 400 and body["error"]["param"] in wish
    status, body = await gate.ask()
    assert body["choices"][0]["logprobs"] is None


def test_keys_are_called_by_a_hash():
    assert name_of("") == "" and len(name_of(THIEF)) == 12 and name_of(THIEF) != name_of(FRIEND)
