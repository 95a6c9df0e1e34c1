"""Answers that can be prepared before they are asked for earn nothing.

At temperature 0 the same question has the same answer, so a cache is right: it passes every audit, and must not
be paid as work. The model, the miners' servers, the connections, the receipts and the replay are real.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from ganglion.model.loading import context_length, load_causal_lm, resolve_model, stop_token_ids
from ganglion.protocol.openai import parse_chat
from ganglion.verification.replay import Verifier
from ganglion_miner.config import MinerConfig
from ganglion_miner.engine.base import FinishEvent, GenerationRequest, TokenEvent
from ganglion_miner.serving import GenerationModel, load_model
from ganglion_validator.audits import Auditor, ModelJudge
from ganglion_validator.jobs import Job, JobMaker
from ganglion_validator.rounds import Rounds, RoundSettings

from ..unit.validator.support import MINERS, NETWORK, gateway, key_of, start_miner_of

HONEST, CHEAT = key_of(0), key_of(1)
QUESTIONS = ("What is a file?", "How do I open a socket?", "Explain a list.")


class Cache:
    """An engine that generates each prompt once and then repeats what it said, at no cost."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._known: dict[tuple[int, ...], list[Any]] = {}
        self.hits = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def generate(self, request: GenerationRequest) -> AsyncIterator[TokenEvent | FinishEvent]:
        """From the cache, whatever the seed is."""
        if request.prompt_ids in self._known:
            self.hits += 1
            await asyncio.sleep(0.005)
            for event in self._known[request.prompt_ids]:
                yield event
            return
        said = []
        async for event in self._engine.generate(request):
            said.append(event)
            if isinstance(event, FinishEvent):
                self._known[request.prompt_ids] = said
            yield event


class Users:
    """A user who colludes with a miner: the same greedy questions again and again."""

    def __init__(self, maker: JobMaker) -> None:
        self._maker = maker
        self._chance = random.Random(3)

    def make(self, task: str) -> Job:
        content = self._chance.choice(QUESTIONS)
        body = {"model": self._maker.name, "max_tokens": 24, "temperature": 0}
        return self._maker.chat(parse_chat(body | {"messages": [{"role": "user", "content": content}]}))


async def load(stack: AsyncExitStack) -> GenerationModel:
    made = await load_model(MinerConfig(model="ganglion-tiny"))
    assert isinstance(made, GenerationModel)
    stack.push_async_callback(made.engine.stop)
    return made


async def test_greedy_answers_from_a_cache_pass_audits_and_count_for_nobody(tmp_path: Path):
    folder = resolve_model("ganglion-tiny")
    async with AsyncExitStack() as stack:
        honest, other = await load(stack), await load(stack)
        cache = Cache(other.engine)
        ports = {}
        for key, model in ((MINERS[0], honest), (MINERS[1], replace(other, engine=cache))):
            server = await start_miner_of(key, model)
            stack.push_async_callback(server.close)
            ports[key] = server.port
        causal = load_causal_lm(folder)
        front = gateway(
            ports,
            folder=tmp_path,
            tokenizer=honest.tokenizer,
            profile=honest.profile,
            model=honest.name,
            context=context_length(causal),
        )
        gate = await stack.enter_async_context(front)
        verdicts: list[Any] = []
        judge = ModelJudge(NETWORK, Verifier(folder), None, stop_token_ids(causal))
        auditor = Auditor(
            lambda batch: verdicts.extend((delivery.key, verdict) for delivery, verdict in batch), 256, judge
        )
        stack.callback(asyncio.create_task(auditor.run()).cancel)
        rounds = Rounds(
            "generate",
            RoundSettings(5.0, 1.5, 2, 2, 2.0, 0.1),
            gate.dispatcher,
            Users(gate.state.jobs),  # type: ignore[arg-type]
            auditor,
            serving=lambda: list(gate.miners.known.values()),
            on_results=gate.state.book.add,
        )
        gate.dispatcher.delivered = rounds.delivered
        await rounds.one(list(gate.miners.known.values()))
        await rounds.one(list(gate.miners.known.values()))
        records = gate.state.book.records
    assert cache.hits > 10, "it did answer from its cache"
    assert {key for key, _ in verdicts} == {HONEST, CHEAT} and all(verdict.ok for _, verdict in verdicts)
    assert {key: (one.score, one.owed) for key, one in records.items()} == {HONEST: (0.0, 0), CHEAT: (0.0, 0)}
