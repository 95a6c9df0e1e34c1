"""``ganglion child``: stake that votes through other hotkeys, and where miners' pay is staked."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer

from ganglion.cli.command import command, group
from ganglion.cli.render import Column
from ganglion.cli.session import Session
from ganglion.errors import UsageError
from ganglion.pallets.delegation import ONE, Family

app = group("Child keys: hotkeys that vote with another's stake. And pay that is staked.")

NetUid = Annotated[int, typer.Option("--netuid", "-n", help="Subnet.", min=0, max=65535)]
Of = Annotated[str | None, typer.Option("--of", help="Hotkey: address or name; default --hotkey.")]
Children = Annotated[list[str] | None, typer.Argument(help="HOTKEY=PERCENT; without any, all end.")]
COLUMNS = [
    Column("role", "ROLE", "text"),
    Column("share", "PART", "share"),
    Column("stake", "STAKE GNG", "money"),
    Column("when", "WHEN", "text"),
    Column("hotkey", "HOTKEY", "address"),
]

__all__ = ["app", "parse_children", "rows"]


def parse_children(given: list[str]) -> dict[str, int]:
    """HOTKEY=PERCENT as parts, 65,535 = 1.0, rounded down so that 100 % in all never becomes more.

    Raises:
        UsageError: not of that form, a hotkey twice, or nothing for one.
    """
    children: dict[str, int] = {}
    for one in given:
        hotkey, found, percent = one.partition("=")
        if not found or hotkey in children:
            raise UsageError(f"{one!r}: write each child once as HOTKEY=PERCENT, such as 5F3s…=25")
        children[hotkey] = _part(percent)
        if children[hotkey] == 0:
            raise UsageError(f"{one!r}: a child gets more than nothing; leave it out instead")
    return children


def _part(percent: str) -> int:
    try:
        value = Decimal(percent.rstrip("% "))
    except InvalidOperation as error:
        raise UsageError(f"not a percentage: {percent!r}") from error
    if not 0 <= value <= 100:
        raise UsageError(f"a part is between 0 and 100 %, not {percent}")
    return int(value * ONE / 100)


def rows(found: Family) -> list[dict[str, Any]]:
    """Children, those that come, and parents, as a table's rows."""
    children = [_child(hotkey, part, found, "now") for hotkey, part in found.children.items()]
    when = f"after epoch {found.next_epoch}"
    coming = [_child(hotkey, part, found, when) for hotkey, part in found.next_children.items()]
    parents = [
        {"role": "parent", "share": None, "stake": stake, "when": "now", "hotkey": hotkey}
        for hotkey, stake in found.parents.items()
    ]
    return [*children, *coming, *parents]


def _child(hotkey: str, part: int, found: Family, when: str) -> dict[str, Any]:
    stake = int(found.pool) * part // ONE
    return {"role": "child", "share": part / ONE, "stake": stake, "when": when, "hotkey": hotkey}


@command(app, "set", "send")
async def set_children(session: Session, netuid: NetUid, children: Children = None, of: Of = None) -> None:
    """Let other hotkeys vote with parts of a hotkey's stake; signed by its coldkey. The stake stays where it is."""
    parent = session.hotkey_address(of)
    given = {session.hotkey_address(child): part for child, part in parse_children(children or []).items()}
    what = ", ".join(f"{part / ONE:.2%} by {child}" for child, part in given.items()) or "nobody else"
    async with session.client() as client:
        draft = client.delegation.set_children(netuid, parent, given)
        done = await session.send_by_coldkey(draft, f"Stake of {parent} in subnet {netuid} is voted: {what}")
        if done is not None:
            epoch = done.event("Delegation", "ChildrenSet").fields["epoch"]
            session.render.note(
                f"from the end of the subnet's epoch {epoch} on; dividends and slashes follow it"
            )


@command(app, "show", "read")
async def show(session: Session, netuid: NetUid, of: Of = None) -> None:
    """Show a hotkey's children and parents in a subnet."""
    hotkey = session.hotkey_address(of)
    async with session.client() as client:
        found = await client.delegation.family(netuid, hotkey)
    title = f"pool {found.pool}, {found.counts} count in epochs; child take {found.take / ONE:.2%}"
    if found.next_epoch is not None and not found.next_children:
        title += f"; no children from the end of epoch {found.next_epoch} on"
    session.render.table(found, COLUMNS, rows(found), title)


@command(app, "take", "send")
async def take(
    session: Session,
    netuid: NetUid,
    percent: Annotated[str, typer.Argument(help="New child take in percent.")],
    of: Of = None,
) -> None:
    """Set what a hotkey keeps of the dividends of its parents' stake; signed by its coldkey."""
    hotkey = session.hotkey_address(of)
    async with session.client() as client:
        draft = client.delegation.set_child_take(netuid, hotkey, _part(percent))
        await session.send_by_coldkey(
            draft, f"Set the child take of {hotkey} in subnet {netuid} to {percent} %"
        )


@command(app, "drop", "send")
async def drop(
    session: Session,
    netuid: NetUid,
    parent: Annotated[str, typer.Argument(help="Parent's hotkey: address or name.")],
    of: Of = None,
) -> None:
    """Let a parent of a hotkey go; signed by the hotkey's coldkey. It takes as long as unbonding."""
    hotkey, leaves = session.hotkey_address(of), session.hotkey_address(parent)
    async with session.client() as client:
        draft = client.delegation.drop_parent(netuid, hotkey, leaves)
        await session.send_by_coldkey(draft, f"Let {leaves} go, a parent of {hotkey} in subnet {netuid}")


@command(app, "refuse", "send")
async def refuse(
    session: Session,
    netuid: NetUid,
    of: Of = None,
    off: Annotated[bool, typer.Option("--off", help="Be open to new parents again.")] = False,
) -> None:
    """Refuse to be the child of other coldkeys' hotkeys; signed by the hotkey's coldkey."""
    hotkey = session.hotkey_address(of)
    async with session.client() as client:
        draft = client.delegation.set_refusing(netuid, hotkey, not off)
        what = "takes new parents" if off else "refuses new parents"
        await session.send_by_coldkey(draft, f"{hotkey} {what} in subnet {netuid}")


@command(app, "auto-stake", "send")
async def auto_stake(
    session: Session,
    netuid: NetUid,
    to: Annotated[str | None, typer.Argument(help="Hotkey: address or name; default show it.")] = None,
    off: Annotated[bool, typer.Option("--off", help="Pay it out.")] = False,
) -> None:
    """Show or set with which hotkey the pay of the coldkey's miners is staked."""
    if off and to is not None:
        raise UsageError("give a hotkey or --off, not both")
    async with session.client() as client:
        if to is None and not off:
            found = await client.delegation.auto_stake(netuid, session.coldkey_address())
            session.render.result({"netuid": netuid, "hotkey": found}, found or "it is paid out")
            return
        chosen = session.hotkey_address(to) if to is not None else None
        question = f"Miners' pay in subnet {netuid} is {f'staked with {chosen}' if chosen else 'paid out'}"
        await session.send_by_coldkey(client.delegation.set_auto_stake(netuid, chosen), question)
