"""``ganglion metagraph NETUID``: every neuron of a subnet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganglion.cli.command import command
from ganglion.cli.render import Column, Renderer
from ganglion.cli.session import Session

if TYPE_CHECKING:
    from ganglion.metagraph import Metagraph

COLUMNS = (
    Column("uid", "UID"),
    Column("stake", "STAKE GNG", "money"),
    Column("validator_permit", "PERMIT", "flag"),
    Column("active", "ACTIVE", "flag"),
    Column("consensus", "CONSENSUS", "share"),
    Column("incentive", "INCENTIVE", "share"),
    Column("dividends", "DIVIDENDS", "share"),
    Column("validator_trust", "VTRUST", "share"),
    Column("emission", "EMISSION GNG", "money"),
    Column("last_update", "UPDATED"),
    Column("endpoint", "ENDPOINT", "text"),
    Column("hotkey", "HOTKEY", "address"),
)

__all__ = ["COLUMNS", "document", "register", "show_metagraph"]


def document(found: Metagraph) -> dict[str, Any]:
    """A metagraph as one JSON value."""
    scalars = ("netuid", "block", "epoch", "tempo", "last_epoch_block", "pending_emission")
    return {**{name: getattr(found, name) for name in scalars}, "neurons": found.table()}


def show_metagraph(render: Renderer, found: Metagraph) -> None:
    """Print a metagraph."""
    title = f"subnet {found.netuid}, block {found.block}, epoch {found.epoch}"
    render.table(document(found), COLUMNS, found.table(), title)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(app, "metagraph", "read")
    async def metagraph(
        session: Session,
        netuid: Annotated[int, typer.Argument(help="Subnet.", min=0, max=65535)],
        block: Annotated[int | None, typer.Option("--block", help="At this height.")] = None,
    ) -> None:
        """Show every neuron of a subnet: stake, incentive, dividends, emission, endpoint."""
        async with session.client() as client:
            view = client if block is None else await client.at(block)
            found = await view.metagraph(netuid)
        show_metagraph(session.render, found)
