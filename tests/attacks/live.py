"""A whole validator in this process, before real miners' servers with the bundled model; only the chain is scripted."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestServer

from ganglion.keys import Keypair
from ganglion.verification.rules import Verdict
from ganglion_miner.config import MinerConfig
from ganglion_miner.serving import GenerationModel, load_model
from ganglion_validator.chain_view import Endpoint
from ganglion_validator.config import ValidatorConfig
from ganglion_validator.daemon import LoadedModel, Validator, load_models
from ganglion_validator.dispatch import Delivery
from ganglion_validator.scoring import MinerKey, Record

from ..unit.validator.support import (
    LOOPBACK,
    MINERS,
    VALIDATOR,
    ValidatorChain,
    start_miner_of,
    until,
)

PATIENCE = 60.0

Engines = Callable[[MinerConfig, Path], Any]


@dataclass(frozen=True)
class Setup:
    """How one miner is made.

    Attributes:
        engine: None = the honest one.
        middleware: around its server.
    """

    engine: Engines | None = None
    middleware: Any = None


class Watched(Validator):
    """Counts what was delivered, verified or not, and keeps whose answers were looked at."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.tokens: Counter[MinerKey] = Counter()
        self.judged: set[bytes] = set()
        super().__init__(*args, **kwargs)

    def _delivered(self, delivery: Delivery) -> None:
        self.tokens[delivery.key] += delivery.tokens
        super()._delivered(delivery)

    def _judged(self, batch: Sequence[tuple[Delivery, Verdict]]) -> None:
        self.judged |= {delivery.identity.request_id for delivery, _ in batch}
        super()._judged(batch)


@dataclass
class Live:
    """The running validator and its miners, in the order of their setups."""

    validator: Watched
    chain: ValidatorChain
    keys: list[MinerKey]
    models: list[GenerationModel]

    def record(self, number: int) -> Record | None:
        return self.validator.book.records.get(self.keys[number])

    def tokens(self, number: int) -> int:
        return self.validator.tokens[self.keys[number]]

    async def highest_scores(self, seconds: float) -> list[float]:
        """The highest score that each had at any moment, from the first that anybody has on."""
        await until(lambda: any(self.validator.book.scores.values()), PATIENCE)
        loop = asyncio.get_running_loop()
        ends, found = loop.time() + seconds, [0.0 for _ in self.keys]
        while loop.time() < ends:
            scores = self.validator.book.scores
            found = [max(best, scores.get(key, 0.0)) for best, key in zip(found, self.keys, strict=True)]
            await asyncio.sleep(0.02)
        return found

    async def committed(self) -> dict[MinerKey, int]:
        """What the validator commits for this epoch."""
        self.chain.step(5)
        await until(lambda: bool(self.chain.commits), PATIENCE)
        weights = self.validator.store.weights_of(self.chain.commits[0].commitment)
        assert weights is not None
        return {self.keys[uid - 1]: value for uid, value in zip(weights.uids, weights.values, strict=True)}


@asynccontextmanager
async def live(
    folder: Path,
    setups: Sequence[Setup],
    before: Callable[[list[TestServer]], Any] | None = None,
    *,
    load: Callable[[ValidatorConfig], LoadedModel] = load_models,
) -> AsyncIterator[Live]:
    """Start it all; `before` is awaited with the servers when the validator is not there yet."""
    async with AsyncExitStack() as stack:
        chain = ValidatorChain(neurons=len(setups))
        models, servers, keys = [], [], []
        for uid, (key, setup) in enumerate(zip(MINERS, setups, strict=False), start=1):
            model, server = await _miner(stack, key, setup)
            models.append(model)
            servers.append(server)
            keys.append(MinerKey(key.ss58, uid))
            chain.set_neuron(key.ss58, endpoint=Endpoint(4, LOOPBACK, server.port))
        if before is not None:
            await before(servers)
        validator = Watched(_config(folder), VALIDATOR, chain, load=load)
        task = asyncio.create_task(validator.run())
        try:
            yield Live(validator, chain, keys, models)
        finally:
            validator.stop()
            await asyncio.wait_for(task, 30)


async def _miner(stack: AsyncExitStack, key: Keypair, setup: Setup) -> tuple[GenerationModel, TestServer]:
    model = await load_model(MinerConfig(model="ganglion-tiny"), setup.engine)
    assert isinstance(model, GenerationModel)
    stack.push_async_callback(model.engine.stop)
    server = await start_miner_of(key, model, middleware=setup.middleware)
    stack.push_async_callback(server.close)
    return model, server


def _config(folder: Path) -> ValidatorConfig:
    return ValidatorConfig(
        model="ganglion-tiny",
        data_dir=folder,
        gateway_port=0,
        round_interval=0.3,
        round_window=1.0,
        round_max_concurrency=8,
        background_interval=0.5,
        chain_interval=0.1,
        audit_rate=0.25,
    )
