"""``ganglion root-vote``: how emission is split over subnets."""

from __future__ import annotations

from typing import Annotated

import typer

from ganglion.cli.command import command, group
from ganglion.cli.render import Column
from ganglion.cli.session import Session
from ganglion.errors import UsageError

LARGEST = 65_535

app = group("The root vote: how emission is split over subnets.")


@command(app, "set", "send")
async def set_votes(
    session: Session,
    weights: Annotated[list[str], typer.Argument(help="NETUID=WEIGHT; only the proportions count.")],
) -> None:
    """Vote with the hotkey's stake, in the place of an earlier ballot."""
    ballot = dict(_weight(one) for one in weights)
    async with session.client() as client:
        question = f"Vote {', '.join(f'subnet {netuid}: {weight}' for netuid, weight in ballot.items())}"
        await session.send_by_hotkey(client.root_vote.vote(ballot), question)


@command(app, "retract", "send")
async def retract(session: Session) -> None:
    """Withdraw the hotkey's ballot."""
    async with session.client() as client:
        await session.send_by_hotkey(client.root_vote.retract(), "Withdraw the ballot")


@command(app, "show", "read")
async def show(session: Session) -> None:
    """Show each subnet's share until the next tally."""
    async with session.client() as client:
        shares, (block, every) = await client.root_vote.shares(), await client.root_vote.next_tally()
    columns = [
        Column("netuid", "NETUID"),
        Column("voted", "BY VOTE GNG", "money"),
        Column("fees", "BY BURNED FEES GNG", "money"),
    ]
    session.render.table(shares, columns, [vars(one) for one in shares])
    if not shares:
        session.render.note("no majority for anything: all active subnets get equal parts")
    session.render.note(f"amounts are for {every} blocks; the next tally is in block {block}")


@command(app, "ballots", "read")
async def ballots(session: Session) -> None:
    """Show who votes for what, most stake first."""
    async with session.client() as client:
        found = await client.root_vote.ballots()
    columns = [
        Column("hotkey", "HOTKEY", "address"),
        Column("stake", "STAKE GNG", "money"),
        Column("weights", "WEIGHTS", "text"),
        Column("cast_at", "CAST AT BLOCK"),
    ]
    rows = [
        vars(one) | {"weights": ", ".join(f"{netuid}={weight}" for netuid, weight in one.weights.items())}
        for one in found
    ]
    session.render.table(found, columns, rows)


def _weight(text: str) -> tuple[int, int]:
    netuid, _, weight = text.partition("=")
    try:
        pair = int(netuid), int(weight)
    except ValueError as error:
        raise UsageError(f"not NETUID=WEIGHT: {text!r}", hint="for example 1=2 2=1") from error
    if not (0 <= pair[0] <= LARGEST and 0 <= pair[1] <= LARGEST):
        raise UsageError(f"netuid and weight are between 0 and {LARGEST}: {text!r}")
    return pair
