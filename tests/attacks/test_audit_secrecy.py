"""A miner that serves well only what it believes is an audit does no better than chance.

First what a miner sees on the wire: nothing of it tells whether an answer will be audited. Then what beliefs are
worth: miners that know far more than they could (which prompts are the validator's own, when a round runs) and
cheat on the rest, against the real scheduler, draw, records and weights.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from ganglion_validator.challenges import Challenges
from ganglion_validator.sampling import is_audited
from ganglion_validator.scoring import MinerKey

from .. import virtual_time
from ..unit.validator.support import MINERS, MODEL, gateway, key_of, start_miner
from .network import SETTINGS, Behaviour, Engine, Network, Seen, cpu

RATE = 0.25
REQUESTS = 240  # of each kind
ALWAYS = {"model", "max_tokens", "temperature", "x_ganglion"}


def user_body(chance: random.Random) -> dict[str, Any]:
    """A request as users' clients write it, in many forms."""
    text = " ".join(
        chance.choice(("how", "file", "open", "why", "list", "the")) for _ in range(chance.randint(4, 60))
    )
    body = {
        "messages": [{"role": "user", "content": text}],
        "model": MODEL,
        "max_tokens": chance.randint(16, 64),
        "temperature": chance.choice((0, 0.7, 1.0)),
        "user": "somebody",
        "n": 1,
    }
    if chance.random() < 0.5:
        body["stream"] = True
    return dict(chance.sample(list(body.items()), len(body)))


class Tap:
    """What a miner sees of each request."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []

    def middleware(self) -> Any:
        @web.middleware
        async def tap(request: web.Request, handler: Any) -> web.StreamResponse:
            if request.method == "POST":
                body = json.loads(await request.read())
                self.seen.append(
                    {
                        "request_id": bytes.fromhex(body["x_ganglion"]["request_id"]),
                        "nonce": bytes.fromhex(body["x_ganglion"]["nonce"]),
                        "headers": tuple(name for name, _ in request.headers.items()),
                        "agent": request.headers.get("User-Agent"),
                        "fields": tuple(sorted(body)),
                        "order": tuple(
                            k
                            for k in body
                            if k not in ("stop", "stream_options", "stream", "prompt", "messages")
                        ),
                        "stream": body.get("stream", False),
                        "temperature": body["temperature"],
                        "max_tokens": body["max_tokens"],
                        "size": len(await request.read()),
                        "index": len(self.seen),
                    }
                )
            return await handler(request)

        return tap


async def observe(folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]], bytes]:
    """What a real miner's server sees of users' requests through a real gateway, and of own prompts."""
    chance, tap = random.Random(7), Tap()
    async with AsyncExitStack() as stack:
        server = await start_miner(MINERS[0], middleware=tap.middleware())
        stack.push_async_callback(server.close)
        gate = await stack.enter_async_context(gateway({MINERS[0]: server.port}, folder=folder))
        own = Challenges(gate.state.jobs, chance=chance)
        gate.state.challenges = own  # it learns from users, as in the daemon
        miner, kinds = gate.miners.known[key_of(0)], []
        for number in range(2 * REQUESTS):
            if number % 2:
                job = own.make("generate")
                if job.streamed:
                    async with gate.dispatcher.stream(miner, job) as blocks:
                        assert [block async for block in blocks][-1] == b"data: [DONE]\n\n"
                else:
                    await gate.dispatcher.complete(miner, job)
            else:
                async with gate.session.post(
                    f"{gate.url}/v1/chat/completions", json=user_body(chance)
                ) as got:
                    await got.read()
                    assert got.status == 200
            kinds.append(number % 2)
    users = [one for one, kind in zip(tap.seen, kinds, strict=True) if not kind]
    owns = [one for one, kind in zip(tap.seen, kinds, strict=True) if kind]
    return users, owns, gate.dispatcher.identities.secret


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    import asyncio

    return asyncio.run(observe(tmp_path_factory.mktemp("wire")))


def test_headers_and_fields_are_the_same_whoever_asks(observed: Any):
    users, owns, _ = observed
    assert {one["headers"] for one in users} == {one["headers"] for one in owns}
    assert {one["agent"] for one in users} == {one["agent"] for one in owns}
    assert {one["order"] for one in users} == {one["order"] for one in owns}
    chats = {one["fields"] for one in owns if "messages" in one["fields"]}
    assert {one["fields"] for one in users} <= chats, (
        "every form that users' requests take, own prompts take too"
    )


def test_request_ids_tell_nothing(observed: Any):
    users, owns, _ = observed
    for name in ("request_id", "nonce"):
        values = [one[name] for one in users + owns]
        assert len(set(values)) == len(values) and {len(value) for value in values} == {16}
        for group in (users, owns):
            bits = sum(int.from_bytes(one[name], "little").bit_count() for one in group) / len(group)
            assert abs(bits - 64) < 4 * (32 / len(group)) ** 0.5


FEATURES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "whose": lambda one: one["own"],
    "kind": lambda one: "prompt" in one["fields"],
    "streamed": lambda one: one["stream"],
    "temperature": lambda one: one["temperature"],
    "length": lambda one: one["max_tokens"] // 8,
    "size": lambda one: one["size"] // 64,
    "fields": lambda one: one["fields"],
    "position": lambda one: one["index"] % 10,
    "first nibble": lambda one: one["request_id"][0] >> 4,
    "last nibble": lambda one: one["request_id"][-1] & 15,
    "nonce": lambda one: one["nonce"][0] >> 4,
    "parity": lambda one: sum(one["request_id"]) % 2,
}


@pytest.mark.parametrize("name", FEATURES)
def test_a_belief_learned_from_past_audits_is_worth_nothing(observed: Any, name: str):
    """Even told which of a thousand earlier answers were audited, a miner can't tell the next ones."""
    users, owns, secret = observed
    requests = [one | {"own": 0} for one in users] + [one | {"own": 1} for one in owns]
    random.Random(1).shuffle(requests)
    audited = [is_audited(secret, one["request_id"], RATE) for one in requests]
    feature, half = FEATURES[name], len(requests) // 2
    past: dict[Any, list[bool]] = defaultdict(list)
    for one, was in zip(requests[:half], audited[:half], strict=True):
        past[feature(one)].append(was)
    overall = sum(audited[:half]) / half
    belief = {value: sum(seen) / len(seen) > overall for value, seen in past.items()}
    believed = [
        was for one, was in zip(requests[half:], audited[half:], strict=True) if belief.get(feature(one))
    ]
    other = [
        was for one, was in zip(requests[half:], audited[half:], strict=True) if not belief.get(feature(one))
    ]
    for group in (believed, other):
        if group:
            deviation = (RATE * (1 - RATE) / len(group)) ** 0.5
            assert abs(sum(group) / len(group) - RATE) < 4 * deviation


