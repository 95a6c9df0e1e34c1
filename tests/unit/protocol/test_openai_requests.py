"""Bodies of OpenAI requests: what is read, and what is refused with the name of the field."""

from __future__ import annotations

import pytest

from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.openai import Message, parse_chat, parse_completion, parse_embedding, parse_object
from ganglion.protocol.sampling import SamplingParams

CHAT = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
IDENTITY = {"request_id": "00" * 16, "nonce": "ff" * 16}


def refused(body, parse=parse_chat, **options) -> RequestError:
    with pytest.raises(RequestError) as caught:
        parse(body, **options)
    return caught.value


def test_chat_with_everything_the_verified_lane_takes():
    request = parse_chat(
        CHAT
        | {
            "temperature": 0.5,
            "max_completion_tokens": 7,
            "stop": "x",
            "seed": -3,
            "stream": True,
            "n": 1,
            "stream_options": {"include_usage": True},
            "user": "u",
            "metadata": {"a": "b"},
            "x_ganglion": IDENTITY,
        },
        require_identity=True,
    )
    assert request.messages == (Message("user", "hi"),)
    assert (request.sampling.params.temperature, request.sampling.max_tokens) == (0.5, 7)
    assert (request.sampling.stop, request.sampling.seed) == (("x",), -3)
    assert request.stream and request.include_usage
    assert request.identity.to_json() == IDENTITY


def test_defaults():
    sampling = parse_chat(CHAT).sampling
    assert (sampling.params.temperature, sampling.max_tokens, sampling.stop, sampling.seed) == (
        1.0,
        None,
        (),
        None,
    )


def test_the_fields_that_choose():
    sampling = parse_chat(
        CHAT | {"temperature": 0.7, "top_p": 0.9, "top_k": 40, "repetition_penalty": 1.1}
    ).sampling
    assert sampling.params == SamplingParams(0.7, 0.9, 40, 1.1)
    assert parse_chat(CHAT).sampling.params == SamplingParams(1.0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("frequency_penalty", 0.1),
        ("presence_penalty", -1),
        ("logit_bias", {"1": 5}),
        ("n", 2),
        ("logprobs", True),
        ("top_logprobs", 3),
        ("tools", [{}]),
        ("response_format", {"type": "json_object"}),
    ],
)
def test_unsupported_sampling_field_is_named(field, value):
    error = refused(CHAT | {field: value})
    assert (error.code, error.param) == ("unsupported_parameter", field)


@pytest.mark.parametrize("field", ["min_p", "mirostat", "typical_p", "guided_json", "prompt"])
def test_unknown_sampling_field_is_named(field):
    error = refused(CHAT | {field: 1})
    assert (error.code, error.param) == ("unknown_parameter", field)


@pytest.mark.parametrize(
    "body", [{"top_p": 1}, {"top_p": 1.0, "n": 1}, {"presence_penalty": 0}, {"logprobs": None}, {"tools": []}]
)
def test_values_that_change_nothing_are_accepted(body):
    parse_chat(CHAT | body)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": "1"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"top_p": True}, "top_p"),
        ({"top_p": 0}, "top_p"),
        ({"top_p": 1.1}, "top_p"),
        ({"top_k": -1}, "top_k"),
        ({"top_k": 2.0}, "top_k"),
        ({"repetition_penalty": 0.9}, "repetition_penalty"),
        ({"repetition_penalty": 2.5}, "repetition_penalty"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 1.0}, "max_tokens"),
        ({"max_tokens": 1, "max_completion_tokens": 2}, "max_tokens"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"stop": [""]}, "stop"),
        ({"seed": 2**63}, "seed"),
        ({"stream": 1}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stream": True, "stream_options": {"x": 1}}, "stream_options.x"),
        ({"model": ""}, "model"),
        ({"model": 3}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": [3]}, "messages[0]"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": "x", "name": "y"}]}, "messages[0].name"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content[0]"),
        ({"x_ganglion": {"request_id": "00" * 16, "nonce": "FF" * 16}}, "x_ganglion.nonce"),
        ({"x_ganglion": IDENTITY | {"seed": 1}}, "x_ganglion.seed"),
        ({"x_ganglion": "x"}, "x_ganglion"),
    ],
)
def test_bad_values_name_their_field(body, param):
    assert refused(CHAT | body).param == param


def test_a_miner_requires_the_identity():
    error = refused(CHAT, require_identity=True)
    assert (error.code, error.param) == ("missing_parameter", "x_ganglion")


def test_missing_model_and_messages():
    assert refused({"messages": CHAT["messages"]}).param == "model"
    assert refused({"model": "m"}).param == "messages"


def test_content_in_text_parts_and_the_developer_role():
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    request = parse_chat({"model": "m", "messages": [{"role": "developer", "content": parts}]})
    assert request.messages == (Message("system", "ab"),)


@pytest.mark.parametrize(
    ("prompt", "read"), [("hi", "hi"), (["hi"], "hi"), ([1, 2], (1, 2)), ([[1, 2]], (1, 2))]
)
def test_completion_prompts(prompt, read):
    assert parse_completion({"model": "m", "prompt": prompt}).prompt == read


@pytest.mark.parametrize("prompt", ["", [], ["a", "b"], [1, "a"], [-1], [True], 3, {}])
def test_bad_completion_prompts(prompt):
    assert refused({"model": "m", "prompt": prompt}, parse_completion).param == "prompt"


def test_embeddings():
    request = parse_embedding({"model": "m", "input": ["a", "b"], "encoding_format": "base64"})
    assert (request.inputs, request.base64) == (("a", "b"), True)
    assert refused({"model": "m", "input": []}, parse_embedding).param == "input"
    assert refused({"model": "m", "input": ["a", ""]}, parse_embedding).param == "input"
    assert (
        refused({"model": "m", "input": "a", "encoding_format": "x"}, parse_embedding).param
        == "encoding_format"
    )
    assert refused({"model": "m", "input": "a", "temperature": 1}, parse_embedding).param == "temperature"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"\xff",
        b'{"a":NaN}',
        b'{"a":1,"a":2}',
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1",
    ],
)
def test_bodies_that_are_no_json_object(raw):
    with pytest.raises(RequestError) as caught:
        parse_object(raw)
    assert caught.value.code == "invalid_json"
