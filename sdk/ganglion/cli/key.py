"""``ganglion key``: exchange of hotkeys, and of coldkeys after an announcement."""

from __future__ import annotations

from typing import Annotated

import typer

from ganglion.cli.command import command, group
from ganglion.cli.root import send_as_root
from ganglion.cli.session import Session

app = group("Keys: exchange a hotkey, or move everything to a new coldkey.")

NewHotkey = Annotated[str, typer.Argument(help="New hotkey: address, or its name in the wallet.")]
NewColdkey = Annotated[str, typer.Argument(help="New coldkey: address or wallet.")]
Coldkey = Annotated[str | None, typer.Argument(help="Address or wallet; default the chosen wallet.")]


@command(app, "swap-hotkey", "send")
async def swap_hotkey(
    session: Session,
    old: Annotated[str, typer.Argument(help="Old hotkey: address, or its name in the wallet.")],
    new: NewHotkey,
    netuid: Annotated[
        int | None,
        typer.Option("--netuid", "-n", help="Only in this subnet; default in all.", min=0, max=65535),
    ] = None,
) -> None:
    """Exchange a hotkey: slots with their age, stake, weights, endpoints, commitments and child keys follow."""
    before, after = session.hotkey_address(old), session.hotkey_address(new)
    where = "everywhere" if netuid is None else f"in subnet {netuid}"
    async with session.client() as client:
        draft = client.keys.swap_hotkey(before, after, netuid)
        done = await session.send_by_coldkey(draft, f"Exchange the hotkey {before} for {after} {where}")
    if done is not None:
        session.render.note("start the daemons with the new hotkey; the old one stays yours and is of no use")


@command(app, "announce-swap", "send")
async def announce(session: Session, new: NewColdkey) -> None:
    """Announce that everything of the coldkey goes over to another; its balance is frozen from then on."""
    address = session.address(new)
    async with session.client() as client:
        draft = client.keys.announce_coldkey_swap(address)
        question = f"Announce the move of {session.coldkey_address()} to {address} and freeze its balance"
        done = await session.send_by_coldkey(draft, question)
        if done is not None:
            blocks = done.event("KeySwap", "ColdkeySwapAnnounced").fields["delay"]
            session.render.note(
                f"in {blocks} blocks: `ganglion key swap-coldkey`; `ganglion key status` tells"
            )


@command(app, "swap-coldkey", "send")
async def swap_coldkey(
    session: Session,
    coldkey: Annotated[str, typer.Argument(help="Old coldkey: address or wallet.")],
    new: NewColdkey,
) -> None:
    """Execute an announced move after its delay; anybody who knows the new key can, free of charge."""
    old, address = session.address(coldkey), session.address(new)
    async with session.client() as client:
        draft = client.keys.swap_coldkey(old, address)
        done = await session.send_by_coldkey(draft, f"Move everything of {old} to {address}")
    if done is not None:
        whole = any(event.name == "ColdkeySwapped" for event in done.events)
        session.render.note("done" if whole else "it goes on in the next blocks: `ganglion key status`")


@command(app, "dispute", "send")
async def dispute(session: Session) -> None:
    """Stop the announced move of the coldkey: root decides, or it ends as cancelled; free of charge."""
    async with session.client() as client:
        draft = client.keys.dispute_coldkey_swap()
        done = await session.send_by_coldkey(draft, f"Dispute the move of {session.coldkey_address()}")
        if done is not None:
            blocks = done.event("KeySwap", "ColdkeySwapDisputed").fields["period"]
            session.render.note(f"nothing moves; undecided after {blocks} blocks it can be cancelled")


@command(app, "cancel", "send")
async def cancel(session: Session, coldkey: Coldkey = None) -> None:
    """Cancel an announced move; anybody can once a dispute was not decided in time; free of charge."""
    address = session.address(coldkey)
    async with session.client() as client:
        draft = client.keys.cancel_coldkey_swap(address)
        await session.send_by_coldkey(draft, f"Cancel the move of {address}")


@command(app, "resolve", "send")
async def resolve(
    session: Session,
    coldkey: Annotated[str, typer.Argument(help="Disputed coldkey: address or wallet.")],
    new: Annotated[str | None, typer.Option("--to", help="Move to this coldkey; default cancel.")] = None,
) -> None:
    """Decide a dispute; needs the chain's sudo key. Elsewhere: `ganglion gov propose KeySwap.resolve_dispute`."""
    old, address = session.address(coldkey), session.address(new) if new else None
    async with session.client() as client:
        draft = client.keys.resolve_dispute(old, address)
        await send_as_root(session, client, draft, f"Move {old} to {address}" if address else f"Free {old}")


@command(app, "status", "read")
async def status(session: Session, coldkey: Coldkey = None) -> None:
    """Show whether a coldkey is being moved, and the hotkeys that it owns."""
    address = session.address(coldkey)
    async with session.client() as client:
        swap = await client.keys.coldkey_swap(address)
        hotkeys = await client.keys.owned_hotkeys(address)
    value = {"coldkey": address, "hotkeys": hotkeys, "swap": swap and {"state": swap.state, **vars(swap)}}
    lines = [f"coldkey: {address}", *(f"hotkey:  {one}" for one in hotkeys)]
    if swap is None:
        lines.append("no move is announced")
    elif swap.state == "moving":
        lines.append(f"everything is being moved to {swap.moving_to}")
    elif swap.dispute_ends_in is not None:
        lines.append(f"disputed: root has {swap.dispute_ends_in} blocks left, then anybody can cancel")
    else:
        lines.append(f"announced ({swap.new_hash}): {swap.executable_in} blocks until it can be executed, ")
        lines[-1] += f"{swap.cancellable_in} until it can be cancelled"
    session.render.result(value, "\n".join(lines))
