"""Who may ask, and how often. The order is the protocol's: size, shape, receiver and network, time,
signature, registration, body, quota, replay.

Everything up to registration is decided from the headers alone, so that strangers cannot make the server
read a body or ask the chain. Knows no HTTP library: headers in, `Caller` or an exception out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ganglion.errors import AuthError
from ganglion.protocol import http_signatures as signatures
from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.replay import ReplayCache
from ganglion_miner.chain_view import ChainCache, Neuron
from ganglion_miner.quota import TokenBuckets


@dataclass(frozen=True, slots=True)
class Caller:
    """A signer whose signature was verified. `uid` is None for one outside the subnet."""

    hotkey: str
    public_key: bytes
    request: signatures.SignedRequest
    uid: int | None = None

    @property
    def signature(self) -> bytes:
        """The request's 64 bytes, which the response will be bound to."""
        return self.request.signature.value


class Admission:
    """The checks, with what they remember.

    Args:
        hotkey: SS58 of this miner.
        min_requester_stake: nano that admits a signer without a permit; None = nobody.
        clock: unix seconds; monotonic: seconds for quotas.
    """

    def __init__(
        self,
        hotkey: str,
        cache: ChainCache,
        *,
        max_body: int,
        quota: TokenBuckets,
        replay: ReplayCache,
        min_requester_stake: int | None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.network: bytes | None = None
        self._hotkey = hotkey
        self._cache = cache
        self._max_body = max_body
        self._quota = quota
        self._replay = replay
        self._min_stake = min_requester_stake
        self._clock = clock
        self._monotonic = monotonic

    def check_size(self, content_length: int | None) -> None:
        """Raises RequestError `body_too_large`."""
        if content_length is not None and content_length > self._max_body:
            raise RequestError(
                f"the body has {content_length} bytes, {self._max_body} are accepted", code="body_too_large"
            )

    def authenticate(self, method: str, target: str, headers: Sequence[tuple[str, str]]) -> Caller:
        """Verify the signature over the headers. Raises AuthError; `not_ready` before the chain was reached.

        Args:
            target: path and query exactly as received.
        """
        if self.network is None:
            raise RequestError("this server has not reached the chain yet", code="not_ready", retry_after=5)
        path, _, query = target.partition("?")
        request = signatures.read_request(method, path, query, headers)
        signatures.check_addressing(request, receiver=self._hotkey, network=self.network)
        signatures.check_time(request.signature, self._clock())
        signatures.check_signature(request)
        return Caller(request.signature.keyid, request.signature.public_key, request)

    async def authorize(self, caller: Caller) -> Caller:
        """Admit validators and, if configured, stakers.

        Raises AuthError `not_registered`, `no_permit`, ...
        """
        neuron = self._cache.neurons().get(caller.hotkey)
        if neuron is not None and neuron.permit:
            return Caller(caller.hotkey, caller.public_key, caller.request, neuron.uid)
        if self._min_stake is None:
            raise _no_permit(caller.hotkey, neuron)
        stake = await self._cache.requester_stake(caller.hotkey, self._min_stake) if self._min_stake else 0
        if stake < self._min_stake:
            raise AuthError(
                f"{caller.hotkey} holds no validator permit and its coldkey stakes {stake} nano here; "
                f"{self._min_stake} would admit it",
                code="insufficient_stake",
            )
        return Caller(caller.hotkey, caller.public_key, caller.request, neuron.uid if neuron else None)

    def enter(self, caller: Caller, body: bytes) -> None:
        """Last checks, with the body at hand: digest, replay, quota.

        A replay never uses up the signer's quota.
        """
        signatures.check_digest(caller.request.digest, body)
        now, signature = self._clock(), caller.request.signature
        signatures.check_time(signature, now)
        self._replay.check(signature, now)
        self._quota.take(caller.hotkey, self._monotonic())
        self._replay.add(signature, now)


def _no_permit(hotkey: str, neuron: Neuron | None) -> AuthError:
    if neuron is None:
        return AuthError(
            f"{hotkey} is not registered in this subnet",
            code="not_registered",
            hint="this miner answers hotkeys with a validator permit",
        )
    return AuthError(
        f"{hotkey} (uid {neuron.uid}) holds no validator permit",
        code="no_permit",
        hint="permits go to the neurons with most stake at the end of an epoch",
    )
