"""Cost of the wire and speed of a miner: python tests/bench/bench_miner.py [--seconds 5] prints JSON.

Signed-request checks are pure; "echo" is the whole HTTP path (client, server, signatures, receipt on disk)
around an engine that does nothing; client and server share one process and one event loop; "tiny" is
ganglion-tiny behind it, beside a bare `model.generate` loop of batch size 1 and of the same concurrency.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from ganglion.keys import Keypair
from ganglion.peer import Peer, PeerClient, PeerLimits
from ganglion.protocol import http_signatures as hs
from ganglion.protocol.endpoints import dial_target
from ganglion.protocol.identity import random_identity
from ganglion.protocol.receipts import Kind
from ganglion.protocol.replay import ReplayCache
from ganglion_miner.admission import Admission
from ganglion_miner.answering import Answerer
from ganglion_miner.chain_view import ChainCache, Endpoint, Neuron, Snapshot
from ganglion_miner.config import MinerConfig
from ganglion_miner.engine.echo import EchoEngine
from ganglion_miner.quota import Gate, TokenBuckets
from ganglion_miner.readiness import Readiness
from ganglion_miner.receipt_store import ReceiptStore
from ganglion_miner.server import MinerState, make_app
from ganglion_miner.serving import GenerationModel, load_model

NETWORK = b"\x09" * 32
MINER, VALIDATOR = Keypair.from_uri("//Miner"), Keypair.from_uri("//Validator")
PROMPT = "What does the open function of the standard library return?"
TOKENS = 64
CONCURRENCY = 16


class OneValidator:
    """A chain on which one key has a permit."""

    async def genesis(self) -> bytes:
        return NETWORK

    async def snapshot(self) -> Snapshot:
        return Snapshot(1, {VALIDATOR.ss58: Neuron(0, VALIDATOR.ss58, permit=True)})

    async def requester_stake(self, account: str) -> int:
        return 0

    async def serve(self, endpoint: Endpoint) -> None:
        pass

    async def close(self) -> None:
        pass


class Words:
    """A tokenizer without a model: one id a character."""

    chat_template = "plain"

    def apply_chat_template(self, messages: list[dict[str, str]], **_: Any) -> list[int]:
        return [ord(c) % 256 for m in messages for c in m["content"]]

    def decode(self, ids: list[int], **_: Any) -> str:
        return "".join(map(chr, ids))


def checks_per_second(scheme: Any, seconds: float) -> float:
    """Parse and verify signed requests with a 1 kB body, all checks, with the replay cache."""
    key, now = Keypair.from_uri("//Validator", scheme), time.time()
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "x" * 900}]}).encode()
    arguments = {"method": "POST", "path": "/v1/chat/completions", "receiver": MINER.ss58, "network": NETWORK}
    requests = [hs.sign_request(key, body=body, now=now, **arguments) for _ in range(256)]
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        cache = ReplayCache(per_key=512, started=now - 10)
        for headers in requests:
            request = hs.read_request("POST", "/v1/chat/completions", "", headers)
            hs.verify_request(request, body, receiver=MINER.ss58, network=NETWORK, now=now)
            cache.check(request.signature, now)
            cache.add(request.signature, now)
            done += 1
    return done / (time.perf_counter() - began)


async def serve(model: GenerationModel, folder: Path) -> tuple[web.AppRunner, ReceiptStore, Peer]:
    """A miner on a free port."""
    config = MinerConfig(max_queue=256, max_per_key=256)
    cache = ChainCache(OneValidator(), max_age=3600)
    await cache.refresh()
    admission = Admission(
        MINER.ss58,
        cache,
        max_body=1 << 20,
        quota=TokenBuckets(rate=1e6, burst=10**6),
        replay=ReplayCache(per_key=10**6, started=time.time() - 10),
        min_requester_stake=None,
    )
    admission.network = NETWORK
    gate = Gate(limit=config.max_in_flight, per_key=256, running=16)
    state = MinerState(config, MINER, admission, cache, gate, Readiness())
    store = ReceiptStore(folder / f"{model.name}.sqlite")
    state.service = Answerer(model, MINER, NETWORK, max_new_tokens=2048, keep=store.keep)
    runner = web.AppRunner(make_app(state), handler_cancellation=True, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    target = dial_target(family=4, ip=0x7F000001, port=runner.addresses[0][1], allow_private=True)
    return runner, store, Peer(MINER.ss58, target)


async def load(work: Callable[[], Awaitable[int]], seconds: float, concurrency: int) -> dict[str, float]:
    """Keep `concurrency` callers busy: requests and tokens a second, median seconds."""
    times: list[float] = []
    tokens = 0
    began = time.perf_counter()

    async def caller() -> None:
        nonlocal tokens
        while time.perf_counter() - began < seconds:
            start = time.perf_counter()
            got = await work()
            tokens += got
            times.append(time.perf_counter() - start)

    await asyncio.gather(*(caller() for _ in range(concurrency)))
    took = time.perf_counter() - began
    return {
        "requests_per_second": round(len(times) / took, 1),
        "tokens_per_second": round(tokens / took, 1),
        "median_seconds": round(statistics.median(times), 4),
    }


async def through_http(
    model: GenerationModel, folder: Path, seconds: float, body: dict[str, Any]
) -> dict[str, Any]:
    """The model behind the whole wire: one caller, then many, whole answers and streams."""
    runner, store, peer = await serve(model, folder)
    async with PeerClient(VALIDATOR, NETWORK, limits=PeerLimits(connections_per_peer=256)) as client:

        async def whole() -> int:
            return len((await client.complete(peer, Kind.CHAT, body, random_identity())).answer.token_ids)

        async def streamed() -> int:
            async with client.stream(peer, Kind.CHAT, body, random_identity()) as stream:
                async for _ in stream:
                    pass
            return len(stream.answer.token_ids)

        await whole()
        found = {
            "one_caller": await load(whole, seconds, 1),
            f"{CONCURRENCY}_callers": await load(whole, seconds, CONCURRENCY),
            f"{CONCURRENCY}_streams": await load(streamed, seconds, CONCURRENCY),
        }
    await runner.cleanup()
    store.close()
    return found


def bare_generate(seconds: float, batch: int) -> dict[str, float]:
    """transformers' own generate on the same prompt, greedy, without any server."""
    import torch

    from ganglion.model.loading import load_causal_lm, load_tokenizer
    from ganglion.model.rendering import render_chat

    model, tokenizer = load_causal_lm("ganglion-tiny"), load_tokenizer("ganglion-tiny")
    ids = torch.tensor([render_chat(tokenizer, [{"role": "user", "content": PROMPT}])] * batch)
    options = {"max_new_tokens": TOKENS, "min_new_tokens": TOKENS, "do_sample": False, "pad_token_id": 0}
    model.generate(ids, attention_mask=torch.ones_like(ids), **options)
    runs, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        model.generate(ids, attention_mask=torch.ones_like(ids), **options)
        runs += 1
    took = time.perf_counter() - began
    return {
        "requests_per_second": round(runs * batch / took, 1),
        "tokens_per_second": round(runs * batch * TOKENS / took, 1),
    }


