"""Routes of miners and gateways, for the generated part of a page that people write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from aiohttp import web

from ganglion.protocol import openai
from ganglion_miner.routes import health as miner_health
from ganglion_miner.routes import openai as miner_openai
from ganglion_miner.routes import receipts as miner_receipts
from ganglion_miner.routes import sealed as miner_sealed
from ganglion_validator.gateway import health as gateway_health
from ganglion_validator.gateway import proofs as gateway_proofs
from ganglion_validator.gateway import routes as gateway_openai
from reference_pages.markdown import code, first_paragraph, table

TEXTS = {
    "/v1/chat/completions": "A chat's next message; with `stream`, as server-sent events",
    "/v1/completions": "A text's continuation; with `stream`, as server-sent events",
    "/v1/embeddings": "A vector for each text",
    "/v1/models": "What is served, with its profile",
    "/v1/sealed": "A request sealed to this miner's key; the answer is sealed to who asked",
    "/v1/models/{name}": "One of the models",
    "/ganglion/v1/receipts/{request_id}": "A receipt's file with its place on chain, and whether the answer is final",
    "/ganglion/v1/audits": "The epochs whose verdicts can be read",
    "/ganglion/v1/audits/{epoch}": "An epoch's verdicts with openings and proofs, 256 from `offset` on; first the rows",
    "/v1/receipts/accepted": "Countersignatures of answers come back, up to 256 at a time",
    "/v1/receipts/{digest}": "What is kept of an answer, for who asked: receipt, acceptance, leaves, proof",
}

__all__ = ["fields", "routes"]


def routes() -> str:
    """Tables of the routes."""
    titles = ("method", "path", "what it is")
    return (
        "### Gateway\n\n"
        + table(
            titles, _routes(gateway_openai.add_routes, gateway_proofs.add_routes, gateway_health.add_routes)
        )
        + "### Miner\n\n"
        + table(
            titles,
            _routes(
                miner_openai.add_routes,
                miner_sealed.add_routes,
                miner_receipts.add_routes,
                miner_health.add_routes,
            ),
        )
    )


def _routes(*parts: Callable[[web.Application], None]) -> Iterator[tuple[str, str, str]]:
    app = web.Application()
    for add in parts:
        add(app)
    for route in app.router.routes():
        if route.method == "HEAD" or route.resource is None:
            continue
        path = route.resource.canonical
        text = TEXTS.get(path) or first_paragraph(route.handler).rstrip(".")
        yield route.method, code(path), text


def fields() -> str:
    """Fields that are accepted only where their value changes nothing."""
    both = openai._NEUTRAL_SAMPLING
    parts = []
    for title, found in (
        ("chat and completions", both),
        ("chat", {k: v for k, v in openai._NEUTRAL_CHAT.items() if k not in both} | {"top_logprobs": (0,)}),
        (
            "completions",
            {k: v for k, v in openai._NEUTRAL_COMPLETION.items() if k not in both} | {"logprobs": ()},
        ),
    ):
        for name, values in found.items():
            parts.append((code(name), title, ", ".join(code(_json(v)) for v in values) or "null"))
    limits = (
        f"At most {openai.MAX_MESSAGES:,} messages, {openai.MAX_STOPS} stop strings of {openai.MAX_STOP_LENGTH} "
        f"characters, {openai.MAX_INPUTS} texts to embed; temperature from 0 to {openai.MAX_TEMPERATURE:g}, "
        f"{openai.DEFAULT_TEMPERATURE:g} where none is given. Roles: {', '.join(map(code, openai.ROLES))}.\n"
    )
    return table(("field", "in", "accepted values"), parts) + limits


def _json(value: object) -> str:
    return json.dumps(value)
