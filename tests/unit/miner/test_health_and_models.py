"""What operators and load balancers see."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ganglion.peer import PeerClient

from .support import CHAT, MINER, NETWORK, PROFILE, VALIDATOR, peer


async def get(miner, path):
    return await miner.session.get(miner.server.make_url(path))


@pytest.mark.parametrize("path", ["/healthz", "/ping"])
async def test_alive(miner, path):
    miner.state.readiness.block("model", "loading")
    assert (await get(miner, path)).status == 200


@pytest.mark.parametrize("path", ["/readyz", "/health"])
async def test_ready_or_why_not(miner, path):
    assert (await get(miner, path)).status == 200
    miner.state.readiness.block("registration", "the hotkey is not registered")
    response = await get(miner, path)
    assert response.status == 503
    assert (await response.json())["reasons"] == {"registration": "the hotkey is not registered"}


async def test_metrics_count_by_outcome_and_name_no_caller(miner):
    await miner.ask()
    await miner.ask(CHAT | {"min_p": 0.1})
    await get(miner, "/no/such/path")
    text = await (await get(miner, "/metrics")).text()
    assert 'ganglion_miner_requests_total{outcome="ok",route="/v1/chat/completions"} 1.0' in text
    assert (
        'ganglion_miner_requests_total{outcome="unknown_parameter",route="/v1/chat/completions"} 1.0' in text
    )
    assert 'ganglion_miner_requests_total{outcome="unknown_route",route="other"} 1.0' in text
    assert 'ganglion_miner_tokens_total{kind="completion"} 5.0' in text
    assert VALIDATOR.ss58 not in text and "/no/such" not in text


async def test_version(miner):
    body = await (await get(miner, "/version")).json()
    assert body["hotkey"] == MINER.ss58
    assert body["model"] == {"name": "echo", "profile": PROFILE.hex()}


async def test_models_are_public_and_signed_when_asked_so(miner):
    response = await get(miner, "/v1/models")
    body = await response.json()
    assert [m["id"] for m in body["data"]] == ["echo"]
    assert "signature" not in response.headers
    async with PeerClient(VALIDATOR, NETWORK) as client:
        signed = await client.get(peer(miner.server), "/v1/models")
    assert signed.json()["data"][0]["x_ganglion"]["profile"] == PROFILE.hex()


async def test_models_announce_who_is_admitted_by_stake(miner):
    (model,) = (await (await get(miner, "/v1/models")).json())["data"]
    assert "min_requester_stake" not in model["x_ganglion"]
    miner.state.config = miner.state.config.model_copy(update={"min_requester_stake": 5})
    (model,) = (await (await get(miner, "/v1/models")).json())["data"]
    assert model["x_ganglion"]["min_requester_stake"] == 5


async def test_unknown_route_and_wrong_method(miner):
    assert (await get(miner, "/nothing")).status == 404
    response = await get(miner, "/v1/chat/completions")
    assert (response.status, (await response.json())["error"]["code"]) == (405, "method_not_allowed")


def test_the_server_imports_no_model_library():
    code = (
        "import sys, ganglion_miner.server, ganglion_miner.daemon, ganglion_miner.__main__; "
        "sys.exit(any(m in sys.modules for m in ('torch', 'transformers', 'numpy.f2py')))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
