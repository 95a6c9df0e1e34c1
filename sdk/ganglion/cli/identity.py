"""``ganglion identity``: what a coldkey says of itself."""

from __future__ import annotations

from typing import Annotated

import typer

from ganglion.cli.command import command, group
from ganglion.cli.session import Session
from ganglion.errors import UsageError
from ganglion.pallets.identity import FIELDS

app = group("Identity of a coldkey: a name, a website, an address.")


@command(app, "set", "send")
async def set_identity(
    session: Session,
    fields: Annotated[list[str], typer.Argument(help=f"NAME=TEXT; names: {', '.join(FIELDS)}.")],
) -> None:
    """Set the coldkey's identity in the place of the old one; a deposit is reserved."""
    given = dict(_pair(one) for one in fields)
    async with session.client() as client:
        draft = client.identities.set(given)
        await session.send_by_coldkey(draft, f"Set the identity of {session.coldkey_address()}")


@command(app, "show", "read")
async def show(
    session: Session,
    account: Annotated[
        str | None, typer.Argument(help="Address or wallet; default the chosen wallet.")
    ] = None,
) -> None:
    """Show what an account says of itself."""
    address = session.address(account)
    async with session.client() as client:
        found = await client.identities.get(address)
    text = "\n".join(f"{name}: {value}" for name, value in (found or {}).items()) or "no identity"
    session.render.result({"account": address, "identity": found}, text)


@command(app, "clear", "send")
async def clear(session: Session) -> None:
    """Remove the coldkey's identity; the deposit comes back."""
    async with session.client() as client:
        draft = client.identities.clear()
        await session.send_by_coldkey(draft, f"Remove the identity of {session.coldkey_address()}")


def _pair(given: str) -> tuple[str, str]:
    name, sign, text = given.partition("=")
    if not sign:
        raise UsageError(f"{given!r} is not NAME=TEXT")
    return name, text
