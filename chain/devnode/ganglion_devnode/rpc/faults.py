"""From what went wrong to the JSON-RPC error that a client sees.

Codes, messages and data for transactions are Substrate's: clients match on them. Everything else also says
whose fault it was, whether to retry, and what to do.
"""

from __future__ import annotations

import logging
from typing import Any

from ganglion.errors import GanglionError, UsageError
from ganglion_devnode.errors import RuntimeFailure
from ganglion_devnode.node_errors import CallTimedOut, NodeBusy, PrunedBlock
from ganglion_devnode.pool.transaction import (
    AlreadyImported,
    CycleDetected,
    ImmediatelyDropped,
    NoTagsProvided,
    NotValid,
    PoolRefusal,
    TooLowPriority,
)
from ganglion_devnode.scale import ScaleError

log = logging.getLogger(__name__)

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = (
    -32700,
    -32600,
    -32601,
    -32602,
    -32603,
)
OVERSIZED_RESPONSE, SERVER_BUSY, TOO_MANY_SUBSCRIPTIONS, BATCH_TOO_LARGE = -32008, -32009, -32006, -32010
NODE_ERROR = -32000
BAD_FORMAT, VERIFICATION_ERROR = 1001, 1002
INVALID_TX, UNKNOWN_VALIDITY = 1010, 1011
STATE_COUNT_EXCEEDED, STATE_ERROR = 4002, 4003


class RpcFault(Exception):
    """An error object of JSON-RPC."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def to_json(self) -> dict[str, Any]:
        """The `error` member of a response."""
        error = {"code": self.code, "message": self.message}
        return error if self.data is None else {**error, "data": self.data}


def fault_of(error: BaseException) -> RpcFault:
    """The error object for any exception that a method raised."""
    if isinstance(error, RpcFault):
        return error
    if isinstance(error, PoolRefusal):
        return _refusal(error)
    if isinstance(error, RuntimeFailure):
        return RpcFault(STATE_ERROR, f"Client error: Execution failed: {error}", _advice(error))
    if isinstance(error, UsageError):
        return RpcFault(INVALID_PARAMS, f"Invalid params: {error}", _advice(error))
    if isinstance(error, PrunedBlock):
        return RpcFault(STATE_ERROR, f"Client error: UnknownBlock: {error}", _advice(error))
    if isinstance(error, NodeBusy | CallTimedOut):
        return RpcFault(SERVER_BUSY, f"Server is busy, try again later: {error}", _advice(error))
    if isinstance(error, GanglionError):
        return RpcFault(NODE_ERROR, str(error), _advice(error))
    log.error("a method failed unexpectedly", exc_info=error)
    return RpcFault(
        INTERNAL_ERROR, f"Internal error: {type(error).__name__}", "the node's log has the details"
    )


def submission_fault(error: BaseException) -> RpcFault:
    """As `fault_of`, for what happens while a transaction is submitted."""
    if isinstance(error, ScaleError):
        return RpcFault(BAD_FORMAT, f"Extrinsic has invalid format: {error}")
    if isinstance(error, RuntimeFailure):
        return RpcFault(VERIFICATION_ERROR, f"Verification Error: Runtime error: {error}", str(error))
    return fault_of(error)


def _refusal(error: PoolRefusal) -> RpcFault:
    if isinstance(error, NotValid):
        verdict = error.error
        if verdict.unknown:
            return RpcFault(UNKNOWN_VALIDITY, "Unknown Transaction Validity", verdict.text)
        return RpcFault(INVALID_TX, "Invalid Transaction", verdict.text)
    for kind, code, data in _POOL_FAULTS:
        if isinstance(error, kind):
            return RpcFault(code, str(error), data)
    return RpcFault(NODE_ERROR, str(error), _advice(error))


_POOL_FAULTS: tuple[tuple[type[PoolRefusal], int, str | None], ...] = (
    (AlreadyImported, 1013, "the transaction is in the pool already"),
    (
        TooLowPriority,
        1014,
        "The transaction has too low priority to replace another transaction already in the pool.",
    ),
    (CycleDetected, 1015, None),
    (ImmediatelyDropped, 1016, "The transaction couldn't enter the pool because of the limit"),
    (NoTagsProvided, 1019, None),
)


def _advice(error: GanglionError | RuntimeFailure) -> dict[str, Any]:
    advice: dict[str, Any] = {"fault": error.fault, "retryable": error.retryable}
    return {**advice, "hint": error.hint} if error.hint else advice
