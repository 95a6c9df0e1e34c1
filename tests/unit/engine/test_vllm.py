"""The engine vllm against a server that speaks vLLM's HTTP and runs our rows over the bundled model: what is tried
is all of our side. vLLM itself needs a GPU.
"""

import asyncio
import contextlib
import hashlib
import json

import pytest
import torch
from aiohttp import web

from ganglion.errors import EngineError, UsageError
from ganglion.model.loading import load_causal_lm
from ganglion.protocol.sampling import SamplingParams
from ganglion.protocol.st1_cuts import answer_margins
from ganglion.protocol.st1_draws import make_sampler
from ganglion_miner.engine import vllm
from ganglion_miner.engine.base import EngineBusy, EngineDead, FinishEvent, GenerationRequest, TokenEvent
from ganglion_miner.engine.factory import make_engine
from ganglion_miner.engine.vllm import arguments
from ganglion_miner.engine.vllm_rows import SeededRows, read_arguments

SEED = hashlib.sha256(b"vllm").digest()
PLAIN = SamplingParams(1.0)


@pytest.fixture(scope="module")
def model():
    return load_causal_lm("ganglion-tiny")


class Server:
    """Answers like vLLM, one request at a time; `processor` False: as one without the seeded sampler."""

    def __init__(self, model):
        self.model, self.processor, self.delay, self.cut, self.closed = model, True, 0.0, None, 0
        self.drop = False

    async def models(self, request):
        return web.json_response({"data": [{"id": "tiny", "max_model_len": 1024}]})

    async def completions(self, request):
        body = await request.json()
        if self.drop:
            request.transport.abort()
            return web.Response()
        try:
            read = read_arguments(body["vllm_xargs"]) if self.processor else (SEED, PLAIN)
        except ValueError as error:
            return web.json_response({"error": {"message": str(error)}}, status=400)
        assert read is not None
        if not body.get("stream"):
            return web.json_response({"choices": [{"text": "x"}]})
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            await self.stream(body, response)
        return response

    async def stream(self, body, response):
        rows, output = SeededRows(), []
        rows.add(0, body["vllm_xargs"], body["prompt"], output)
        try:
            for number in range(body["max_tokens"]):
                if self.cut is not None and number == self.cut:
                    break
                await asyncio.sleep(self.delay)
                output.append(self.token(rows, body["prompt"] + output))
                block = {"choices": [{"text": "?", "token_ids": output[-1:]}]}
                await response.write(b"data: " + json.dumps(block).encode() + b"\n\n")
                if output[-1] in body["stop_token_ids"]:
                    break
            await response.write(b"data: [DONE]\n\n")
        except (ConnectionError, asyncio.CancelledError):
            self.closed += 1
            raise

    @torch.inference_mode()
    def token(self, rows, ids):
        logits = (
            self.model(input_ids=torch.tensor([ids]), use_cache=False, logits_to_keep=1).logits[0].clone()
        )
        return int(rows.choose(logits).argmax())


@pytest.fixture
async def server(model, aiohttp_server):
    behind = Server(model)
    app = web.Application()
    app.router.add_get("/v1/models", behind.models)
    app.router.add_post("/v1/completions", behind.completions)
    started = await aiohttp_server(app)
    behind.url = str(started.make_url("/"))
    return behind


@pytest.fixture
async def engine(server):
    engine = make_engine("vllm", "ganglion-tiny", max_in_flight=3, vllm_url=server.url)
    await engine.start()
    yield engine
    await engine.stop()


def request(name="r", *, prompt=(1, 9, 10, 11), tokens=12, params=PLAIN, stop=()):
    return GenerationRequest(name, prompt, tokens, params, SEED, stop)


async def collect(engine, wanted):
    events = [event async for event in engine.generate(wanted)]
    assert all(isinstance(e, TokenEvent) and e.state is None for e in events[:-1])
    return [e.token_id for e in events[:-1]], events[-1]


@pytest.mark.parametrize(
    "params",
    [PLAIN, SamplingParams(0.0), SamplingParams(0.8, top_p=0.9, top_k=40, repetition_penalty=1.2)],
    ids=str,
)
async def test_answers_are_those_that_the_verifier_accepts(engine, model, params):
    wanted = request(params=params)
    tokens, finish = await collect(engine, wanted)
    assert finish == FinishEvent("length") and len(tokens) == 12
    ids = torch.tensor([[*wanted.prompt_ids, *tokens[:-1]]])
    with torch.inference_mode():
        logits = model(input_ids=ids, use_cache=False, logits_to_keep=12).logits[0].numpy().copy()
    asked = {"seed": SEED, "params": params, "prompt_ids": wanted.prompt_ids, "output_ids": tokens}
    assert answer_margins(make_sampler(2048), logits, slack=1e-3, **asked).max() < 1e-4


