"""``ganglion chat``: talk to the network through a validator's gateway, or privately to one miner."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import typer

from ganglion.cli.command import command
from ganglion.cli.private_chat import PrivateChat
from ganglion.cli.session import Session
from ganglion.errors import UsageError

API_KEY_VARIABLE = "GANGLION_API_KEY"

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(app, "chat", "ask")
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
        private: Annotated[
            bool, typer.Option("--private", help="Seal it to one miner; no gateway, signed by your hotkey.")
        ] = False,
        netuid: Annotated[int, typer.Option("--netuid", help="With --private: the miner's subnet.")] = 1,
        miner: Annotated[
            int | None, typer.Option("--miner", help="With --private: the miner's UID; default by incentive.")
        ] = None,
        audit: Annotated[
            str | None,
            typer.Option("--audit", help="With --private: replay the answer with this model folder."),
        ] = None,
        receipt: Annotated[
            Path | None,
            typer.Option("--receipt", help="With --audit: write the opened answer here, as evidence."),
        ] = None,
    ) -> None:
        """Ask the network a question; the answer streams as it is generated."""
        messages = [{"role": "system", "content": system}] if system else []
        messages.append({"role": "user", "content": _prompt(prompt)})
        options = {"max_tokens": max_tokens, "temperature": temperature, "seed": seed}
        sampling = {name: value for name, value in options.items() if value is not None}
        if private:
            asked = PrivateChat(netuid, miner, model, sampling, timeout, audit, receipt)
            _refuse_gateway(gateway)
            await _show(session, asked.stream(session, messages))
            return
        if miner is not None or audit or receipt:
            raise UsageError("--miner, --audit and --receipt go with --private")
        await _show(session, _through_gateway(session, messages, gateway, model, sampling, timeout))


def _refuse_gateway(gateway: str | None) -> None:
    if gateway is not None:
        raise UsageError("--private asks a miner itself", hint="leave --gateway out")


def _through_gateway(
    session: Session,
    messages: list[dict[str, str]],
    gateway: str | None,
    model: str | None,
    sampling: dict[str, Any],
    timeout: float,
) -> AsyncIterator[str | dict[str, Any]]:
    from ganglion import chat

    return chat.stream(
        messages,
        gateway=gateway or session.settings.gateway,
        model=model,
        api_key=os.environ.get(API_KEY_VARIABLE),
        sampling=sampling,
        timeout=timeout,
    )


async def _show(session: Session, stream: AsyncIterator[str | dict[str, Any]]) -> None:
    pieces: list[str] = []
    about: dict[str, Any] = {}
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
        session.render.end_line()


def _prompt(given: str | None) -> str:
    text = given if given is not None else "" if sys.stdin.isatty() else sys.stdin.read()
    if not text.strip():
        raise UsageError("nothing to say", hint='ganglion chat "What is a ganglion?"')
    return text