async def run(seconds: float) -> dict[str, Any]:
    """All measurements."""
    result: dict[str, Any] = {
        f"signed_request_checks_per_second_{s}": round(checks_per_second(s, seconds))
        for s in ("sr25519", "ed25519")
    }
    with tempfile.TemporaryDirectory() as folder:
        engine = EchoEngine(context_length=1024)
        await engine.start()
        echo = GenerationModel("echo", bytes(32), Words(), engine, (), 256)
        body = {"model": "echo", "messages": [{"role": "user", "content": PROMPT[:16]}]}
        result["echo"] = await through_http(echo, Path(folder), seconds, body)
        model = await load_model(MinerConfig(model="ganglion-tiny", max_queue=256))
        body = {
            "model": "ganglion-tiny",
            "messages": [{"role": "user", "content": PROMPT}],
            "max_tokens": TOKENS,
        }
        result["tiny"] = await through_http(model, Path(folder), seconds, body)
        await model.engine.stop()
    result["bare_generate"] = {
        "batch_1": bare_generate(seconds, 1),
        f"batch_{CONCURRENCY}": bare_generate(seconds, CONCURRENCY),
    }
    return result | {
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "prompt": PROMPT,
        "tokens": TOKENS,
    }


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of each measurement")
    json.dump(asyncio.run(run(parser.parse_args().seconds)), sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
