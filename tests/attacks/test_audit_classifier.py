"""A miner with a classifier: taught with hindsight which answers were audited, it can't tell the next ones.

A whole validator, users at its gateway, a real miner's server. Its engine repeats the prompt and its answers are
passed without a replay, because only which answers are looked at matters here, and many are needed. The miner
writes down everything that it can see of a request (body, sizes, ids, time, load, connection) and learns from one
half of them, with the truth about each; more than a real one ever gets. What it believes of the other half is
worth nothing: among users' requests, those it holds for unaudited are audited as often as any.

The draws are the system's randomness, so a sound validator passes with a stated probability: each of the three bounds
lies five deviations off, together they are crossed by chance about once in 900,000 runs. A miner whose beliefs had an
AUC of 0.65 would be seen.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import ClientSession, web
from numpy.typing import NDArray

from ganglion.verification.rules import Verdict
from ganglion_miner.engine.echo import EchoEngine
from ganglion_validator.config import ValidatorConfig
from ganglion_validator.daemon import LoadedModel, load_models
from ganglion_validator.sampling import is_audited

from ..unit.validator.support import until
from .live import Live, Setup, live

RATE = 0.25
USERS, REQUESTS, OWN = 6, 1200, 400  # users, what they ask for together, and the validator's own in that time
PATIENCE = 300.0
DEVIATIONS = 5  # a normal variable is farther off once in 1.7 million times
STEPS, PULL = 400, 1e-2  # of the training
WORDS = ("file", "list", "open", "why", "socket", "the", "how", "class", "test", "thread")


@dataclass
class Witness:
    """The miner's notes."""

    rows: list[list[float]] = field(default_factory=list)
    ids: list[bytes] = field(default_factory=list)
    in_flight: int = 0
    last: float = 0.0
    ports: dict[int, int] = field(default_factory=dict)

    def middleware(self) -> Any:
        @web.middleware
        async def note(request: web.Request, handler: Any) -> web.StreamResponse:
            if request.method != "POST":
                return await handler(request)
            self.in_flight += 1
            try:
                self._write(request, await request.read())
                return await handler(request)
            finally:
                self.in_flight -= 1

        return note

    def _write(self, request: web.Request, raw: bytes) -> None:
        body, now = json.loads(raw), time.monotonic()
        request_id, nonce = (bytes.fromhex(body["x_ganglion"][name]) for name in ("request_id", "nonce"))
        port = (request.transport.get_extra_info("peername") if request.transport else ("", 0))[1]
        self.ports[port] = self.ports.get(port, 0) + 1
        messages = body.get("messages", [])
        self.ids.append(request_id)
        self.rows.append(
            [
                float(body.get("stream", False)),
                float("prompt" in body),
                float("stop" in body),
                float("stream_options" in body),
                float(body["temperature"]),
                float(body["max_tokens"]),
                math.log(len(raw)),
                float(len(messages)),
                float(messages[:1] != [] and messages[0]["role"] == "system"),
                float(len(body)),
                float(len(request.headers)),
                math.log(1e-4 + now - self.last),
                float(self.in_flight),
                float(self.ports[port]),
                float(port % 8),
                *(byte / 255 for byte in request_id),
                *(byte / 255 for byte in nonce),
                *(float(request_id[0] >> bit & 1) for bit in range(8)),
            ]
        )
        self.last = now


async def ask(live_: Live, session: ClientSession, chance: random.Random, sent: set[str]) -> None:
    """One request of a user; the id of its answer is kept."""
    text = " ".join(chance.choice(WORDS) for _ in range(chance.randint(3, 60)))
    body = {
        "model": "ganglion-tiny",
        "messages": [{"role": "user", "content": text}],
        "max_tokens": chance.randint(4, 16),
        "temperature": chance.choice((0, 0.7, 1.0)),
    }
    url = f"http://127.0.0.1:{live_.validator.port}/v1/chat/completions"
    async with session.post(url, json=body) as response:
        answer = await response.json()
        if response.status == 200:
            sent.add(answer["x_ganglion"]["request_id"])


