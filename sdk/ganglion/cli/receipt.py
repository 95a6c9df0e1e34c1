"""``ganglion receipt``: what an answer's receipt says, and whether it holds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ganglion.cli.command import command, group
from ganglion.cli.render import Column
from ganglion.cli.session import Session
from ganglion.errors import ReceiptError, UsageError

app = group("Receipts: who wrote a text, with which weights, when; and whether that holds.")

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="A receipt file, or an answer of the API in one piece (JSON).", dir_okay=False
    ),
]
COLUMNS = [Column("name", "CHECK"), Column("outcome", "OUTCOME"), Column("text", "WHAT WAS FOUND", "text")]


@command(app, "show", "local")
async def show(session: Session, file: File) -> None:
    """Show what a receipt says. Nothing is checked."""
    from ganglion.protocol.receipt_file import read_receipt_file
    from ganglion.provenance import facts_of

    session.render.result(facts_of(read_receipt_file(file)))


@command(app, "verify", "local")
async def verify(
    session: Session,
    file: File,
    chain: Annotated[
        str | None,
        typer.Option("--chain", help="WebSocket URL of a node: who anchored it, when, which weights."),
    ] = None,
    replay: Annotated[
        str | None,
        typer.Option("--replay", help="Folder or id of the model: whether the tokens are its own."),
    ] = None,
    also: Annotated[
        Path | None,
        typer.Option(
            "--also", help="A second file about the same receipt, such as a gateway's proof of its anchor."
        ),
    ] = None,
    request: Annotated[
        Path | None,
        typer.Option("--request", help="The request's JSON body, for files without the prompt's tokens."),
    ] = None,
) -> None:
    """Check a receipt from the file alone; a node and the model can add to it. Exit code 4: it does not hold."""
    from ganglion.protocol.receipt_checks import check_file
    from ganglion.protocol.receipt_file import read_receipt_file
    from ganglion.provenance import facts_of

    shown = read_receipt_file(file)
    if also is not None:
        shown = shown.merged(read_receipt_file(also))
    if request is not None:
        shown = await _with_prompt(shown, request, replay)
    checks = check_file(shown)
    if chain is not None:
        checks += await _on_chain(chain, shown)
    if replay is not None:
        checks += await _replayed(session, shown, replay)
    rows = [vars_of(check) for check in checks]
    session.render.table({"facts": facts_of(shown), "checks": rows}, COLUMNS, rows, _title(shown))
    _refuse(checks)


def vars_of(check: Any) -> dict[str, str]:
    return {"name": check.name, "outcome": check.outcome, "text": check.text}


async def _with_prompt(shown: Any, request: Path, model: str | None) -> Any:
    from ganglion.provenance import read_request, with_prompt

    if model is None:
        raise UsageError(
            "--request needs --replay", hint="the prompt's tokens come from the model's tokenizer"
        )
    body = await asyncio.to_thread(read_request, request)
    return await asyncio.to_thread(with_prompt, shown, body, model)


async def _on_chain(url: str, shown: Any) -> Sequence[Any]:
    from ganglion.client import Client
    from ganglion.provenance import ask_chain

    client = Client(url)
    try:
        return await ask_chain(await client.connect(patient=False), shown)
    finally:
        await client.close()


async def _replayed(session: Session, shown: Any, model: str) -> Sequence[Any]:
    from ganglion.provenance import replay

    session.render.progress("one pass of the model over prompt and answer ...")
    return await asyncio.to_thread(replay, shown, model)


def _title(shown: Any) -> str:
    from ganglion.provenance import facts_of

    facts = facts_of(shown)
    return (
        f"{facts.miner} says that it wrote this {facts.kind} answer of {facts.output_tokens} tokens at "
        f"{facts.created_at} with the weights 0x{facts.profile}, asked by {facts.requester}"
    )


def _refuse(checks: Sequence[Any]) -> None:
    failed = [check for check in checks if check.outcome == "failed"]
    if failed:
        raise ReceiptError(
            f"the receipt does not hold: {failed[0].name}: {failed[0].text}",
            hint="do not rely on this file" if len(failed) == 1 else f"{len(failed)} checks failed",
        )
