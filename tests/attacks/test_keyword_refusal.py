"""Refusing what one does not like: a sentence from a list instead of the model's answer, or an error."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from ganglion.errors import EngineError
from ganglion.model.loading import load_tokenizer
from ganglion_miner.engine.base import FinishEvent, GenerationRequest, TokenEvent
from ganglion_miner.engine.factory import make_engine

from .live import Setup, live
from .redteam.attacks import ATTACKS
from .redteam.lab import Lab, caught

KEYWORD = "harbour"
QUESTIONS = 24


def test_a_refusal_that_the_model_did_not_write_is_caught(lab: Lab):
    claims = ATTACKS["refusal by keyword"].make(lab, lab.requests(6))
    verdicts = lab.verdicts(claims)
    assert caught(verdicts) == 1.0 and max(one.n for one in verdicts) < 24, (
        "it is short, and caught all the same"
    )


class Censor:
    """The honest engine, but for prompts with a word in them: those fail, whatever else they say."""

    def __init__(self, folder: Path) -> None:
        self._engine, self._tokenizer = make_engine("batched", folder), load_tokenizer(folder)
        self.refused = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def generate(self, request: GenerationRequest) -> AsyncIterator[TokenEvent | FinishEvent]:
        if KEYWORD in self._tokenizer.decode(list(request.prompt_ids)):
            self.refused += 1
            yield FinishEvent("error", EngineError("out of memory"))
            return
        async for event in self._engine.generate(request):
            yield event


async def test_users_are_answered_by_somebody_else_and_it_is_remembered(tmp_path: Path):
    setups = [Setup(), Setup(engine=lambda config, folder: Censor(folder))]
    async with live(tmp_path, setups) as network:
        await network.highest_scores(1.0)
        found = await asked(network.validator.port, KEYWORD)
        assert [status for status, _ in found] == [200] * QUESTIONS, "nobody goes without an answer"
        honest, censor = network.keys
        assert {body["x_ganglion"]["miner"] for _, body in found} == {honest.hotkey}
        assert network.models[1].engine.refused > 0
        reputations, profile = network.validator.reputations, network.models[0].profile
        assert reputations.of(censor, profile).refusals > 0 == reputations.of(honest, profile).refusals
        assert reputations.reliability(censor, profile) < reputations.reliability(honest, profile) == 1.0


async def asked(port: int, word: str) -> list[tuple[int, Any]]:
    """What users get who have this word on their minds."""
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    async with ClientSession() as session:

        async def one(number: int) -> tuple[int, Any]:
            said = [{"role": "user", "content": f"{number}: which {word} is the largest?"}]
            body = {"model": "ganglion-tiny", "messages": said, "max_tokens": 8}
            async with session.post(url, json=body) as response:
                return response.status, await response.json()

        return [await one(number) for number in range(QUESTIONS)]