# what beliefs are worth

BELIEFS: dict[str, Callable[[Seen], bool]] = {
    "works on own prompts, cheats users": lambda seen: not seen.looks_own,
    "works in rounds, cheats between them": lambda seen: seen.in_flight < 2,
    "works between rounds, cheats in them": lambda seen: seen.in_flight >= 2,
    "believes in even request ids": lambda seen: seen.request_id[0] % 2 == 1,
    "cheats on long answers": lambda seen: seen.body["max_tokens"] > 80,
    "cheats on one in fifty at random": lambda seen: int.from_bytes(seen.request_id[:2], "little") < 1311,
}
SECONDS = 900.0


async def compete(folder: Path, cheats: Callable[[Seen], bool]) -> Network:
    """Three honest miners and one with a belief, with users' requests all the time."""
    miners = [Behaviour(Engine(cpu, 16)) for _ in range(3)] + [Behaviour(Engine(cpu, 16), cheats)]
    made = Network(folder, miners, seed=11)
    await made.live(SECONDS, users=6.0)
    return made


@pytest.fixture(scope="module", params=BELIEFS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Network:
    """A network with a miner of this belief, after its 15 minutes."""
    return virtual_time.run(compete(tmp_path_factory.mktemp("network"), BELIEFS[request.param]))


def test_cheating_on_what_is_believed_to_be_no_audit_does_not_pay(run: Network):
    cheater = list(run.miners.values())[-1]
    assert cheater.cheated > 0, "it did have occasions"
    scores = run.mean_scores(len(run.history) // 2)
    honest = sum(scores[:3]) / 3
    assert honest > 1000, "honest miners earn all the time"
    assert scores[3] < 0.1 * honest, scores
    assert run.book.records[MinerKey("miner-3", 1)].penalty > 0


def test_what_is_believed_to_be_no_audit_is_audited_as_often_as_anything(run: Network):
    """Whatever the belief, the part of the cheated answers that is looked at is the rate, or more."""
    rate = SETTINGS.audit_rate
    mine = [d for d in run.deliveries if d.key == MinerKey("miner-3", 1)]
    cheated = [d for d in mine if d.identity.request_id in run.junk]
    drawn = [d for d in cheated if is_audited(d.secret, d.identity.request_id, rate)]
    assert len(drawn) > rate * len(cheated) - 4 * (rate * (1 - rate) * len(cheated)) ** 0.5 - 1


def test_an_honest_miner_in_the_same_place_earns_as_the_others(tmp_path: Path):
    run = virtual_time.run(compete(tmp_path, lambda seen: False))
    shares = run.shares(len(run.history) // 2)
    assert all(abs(share - 0.25) < 0.03 for share in shares), shares
