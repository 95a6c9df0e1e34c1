"""One table: every refusal of the wire with its HTTP status, OpenAI error type and metric label.

The code is the key: it is `error.code` in the body and the `outcome` label of metrics. A caller's fault is
never a 5xx. Knows no HTTP library; `describe` also places the exceptions of other modules (engine, model,
chain) in the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ganglion.errors import (
    AuthError,
    ChainError,
    EngineError,
    Fault,
    GanglionError,
    ProtocolError,
    UsageError,
)

INVALID = "invalid_request_error"
AUTHENTICATION = "authentication_error"
PERMISSION = "permission_error"
RATE_LIMIT = "rate_limit_error"
SERVER = "server_error"


@dataclass(frozen=True, slots=True)
class Row:
    """What a code means on the wire. `retryable`: the same request, signed anew, may succeed later."""

    status: int
    type: str
    retryable: bool = False

    @property
    def fault(self) -> Fault:
        """Whose fault it is, seen from the server."""
        return "self" if self.status >= 500 else "user"


TABLE: dict[str, Row] = {
    "invalid_json": Row(400, INVALID),
    "invalid_value": Row(400, INVALID),
    "missing_parameter": Row(400, INVALID),
    "unknown_parameter": Row(400, INVALID),
    "unsupported_parameter": Row(400, INVALID),
    "context_length_exceeded": Row(400, INVALID),
    "malformed_request": Row(400, INVALID),
    "malformed_sealed": Row(400, INVALID),
    "unsealable": Row(400, INVALID),
    "malformed_signature": Row(400, AUTHENTICATION),
    "unsigned": Row(401, AUTHENTICATION),
    "wrong_label": Row(401, AUTHENTICATION),
    "second_signature": Row(401, AUTHENTICATION),
    "wrong_tag": Row(401, AUTHENTICATION),
    "wrong_components": Row(401, AUTHENTICATION),
    "unknown_algorithm": Row(401, AUTHENTICATION),
    "wrong_receiver": Row(401, AUTHENTICATION),
    "wrong_network": Row(401, AUTHENTICATION),
    "stale": Row(401, AUTHENTICATION, retryable=True),
    "not_yet_valid": Row(401, AUTHENTICATION, retryable=True),
    "expired": Row(401, AUTHENTICATION, retryable=True),
    "bad_signature": Row(401, AUTHENTICATION),
    "digest_mismatch": Row(401, AUTHENTICATION),
    "unauthorized": Row(401, AUTHENTICATION),
    "not_registered": Row(403, PERMISSION),
    "no_permit": Row(403, PERMISSION),
    "insufficient_stake": Row(403, PERMISSION),
    "model_not_found": Row(404, INVALID),
    "unknown_route": Row(404, INVALID),
    "not_private": Row(404, INVALID),
    "method_not_allowed": Row(405, INVALID),
    "body_timeout": Row(408, INVALID, retryable=True),
    "unknown_sealing_key": Row(409, INVALID, retryable=True),
    "expired_sealing_key": Row(409, INVALID, retryable=True),
    "replayed": Row(409, AUTHENTICATION, retryable=True),
    "signed_before_start": Row(409, AUTHENTICATION, retryable=True),
    "body_too_large": Row(413, INVALID),
    "unsupported_media_type": Row(415, INVALID),
    "unprocessable_prompt": Row(422, INVALID),
    "quota_exceeded": Row(429, RATE_LIMIT, retryable=True),
    "queue_full": Row(429, RATE_LIMIT, retryable=True),
    "replay_cache_full": Row(429, RATE_LIMIT, retryable=True),
    "internal": Row(500, SERVER, retryable=True),
    "engine_failed": Row(500, SERVER, retryable=True),
    "engine_unavailable": Row(503, SERVER, retryable=True),
    "chain_unavailable": Row(503, SERVER, retryable=True),
    "no_validator_permit": Row(503, SERVER, retryable=True),
    "not_ready": Row(503, SERVER, retryable=True),
    "draining": Row(503, SERVER, retryable=True),
    "generation_timeout": Row(503, SERVER, retryable=True),
}


class RequestError(ProtocolError):
    """A request that is refused for what it says, not for who signed it.

    Attributes:
        code: key of TABLE.
        param: the field at fault, as the caller wrote it, such as ``messages[0].role``.
        retry_after: seconds after which it makes sense to try again.
    """

    fault: Fault = "user"

    def __init__(
        self,
        message: str,
        *,
        code: str,
        param: str | None = None,
        retry_after: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(message, **kwargs)
        self.code = code
        self.param = param
        self.retry_after = retry_after
        self.retryable = TABLE[code].retryable


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal, ready to be put on the wire."""

    code: str
    message: str
    row: Row
    param: str | None = None
    hint: str | None = None
    retry_after: float | None = None

    def body(self) -> dict[str, Any]:
        """OpenAI's error body; what is ours stays in `x_ganglion`, so that stock clients keep working."""
        error = {"message": self.message, "type": self.row.type, "param": self.param, "code": self.code}
        extra = {"retryable": self.row.retryable, "hint": self.hint}
        return {"error": error, "x_ganglion": {k: v for k, v in extra.items() if v is not None}}

    def headers(self) -> dict[str, str]:
        """Retry-After in whole seconds where a later attempt makes sense, at least 1."""
        if self.row.status not in (429, 503):
            return {}
        return {"Retry-After": str(max(1, -(-int((self.retry_after or 1) * 1000) // 1000)))}


def describe(error: BaseException) -> Problem:
    """The table's answer to an exception; what is not ours is `internal` and tells nothing."""
    code = code_of(error)
    if not isinstance(error, GanglionError):
        return Problem(code, "the miner failed to answer; the operator's log says why", TABLE[code])
    param, after = getattr(error, "param", None), getattr(error, "retry_after", None)
    return Problem(code, error.message, TABLE[code], param=param, hint=error.hint, retry_after=after)


def code_of(error: BaseException) -> str:
    """Key of TABLE for any exception."""
    match error:
        case RequestError() | AuthError():
            return error.code if error.code in TABLE else "unauthorized"
        case ProtocolError():  # a prompt that the model's template refuses
            return "unprocessable_prompt"
        case UsageError():
            return "invalid_value"
        case ChainError():
            return "chain_unavailable"
        case EngineError() if error.fault == "self" and not error.recoverable:
            return "engine_unavailable"
        case EngineError():
            return "engine_failed"
        case _:
            return "internal"
