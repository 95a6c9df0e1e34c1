"""``ganglion subnet`` for owners: start, name, describe, when what can be changed, epochs, dissolution."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, Any

import typer

from ganglion.balance import Balance
from ganglion.cli.command import command
from ganglion.cli.render import Column, plain
from ganglion.cli.root import send_as_root
from ganglion.cli.session import Session
from ganglion.cli.subnet import NetUid, app
from ganglion.errors import UsageError
from ganglion.pallets.subnets import EARNING, MONEY_FIELDS, Subnet, SubnetIdentity

__all__ = ["app"]

Text = Annotated[str | None, typer.Option(help="At most 256 bytes; empty removes it.")]
Address = Annotated[str | None, typer.Option(help="An https address; empty removes it.")]
Sudo = Annotated[bool, typer.Option("--sudo", help="Send it as root, by the sudo key.")]


async def _send(session: Session, client: Any, draft: Any, question: str, *, as_root: bool) -> Any:
    if as_root:
        return await send_as_root(session, client, draft, question)
    return await session.send_by_coldkey(draft, question)


@command(app, "start", "send")
async def start(session: Session, netuid: NetUid) -> None:
    """Start a subnet, once; signed by its owner. It earns emission while root has it activated."""
    async with session.client() as client:
        done = await session.send_by_coldkey(client.subnets.start(netuid), f"Start subnet {netuid}")
        if done is not None:
            session.render.note(f"subnet {netuid}: {EARNING[(await client.subnets.require(netuid)).state]}")


@command(app, "dissolve", "send")
async def dissolve(session: Session, netuid: NetUid) -> None:
    """Dissolve a subnet for ever; needs the chain's sudo key. Stake in it can be taken out at once."""
    async with session.client() as client:
        draft = client.subnets.dissolve(netuid)
        done = await send_as_root(session, client, draft, f"Dissolve subnet {netuid} for ever")
        if done is not None:
            refund = Balance(done.event("Subnets", "SubnetDissolving").fields["refund"])
            session.render.note(f"its owner gets {refund} of the lock back when its data is removed")


@command(app, "dissolving", "read")
async def dissolving(session: Session) -> None:
    """Show subnets whose data is being removed."""
    async with session.client() as client:
        found = await client.subnets.dissolving()
    columns = [
        Column("netuid", "NETUID"),
        Column("since", "SINCE"),
        Column("lock", "LOCK GNG", "money"),
        Column("refund", "REFUND GNG", "money"),
        Column("owner", "OWNER", "address"),
    ]
    session.render.table(found, columns, [plain(one) for one in found])


@command(app, "trigger-epoch", "send")
async def trigger_epoch(session: Session, netuid: NetUid, as_root: Sudo = False) -> None:
    """Have the next epoch earlier; signed by the owner. Refused with commit-reveal, whose deadlines count epochs."""
    async with session.client() as client:
        draft = client.subnets.trigger_epoch(netuid)
        question = f"Have the next epoch of subnet {netuid} earlier"
        done = await _send(session, client, draft, question, as_root=as_root)
        if done is not None:
            block = done.event("Subnets", "EpochTriggered").fields["block"]
            session.render.note(f"the epoch of subnet {netuid} comes at block {block}")


@command(app, "trim", "send")
async def trim(
    session: Session,
    netuid: NetUid,
    max_uids: Annotated[int, typer.Argument(help="Slots that are left.", min=1, max=4096)],
    as_root: Sudo = False,
) -> None:
    """Lower a subnet's number of slots: the lowest emitters above it go, the others close up. Immune ones stay."""
    async with session.client() as client:
        draft = client.neurons.trim(netuid, max_uids)
        question = f"Trim subnet {netuid} to {max_uids} slots"
        done = await _send(session, client, draft, question, as_root=as_root)
        if done is not None:
            left = done.event("Neurons", "SubnetTrimmed").fields["neurons"]
            gone = sum(event.name == "NeuronTrimmed" for event in done.events)
            session.render.note(f"{gone} neurons are gone, {left} are left")


@command(app, "reset-bonds", "send")
async def reset_bonds(session: Session, netuid: NetUid) -> None:
    """Give up all bonds to --hotkey's neuron, where the subnet lets it; once a tempo, free of charge."""
    async with session.client() as client:
        draft = client.neurons.reset_bonds(netuid)
        await session.send_by_hotkey(
            draft, f"Give up the bonds to {session.hotkey_address()} in subnet {netuid}"
        )


