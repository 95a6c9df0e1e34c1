"""Errors: exceptions, refusals of the wire, errors of pallets, JSON-RPC codes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType

from ganglion import errors
from ganglion.chain.dispatch_errors import HINTS
from ganglion.protocol.errors_table import TABLE
from ganglion_devnode import node_errors
from ganglion_devnode.rpc import faults
from reference_pages.chain import pallet_errors
from reference_pages.markdown import code, first_paragraph, table

RPC_MEANINGS = {
    "PARSE_ERROR": "the text is not JSON",
    "INVALID_REQUEST": "the JSON is no JSON-RPC 2.0 request",
    "METHOD_NOT_FOUND": "no such method, or one that does not answer on this address",
    "INVALID_PARAMS": "a parameter is missing, of the wrong type or out of range; the text names it",
    "INTERNAL_ERROR": "a defect of the node; its log has the details",
    "TOO_MANY_SUBSCRIPTIONS": "the connection has as many subscriptions as it can have",
    "OVERSIZED_RESPONSE": "the answer is larger than a message can be",
    "SERVER_BUSY": "the worker's queue is full or the call's time is over: try again",
    "BATCH_TOO_LARGE": "too many calls in one batch",
    "NODE_ERROR": "another error of the node; `data` has fault, retryable and hint",
    "BAD_FORMAT": "the extrinsic can't be decoded",
    "VERIFICATION_ERROR": "the runtime failed while it validated the extrinsic",
    "INVALID_TX": "the extrinsic is not valid; `data` says why (nonce, signature, payment, era ...)",
    "UNKNOWN_VALIDITY": "whether the extrinsic is valid can't be told",
    "STATE_COUNT_EXCEEDED": "more keys in one page than are given out",
    "STATE_ERROR": "a runtime call failed, or the block's state is not kept any more",
}
POOL_CODES = (
    (1013, "the extrinsic is in the pool already"),
    (1014, "its priority is too low to replace another one in the pool"),
    (1015, "extrinsics in the pool wait for each other in a circle"),
    (1016, "the pool is full"),
    (1019, "the extrinsic provides nothing that another one could wait for"),
)

CLASS_TITLES = ("exception", "kind of", "fault", "retryable", "exit code", "what it means")

__all__ = ["classes", "node_classes", "pallets", "rpc", "wire"]


def classes() -> str:
    """The SDK's exceptions."""
    return table(CLASS_TITLES, _classes(errors))


def node_classes() -> str:
    """The dev node's exceptions."""
    return table(CLASS_TITLES, _classes(node_errors))


def wire() -> str:
    """Refusals of gateways and miners."""
    rows = [(code(name), row.status, code(row.type), _yes(row.retryable)) for name, row in TABLE.items()]
    return table(("code", "status", "OpenAI type", "retryable"), rows)


def pallets() -> str:
    """Errors of Ganglion's own pallets."""
    rows = [
        (code(pallet), code(name), docs, HINTS.get((pallet, name), ""))
        for pallet, name, docs in pallet_errors()
    ]
    return table(("pallet", "error", "what it means", "hint"), rows)


def rpc() -> str:
    """Codes of the dev node's JSON-RPC."""
    known = [(getattr(faults, name), meaning) for name, meaning in RPC_MEANINGS.items()]
    return table(("code", "what it means"), sorted([*known, *POOL_CODES]))


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _classes(module: ModuleType) -> Iterator[tuple[object, ...]]:
    for one in vars(module).values():
        if (
            inspect.isclass(one)
            and issubclass(one, errors.GanglionError)
            and one.__module__ == module.__name__
        ):
            parent = one.__mro__[1]
            kind = "" if parent is Exception else code(parent.__name__)
            facts = one.fault, _yes(one.retryable), one.exit_code
            yield code(one.__name__), kind, *facts, first_paragraph(one)
