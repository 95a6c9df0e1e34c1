"""``ganglion commitment``: small public metadata of neurons."""

from __future__ import annotations

from typing import Annotated

import typer

from ganglion.cli.command import command, group
from ganglion.cli.render import Column
from ganglion.cli.session import Session
from ganglion.errors import UsageError
from ganglion.pallets.commitments import HASHES, Field

app = group("Commitments: what a neuron publishes on chain, such as where its model is.")

NetUid = Annotated[int, typer.Option("--netuid", "-n", help="Subnet.", min=0, max=65535)]
FLAGS = {name.lower(): name for name in HASHES}


@command(app, "set", "send")
async def set_commitment(
    session: Session,
    netuid: NetUid,
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="[TEXT]...", help="Text, at most 512 bytes.")
    ] = None,
    hashes: Annotated[
        list[str] | None,
        typer.Option("--hash", help=f"KIND:HEX, 32 bytes; kinds: {', '.join(FLAGS)}; can be repeated."),
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Remove what is there.")] = False,
) -> None:
    """Set --hotkey's commitment: up to 3 texts and hashes. Free within a quota of bytes per tempo."""
    fields = [Field.text(text) for text in texts or []] + [_hash(one) for one in hashes or []]
    if bool(fields) == clear:
        raise UsageError("name what to commit to, or --clear")
    async with session.client() as client:
        draft = client.commitments.set(netuid, fields)
        shown = ", ".join(str(field) for field in fields) or "nothing"
        await session.send_by_hotkey(draft, f"Commit to {shown} in subnet {netuid}")


@command(app, "show", "read")
async def show(
    session: Session,
    netuid: Annotated[int, typer.Argument(help="Subnet.", min=0, max=65535)],
    of: Annotated[str | None, typer.Option("--of", help="Only this hotkey: address or name.")] = None,
) -> None:
    """Show what a subnet's neurons committed to."""
    wanted = None if of is None else session.hotkey_address(of)
    async with session.client() as client:
        found = [one for one in await client.commitments.all(netuid) if wanted in (None, one.hotkey)]
    columns = [
        Column("uid", "UID"),
        Column("hotkey", "HOTKEY", "address"),
        Column("updated_at", "BLOCK"),
        Column("fields", "FIELDS", "text"),
    ]
    rows = [{**vars(one), "fields": ", ".join(str(field) for field in one.fields)} for one in found]
    session.render.table(
        [
            {**vars(one), "fields": [{"kind": field.kind, "data": str(field)} for field in one.fields]}
            for one in found
        ],
        columns,
        rows,
    )


def _hash(given: str) -> Field:
    kind, _, value = given.partition(":")
    if kind.lower() not in FLAGS:
        raise UsageError(f"unknown kind of hash {kind!r}", hint=f"kinds: {', '.join(FLAGS)}")
    try:
        return Field(FLAGS[kind.lower()], bytes.fromhex(value.removeprefix("0x")))
    except ValueError as error:
        raise UsageError(f"{value!r} is not hex") from error
