"""Requests that are refused, each with a status, OpenAI's body and the field at fault."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ganglion.errors import ConfigError
from ganglion_validator.gateway.app import read_keys

from .support import CHAT, CONTEXT, MODEL

Start = Callable[..., Any]


@pytest.fixture
async def gate(miner: Start, front: Start) -> Any:
    return await front({0: await miner(0)}, max_body_bytes=4096)


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        (CHAT | {"model": "gpt-99"}, 404, "model_not_found", "model"),
        (CHAT | {"min_p": 0.1}, 400, "unknown_parameter", "min_p"),
        (CHAT | {"top_p": 1.5}, 400, "invalid_value", "top_p"),
        (CHAT | {"presence_penalty": 0.5}, 400, "unsupported_parameter", "presence_penalty"),
        (CHAT | {"temperature": 9}, 400, "invalid_value", "temperature"),
        (CHAT | {"messages": []}, 400, "invalid_value", "messages"),
        ({"model": MODEL}, 400, "missing_parameter", "messages"),
        (CHAT | {"max_tokens": CONTEXT}, 400, "context_length_exceeded", "messages"),
        (CHAT | {"messages": [{"role": "user", "content": ""}]}, 422, "unprocessable_prompt", "messages"),
        (CHAT | {"x_ganglion": {"request_id": "zz"}}, 400, "invalid_value", "x_ganglion.request_id"),
    ],
)
async def test_a_request_that_cannot_be_answered(gate: Any, body: dict, status: int, code: str, param: str):
    got, answer = await gate.ask(body)
    assert (got, answer["error"]["code"], answer["error"]["param"]) == (status, code, param)
    assert answer["error"]["type"] == "invalid_request_error" and answer["error"]["message"]
    assert gate.delivered == gate.broken == [], "no miner was asked"


async def test_a_prompt_longer_than_the_context(miner: Start, front: Start):
    gate = await front({0: await miner(0)})
    status, body = await gate.ask(CHAT | {"messages": [{"role": "user", "content": "x" * (CONTEXT + 1)}]})
    assert (status, body["error"]["code"]) == (400, "context_length_exceeded")
    assert str(CONTEXT) in body["error"]["message"]


async def test_bodies_that_are_too_large_or_no_json(gate: Any):
    url, session = gate.url + "/v1/chat/completions", gate.session
    json_type = {"Content-Type": "application/json"}
    for raw, headers, status, code in (
        (b"x" * 5000, json_type, 413, "body_too_large"),
        (b"{", json_type, 400, "invalid_json"),
        (b"[1]", json_type, 400, "invalid_json"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        (b'{"a": NaN}', json_type, 400, "invalid_json"),
    ):
        async with session.post(url, data=raw, headers=headers) as response:
            found = (response.status, (await response.json())["error"]["code"])
        assert found == (status, code), raw[:20]


async def test_paths_and_methods_that_are_not_there(gate: Any):
    assert (await gate.get("/v2"))[0] == 404
    status, body = await gate.get("/v1/chat/completions")
    assert (status, body["error"]["code"]) == (405, "method_not_allowed")


async def test_embeddings_where_none_are_offered(gate: Any):
    status, body = await gate.ask({"model": "encoder", "input": "x"}, "/v1/embeddings")
    assert (status, body["error"]["code"]) == (404, "model_not_found")


async def test_not_ready_says_why(gate: Any):
    gate.state.reasons = lambda: {"model": "the model is loading"}
    async with gate.session.post(gate.url + "/v1/chat/completions", json=CHAT) as response:
        body = await response.json()
        assert response.status == 503 and response.headers["Retry-After"]
    assert body["error"]["code"] == "not_ready" and "the model is loading" in body["error"]["message"]
    status, body = await gate.get("/readyz")
    assert (status, body["ready"], body["reasons"]) == (503, False, {"model": "the model is loading"})


async def test_nobody_serves_the_model(front: Start):
    gate = await front({})
    status, body = await gate.ask()
    assert (status, body["error"]["code"]) == (503, "not_ready")
    assert "no miner serves" in body["error"]["message"]


async def test_with_keys_a_key_is_needed(miner: Start, front: Start):
    gate = await front({0: await miner(0)}, keys=frozenset({"sk-good", "sk-other"}))
    assert (await gate.ask())[0] == 401
    status, body = await gate.ask(headers={"Authorization": "Bearer sk-bad"})
    assert (status, body["error"]["code"], body["error"]["type"]) == (
        401,
        "unauthorized",
        "authentication_error",
    )
    assert (await gate.ask(headers={"Authorization": "Bearer sk-good"}))[0] == 200
    assert (await gate.get("/healthz"))[0] == 200, "load balancers have none"
    assert (await gate.ask(headers={"Authorization": "Bearer sk-good", "Host": "gateway.example"}))[0] == 200


async def test_an_open_gateway_is_only_called_by_loopback_names(gate: Any):
    """A web page whose name was pointed at 127.0.0.1 carries that name in Host."""
    for host, status in (
        ("evil.example", 401),
        ("localhost:8080", 200),
        ("[::1]:9", 200),
        ("127.0.0.1", 200),
    ):
        found, _ = await gate.ask(headers={"Host": host})
        assert found == status, host


def test_beyond_loopback_keys_must_be_there(tmp_path: Path):
    assert read_keys(None, loopback=True) == frozenset()
    with pytest.raises(ConfigError, match="needs API keys"):
        read_keys(None, loopback=False)
    with pytest.raises(ConfigError, match="can't be read"):
        read_keys(tmp_path / "none", loopback=False)
    (tmp_path / "empty").write_text("\n \n")
    with pytest.raises(ConfigError, match="holds no key"):
        read_keys(tmp_path / "empty", loopback=True)
    (tmp_path / "keys").write_text("a\n b \n")
    assert read_keys(tmp_path / "keys", loopback=False) == {"a", "b"}


async def test_operators_pages(gate: Any):
    await gate.ask()
    assert (await gate.get("/healthz"))[1]["status"] == "alive"
    assert (await gate.get("/version"))[1]["netuid"] == 1
    async with gate.session.get(gate.url + "/metrics") as response:
        text = await response.text()
    assert 'ganglion_gateway_requests_total{outcome="ok",route="/v1/chat/completions"} 1.0' in text
    assert "5" not in [line for line in text.splitlines() if "hotkey" in line]
