"""The miner daemon beside a bare transformers loop: requests and tokens per second in the same run.

`python tests/bench/miner.py` prints one JSON object. A development chain, the miner and the caller are processes of
their own; the bare loop and the engine alone run in the caller while the miner is idle.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from chain import chain
from generating import MODEL, Bare, endless_model, question, through_engine
from measuring import Subject, main
from populated import ALICE, NETUID, next_epoch
from processes import free_port, memory, process, session, tail

from ganglion.client import Client
from ganglion.keys import Keypair
from ganglion.peer import Peer, PeerClient
from ganglion.protocol.endpoints import dial_target
from ganglion.protocol.identity import random_identity
from ganglion.protocol.receipts import Kind
from ganglion_miner.config import MinerConfig
from ganglion_miner.engine.factory import make_engine

MINER_URI = "//bench//miner"
MINER, VALIDATOR = Keypair.from_uri(MINER_URI), Keypair.from_uri("//bench//validator")
TOKENS, QUICK_TOKENS = 64, 8
ANSWERS = {1: 16, 8: 64, 32: 128}  # in one round, by callers
QUICK_ANSWERS = {1: 2, 8: 8}
READY_SECONDS = 120.0
MANY = 10**5  # quota
ABOUT = (
    "The daemon `ganglion-miner` with its default engine and batch size, registered on a development chain, serving "
    f"{MODEL} on loopback; signed chat requests by `PeerClient`, whose answers and receipts are verified. Bare: "
    "`model.generate` in its own loop, batches without gaps. Engine: the miner's engine without HTTP, signatures and "
    f"receipts. All sample at temperature 1 with one torch thread; prompts have 60 to 70 tokens, answers {TOKENS} (the "
    "model is a copy that names no stop token)."
)


@asynccontextmanager
async def miner(url: str, folder: Path, model: Path) -> AsyncIterator[tuple[int, int]]:
    """A registered miner that is ready; yields port and process id."""
    port, log = free_port(), folder / "miner.stderr"
    flags = {
        "rpc": url,
        "netuid": NETUID,
        "hotkey": MINER_URI,
        "host": "127.0.0.1",
        "port": port,
        "model": model,
    }
    flags |= {"data-dir": folder, "log-file": folder / "miner.log", "registration-poll": 0.2}
    flags |= {"quota-per-second": 10_000, "quota-burst": MANY}
    words = [sys.executable, "-m", "ganglion_miner"]
    words += [str(word) for name, value in flags.items() for word in (f"--{name}", value)]
    async with process(words, log) as started, session() as http:
        deadline = time.monotonic() + READY_SECONDS
        while not await is_ready(http, port):
            if started.returncode is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the miner is not ready: {tail(log)}")
            await asyncio.sleep(0.1)
        yield port, started.pid


async def is_ready(http: aiohttp.ClientSession, port: int) -> bool:
    """Whether the miner answers requests."""
    try:
        async with http.get(f"http://127.0.0.1:{port}/readyz") as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


async def register(client: Client, new_block: Any) -> None:
    """A subnet whose owner's hotkey validates, and the miner's slot."""
    await client.subnets.create(VALIDATOR.ss58, MANY * 10**9).submit(ALICE)
    await client.subnets.start(NETUID).submit(ALICE)
    await client.system.sudo(client.subnets.activate(NETUID)).submit(ALICE)
    await client.staking.add_stake(VALIDATOR.ss58, NETUID, 100 * 10**9).submit(ALICE)
    await client.neurons.register(NETUID, MINER.ss58, MANY * 10**9).submit(ALICE)
    await next_epoch(client, new_block)


class Load:
    """Callers of one miner."""

    def __init__(self, client: PeerClient, peer: Peer) -> None:
        self._client = client
        self._peer = peer

    async def answers(self, number: int, callers: int, tokens: int, stream: bool = False) -> int:
        """Ask so many questions with so many callers at a time; returns the tokens of the verified answers."""
        waiting, produced = list(range(number)), 0

        async def caller() -> None:
            nonlocal produced
            while waiting:
                body = {
                    "model": MODEL,
                    "messages": question(waiting.pop()),
                    "max_tokens": tokens,
                    "temperature": 1,
                }
                answer = await (self._streamed(body) if stream else self._whole(body))
                produced += len(answer)

        async with asyncio.TaskGroup() as group:
            for _ in range(callers):
                group.create_task(caller())
        return produced

    async def _whole(self, body: dict[str, Any]) -> tuple[int, ...]:
        done = await self._client.complete(self._peer, Kind.CHAT, body, random_identity())
        return done.answer.token_ids

    async def _streamed(self, body: dict[str, Any]) -> tuple[int, ...]:
        async with self._client.stream(self._peer, Kind.CHAT, body, random_identity()) as stream:
            async for _ in stream:
                pass
        assert stream.answer is not None
        return stream.answer.token_ids


class Comparison:
    """The same load through everything that is compared."""

    def __init__(self, subject: Subject, load: Load, bare: Bare, engine: Any) -> None:
        self.subject = subject
        self.load = load
        self.bare = bare
        self.engine = engine
        self.tokens = QUICK_TOKENS if subject.quick else TOKENS

    async def one_round(self, callers: int, answers: int) -> None:
        """Bare, engine, miner, miner streaming, one after the other."""
        prompts, tokens = self.bare.prompts(answers), self.tokens
        began = time.perf_counter()
        await asyncio.to_thread(self.bare.generate, answers, callers, tokens)
        self._record("bare", callers, answers, answers * tokens, began)
        began = time.perf_counter()
        self._record(
            "engine", callers, answers, await through_engine(self.engine, prompts, callers, tokens), began
        )
        began = time.perf_counter()
        self._record("miner", callers, answers, await self.load.answers(answers, callers, tokens), began)
        began = time.perf_counter()
        self._record(
            "stream", callers, answers, await self.load.answers(answers, callers, tokens, True), began
        )

    def _record(self, side: str, callers: int, answers: int, produced: int, began: float) -> None:
        took = time.perf_counter() - began
        if produced != answers * self.tokens:
            raise RuntimeError(f"{side} made {produced} tokens instead of {answers} answers of {self.tokens}")
        load = f"batch {callers}" if side == "bare" else f"{callers} caller{'s' * (callers > 1)}"
        names = {"bare": "bare transformers loop", "engine": "engine alone", "stream": "miner, streaming"}
        what = f"{names.get(side, side)}, {load}"
        self.subject.figure(f"{side}_tokens_{callers}", "tokens/s", what).add(produced / took)
        if side in ("miner", "stream"):
            self.subject.figure(f"{side}_requests_{callers}", "requests/s", what).add(answers / took)

    def ratios(self, callers: int) -> None:
        """How far the miner is from what it is made of."""
        load = f"{callers} caller{'s' * (callers > 1)}"
        for over, under in (("miner", "bare"), ("engine", "bare"), ("miner", "engine")):
            what = f"{over} / {under}, tokens/s, {load}"
            rates = (f"{side}_tokens_{callers}" for side in (over, under))
            self.subject.ratio(f"{over}_to_{under}_{callers}", what, *rates)


async def compare(subject: Subject, load: Load, model: Path) -> None:
    """All rounds."""
    settings = MinerConfig.model_fields
    running, queue = settings["max_running"].default, settings["max_queue"].default
    engine = make_engine(
        settings["engine"].default, model, max_running=running, max_in_flight=running + queue
    )
    await engine.start()
    comparison = Comparison(subject, load, Bare(model), engine)
    counts = QUICK_ANSWERS if subject.quick else ANSWERS
    subject.workload(answers_per_round=counts, tokens=comparison.tokens, max_running=running)
    warm = Comparison(Subject("", True), load, comparison.bare, engine)
    for callers in counts:
        await warm.one_round(callers, callers)
    for _ in range(subject.rounds):
        for callers, answers in counts.items():
            await comparison.one_round(callers, answers)
    for callers in counts:
        comparison.ratios(callers)
    await engine.stop()


async def measure(quick: bool) -> dict[str, Any]:
    """All figures."""
    subject = Subject(ABOUT, quick)
    with tempfile.TemporaryDirectory() as name:
        model = endless_model(Path(name))
        async with chain(Path(name)) as node:
            async with Client(node.url) as client:
                await register(client, node.new_block)
                network = bytes.fromhex((await client.chain.genesis())[2:])
            async with (
                miner(node.url, Path(name), model) as (port, pid),
                PeerClient(VALIDATOR, network) as caller,
            ):
                target = dial_target(family=4, ip=0x7F000001, port=port, allow_private=True)
                await compare(subject, Load(caller, Peer(MINER.ss58, target)), model)
                subject.figure("memory", "MB", "memory of the miner's process after all rounds").add(
                    memory(pid)
                )
    return subject.to_json()


def run(quick: bool) -> dict[str, Any]:
    """All figures of this benchmark."""
    return asyncio.run(measure(quick))


if __name__ == "__main__":
    sys.exit(main(run))
