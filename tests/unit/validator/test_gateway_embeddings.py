"""Embeddings through the gateway: real servers around an encoder that is a hash, and miners that cheat with it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ganglion.keys import Keypair
from ganglion.protocol.receipts import SignedReceipt, embeddings_hash, inputs_hash, verify_receipt
from ganglion_miner.embedding import Embedder
from ganglion_miner.engine.embeddings import Embedded
from ganglion_miner.serving import EmbeddingModel
from ganglion_validator.answer_text import Lied

from .support import MINERS, NETWORK, Gateway, key_of, miner_state, serve_miner

Start = Callable[..., Any]
MODEL = "hash-encoder"
ENCODER = b"\x55" * 32
DIMENSION = 8
TEXTS = ["a file", "a list", "a socket"]
ASK = {"model": MODEL, "input": TEXTS}
PATH = "/v1/embeddings"


def vectors_of(texts: Sequence[str]) -> NDArray[np.float32]:
    rows = [
        np.frombuffer(hashlib.blake2b(text.encode(), digest_size=DIMENSION).digest(), "u1") for text in texts
    ]
    found = np.array(rows, dtype=np.float32) + 1
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


class HashEngine:
    """An encoder; `spoil` makes of its vectors what a dishonest one answers."""

    dimension = DIMENSION
    healthy = True

    def __init__(self, spoil: Callable[[NDArray[np.float32]], NDArray[np.float32]] = lambda v: v) -> None:
        self._spoil = spoil

    async def embed(self, texts: Sequence[str]) -> Embedded:
        return Embedded(self._spoil(vectors_of(texts)), sum(len(text.split()) for text in texts))


async def keep(signed: SignedReceipt, _leaves: object = ()) -> None:
    verify_receipt(signed)


async def start_encoder(stack: AsyncExitStack, key: Keypair, engine: HashEngine | None = None) -> int:
    state = await miner_state(key, MODEL, task="embed")
    model = EmbeddingModel(MODEL, ENCODER, engine or HashEngine())  # type: ignore[arg-type]
    state.service = Embedder(model, key, NETWORK, keep=keep)
    server = await serve_miner(state, None)
    stack.push_async_callback(server.close)
    return server.port


async def offering(front: Start, ports: dict[int, int], **options: Any) -> Gateway:
    """A gateway that also knows the encoder."""
    gate = await front(ports, **options)
    gate.dispatcher.profiles["embed"] = ENCODER
    gate.state.embedding_model = MODEL
    return gate


def rows_of(body: Any) -> NDArray[np.float32]:
    assert [row["index"] for row in body["data"]] == list(range(len(body["data"])))
    return np.array([row["embedding"] for row in body["data"]], dtype=np.float32)


async def test_vectors_in_order_with_their_receipt(stack: AsyncExitStack, front: Start):
    gate = await offering(front, {0: await start_encoder(stack, MINERS[0])})
    status, body = await gate.ask(ASK, PATH)
    assert status == 200 and body["object"] == "list" and body["model"] == MODEL
    assert np.array_equal(rows_of(body), vectors_of(TEXTS))
    assert body["usage"] == {"prompt_tokens": 6, "total_tokens": 6}
    receipt = verify_receipt(SignedReceipt.from_text(body["x_ganglion"]["receipt"]))
    assert receipt.miner == MINERS[0].public_key and receipt.prompt == inputs_hash(tuple(TEXTS))
    assert receipt.output == embeddings_hash(vectors_of(TEXTS).astype("<f4").tobytes(), DIMENSION)


async def test_base64_is_the_same_and_one_text_needs_no_list(stack: AsyncExitStack, front: Start):
    gate = await offering(front, {0: await start_encoder(stack, MINERS[0])})
    status, body = await gate.ask({"model": MODEL, "input": TEXTS[0], "encoding_format": "base64"}, PATH)
    (row,) = body["data"]
    assert status == 200
    assert np.array_equal(np.frombuffer(base64.b64decode(row["embedding"]), "<f4"), vectors_of(TEXTS[:1])[0])


async def test_both_models_are_offered(stack: AsyncExitStack, miner: Start, front: Start):
    gate = await offering(front, {0: await start_encoder(stack, MINERS[0]), 1: await miner(1)})
    _, body = await gate.get("/v1/models")
    offers = {one["x_ganglion"]["task"]: one["x_ganglion"]["miners"] for one in body["data"]}
    assert offers == {"generate": 1, "embed": 1}, "who serves the one is not asked for the other"


@pytest.mark.parametrize(
    ("changes", "status", "code", "param"),
    [
        ({"model": "other"}, 404, "model_not_found", "model"),
        ({"input": []}, 400, "invalid_value", "input"),
        ({"input": ["", "a"]}, 400, "invalid_value", "input"),
        ({"input": ["a"] * 257}, 400, "invalid_value", "input"),
        ({"encoding_format": "hex"}, 400, "invalid_value", "encoding_format"),
        ({"truncate": True}, 400, "unknown_parameter", "truncate"),
        ({"dimensions": DIMENSION + 1}, 400, "unsupported_parameter", "dimensions"),
    ],
)
async def test_bad_requests(
    stack: AsyncExitStack, front: Start, changes: dict, status: int, code: str, param: str
):
    gate = await offering(front, {0: await start_encoder(stack, MINERS[0])})
    got, body = await gate.ask(ASK | changes, PATH)
    assert (got, body["error"]["code"], body["error"]["param"]) == (status, code, param)


def spoiled(value: float) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    def spoil(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        found = vectors.copy()
        found[1, 2] = value
        return found

    return spoil


SPOILED = {
    "a vector too few": lambda v: v[:-1],
    "a vector too many": lambda v: np.concatenate([v, v[:1]]),
    "not a number": spoiled(float("nan")),
    "endless": spoiled(float("inf")),
}


@pytest.mark.parametrize("name", SPOILED)
async def test_vectors_that_are_none_are_lies_and_asked_for_elsewhere(
    stack: AsyncExitStack, front: Start, name: str
):
    cheat = await start_encoder(stack, MINERS[0], HashEngine(SPOILED[name]))
    gate = await offering(front, {0: cheat, 1: await start_encoder(stack, MINERS[1])})
    for _ in range(40):
        if gate.broken:
            break
        status, body = await gate.ask(ASK, PATH)
        assert status == 200 and np.array_equal(rows_of(body), vectors_of(TEXTS))
    assert [(one.key, type(error)) for one, _, error in gate.broken] == [(key_of(0), Lied)]
    assert {delivery.key for delivery in gate.delivered} <= {key_of(1)}


async def test_work_is_counted_by_what_was_asked_and_never_by_the_miner(stack: AsyncExitStack, front: Start):
    class Boaster(HashEngine):
        async def embed(self, texts: Sequence[str]) -> Embedded:
            return Embedded(vectors_of(texts), 1_000_000)

    gate = await offering(front, {0: await start_encoder(stack, MINERS[0], Boaster())})
    await gate.ask(ASK, PATH)
    assert [delivery.tokens for delivery in gate.delivered] == [sum(1 + len(text) // 4 for text in TEXTS)]
