"""A gateway whose validator miners do not admit: users are told at once, and by whose fault, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from ganglion_validator.chain_view import Neuron
from ganglion_validator.standing import LONGEST_WAIT, UNKNOWN_PACE, Pace, Standing, standing_of

from .cheats import refusing
from .support import CHAT, VALIDATOR, Gateway, snapshot_of
from .test_validator import chain_with, run  # noqa: F401

Start = Callable[..., Any]
NO_PERMIT = Standing(False, "it holds no validator permit, and the epoch ends in 7 blocks", "stake", 14.0)


def test_the_epochs_end_is_when_it_may_change():
    here = snapshot_of({}, block=103, last_epoch_block=100)
    assert standing_of(here, VALIDATOR.ss58, 2.0) == Standing()
    stranger = standing_of(here, "nobody", 2.0)
    assert (stranger.permit, stranger.seconds) == (False, 14.0) and "not registered" in stranger.reason
    here = snapshot_of({}, block=103, neurons={VALIDATOR.ss58: Neuron(0, VALIDATOR.ss58, 1, permit=False)})
    waiting = standing_of(here, VALIDATOR.ss58, 2.0)
    assert (waiting.permit, waiting.seconds) == (False, 14.0) and "in 7 blocks" in waiting.reason
    assert standing_of(None, VALIDATOR.ss58, 2.0).permit is False
    assert standing_of(here, VALIDATOR.ss58, 1e9).seconds == LONGEST_WAIT
    late = snapshot_of({}, block=500, neurons=here.neurons)
    assert standing_of(late, VALIDATOR.ss58, 3.0).seconds == 3.0, "an epoch that is overdue comes next"


def test_the_pace_is_measured():
    now = [0.0]
    pace = Pace(lambda: now[0])
    assert pace.seconds == UNKNOWN_PACE
    for now[0], block in ((10.0, 5), (11.0, 5), (13.0, 6), (19.0, 8)):
        pace.saw(block)
    assert pace.seconds == 3.0
    pace.saw(2)  # another chain, or the same one from the beginning
    assert pace.seconds == UNKNOWN_PACE


def counting(found: list[str]) -> Any:
    @web.middleware
    async def count(request: web.Request, handler: Any) -> web.StreamResponse:
        if request.method == "POST":
            found.append(request.path)
        return await handler(request)

    return count


@pytest.mark.parametrize("stream", [False, True])
async def test_without_a_permit_no_miner_is_asked(miner: Start, front: Start, stream: bool):
    dialled: list[str] = []
    gate: Gateway = await front({0: await miner(0, middleware=counting(dialled))})
    gate.state.standing = lambda: NO_PERMIT
    async with gate.session.post(
        gate.url + "/v1/chat/completions", json=CHAT | {"stream": stream}
    ) as response:
        body = await response.json()
        assert (response.status, response.headers["Retry-After"]) == (503, "14")
    assert (body["error"]["code"], body["error"]["type"]) == ("no_validator_permit", "server_error")
    assert NO_PERMIT.reason in body["error"]["message"]
    assert body["x_ganglion"] == {"retryable": True, "hint": "stake"}
    assert dialled == [] and gate.broken == []
    status, body = await gate.get("/readyz")
    assert (status, body["ready"], list(body["reasons"])) == (503, False, ["permit"])
    status, body = await gate.get("/v1/models")
    ours = body["data"][0]["x_ganglion"]
    assert (status, ours["miners"], ours["ready"], ours["reason"]) == (200, 1, False, NO_PERMIT.reason)
    assert (await gate.ask(CHAT | {"model": "other"}))[1]["error"]["code"] == "model_not_found"
    gate.state.standing = Standing
    assert (await gate.ask())[0] == 200 and len(dialled) == 1
    assert (await gate.get("/readyz"))[0] == 200
    assert (await gate.get("/v1/models"))[1]["data"][0]["x_ganglion"]["ready"] is True


async def test_without_a_permit_only_those_that_admit_stakers_are_asked(miner: Start, front: Start):
    dialled: list[str] = []
    strict = await miner(0, middleware=counting(dialled))
    gate: Gateway = await front({0: strict, 1: await miner(1, min_requester_stake=1_000)})
    gate.state.standing = lambda: NO_PERMIT
    for _ in range(8):
        assert (await gate.ask())[0] == 200
    assert dialled == []
    assert (await gate.get("/readyz"))[0] == 200


@pytest.mark.parametrize("code", ["no_permit", "not_registered", "insufficient_stake"])
async def test_miners_that_do_not_know_the_permit_yet(miner: Start, front: Start, code: str):
    gate: Gateway = await front({0: await miner(0, answerer=refusing(code))})
    async with gate.session.post(gate.url + "/v1/chat/completions", json=CHAT) as response:
        body = await response.json()
        assert (response.status, response.headers["Retry-After"]) == (503, "5")
    assert body["error"]["code"] == "no_validator_permit" and "no, thank you" in body["error"]["message"]
    assert gate.broken == []


async def test_one_that_refuses_the_gateway_is_asked_last(miner: Start, front: Start):
    gate: Gateway = await front({0: await miner(0, answerer=refusing("no_permit")), 1: await miner(1)})
    for _ in range(20):
        assert (await gate.ask())[0] == 200
    retries = gate.state.metrics.retries._value.get()
    assert retries <= 1


async def test_the_daemon_tells_its_standing_from_the_metagraph(miner: Start, run: Any):  # noqa: F811
    chain = chain_with({0: await miner(0)}, permit=False)
    quiet = {"round_interval": 1000.0, "background_interval": 1000.0}
    async with run(chain, **quiet) as running:
        await running.ready()
        status, body = await running.chat()
        assert (status, body["error"]["code"]) == (503, "no_validator_permit")
        assert "the epoch ends in 9 blocks" in body["error"]["message"]
        status, body = await running.get("/readyz")
        assert status == 503 and list(body["reasons"]) == ["permit"]
        chain.set_neuron(VALIDATOR.ss58, permit=True)
        calls = chain.calls.count("snapshot")
        while chain.calls.count("snapshot") < calls + 2:
            await running.get("/healthz")
        assert (await running.chat())[0] == 200 and (await running.get("/readyz"))[0] == 200
