"""``ganglion chat``: talk to the network through a validator's gateway."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer

from ganglion.cli.command import command
from ganglion.cli.session import Session
from ganglion.errors import UsageError

API_KEY_VARIABLE = "GANGLION_API_KEY"

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(app, "chat", "local")
    async def chat(
        session: Session,
        prompt: Annotated[
            str | None, typer.Argument(help="What to say; default read from standard input.")
        ] = None,
        gateway: Annotated[str | None, typer.Option("--gateway", help="Base URL, with /v1.")] = None,
        model: Annotated[str | None, typer.Option("--model", help="Default what the gateway serves.")] = None,
        system: Annotated[str | None, typer.Option("--system", help="System message.")] = None,
        max_tokens: Annotated[
            int | None, typer.Option("--max-tokens", min=1, help="Most tokens of the answer.")
        ] = None,
        temperature: Annotated[
            float | None, typer.Option("--temperature", min=0.0, max=2.0, help="0 = no chance; default 1.")
        ] = None,
        seed: Annotated[int | None, typer.Option("--seed", help="Repeat the same answer.")] = None,
        timeout: Annotated[float, typer.Option("--timeout", help="Seconds for the whole answer.")] = 120.0,
    ) -> None:
        """Ask the network a question; the answer streams as it is generated."""
        messages = [{"role": "system", "content": system}] if system else []
        messages.append({"role": "user", "content": _prompt(prompt)})
        options = {"max_tokens": max_tokens, "temperature": temperature, "seed": seed}
        sampling = {name: value for name, value in options.items() if value is not None}
        await _answer(session, messages, gateway, model, sampling, timeout)


async def _answer(
    session: Session,
    messages: list[dict[str, str]],
    gateway: str | None,
    model: str | None,
    sampling: dict[str, Any],
    timeout: float,
) -> None:
    from ganglion import chat

    pieces: list[str] = []
    about: dict[str, Any] = {}
    stream = chat.stream(
        messages,
        gateway=gateway or session.settings.gateway,
        model=model,
        api_key=os.environ.get(API_KEY_VARIABLE),
        sampling=sampling,
        timeout=timeout,
    )
    async for piece in stream:
        if isinstance(piece, dict):
            about = piece
        else:
            pieces.append(piece)
            if not session.options.json:
                session.render.piece(piece)
    if session.options.json:
        session.render.result({"text": "".join(pieces), **about})
    else:
        session.render.piece("\n")


def _prompt(given: str | None) -> str:
    text = given if given is not None else "" if sys.stdin.isatty() else sys.stdin.read()
    if not text.strip():
        raise UsageError("nothing to say", hint='ganglion chat "What is a ganglion?"')
    return text
