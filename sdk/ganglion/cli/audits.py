"""``ganglion audits``: what validators published of their audits, and the randomness made of their secrets."""

from __future__ import annotations

from typing import Annotated

import typer

from ganglion.cli.command import command, group
from ganglion.cli.render import Column
from ganglion.cli.session import Session

app = group("Audits: evidence behind weights, as validators published it, and the randomness made of it.")

NetUid = Annotated[int, typer.Argument(help="Subnet.", min=0, max=65535)]


@command(app, "show", "read")
async def show(
    session: Session,
    netuid: NetUid,
    epoch: Annotated[
        int | None, typer.Option("--epoch", help="Of the commitments; default the last 32 epochs.", min=0)
    ] = None,
) -> None:
    """Show the evidence that validators filed with their weights: roots of single verdicts and of receipts."""
    from ganglion.pallets.audits import HISTORY

    async with session.client() as client:
        now = (await client.subnets.require(netuid)).epoch
        epochs = range(max(0, now - HISTORY + 1), now + 1) if epoch is None else [epoch]
        found = {one: await client.audits.filed(netuid, one) for one in epochs}
    rows = [
        {
            "epoch": number,
            "hotkey": hotkey,
            "verdicts": one.leaves,
            "root": one.root.hex(),
            "receipts": one.receipts,
            "receipts_root": one.receipts_root.hex(),
            "secret": one.secret.hex(),
        }
        for number, filed in found.items()
        for hotkey, one in sorted(filed.items())
    ]
    columns = [
        Column("epoch", "EPOCH"),
        Column("hotkey", "HOTKEY", "text"),
        Column("verdicts", "VERDICTS"),
        Column("root", "ROOT", "text"),
        Column("receipts", "RECEIPTS"),
    ]
    session.render.table(rows, columns, rows, f"epoch now: {now}")


@command(app, "randomness", "read")
async def randomness(session: Session, netuid: NetUid) -> None:
    """Show the randomness that draws of each epoch go by; an epoch without any draws nothing."""
    async with session.client() as client:
        await client.subnets.require(netuid)
        found = await client.audits.randomness(netuid)
    rows = [{"epoch": epoch, "randomness": value.hex()} for epoch, value in found.items()]
    session.render.table(rows, [Column("epoch", "EPOCH"), Column("randomness", "RANDOMNESS", "text")], rows)


@command(app, "announced", "read")
async def announced(session: Session, netuid: NetUid) -> None:
    """Show the hash of the secret that --hotkey's next evidence has to reveal."""
    hotkey = session.hotkey_address()
    async with session.client() as client:
        found = await client.audits.announced(netuid, hotkey)
    shown = found.hex() if found is not None else None
    session.render.result({"hotkey": hotkey, "announced": shown}, shown or "none is owed")
