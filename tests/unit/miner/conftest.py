"""A miner's application with an echoing engine, on a free port of the loopback."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession
from aiohttp.test_utils import TestServer

from ganglion.keys import Keypair
from ganglion.protocol.receipts import SignedReceipt
from ganglion.protocol.replay import ReplayCache
from ganglion_miner.admission import Admission
from ganglion_miner.answering import Answerer
from ganglion_miner.chain_view import ChainCache
from ganglion_miner.config import MinerConfig
from ganglion_miner.engine.echo import EchoEngine
from ganglion_miner.quota import Gate, TokenBuckets
from ganglion_miner.readiness import Readiness
from ganglion_miner.sealing_keys import SealingKeys
from ganglion_miner.server import MinerState, make_app
from ganglion_miner.serving import GenerationModel

from .support import CHAT, MINER, NETWORK, PATH, PROFILE, VALIDATOR, ByteTokenizer, FakeChain, dump, sign


@dataclass
class Running:
    """A server, a session, and what a test wants to look at."""

    server: TestServer
    session: ClientSession
    state: MinerState
    chain: FakeChain
    engine: Any
    receipts: list[SignedReceipt] = field(default_factory=list)

    async def raw(self, body: bytes, headers: Any, path: str = PATH, **options: Any) -> ClientResponse:
        return await self.session.post(self.server.make_url(path), data=body, headers=headers, **options)

    async def ask(
        self, body: Any = CHAT, key: Keypair = VALIDATOR, path: str = PATH, **changes: Any
    ) -> tuple[int, dict[str, Any], ClientResponse]:
        """Signed POST; status, JSON and the response."""
        raw = body if isinstance(body, bytes) else dump(body)
        response = await self.raw(raw, sign(raw, key, path=path, **changes), path)
        return response.status, await response.json(), response


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Start a miner with other settings or another engine: `await start(engine=..., max_queue=0)`."""
    cleanups = []

    async def make(*, engine: Any = None, service: Any = None, **settings: Any) -> Running:
        config = MinerConfig(model="echo", max_body_bytes=65_536, **settings)
        chain = FakeChain()
        cache = ChainCache(chain, max_age=config.metagraph_max_age)
        await cache.refresh()
        engine = engine or EchoEngine(context_length=64)
        await engine.start()
        state = MinerState(
            config,
            MINER,
            Admission(
                MINER.ss58,
                cache,
                max_body=config.max_body_bytes,
                quota=TokenBuckets(rate=config.quota_per_second, burst=config.quota_burst),
                replay=ReplayCache(per_key=config.replay_entries, started=time.time() - 100),
                min_requester_stake=config.min_requester_stake,
            ),
            cache,
            Gate(limit=config.max_in_flight, per_key=config.max_per_key, running=config.max_running),
            Readiness(),
        )
        state.admission.network = NETWORK
        state.sealing = SealingKeys(tmp_path / "sealing-keys", lifetime=3600.0, longest=210.0)
        receipts: list[SignedReceipt] = []

        async def keep(signed: SignedReceipt, _leaves: Any = ()) -> None:
            receipts.append(signed)

        model = GenerationModel("echo", PROFILE, ByteTokenizer(), engine, (), 256)
        state.service = service or Answerer(model, MINER, NETWORK, max_new_tokens=48, keep=keep)
        server = TestServer(make_app(state))
        await server.start_server()
        session = ClientSession()
        cleanups.extend([session.close, server.close, engine.stop])
        return Running(server, session, state, chain, engine, receipts)

    yield make
    for close in cleanups:
        await close()


@pytest.fixture
async def miner(start: Callable[..., Any]) -> Running:
    """A miner with default settings."""
    return await start()
