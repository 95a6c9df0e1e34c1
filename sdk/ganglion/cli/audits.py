"""``ganglion audits``: what validators published of their audits, whether it contradicts itself, and the randomness
made of their secrets.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ganglion.cli.command import command, group
from ganglion.cli.render import Column
from ganglion.cli.session import Session

app = group("Audits: evidence behind weights, as validators published it, and the randomness made of it.")

Source = Annotated[
    str, typer.Argument(metavar="GATEWAY", help="URL of a validator's gateway, or a file that --save wrote.")
]
Back = Annotated[
    int,
    typer.Option("--back", help="Epochs before in which the same requests are looked for.", min=0, max=32),
]
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
            "rows": one.rows.hex(),
            "author": one.author,
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


@command(app, "check", "read")
async def check(
    session: Session,
    source: Source,
    epoch: Annotated[int, typer.Argument(help="Epoch in which it committed its weights.", min=0)],
    netuid: Annotated[int, typer.Option("--netuid", "-n", help="Subnet.", min=0, max=65535)],
    back: Back = 4,
    save: Annotated[
        Path | None, typer.Option("--save", help="New file for what the gateway tells, to be checked later.")
    ] = None,
) -> None:
    """Check whether what a validator filed contradicts itself: verdicts against rows, requests, receipts and slots."""
    from ganglion.disputes.collecting import collect

    async with session.client() as client:
        found = await collect(client, source, netuid, epoch, back)
    if save is not None:
        found.save(save)
    filing = found.filing
    rows = [{"index": one.index, "flaw": one.kind, "sure": one.sure, "told": one.told} for one in found.flaws]
    value = {
        "validator": filing.validator,
        "epoch": epoch,
        "verdicts": filing.filed.leaves,
        "withheld": filing.withheld,
        "rows_told": filing.rows is not None,
        "epochs_compared": [one.epoch for one in found.earlier],
        "flaws": rows,
    }
    columns = [
        Column("index", "VERDICT"),
        Column("flaw", "FLAW"),
        Column("sure", "SURE"),
        Column("told", "WHAT"),
    ]
    session.render.table(value, columns, rows, _summary(value))
    if rows:
        session.render.note(
            f"`ganglion dispute refute {source} {epoch} --netuid {netuid}` shows it to the chain"
        )


def _summary(value: dict[str, Any]) -> str:
    """What was looked at, and what could not be."""
    said = f"{len(value['flaws'])} of {value['verdicts']} verdicts are contradicted"
    if value["withheld"]:
        said += f"; {value['withheld']} are not opened"
    return said if value["rows_told"] else f"{said}; the rows that were filed are not told"


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