async def test_a_stop_token_ends_the_answer_and_is_its_last(engine):
    free, _ = await collect(engine, request())
    tokens, finish = await collect(engine, request(stop=(free[5],)))
    assert finish == FinishEvent("stop") and tokens == free[: free.index(free[5]) + 1]


async def test_cancelling_closes_the_connection(engine, server):
    server.delay = 0.02
    events = engine.generate(request(tokens=900))
    assert isinstance(await anext(events), TokenEvent)
    engine.cancel("r")
    assert [e async for e in events][-1] == FinishEvent("cancelled")
    for _ in range(100):
        if server.closed:
            break
        await asyncio.sleep(0.02)
    assert server.closed == 1 and engine.stats().cancelled == 1 and engine.stats().running == 0


async def test_bounds(engine, server):
    server.delay = 0.05
    running = [asyncio.create_task(collect(engine, request(f"r{i}", tokens=3))) for i in range(3)]
    await asyncio.sleep(0.01)
    with pytest.raises(EngineBusy):
        await collect(engine, request("more"))
    await asyncio.gather(*running)
    with pytest.raises(UsageError, match="do not fit"):
        await collect(engine, request(tokens=2000))
    assert (engine.stats().finished, engine.stats().tokens) == (3, 9)


async def test_an_answer_that_ends_early_is_an_error(engine, server):
    server.cut = 3
    tokens, finish = await collect(engine, request())
    assert len(tokens) == 3 and finish.reason == "error" and "3 of 12" in str(finish.error)


async def test_a_server_without_the_sampler_is_refused(server):
    server.processor = False
    with pytest.raises(EngineError, match="no seeded sampler") as caught:
        await make_engine("vllm", "ganglion-tiny", vllm_url=server.url).start()
    assert "--logits-processors" in caught.value.hint


async def test_no_server(unused_tcp_port):
    engine = make_engine("vllm", "ganglion-tiny", vllm_url=f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(EngineError, match="failed") as caught:
        await engine.start()
    assert "is it running" in caught.value.hint and not engine.healthy
    with pytest.raises(EngineDead):
        await collect(engine, request())


def test_arguments_go_there_and_back():
    params = SamplingParams(0.7, 0.9, 40, 1.1)
    assert read_arguments(json.loads(json.dumps(arguments(SEED, params)))) == (SEED, params)
    assert read_arguments(None) is None and read_arguments({"other": 1}) is None
    for bad in ({"st1_seed": "00"}, {"st1_seed": "zz"}):
        with pytest.raises(ValueError):
            read_arguments(bad)


def test_rows_follow_the_batch():
    rows, logits = SeededRows(), torch.zeros(4, 50)
    for row, seed in enumerate((SEED, bytes(32), bytes([1]) * 32)):
        rows.add(row, arguments(seed, PLAIN), [1], [])
    rows.add(3, None, [1], [])
    first = rows.choose(logits.clone())
    chosen = first.argmax(dim=1).tolist()
    assert torch.equal(first[3], logits[3]), "a request without a seed is left alone"
    rows.move(0, 2, swap=True)
    assert rows.choose(logits.clone()).argmax(dim=1).tolist()[:3] == [chosen[2], chosen[1], chosen[0]]
    rows.remove([2])
    rows.move(1, 2, swap=False)
    assert len(rows) == 2
    assert rows.choose(logits.clone()).argmax(dim=1).tolist()[2] == chosen[1]


async def test_one_lost_connection_is_no_dead_server(server, engine, monkeypatch):
    monkeypatch.setattr(vllm, "PROBE_SECONDS", 0.01)
    server.drop = True
    _, last = await collect(engine, request())
    assert last.reason == "error" and engine.healthy
    await engine._probing
    assert engine.healthy
    server.drop = False
    tokens, last = await collect(engine, request("again"))
    assert len(tokens) == 12 and last.reason == "length"


async def test_a_server_that_is_gone_is_noticed(server, engine, monkeypatch):
    monkeypatch.setattr(vllm, "PROBE_SECONDS", 0.01)
    engine._url = "http://127.0.0.1:9"  # discard: nobody listens
    _, last = await collect(engine, request())
    assert last.reason == "error"
    await engine._probing
    assert not engine.healthy
