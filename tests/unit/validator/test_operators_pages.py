"""What operators read of a validator, and miners and users do not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import ClientSession

from ganglion.daemon.metrics_page import serve_metrics
from ganglion.errors import ConfigError
from ganglion_miner.engine.echo import EchoEngine
from ganglion_validator.metrics import Metrics

from .support import until


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer secret"}], ids=["stranger", "user"])
async def test_nobody_but_the_operator_learns_when_users_ask(miner: Any, front: Any, headers: dict[str, str]):
    """A miner that reads it while it is asked something would know the validator's own prompts."""
    engine = EchoEngine(context_length=4096, delay=0.05)
    gate = await front({0: await miner(0, engine=engine)}, keys=frozenset({"secret"}))
    asking = asyncio.create_task(gate.ask(headers={"Authorization": "Bearer secret"}))
    before = {path: await gate.get(path, headers=headers) for path in ("/readyz", "/health", "/version")}
    await until(lambda: gate.state.in_flight == 1)
    assert {path: await gate.get(path, headers=headers) for path in before} == before
    assert before["/readyz"] == (200, {"ready": True, "reasons": {}})
    status, body = await gate.get("/metrics", headers=headers)
    assert (status, body["error"]["code"]) == (404, "unknown_route")
    assert (await asking)[0] == 200


async def test_metrics_have_a_port_of_their_own(unused_tcp_port: int):
    metrics = Metrics()
    runner, port = await serve_metrics(metrics.render, "127.0.0.1", unused_tcp_port)
    try:
        assert port == unused_tcp_port
        async with ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/metrics") as response:
                assert response.content_type == "text/plain"
                assert "ganglion_validator_audits_total" in await response.text()
            async with session.get(f"http://127.0.0.1:{port}/v1/models") as response:
                assert response.status == 404
        with pytest.raises(ConfigError, match="in use"):
            await serve_metrics(metrics.render, "127.0.0.1", port)
    finally:
        await runner.cleanup()
