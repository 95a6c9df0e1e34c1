"""Requests that a miner refuses before it reads or generates anything, one test a case."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from ganglion.protocol import http_signatures as hs

from .support import (
    CHAT,
    IDENTITY,
    MINER,
    NETWORK,
    NEURON,
    PATH,
    STAKER,
    STRANGER,
    VALIDATOR,
    dump,
    sign,
)

BODY = dump(CHAT)


async def refusal(response) -> tuple[int, str]:
    return response.status, (await response.json())["error"]["code"]


def signed_by_miner(response, request_headers) -> bool:
    hs.read_response(
        response.status,
        response.headers.items(),
        request_signature=hs.signature_of(request_headers),
        signer=MINER.ss58,
        now=time.time(),
    )
    return True


async def test_unsigned_request(miner):
    response = await miner.raw(BODY, {})
    assert await refusal(response) == (401, "unsigned")
    assert "signature" not in response.headers, "nothing is signed for a stranger"


async def test_replayed_request(miner):
    headers = sign(BODY)
    assert (await miner.raw(BODY, headers)).status == 200
    response = await miner.raw(BODY, headers)
    assert await refusal(response) == (409, "replayed")
    assert signed_by_miner(response, headers)


async def test_simultaneous_replays_are_answered_once(miner):
    headers = sign(BODY)
    responses = await asyncio.gather(*(miner.raw(BODY, headers) for _ in range(8)))
    assert sorted(r.status for r in responses) == [200] + [409] * 7


async def test_expired_request(miner):
    headers = sign(BODY, now=time.time() - 20, lifetime=10)
    assert await refusal(await miner.raw(BODY, headers)) == (401, "expired")


async def test_request_from_the_future_tells_the_skew(miner):
    response = await miner.raw(BODY, sign(BODY, now=time.time() + 45))
    error = (await response.json())["error"]
    assert (response.status, error["code"]) == (401, "not_yet_valid")
    assert "44." in error["message"] or "45." in error["message"]


async def test_request_signed_before_the_start(miner):
    miner.state.admission._replay._started = time.time() + 5
    assert await refusal(await miner.raw(BODY, sign(BODY))) == (409, "signed_before_start")


async def test_wrongly_addressed_request(miner):
    assert await refusal(await miner.raw(BODY, sign(BODY, receiver=NEURON.ss58))) == (401, "wrong_receiver")


async def test_request_for_another_network(miner):
    assert await refusal(await miner.raw(BODY, sign(BODY, network=bytes(32)))) == (401, "wrong_network")


async def test_altered_body(miner):
    response = await miner.raw(BODY.replace(b"hello", b"hullo"), sign(BODY))
    assert await refusal(response) == (401, "digest_mismatch")
    assert (await miner.raw(BODY, sign(BODY))).status == 200


async def test_an_altered_copy_does_not_use_up_the_original(miner):
    headers = sign(BODY)
    await miner.raw(b"{}", headers)
    assert (await miner.raw(BODY, headers)).status == 200


async def test_altered_path(miner):
    headers = sign(BODY, path="/v1/embeddings")
    assert await refusal(await miner.raw(BODY, headers)) == (401, "bad_signature")


async def test_added_query(miner):
    assert await refusal(await miner.raw(BODY, sign(BODY), PATH + "?debug=1")) == (401, "bad_signature")


async def test_oversized_body_by_its_announced_length(miner):
    body = b" " * 70_000
    assert await refusal(await miner.raw(body, sign(body))) == (413, "body_too_large")


async def test_oversized_body_in_chunks(miner):
    async def chunks():
        for _ in range(70):
            yield b" " * 1000

    headers = sign(b" " * 70_000)
    assert await refusal(await miner.raw(chunks(), headers)) == (413, "body_too_large")


async def test_a_stranger_can_not_make_the_miner_read_a_body(start):
    miner = await start(body_timeout=5.0)
    reader, writer = await asyncio.open_connection("127.0.0.1", miner.server.port)
    headers = sign(BODY, STRANGER)
    head = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n{head}\r\n".encode())
    status = await asyncio.wait_for(reader.readline(), 2)
    writer.close()
    assert b"403" in status


async def test_a_body_that_never_comes(start):
    miner = await start(body_timeout=0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", miner.server.port)
    head = "".join(f"{k}: {v}\r\n" for k, v in sign(BODY).items())
    writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n{head}\r\n".encode())
    status = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    assert b"408" in status


@pytest.mark.parametrize(
    "name", ["signature", "signature-input", "content-digest", "ganglion-receiver", "ganglion-network"]
)
async def test_duplicated_header(miner, name):
    headers = sign(BODY)
    lines = [*headers.items(), (name, headers[name])]
    assert await refusal(await miner.raw(BODY, lines)) == (400, "malformed_signature")


async def test_two_signatures(miner):
    headers, second = sign(BODY), sign(BODY, NEURON)
    for name in ("signature", "signature-input"):
        headers[name] += ", " + second[name].replace("ganglion=", "sig2=", 1)
    assert await refusal(await miner.raw(BODY, headers)) == (401, "second_signature")


async def test_wrong_tag(miner):
    headers = sign(BODY)
    headers["signature-input"] = headers["signature-input"].replace("ganglion/1", "other/1")
    assert await refusal(await miner.raw(BODY, headers)) == (401, "wrong_tag")


async def test_compressed_body(miner):
    headers = sign(BODY) | {"Content-Encoding": "gzip"}
    assert (await miner.raw(BODY, headers)).status in (400, 415)


async def test_hotkey_not_registered(miner):
    headers = sign(BODY, STRANGER)
    response = await miner.raw(BODY, headers)
    assert await refusal(response) == (403, "not_registered")
    assert signed_by_miner(response, headers)


async def test_neuron_without_a_permit(miner):
    assert await refusal(await miner.raw(BODY, sign(BODY, NEURON))) == (403, "no_permit")


async def test_staker_is_admitted_by_configuration(start):
    miner = await start(min_requester_stake=5_000)
    assert (await miner.ask(key=STAKER))[0] == 200
    status, body, _ = await miner.ask(key=STRANGER)
    assert (status, body["error"]["code"]) == (403, "insufficient_stake")
    assert "5000" in body["error"]["message"]


async def test_stakes_are_asked_once_a_minute(start):
    miner = await start(min_requester_stake=1)
    calls = miner.chain.calls
    for _ in range(5):
        await miner.ask(key=STAKER)
    assert miner.chain.calls == calls + 1


async def test_staker_while_the_chain_is_gone(start):
    miner = await start(min_requester_stake=1)
    miner.chain.down = True
    status, body, response = await miner.ask(key=STAKER)
    assert (status, body["error"]["code"]) == (503, "chain_unavailable")
    assert int(response.headers["Retry-After"]) >= 1


async def test_quota(start):
    miner = await start(quota_per_second=1, quota_burst=3)
    statuses = [(await miner.ask())[0] for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    _, body, response = await miner.ask()
    assert body["error"]["code"] == "quota_exceeded"
    assert response.headers["Retry-After"] == "1"


async def test_a_replay_does_not_use_up_the_quota(start):
    miner = await start(quota_per_second=1, quota_burst=2)
    headers = sign(BODY)
    assert (await miner.raw(BODY, headers)).status == 200
    for _ in range(5):
        assert (await miner.raw(BODY, headers)).status == 409
    assert (await miner.ask())[0] == 200


async def test_metagraph_that_is_too_old_admits_nobody(start):
    miner = await start(metagraph_max_age=0.001)
    await asyncio.sleep(0.01)
    status, body, _ = await miner.ask()
    assert (status, body["error"]["code"]) == (503, "chain_unavailable")


async def test_chain_gone_is_served_from_the_cached_metagraph(miner):
    miner.chain.down = True
    assert (await miner.ask())[0] == 200


async def test_before_the_chain_was_reached(miner):
    miner.state.admission.network = None
    assert await refusal(await miner.raw(BODY, sign(BODY))) == (503, "not_ready")


async def test_not_ready_says_why(miner):
    miner.state.readiness.block("model", "the model is being loaded")
    status, body, response = await miner.ask()
    assert (status, body["error"]["code"]) == (503, "not_ready")
    assert "being loaded" in body["error"]["message"]
    assert "Retry-After" in response.headers


async def test_draining(miner):
    miner.state.readiness.block("draining", "x")
    assert (await miner.ask())[1]["error"]["code"] == "draining"


async def test_identity_is_required(miner):
    status, body, _ = await miner.ask({k: v for k, v in CHAT.items() if k != "x_ganglion"})
    assert (status, body["error"]["param"]) == (400, "x_ganglion")


async def test_ed25519_callers_are_welcome(start):
    from ganglion.keys import Keypair
    from ganglion_miner.chain_view import Neuron

    miner = await start()
    key = Keypair.from_uri("//Validator", "ed25519")
    miner.chain.neurons[key.ss58] = Neuron(9, key.ss58, permit=True)
    await miner.state.chain.refresh()
    assert (await miner.ask(key=key))[0] == 200


def test_the_cases_use_a_real_body():
    assert json.loads(BODY)["x_ganglion"] == IDENTITY
    assert len(NETWORK) == 32 and VALIDATOR.can_sign