async def traffic(live_: Live, witness: Witness) -> set[str]:
    """Users who ask until there is enough of everything; the request ids of what they got."""
    sent: set[str] = set()
    before = len(witness.ids)

    def is_enough() -> bool:
        return len(sent) >= REQUESTS and len(witness.ids) - before - len(sent) >= OWN

    async def user(number: int) -> None:
        chance = random.Random(number)
        async with ClientSession() as session:
            while not is_enough():
                await ask(live_, session, chance, sent)
                await asyncio.sleep(chance.expovariate(50.0))

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(user(number) for number in range(USERS)))
    return sent


async def all_audited(live_: Live, users: set[str]) -> set[bytes]:
    """Whose answers were looked at, once every draw among the users' requests was carried out."""
    secret, judged = live_.validator.identities.secret, live_.validator.judged
    drawn = {one for one in map(bytes.fromhex, users) if is_audited(secret, one, RATE)}
    await until(lambda: drawn <= judged, PATIENCE)
    return judged


class Lenient:
    """Passes everything that was drawn."""

    def judge(self, deliveries: Any) -> list[Verdict]:
        return [Verdict(True) for _ in deliveries]


def load(config: ValidatorConfig) -> LoadedModel:
    """The bundled model's tokenizer and profile, without its replay."""
    return replace(load_models(config), judge_of=lambda genesis: Lenient())


def train(rows: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of a logistic regression, by gradient descent."""
    weights = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        belief = 1 / (1 + np.exp(-rows @ weights))
        weights -= 0.5 * (rows.T @ (belief - truth) / len(rows) + PULL * weights)
    return weights


def auc(belief: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """How often a true one is believed more than a false one, and the deviation of that where belief is chance."""
    order = np.argsort(np.argsort(belief)) + 1.0
    yes, no = int(truth.sum()), int((~truth).sum())
    found = (order[truth].sum() - yes * (yes + 1) / 2) / (yes * no)
    return float(found), math.sqrt((yes + no + 1) / (12 * yes * no))


async def test_a_classifier_of_all_that_a_miner_sees_does_no_better_than_chance(tmp_path: Path):
    witness = Witness()
    miner = Setup(lambda config, folder: EchoEngine(delay=0.002), witness.middleware())
    async with live(tmp_path, [miner], load=load) as network:
        await network.highest_scores(0.5)
        users = await traffic(network, witness)
        judged, dropped = await all_audited(network, users), network.validator.auditor.dropped
    assert dropped == 0, "every draw was carried out"
    seen = range(20, len(witness.ids))  # the first connections are unlike the rest
    raw = np.array([witness.rows[number] for number in seen])
    rows = (raw - raw.mean(axis=0)) / (raw.std(axis=0) + 1e-9)
    rows = np.hstack([rows, np.ones((len(rows), 1))])
    own = np.array([witness.ids[number].hex() not in users for number in seen])
    audited = np.array([witness.ids[number] in judged for number in seen])
    half = len(rows) // 2
    theirs = ~own[half:]
    assert 200 < theirs.sum() < len(theirs) - 100, "both kinds came, and many"

    # the classifier does learn what there is to learn: whose a request is
    whose = rows[half:] @ train(rows[:half], own[:half].astype(float))
    found, _ = auc(whose, own[half:])
    assert found > 0.8, "this miner knows the validator's own prompts from users' requests"

    # and it is worth nothing
    belief = (rows[half:] @ train(rows[:half], audited[:half].astype(float)))[theirs]
    truth = audited[half:][theirs]
    found, deviation = auc(belief, truth)
    assert abs(found - 0.5) < DEVIATIONS * deviation, (found, deviation)
    for name, safe in {
        "unaudited": belief < np.median(belief),
        "a user's": whose[theirs] < np.median(whose),
    }.items():
        rate, spread = truth[safe].mean(), math.sqrt(RATE * (1 - RATE) / safe.sum())
        assert rate > RATE - DEVIATIONS * spread, f"of what it holds for {name}, {rate:.3f} is audited"
