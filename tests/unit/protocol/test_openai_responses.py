"""Response objects as OpenAI's own client models read them."""

from __future__ import annotations

import base64
import struct

import pytest
from openai.types import Completion, CreateEmbeddingResponse, Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from ganglion.protocol import openai_responses as out
from ganglion.protocol.receipts import Finish, Kind


def header(kind: Kind) -> out.Header:
    return out.Header(kind, b"\1" * 16, "m", b"\2" * 32, 1_800_000_000)


def test_chat_completion():
    built = out.completion(header(Kind.CHAT), "hi", Finish.STOP, out.usage(3, 2), {"token_ids": [1, 2]})
    read = ChatCompletion.model_validate(built, strict=True)
    assert (read.choices[0].message.content, read.choices[0].finish_reason, read.usage.total_tokens) == (
        "hi",
        "stop",
        5,
    )
    assert read.model_extra["x_ganglion"] == {"token_ids": [1, 2]}


def test_text_completion_and_its_chunks():
    built = out.completion(header(Kind.COMPLETION), "hi", Finish.LENGTH, out.usage(3, 2), {})
    assert Completion.model_validate(built).choices[0].text == "hi"
    assert out.chunk(header(Kind.COMPLETION), "h")["object"] == "text_completion"


@pytest.mark.parametrize(
    ("chunk", "content", "reason"),
    [
        (out.chunk(header(Kind.CHAT), "", first=True), "", None),
        (out.chunk(header(Kind.CHAT), "hi"), "hi", None),
        (out.chunk(header(Kind.CHAT), "", finish=Finish.LENGTH, extra={"token_ids": []}), None, "length"),
    ],
)
def test_chat_chunks(chunk, content, reason):
    read = ChatCompletionChunk.model_validate(chunk, strict=True)
    assert (read.choices[0].delta.content, read.choices[0].finish_reason) == (content, reason)


def test_usage_chunk_has_no_choices():
    read = ChatCompletionChunk.model_validate(out.usage_chunk(header(Kind.CHAT), out.usage(1, 1)))
    assert read.choices == [] and read.usage.total_tokens == 2


def test_embeddings_as_floats_and_as_base64():
    rows = [[0.5, -1.0], [0.25, 2.0]]
    floats = out.embeddings("m", rows, 4, {}, as_base64=False)
    assert [d.embedding for d in CreateEmbeddingResponse.model_validate(floats).data] == rows
    packed = out.embeddings("m", rows, 4, {}, as_base64=True)
    assert [list(struct.unpack("<2f", base64.b64decode(d["embedding"]))) for d in packed["data"]] == rows


def test_models():
    listed = out.models([out.model("m", 1, "o", {"profile": "00"})])
    assert Model.model_validate(listed["data"][0]).id == "m"
