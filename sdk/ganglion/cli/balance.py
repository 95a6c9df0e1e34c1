"""``ganglion balance``: what accounts hold, and transfers."""

from __future__ import annotations

from typing import Annotated

import typer

from ganglion.balance import Balance
from ganglion.cli.command import command, group
from ganglion.cli.session import Session

app = group("Money: look at accounts, transfer.")


@command(app, "show", "read")
async def show(
    session: Session,
    account: Annotated[
        str | None, typer.Argument(help="Address or wallet; default the chosen wallet.")
    ] = None,
) -> None:
    """Show an account's balance, stake and carried credit."""
    address = session.address(account)
    async with session.client() as client:
        view = await client.at()
        found = await view.balances.account(address)
        positions = await view.staking.positions(address)
        credit = await view.staking.credit(address)
    staked = sum((one.staked for one in positions), Balance(0))
    unbonding = sum((amount for one in positions for _, amount in one.unbonding), Balance(0))
    session.render.result(
        {
            "address": address,
            "free": found.free,
            "reserved": found.reserved,
            "frozen": found.frozen,
            "staked": staked,
            "unbonding": unbonding,
            "credit": credit,
            "total": found.free + found.reserved + staked + unbonding + credit,
            "nonce": found.nonce,
        }
    )


@command(app, "transfer", "send")
async def transfer(
    session: Session,
    to: Annotated[str, typer.Argument(help="Address or wallet.")],
    amount: Annotated[str, typer.Argument(help="GNG, or all.")],
    allow_death: Annotated[
        bool, typer.Option("--allow-death", help="Let the sending account be reaped.")
    ] = False,
) -> None:
    """Send GNG."""
    address = session.address(to)
    async with session.client() as client:
        if amount == "all":
            draft = client.balances.transfer_all(address, keep_alive=not allow_death)
        else:
            draft = client.balances.transfer(address, Balance.parse(amount), keep_alive=not allow_death)
        shown = "everything" if amount == "all" else str(Balance.parse(amount))
        await session.send_by_coldkey(draft, f"Send {shown} to {address}")


@command(app, "issuance", "read")
async def issuance(session: Session) -> None:
    """Show how much GNG exists."""
    async with session.client() as client:
        value = await client.balances.issuance()
    session.render.result({"issuance": value}, str(value))
