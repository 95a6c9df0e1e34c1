"""Both engines: the same tokens as one pass by hand, in any company, and no answer is ever left waiting."""

import asyncio
import hashlib

import numpy as np
import pytest
import torch

from ganglion.errors import ConfigError, UsageError
from ganglion.model.errors import ModelError
from ganglion.model.loading import load_causal_lm
from ganglion.protocol.sampling import SamplingParams
from ganglion.protocol.st1 import gumbel_rows, select
from ganglion.protocol.st1_cuts import answer_margins
from ganglion.protocol.st1_draws import draws, make_sampler
from ganglion_miner.engine.base import EngineBusy, EngineDead, FinishEvent, GenerationRequest, TokenEvent
from ganglion_miner.engine.batched import BatchedEngine, check_full_attention
from ganglion_miner.engine.factory import make_engine
from ganglion_miner.engine.slots import bytes_per_token
from ganglion_miner.engine.transformers_cb import BatchLimits, TransformersEngine

KINDS = ["batched", "transformers-cb"]
EOS = 2
PLAIN = SamplingParams(1.0)


def request(n, *, prompt=12, tokens=24, temperature=1.0, stop=(), trace=False, **sampling):
    ids = torch.randint(6, 2048, (prompt,), generator=torch.Generator().manual_seed(n)).tolist()
    seed = hashlib.sha256(b"%d" % n).digest()
    return GenerationRequest(
        f"r{n}", (1, *ids), tokens, SamplingParams(temperature, **sampling), seed, stop, trace
    )


async def collect(engine, wanted):
    """Token ids and the last event of one answer."""
    tokens = []
    async for event in engine.generate(wanted):
        if isinstance(event, FinishEvent):
            return tokens, event
        tokens.append(event.token_id)
    raise AssertionError("the answer ended without a FinishEvent")


@pytest.fixture(scope="module")
def model():
    return load_causal_lm("ganglion-tiny")


def by_hand(model, wanted):
    """The answer without cache, batch or engine: one whole forward pass for each token."""
    ids, out = list(wanted.prompt_ids), []
    while len(out) < wanted.max_tokens and not (out and out[-1] in wanted.stop_token_ids):
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1].numpy()
        noise = gumbel_rows([wanted.seed], [len(out)], len(logits))[0]
        out.append(select(logits, noise, wanted.sampling.temperature))
        ids.append(out[-1])
    return out


@pytest.fixture(params=KINDS)
async def engine(request):
    engine = make_engine(request.param, "ganglion-tiny", max_running=4, max_in_flight=12)
    await engine.start()
    yield engine
    await engine.stop()


async def test_the_tokens_are_st1_choices_in_any_company(engine, model):
    wanted = [
        request(i, prompt=5 + 9 * i, tokens=10 + 3 * i, temperature=t)
        for i, t in enumerate((1.0, 0.7, 0.0, 1.3))
    ]
    wanted += [request(i, prompt=3, tokens=8) for i in range(4, 10)]
    answers = await asyncio.gather(*(collect(engine, w) for w in wanted))
    for w, (tokens, finish) in zip(wanted, answers, strict=True):
        assert tokens == by_hand(model, w)
        assert finish == FinishEvent("length")
    stats = engine.stats()
    assert (stats.running, stats.finished, stats.tokens) == (0, 10, sum(w.max_tokens for w in wanted))


async def test_joining_and_leaving_at_any_step_changes_nothing(engine, model):
    async def late(delay, w):
        await asyncio.sleep(delay)
        return await collect(engine, w)

    wanted = [request(i, prompt=4 + 7 * i, tokens=40 - 5 * i) for i in range(6)]
    answers = await asyncio.gather(*(late(0.02 * i, w) for i, w in enumerate(wanted)))
    assert [tokens for tokens, _ in answers] == [by_hand(model, w) for w in wanted]


async def test_a_stop_token_ends_the_answer_and_is_its_last_token(engine, model):
    free = by_hand(model, request(3, tokens=20))
    stop = free[6]
    tokens, finish = await collect(engine, request(3, tokens=20, stop=(stop, EOS)))
    assert finish == FinishEvent("stop")
    assert tokens == free[: free.index(stop) + 1]


async def test_a_stop_token_in_the_last_place_is_a_stop(engine, model):
    free = by_hand(model, request(3, tokens=20))
    end = free.index(free[6]) + 1
    assert (await collect(engine, request(3, tokens=end, stop=(free[6],))))[1] == FinishEvent("stop")


async def test_tokens_come_while_the_answer_is_made(engine):
    events = engine.generate(request(1, tokens=400))
    assert isinstance(await anext(events), TokenEvent)
    assert engine.stats().running == 1
    await events.aclose()
    assert (engine.stats().running, engine.stats().cancelled) == (0, 1)


async def test_cancelling_ends_one_answer_and_no_other(engine, model):
    long, short = request(1, tokens=900), request(2, tokens=30)
    tasks = [asyncio.create_task(collect(engine, w)) for w in (long, short)]
    await asyncio.sleep(0.1)
    engine.cancel("r1")
    engine.cancel("unknown")
    (cut, finish), (whole, _) = await asyncio.gather(*tasks)
    assert finish == FinishEvent("cancelled") and 0 < len(cut) < 900
    assert whole == by_hand(model, short)
    engine.cancel("r1")
    assert engine.stats().cancelled == 1


