"""Which signatures were already used. Bounded, and never forgets one that could still be accepted.

A nonce is kept until its signature expires (at most 90 s). When a key has as many open nonces as its quota
allows in that time, its next request is refused instead of an old nonce being dropped. Nothing is stored on
disk: after a start, what was signed before it is refused, and so it is after this machine's clock was set back by
more than SET_BACK seconds, because nonces were forgotten by the later clock. A signer whose clock is ahead by s
seconds stays replayable for s seconds after a restart. The clock is an argument (unix seconds).
"""

from __future__ import annotations

import heapq
import math

from ganglion.errors import AuthError
from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.http_signatures import Signature

SET_BACK = 5  # seconds that nonces are kept longer, so that small corrections of the clock are none


class ReplayCache:
    """Open nonces of all keys.

    Args:
        per_key: most open nonces of one key.
        started: unix seconds of the process's start.
        max_keys: most keys with open nonces.
    """

    def __init__(self, *, per_key: int, started: float, max_keys: int = 4096) -> None:
        self._per_key = per_key
        self._started = math.floor(started)
        self._latest = started
        self._max_keys = max_keys
        self._open: dict[str, set[bytes]] = {}
        self._expiries: list[tuple[int, str, bytes]] = []

    def __len__(self) -> int:
        return len(self._expiries)

    def check(self, signature: Signature, now: float) -> None:
        """Refuse a used nonce or a signature from before the start: `replayed`, `signed_before_start`."""
        self._follow(now)
        if signature.created <= self._started:
            raise AuthError(
                f"the signature was created {now - signature.created:.1f} s ago, before this server started",
                code="signed_before_start",
                hint="sign the request anew",
                retryable=True,
            )
        if signature.nonce in self._open.get(signature.keyid, ()):
            raise AuthError(
                "this signed request was already received", code="replayed", hint="sign the request anew"
            )

    def add(self, signature: Signature, now: float) -> None:
        """Remember a nonce. Call right after `check`, without awaiting in between.

        Raises:
            RequestError: `replay_cache_full`.
        """
        nonces = self._open.get(signature.keyid)
        if (len(nonces) >= self._per_key) if nonces else (len(self._open) >= self._max_keys):
            raise RequestError(
                "too many recent requests are remembered",
                code="replay_cache_full",
                retry_after=max(1.0, self._expiries[0][0] - now),
            )
        self._open.setdefault(signature.keyid, set()).add(signature.nonce)
        heapq.heappush(self._expiries, (signature.expires, signature.keyid, signature.nonce))

    def _follow(self, now: float) -> None:
        if now < self._latest - SET_BACK:
            self._started = math.floor(now)
            self._latest = now
        self._latest = max(self._latest, now)
        self._purge(now - SET_BACK)

    def _purge(self, now: float) -> None:
        while self._expiries and self._expiries[0][0] < now:
            _, key, nonce = heapq.heappop(self._expiries)
            nonces = self._open[key]
            nonces.discard(nonce)
            if not nonces:
                del self._open[key]
