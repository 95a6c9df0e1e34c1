"""Signed requests: how many a miner's admission checks in a second, and what signing costs.

`python tests/bench/protocol.py` prints one JSON object. One thread, no network.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from measuring import Subject, main, seconds

from ganglion.keys import Keypair, verify
from ganglion.protocol import http_signatures as hs
from ganglion.protocol.replay import ReplayCache
from ganglion_miner.admission import Admission
from ganglion_miner.chain_view import ChainCache, Neuron, Snapshot
from ganglion_miner.quota import TokenBuckets

NETWORK, MINER = b"\x09" * 32, Keypair.from_uri("//Miner")
METHOD, PATH = "POST", "/v1/chat/completions"
BODY = json.dumps({"model": "m", "messages": [{"role": "user", "content": "x" * 960}]}).encode()
REQUESTS, QUICK_REQUESTS = 1_000, 20
ABOUT = (
    "Checks: a miner's whole admission on signed requests with a body of about 1 kB and nonces of their own: parsing "
    "of the headers, receiver and network, time, signature, permit, sha-256 of the body, replay cache, quota. Beside "
    "it the signature's verification alone and the signing of requests and answers."
)


class OnePermit:
    """A chain on which one key has a permit."""

    def __init__(self, key: Keypair) -> None:
        self._neurons = {key.ss58: Neuron(0, key.ss58, permit=True)}

    async def snapshot(self) -> Snapshot:
        """The subnet."""
        return Snapshot(1, self._neurons)

    async def requester_stake(self, account: str) -> int:
        """Strangers stake nothing."""
        return 0


async def admission_of(key: Keypair) -> Admission:
    """Admission as the daemon makes it, with room for one round."""
    cache = ChainCache(OnePermit(key), max_age=3600)  # type: ignore[arg-type]
    await cache.refresh()
    made = Admission(
        MINER.ss58,
        cache,
        max_body=1 << 20,
        quota=TokenBuckets(rate=1e6, burst=2 * REQUESTS),
        replay=ReplayCache(per_key=2 * REQUESTS, started=time.time() - 60),
        min_requester_stake=None,
    )
    made.network = NETWORK
    return made


async def check_all(admission: Admission, requests: list[list[tuple[str, str]]]) -> None:
    """What the server does with each request."""
    for headers in requests:
        admission.check_size(len(BODY))
        caller = admission.authenticate(METHOD, PATH, headers)
        admission.enter(await admission.authorize(caller), BODY)


def sign(key: Keypair) -> dict[str, str]:
    """Headers of a signed request."""
    return hs.sign_request(
        key, method=METHOD, path=PATH, body=BODY, receiver=MINER.ss58, network=NETWORK, now=time.time()
    )


async def one_round(subject: Subject, scheme: Any) -> None:
    """Sign requests, check them, and sign answers to them."""
    key, count = Keypair.from_uri("//Validator", scheme), QUICK_REQUESTS if subject.quick else REQUESTS
    admission = await admission_of(key)
    began = time.perf_counter()
    requests = [list(sign(key).items()) for _ in range(count)]
    signed = time.perf_counter()
    await check_all(admission, requests)
    checked = time.perf_counter()
    subject.figure(f"checks_{scheme}", "requests/s", f"checks of signed requests, {scheme}").add(
        count / (checked - signed)
    )
    request = hs.read_request(METHOD, PATH, "", requests[0])
    value, base, public = request.signature.value, request.base, key.public_key
    assert verify(public, base, value, scheme)
    subject.figure(f"verify_{scheme}", "signatures/s", f"verification of the signature alone, {scheme}").add(
        1 / seconds(lambda: verify(public, base, value, scheme), count)
    )
    subject.figure(f"sign_{scheme}", "requests/s", f"signing of requests, {scheme}").add(
        count / (signed - began)
    )
    answering = seconds(
        lambda: hs.sign_response(key, status=200, body=BODY, request_signature=value, now=time.time()), count
    )
    subject.figure(f"answer_{scheme}", "answers/s", f"signing of answers, {scheme}").add(1 / answering)


async def measure(quick: bool) -> dict[str, Any]:
    """All figures."""
    subject = Subject(ABOUT, quick)
    subject.workload(requests_per_round=QUICK_REQUESTS if quick else REQUESTS, body_bytes=len(BODY))
    for _ in range(subject.rounds):
        for scheme in ("sr25519", "ed25519"):
            await one_round(subject, scheme)
    for scheme in ("sr25519", "ed25519"):
        subject.ratio(
            f"check_to_verify_{scheme}",
            f"whole check / verification of the signature alone, {scheme} (time)",
            f"verify_{scheme}",
            f"checks_{scheme}",
        )
    return subject.to_json()


def run(quick: bool) -> dict[str, Any]:
    """All figures of this benchmark."""
    return asyncio.run(measure(quick))


if __name__ == "__main__":
    sys.exit(main(run))