async def test_a_cancelled_id_can_be_used_again(engine, model):
    events = engine.generate(request(5, tokens=500))
    await anext(events)
    await events.aclose()
    again = request(5, tokens=12)
    assert (await asyncio.wait_for(collect(engine, again), 20))[0] == by_hand(model, again)


async def test_a_full_engine_says_so(engine):
    waiting = [asyncio.create_task(collect(engine, request(i, tokens=60))) for i in range(12)]
    await asyncio.sleep(0)
    with pytest.raises(EngineBusy) as caught:
        await collect(engine, request(99))
    assert caught.value.retryable
    assert {finish.reason for _, finish in await asyncio.gather(*waiting)} == {"length"}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (GenerationRequest("a", (), 4, PLAIN, bytes(32)), "prompt is empty"),
        (GenerationRequest("a", (1, 5000), 4, PLAIN, bytes(32)), "outside the vocabulary"),
        (GenerationRequest("a", (1,) * 1000, 25, PLAIN, bytes(32)), "do not fit 1024"),
        (GenerationRequest("a", (1,), 0, PLAIN, bytes(32)), "do not fit"),
        (GenerationRequest("a", (1,), 4, PLAIN, b"short"), "32 bytes"),
    ],
)
async def test_impossible_requests(engine, bad, message):
    with pytest.raises(UsageError, match=message):
        await collect(engine, bad)


async def test_an_id_in_use(engine):
    first = asyncio.create_task(collect(engine, request(1, tokens=50)))
    await asyncio.sleep(0)
    with pytest.raises(UsageError, match="in use"):
        await collect(engine, request(1))
    await first


async def test_the_whole_context_can_be_used(engine, model):
    wanted = request(8, prompt=1000, tokens=23)
    tokens, finish = await collect(engine, wanted)
    assert len(tokens) == 23 and finish.reason == "length"
    assert tokens[:2] == by_hand(model, GenerationRequest("x", wanted.prompt_ids, 2, PLAIN, wanted.seed))


async def test_stopping_fails_what_is_in_flight(engine):
    task = asyncio.create_task(collect(engine, request(1, tokens=900)))
    await asyncio.sleep(0.1)
    await engine.stop()
    _, finish = await asyncio.wait_for(task, 5)
    assert finish.reason == "error" and "stopped" in str(finish.error)
    assert not engine.healthy
    with pytest.raises(EngineDead):
        await collect(engine, request(2))
    await engine.stop()


async def test_a_stopped_engine_can_be_started_again(engine, model):
    await engine.stop()
    await engine.start()
    assert engine.healthy
    assert (await asyncio.wait_for(collect(engine, request(2)), 10))[0] == by_hand(model, request(2))


async def test_an_engine_that_was_not_started():
    for kind in KINDS:
        with pytest.raises(EngineDead, match="not running"):
            await collect(make_engine(kind, "ganglion-tiny"), request(1))


