"""``ganglion proxy``: let another key do some of what the coldkey may."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ganglion.balance import Balance
from ganglion.cli.command import command, group
from ganglion.cli.inner_call import Arguments, CallName, inner_call, require_inner_success
from ganglion.cli.render import Column
from ganglion.cli.session import Session
from ganglion.pallets.proxy import TYPES

app = group("Proxies: let another key do some of what the coldkey may.")

Type = Annotated[str, typer.Option("--type", "-t", help=f"What it may: {', '.join(TYPES)}.")]
Delegate = Annotated[str, typer.Argument(help="Who may: address or wallet.")]
Delay = Annotated[int, typer.Option("--delay", help="Blocks between its announcement and its call.", min=0)]


@command(app, "add", "send")
async def add(session: Session, delegate: Delegate, kind: Type, delay: Delay = 0) -> None:
    """Let another account act for the coldkey; a deposit is reserved."""
    other = session.address(delegate)
    async with session.client() as client:
        draft = client.proxies.add(other, kind, delay)
        question = f"Let {other} do for {session.coldkey_address()}: {TYPES[kind]}"
        await session.send_by_coldkey(draft, question)


@command(app, "remove", "send")
async def remove(session: Session, delegate: Delegate, kind: Type, delay: Delay = 0) -> None:
    """Let it no more; its part of the deposit comes back."""
    other = session.address(delegate)
    async with session.client() as client:
        draft = client.proxies.remove(other, kind, delay)
        await session.send_by_coldkey(
            draft, f"Let {other} act for {session.coldkey_address()} no more ({kind})"
        )


@command(app, "list", "read")
async def show(
    session: Session,
    account: Annotated[
        str | None, typer.Argument(help="Address or wallet; default the chosen wallet.")
    ] = None,
) -> None:
    """Show who may act for an account, and as what."""
    address = session.address(account)
    async with session.client() as client:
        found = await client.proxies.all(address)
    rows: list[dict[str, Any]] = [
        {"delegate": delegate, "type": kind, "delay": delay, "may": TYPES.get(kind, "")}
        for delegate, kind, delay in found.delegates
    ]
    columns = [
        Column("delegate", "DELEGATE", "address"),
        Column("type", "TYPE"),
        Column("delay", "DELAY"),
        Column("may", "MAY", "text"),
    ]
    value = {"account": address, "deposit": Balance(found.deposit), "proxies": rows}
    session.render.table(value, columns, rows, f"deposit {Balance(found.deposit)}")


@command(app, "call", "send")
async def call(
    session: Session,
    real: Annotated[str, typer.Argument(help="For whom: address or wallet.")],
    call: CallName,
    arguments: Arguments = "{}",
    kind: Annotated[str | None, typer.Option("--as", help="Use the proxy of this type.")] = None,
) -> None:
    """Make a call for another account, which has to have made the coldkey its proxy."""
    account = session.address(real)
    async with session.client() as client:
        inner = await inner_call(client, call, arguments)
        draft = client.proxies.call(account, inner, kind)
        done = await session.send_by_coldkey(draft, f"For {account}: {inner.call}")
        if done is not None:
            await require_inner_success(client, done, "ProxyExecuted")
