"""The replay cache: bounded, and forgets nothing that could still be accepted."""

from __future__ import annotations

import pytest

from ganglion.errors import AuthError
from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.http_signatures import Signature
from ganglion.protocol.replay import SET_BACK, ReplayCache


def signature(nonce: int, key: str = "a", created: int = 1000, lifetime: int = 60) -> Signature:
    return Signature(
        created, created + lifetime, nonce.to_bytes(16, "big"), key, "sr25519", bytes(64), (), ()
    )


def cache(per_key: int = 3, **options) -> ReplayCache:
    return ReplayCache(per_key=per_key, started=900.0, **options)


def take(c: ReplayCache, s: Signature, now: float = 1000.0) -> None:
    c.check(s, now)
    c.add(s, now)


def test_replayed_request_is_refused_until_it_expires():
    c = cache()
    take(c, signature(1))
    for now in (1000.0, 1030.0, 1060.0):
        with pytest.raises(AuthError) as caught:
            c.check(signature(1), now)
        assert caught.value.code == "replayed"


def test_the_same_nonce_of_another_key_is_another_request():
    c = cache()
    take(c, signature(1, "a"))
    take(c, signature(1, "b"))


def test_a_full_cache_refuses_instead_of_forgetting():
    c = cache(per_key=3)
    for nonce in range(3):
        take(c, signature(nonce, lifetime=10 + nonce))
    with pytest.raises(RequestError) as caught:
        take(c, signature(9))
    assert caught.value.code == "replay_cache_full"
    assert caught.value.retry_after == pytest.approx(10)
    with pytest.raises(AuthError):
        c.check(signature(0), 1000.0)
    take(c, signature(9, "another key"))


def test_expired_entries_make_room():
    c = cache(per_key=1)
    take(c, signature(1, lifetime=10))
    take(c, signature(2), now=1010.5 + SET_BACK)
    assert len(c) == 1


def test_number_of_keys_is_bounded():
    c = cache(max_keys=2)
    take(c, signature(1, "a"))
    take(c, signature(1, "b"))
    with pytest.raises(RequestError):
        take(c, signature(1, "c"))
    take(c, signature(2, "a"))


@pytest.mark.parametrize("created", [899, 900])
def test_signed_before_the_start_is_refused(created):
    with pytest.raises(AuthError) as caught:
        cache().check(signature(1, created=created), 901.0)
    assert caught.value.code == "signed_before_start"
    assert caught.value.retryable


def test_a_clock_that_was_ahead_brings_no_request_back():
    c = cache()
    take(c, signature(1))
    take(c, signature(2, created=5000), now=5000.0)  # the clock was wrong; the first is forgotten
    with pytest.raises(AuthError) as caught:
        c.check(signature(1), 1001.0)
    assert caught.value.code == "signed_before_start"
    take(c, signature(3, created=1002), now=1002.0)
    with pytest.raises(AuthError):
        c.check(signature(3, created=1002), 1003.0)


def test_a_small_correction_of_the_clock_refuses_nobody():
    c = cache()
    take(c, signature(1), now=1000.0)
    take(c, signature(2, created=998), now=1000.0 - SET_BACK)
    with pytest.raises(AuthError) as caught:
        c.check(signature(1), 996.0)
    assert caught.value.code == "replayed"


def test_a_start_under_a_clock_that_was_ahead_ends_with_it():
    c = ReplayCache(per_key=3, started=9000.0)
    take(c, signature(1, created=1001), now=1000.0)
