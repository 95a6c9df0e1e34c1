"""The draw of audits: deterministic for who knows the secret, a coin for everybody else."""

from __future__ import annotations

import hashlib

import pytest

from ganglion.protocol.identity import audit_identity
from ganglion_validator.sampling import draw, is_audited

SECRET, OTHER = b"\x01" * 32, b"\x02" * 32
IDS = [audit_identity(SECRET, n).request_id for n in range(20_000)]


def test_the_same_secret_draws_the_same():
    assert [draw(SECRET, one) for one in IDS[:50]] == [draw(SECRET, one) for one in IDS[:50]]
    assert draw(b"secret", b"id") == int.from_bytes(
        hashlib.blake2b(b"ganglion/audit-draw/1id", key=b"secret", digest_size=8).digest(), "little"
    ) / 2**64  # fmt: skip


@pytest.mark.parametrize("rate", [0.05, 0.25, 0.8])
def test_the_rate_is_kept(rate: float):
    drawn = sum(is_audited(SECRET, one, rate) for one in IDS)
    deviation = (len(IDS) * rate * (1 - rate)) ** 0.5
    assert abs(drawn - rate * len(IDS)) < 4 * deviation


def test_all_and_none():
    assert all(is_audited(SECRET, one, 1.0) for one in IDS[:500])
    assert not any(is_audited(SECRET, one, 0.0) for one in IDS[:500])


def test_another_secret_says_nothing_about_this_one():
    both = sum(is_audited(SECRET, one, 0.25) and is_audited(OTHER, one, 0.25) for one in IDS)
    assert abs(both / len(IDS) - 0.0625) < 4 * (0.0625 * 0.9375 / len(IDS)) ** 0.5
