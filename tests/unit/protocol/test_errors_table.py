"""One table from errors to HTTP."""

from __future__ import annotations

import pytest

from ganglion.errors import AuthError, ChainError, EngineError, ProtocolError, UsageError
from ganglion.protocol.errors_table import TABLE, RequestError, describe


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (AuthError("x", code="unsigned"), 401),
        (AuthError("x", code="replayed"), 409),
        (AuthError("x"), 401),
        (RequestError("x", code="queue_full"), 429),
        (ProtocolError("x"), 422),
        (UsageError("x"), 400),
        (ChainError("x"), 503),
        (EngineError("x"), 500),
        (EngineError("x", recoverable=False), 503),
        (KeyError("secret"), 500),
    ],
)
def test_status_of_every_kind_of_error(error, status):
    assert describe(error).row.status == status


def test_an_unexpected_exception_tells_nothing():
    assert "secret" not in str(describe(KeyError("secret")).body())


def test_the_body_is_openais():
    error = RequestError("no", code="unknown_parameter", param="top_k", hint="leave it out")
    assert describe(error).body() == {
        "error": {
            "message": "no",
            "type": "invalid_request_error",
            "param": "top_k",
            "code": "unknown_parameter",
        },
        "x_ganglion": {"retryable": False, "hint": "leave it out"},
    }


@pytest.mark.parametrize(("after", "header"), [(None, "1"), (0.2, "1"), (2.1, "3"), (7.0, "7")])
def test_retry_after_is_whole_seconds(after, header):
    assert describe(RequestError("x", code="quota_exceeded", retry_after=after)).headers() == {
        "Retry-After": header
    }


def test_a_callers_fault_is_never_a_500():
    assert all(row.fault == "user" for row in TABLE.values() if row.status < 500)
    assert {code for code, row in TABLE.items() if row.status == 500} == {"internal", "engine_failed"}