async def test_an_error_in_the_loop_reaches_who_waits(engine, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("out of memory")

    assert engine.healthy
    monkeypatch.setattr("transformers.models.llama.modeling_llama.LlamaModel.forward", broken)
    _, finish = await asyncio.wait_for(collect(engine, request(1)), 10)
    assert finish.reason == "error" and "out of memory" in str(finish.error)
    await asyncio.sleep(0.3)
    assert not engine.healthy
    with pytest.raises(EngineDead):
        await asyncio.wait_for(collect(engine, request(2)), 10)


async def test_an_answer_that_stalls_fails_by_itself(monkeypatch):
    engine = BatchedEngine("ganglion-tiny")
    await engine.start()
    monkeypatch.setattr(engine, "_stall_seconds", 0.2)
    monkeypatch.setattr(engine, "_submit", lambda request: None)
    _, finish = await asyncio.wait_for(collect(engine, request(1)), 5)
    assert finish.reason == "error" and "no token came" in str(finish.error)
    await engine.stop()


async def test_preempted_answers_keep_their_noise(model):
    limits = BatchLimits(max_requests=4, max_batch_tokens=128, page_size=16, pages=12)
    engine = TransformersEngine("ganglion-tiny", limits=limits)
    await engine.start()
    wanted = [request(i, prompt=30, tokens=60) for i in range(4)]  # 4 x 91 tokens in 12 pages of 16
    answers = await asyncio.gather(*(collect(engine, w) for w in wanted))
    assert [tokens for tokens, _ in answers] == [by_hand(model, w) for w in wanted]
    await engine.stop()


async def test_a_missing_model_is_the_operators_error(tmp_path):
    for kind in KINDS:
        with pytest.raises(ModelError, match="no model folder"):
            await make_engine(kind, tmp_path / "nowhere").start()


def test_an_unknown_engine():
    with pytest.raises(ConfigError, match="no engine 'warp'") as caught:
        make_engine("warp", "ganglion-tiny")
    assert "batched" in caught.value.hint


@pytest.mark.parametrize("change", [{"layer_types": ["sliding_attention"] * 5}, {"sliding_window": 128}])
def test_sliding_windows_are_left_to_the_other_engine(model, monkeypatch, change):
    check_full_attention(model)
    for name, value in change.items():
        monkeypatch.setattr(model.config, name, value, raising=False)
    with pytest.raises(ModelError) as caught:
        check_full_attention(model)
    assert "transformers-cb" in caught.value.hint


def hand_states(model, wanted, tokens):
    """What enters the head at each token: [n, d], in one pass over all."""
    ids = torch.tensor([[*wanted.prompt_ids, *tokens[:-1]]])
    with torch.inference_mode():
        whole = model.get_decoder()(input_ids=ids, use_cache=False).last_hidden_state[0]
    return whole[len(wanted.prompt_ids) - 1 :].numpy()


async def test_states_come_with_the_tokens_that_they_predict(engine, model):
    async def events_of(wanted):
        return [e async for e in engine.generate(wanted) if isinstance(e, TokenEvent)]

    wanted = [request(i, prompt=5 + 40 * i, tokens=9 + 7 * i, trace=i != 2) for i in range(6)]
    for w, events in zip(wanted, await asyncio.gather(*(map(events_of, wanted))), strict=True):
        tokens = [e.token_id for e in events]
        assert tokens == by_hand(model, w)
        if not w.trace:
            assert all(e.state is None for e in events)
            continue
        states = np.stack([e.state for e in events])
        assert states.dtype == np.float32
        assert np.abs(states - hand_states(model, w, tokens)).max() < 1e-4


SAMPLINGS = [
    {"top_p": 0.7},
    {"top_k": 5, "temperature": 1.5},
    {"repetition_penalty": 1.4},
    {"repetition_penalty": 1.3, "temperature": 0.0},
    {"top_p": 0.9, "top_k": 50, "repetition_penalty": 1.1, "temperature": 0.8},
]


async def test_penalty_and_cuts_are_within_the_verifiers_rules(engine, model):
    wanted = [request(i, prompt=20, tokens=40, **options) for i, options in enumerate(SAMPLINGS)]
    wanted.append(request(9, tokens=40))
    answers = await asyncio.gather(*(collect(engine, w) for w in wanted))
    for w, (tokens, finish) in zip(wanted, answers, strict=True):
        assert finish == FinishEvent("length")
        states = torch.from_numpy(hand_states(model, w, tokens))
        with torch.inference_mode():
            logits = model.get_output_embeddings()(states).numpy().copy()
        asked = {"seed": w.seed, "prompt_ids": w.prompt_ids, "output_ids": tokens, "slack": 1e-3}
        sampler = make_sampler(logits.shape[1])
        assert answer_margins(sampler, logits.copy(), params=w.sampling, **asked).max() < 1e-4
        if w.sampling != PLAIN:
            assert answer_margins(sampler, logits.copy(), params=PLAIN, **asked).max() > 1e-2


async def test_a_model_that_gives_no_numbers_fails_that_answer_alone(engine, model, monkeypatch):
    from ganglion_miner.engine.drawing import Drawing

    choose = Drawing.choose
    poison = request(3).seed

    def poisoned(self, logits, answers, positions):
        for row, (answer, position) in enumerate(zip(answers, positions, strict=True)):
            if position == 4 and answer.record["key"][0] == draws(poison, [0], 1.0)["key"][0, 0]:
                logits.numpy()[row] = np.nan  # these are tensors of inference mode
        return choose(self, logits, answers, positions)

    monkeypatch.setattr(Drawing, "choose", poisoned)
    good, bad = request(1), request(3)
    (tokens, finish), (cut, failed) = await asyncio.gather(collect(engine, good), collect(engine, bad))
    assert finish == FinishEvent("length") and tokens == by_hand(model, good)
    assert len(cut) == 4 and failed.reason == "error" and "not numbers" in str(failed.error)
    assert engine.healthy


@pytest.mark.parametrize("kind", KINDS)
async def test_keys_and_values_have_a_bound(kind, model):
    token = bytes_per_token(model)
    assert token == 2 * 5 * 2 * 32 * 4
    engine = make_engine(kind, "ganglion-tiny", max_running=4, cache_mb=1)
    await engine.start()
    assert 64 < engine.context_length <= (1 << 20) // token // (4 if kind == "batched" else 1)
    with pytest.raises(UsageError, match="do not fit"):
        await collect(engine, request(1, prompt=engine.context_length))
    wanted = [request(i, prompt=20, tokens=engine.context_length - 21) for i in range(4)]
    answers = await asyncio.gather(*(collect(engine, w) for w in wanted))
    assert [len(tokens) for tokens, _ in answers] == [w.max_tokens for w in wanted]
    await engine.stop()


async def test_too_little_memory_is_the_operators_error():
    with pytest.raises(ModelError, match="tokens for each of 1000 answers") as caught:
        await make_engine("batched", "ganglion-tiny", max_running=1000, cache_mb=1).start()
    assert "kv_cache_mb" in caught.value.hint