@command(app, "name", "send")
async def name(
    session: Session,
    netuid: NetUid,
    wanted: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Unique; empty removes it.")] = None,
    symbol: Annotated[str | None, typer.Option("--symbol", help="Unique; empty removes it.")] = None,
    as_root: Sudo = False,
) -> None:
    """Show a subnet's name and symbol, or change them; what is not given stays. Signed by the owner."""
    async with session.client() as client:
        found = await client.subnets.require(netuid)
        if wanted is None and symbol is None:
            session.render.result({"name": found.name, "symbol": found.symbol})
            return
        given = found.name if wanted is None else wanted
        shown = found.symbol if symbol is None else symbol
        question = f"Call subnet {netuid} {given!r} with symbol {shown!r}"
        draft = client.subnets.set_name(netuid, given, shown)
        await _send(session, client, draft, question, as_root=as_root)


@command(app, "identity", "send")
async def identity(
    session: Session,
    netuid: NetUid,
    description: Annotated[str | None, typer.Option(help="At most 1,024 bytes.")] = None,
    url: Address = None,
    github: Address = None,
    discord: Text = None,
    logo: Address = None,
    contact: Text = None,
    clear: Annotated[bool, typer.Option("--clear", help="Remove all of it.")] = False,
) -> None:
    """Show what a subnet says of itself, or change it; what is not given stays. Signed by the owner."""
    texts = {
        "description": description,
        "url": url,
        "github": github,
        "discord": discord,
        "logo": logo,
        "contact": contact,
    }
    given = {name: text for name, text in texts.items() if text is not None}
    if given and clear:
        raise UsageError("--clear removes everything; give it alone")
    async with session.client() as client:
        await client.subnets.require(netuid)
        said = await client.subnets.identity(netuid) or SubnetIdentity()
        if not given and not clear:
            session.render.result(said)
            return
        draft = client.subnets.set_identity(netuid, None if clear else replace(said, **given))
        question = f"Change {', '.join(given) or 'all'} of the identity of subnet {netuid}"
        await session.send_by_coldkey(draft, question)


@command(app, "owner-hotkey", "send")
async def owner_hotkey(
    session: Session,
    netuid: NetUid,
    to: Annotated[str, typer.Argument(help="Hotkey of the owner: SS58, or its name in the wallet.")],
) -> None:
    """Name another of the owner's hotkeys as the one with the owner's privileges; signed by the owner."""
    async with session.client() as client:
        hotkey = session.hotkey_address(to)
        draft = client.subnets.set_owner_hotkey(netuid, hotkey)
        await session.send_by_coldkey(draft, f"Make {hotkey} the owner's hotkey in subnet {netuid}")


@command(app, "hyperparameters", "read")
async def hyperparameters(session: Session, netuid: NetUid) -> None:
    """Show each hyperparameter, who can set it, and from which block on the owner can."""
    async with session.client() as client:
        found = await client.subnets.require(netuid)
        limits = await client.subnets.owner_limits(netuid)
        head = await client.query("System", "Number")
    rows = [_row(found, plain(limit), head) for limit in limits or []]
    columns = [
        Column("name", "NAME", "text"),
        Column("shown", "VALUE", "text"),
        Column("set_by", "SET BY", "text"),
        Column("next_block", "OWNER FROM BLOCK"),
        Column("in_blocks", "IN BLOCKS"),
    ]
    session.render.table([{key: row[key] for key in row if key != "shown"} for row in rows], columns, rows)


def _row(subnet: Subnet, limit: dict[str, Any], head: int) -> dict[str, Any]:
    """One line: JSON has ``value``, people see ``shown``."""
    value = subnet.hyperparameters.get(limit["name"])
    money = limit["name"] in MONEY_FIELDS
    waits = not limit["root_only"] and limit["active"]
    return {
        "name": limit["name"],
        "value": value,
        "shown": "-" if value is None else str(Balance(value)) if money else _typed(value),
        "set_by": _set_by(limit),
        "next_block": limit["next_block"] if waits else None,
        "in_blocks": limit["next_block"] - head if waits else None,
    }


def _typed(value: Any) -> str:
    """As `subnet set` takes it."""
    return value if isinstance(value, str) else json.dumps(value)


def _set_by(limit: dict[str, Any]) -> str:
    if not limit["active"]:
        return "nobody"
    return "root" if limit["root_only"] else "owner"
