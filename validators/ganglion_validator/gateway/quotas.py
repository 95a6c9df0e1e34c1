"""How much one API key may ask for in a window of time, of each model, and at once. Pure but for a clock.

Answers in any number are a copy of the model for who can pay for none of them: a key is cut where its quota ends, and
the log says so once a window. What a request may use at most is taken when it begins, and what it did not use is given
back. Kept in memory: a restart begins all windows anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b

import structlog

from ganglion.protocol.errors_table import RequestError

log = structlog.get_logger(__name__)

__all__ = ["Charge", "Quotas", "Terms", "name_of"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What each key may use of each model; 0 = as much as it likes.

    Attributes:
        requests, tokens: in a window; tokens of prompts and answers.
        window: seconds.
        places: requests in flight.
    """

    requests: int
    tokens: int
    window: float
    places: int


@dataclass(slots=True)
class _Used:
    """What one key used of one model since its window began."""

    began: float
    requests: int = 0
    tokens: int = 0
    told: bool = False


@dataclass(slots=True)
class Charge:
    """What a request holds while it runs; `used` is set when that is known."""

    held: int
    used: int | None = None


@dataclass(slots=True)
class Quotas:
    """Of all keys. Without keys (a gateway on loopback, for its operator alone) there are none.

    Attributes:
        cut: requests that were refused.
    """

    terms: Terms
    clock: Callable[[], float] = time.monotonic
    cut: int = 0
    _used: dict[tuple[str, str], _Used] = field(default_factory=dict)
    _flying: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def hold(self, key: str, model: str, tokens: int) -> Iterator[Charge]:
        """Let a request run that may use so many tokens at most.

        Args:
            key: name of the API key, empty for none.

        Raises:
            RequestError: `quota_exceeded` with the seconds until the window ends, or `queue_full`.
        """
        charge = Charge(tokens)
        if not key:
            yield charge
            return
        used = self._admit(key, model, tokens)
        self._flying[key] = self._flying.get(key, 0) + 1
        try:
            yield charge
        finally:
            self._land(key)
            if charge.used is not None:
                used.tokens -= max(0, charge.held - charge.used)

    def _admit(self, key: str, model: str, tokens: int) -> _Used:
        terms = self.terms
        if terms.places and self._flying.get(key, 0) >= terms.places:
            raise RequestError(
                f"this API key has {terms.places} requests in flight, as many as it may",
                code="queue_full",
                retry_after=1,
            )
        used = self._window(key, model)
        over_requests = terms.requests and used.requests >= terms.requests
        if over_requests or (terms.tokens and used.tokens + tokens > terms.tokens):
            raise self._refusal(key, model, used, "requests" if over_requests else "tokens")
        used.requests += 1
        used.tokens += tokens
        return used

    def _window(self, key: str, model: str) -> _Used:
        now = self.clock()
        used = self._used.get((key, model))
        if used is None or now - used.began >= self.terms.window:
            used = self._used[key, model] = _Used(now)
        return used

    def _refusal(self, key: str, model: str, used: _Used, what: str) -> RequestError:
        self.cut += 1
        left = max(1.0, used.began + self.terms.window - self.clock())
        if not used.told:
            used.told = True
            log.warning(
                "quota_reached", key=key, model=model, what=what, requests=used.requests, tokens=used.tokens
            )
        limit = self.terms.requests if what == "requests" else self.terms.tokens
        return RequestError(
            f"this API key may use {limit} {what} of this model in {self.terms.window:g} s",
            code="quota_exceeded",
            retry_after=left,
            hint="wait, or ask the gateway's operator for more",
        )

    def _land(self, key: str) -> None:
        self._flying[key] -= 1
        if not self._flying[key]:
            del self._flying[key]


def name_of(key: str) -> str:
    """How logs and quotas call an API key: a hash, because the key itself is a secret."""
    return blake2b(key.encode(), digest_size=6, person=b"gateway-key").hexdigest() if key else ""
