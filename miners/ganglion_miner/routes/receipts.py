"""/v1/receipts: acceptances come back in batches, and a requester sees again what was kept of its answer.

Both are for whoever asked: an acceptance counts by its own signature, and an answer's leaves are shown to nobody
but its requester.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from ganglion.errors import ReceiptError
from ganglion.protocol import acceptances
from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.openai import parse_object
from ganglion.protocol.receipts import Acceptance, SignedReceipt, verify_acceptance
from ganglion_miner.receipt_store import ReceiptStore
from ganglion_miner.server import STATE, MinerState, admit, signed_json


def add_routes(app: web.Application) -> None:
    """The paths of receipts."""
    app.router.add_post(acceptances.PATH, accepted)
    app.router.add_get("/v1/receipts/{digest}", show)


async def accepted(request: web.Request) -> web.Response:
    """POST /v1/receipts/accepted: keep countersignatures; says how many, and which receipts are not here."""
    caller, raw = await admit(request)
    given = acceptances.parse_acceptances(parse_object(raw))
    store = _store(request.app[STATE])
    found = await store.find_signed([digest for digest, _ in given])
    good = await asyncio.to_thread(_that_hold, found, given, caller.public_key)
    if good:
        await store.accept(good)
    held = {digest for digest, _ in good}
    unknown = [digest.hex() for digest, _ in given if digest not in found]
    refused = [digest.hex() for digest, _ in given if digest in found and digest not in held]
    return signed_json(request, {"kept": len(good), "unknown": unknown, "refused": refused})


def _that_hold(
    found: Mapping[bytes, SignedReceipt], given: Sequence[tuple[bytes, Acceptance]], caller: bytes
) -> list[tuple[bytes, Acceptance]]:
    """Acceptances of the caller's own answers with a good signature."""
    return [
        (digest, acceptance)
        for digest, acceptance in given
        if digest in found and found[digest].receipt.requester == caller and _holds(found[digest], acceptance)
    ]


def _holds(signed: SignedReceipt, acceptance: Acceptance) -> bool:
    try:
        verify_acceptance(signed, acceptance)
    except ReceiptError:
        return False
    return True


async def show(request: web.Request) -> web.Response:
    """GET /v1/receipts/{digest}: receipt, acceptance, activation leaves (for a day), proof in an anchored batch."""
    caller, _ = await admit(request)
    found = await _store(request.app[STATE]).find(_digest(request))
    if found is None or found.signed.receipt.requester != caller.public_key:
        raise RequestError("there is no such receipt of yours here", code="unknown_route")
    shown: dict[str, Any] = {"receipt": found.signed.text()}
    if found.acceptance is not None:
        shown["acceptance"] = base64.b64encode(found.acceptance.encode()).decode()
    if found.leaves is not None:
        shown["trace"] = [base64.b64encode(leaf).decode() for leaf in found.leaves]
    if found.inclusion is not None:
        shown["inclusion"] = found.inclusion.to_json()
    return signed_json(request, shown)


def _digest(request: web.Request) -> bytes:
    try:
        raw = bytes.fromhex(request.match_info["digest"])
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise RequestError("a receipt is named by the 32 bytes of its digest in hex", code="unknown_route")
    return raw


def _store(state: MinerState) -> ReceiptStore:
    if state.receipts is None:
        raise RequestError("this miner keeps no receipts", code="not_ready")
    return state.receipts
