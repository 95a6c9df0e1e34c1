"""/ganglion/v1: a receipt's file with its place on chain, another answer where one failed its audit, and the verdicts
of periods whose weights are revealed.

Receipts hold hashes, no prompts; who asks for one must know its request id. Verdicts of a period are told to everybody,
but never before the chain has its evidence for good: until then they would tell miners what is looked at, and copiers
what to file.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ganglion.protocol.errors_table import RequestError
from ganglion_validator.gateway.app import KEY, STATE

ID_CHARACTERS = 32

__all__ = ["add_routes"]


def add_routes(app: web.Application) -> None:
    """Receipts by request id, verdicts by the epoch of their commitment."""
    app.router.add_get("/ganglion/v1/receipts/{request_id}", receipt)
    app.router.add_get("/ganglion/v1/answers/{request_id}", answer)
    app.router.add_get("/ganglion/v1/audits", periods)
    app.router.add_get("/ganglion/v1/audits/{epoch}", verdicts)


async def receipt(request: web.Request) -> web.Response:
    """GET /ganglion/v1/receipts/{request_id}: a receipt file, and whether the answer is final."""
    state = request.app[STATE]
    request_id = _request_id(request.match_info["request_id"])
    found = await state.receipts.file(request_id) if state.receipts is not None else None
    if found is None:
        raise RequestError("no receipt of this request is kept here", code="unknown_route")
    status: dict[str, Any] = {"finalized": False}
    if state.finality is not None and found.inclusion is not None:
        status |= await state.finality(found)
    return web.json_response({**found.to_json(), "x_ganglion": status})


async def answer(request: web.Request) -> web.Response:
    """GET /ganglion/v1/answers/{request_id}: that an answer failed its audit, and another miner's once it is there."""
    state = request.app[STATE]
    request_id = _request_id(request.match_info["request_id"])
    found = state.reruns.find(request_id) if state.reruns is not None else None
    if found is None:
        raise RequestError("no answer to this request is known to have failed", code="unknown_route")
    if found.asked_by != request[KEY]:  # request ids are told to everybody when their period is revealed
        raise RequestError("this answer is another key's", code="unknown_route")
    return web.json_response({"failed": found.reason, "answer": found.answer})


async def periods(request: web.Request) -> web.Response:
    """GET /ganglion/v1/audits: the epochs whose verdicts can be read, the newest last."""
    state = request.app[STATE]
    known = state.verdicts.periods.all_revealed() if state.verdicts is not None else []
    return web.json_response({"hotkey": state.hotkey, "epochs": [period.epoch for period in known]})


async def verdicts(request: web.Request) -> web.Response:
    """GET /ganglion/v1/audits/{epoch}?offset=N: verdicts with openings and proofs, up to 256 at a time; with the first
    of them the rows (SCALE).
    """
    state = request.app[STATE]
    epoch, offset = _number(request.match_info["epoch"]), _number(request.query.get("offset", "0"))
    periods = state.verdicts.periods if state.verdicts is not None else None
    period = periods.revealed(epoch) if periods is not None else None
    if periods is None or period is None:
        raise RequestError("no verdicts of this epoch can be told", code="unknown_route")
    if not state.page_budget.take():
        raise RequestError("verdicts are asked for too often", code="queue_full", retry_after=1)
    page = await state.pages.page(periods, period, state.hotkey, offset)
    return web.Response(body=page, content_type="application/json")


def _request_id(text: str) -> bytes:
    try:
        if len(text) == ID_CHARACTERS:
            return bytes.fromhex(text)
    except ValueError:
        pass
    raise RequestError("a request id has 32 hexadecimal digits", code="invalid_value", param="request_id")


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        raise RequestError(f"{text[:32]!r} is no number", code="invalid_value")
    return int(text)
