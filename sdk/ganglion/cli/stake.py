"""``ganglion stake``: staking with hotkeys, unbonding, takes."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer

from ganglion.balance import Balance
from ganglion.cli.command import command, group
from ganglion.cli.render import Column
from ganglion.cli.session import Session
from ganglion.errors import UsageError
from ganglion.pallets.staking import EVERYTHING, Exposure, Position

app = group("Stake: add, remove, withdraw, look at.")

NetUid = Annotated[int, typer.Option("--netuid", "-n", help="Subnet.", min=0, max=65535)]
With = Annotated[
    str | None, typer.Option("--with", help="Hotkey to stake with: address or name; default --hotkey.")
]


@command(app, "add", "send")
async def add(
    session: Session,
    amount: Annotated[str, typer.Argument(help="GNG.")],
    netuid: NetUid,
    hotkey_to: With = None,
) -> None:
    """Stake GNG with a hotkey."""
    value = Balance.parse(amount)
    hotkey = session.hotkey_address(hotkey_to)
    async with session.client() as client:
        session.render.note(_risk(await client.staking.exposure(netuid, hotkey, value)))
        draft = client.staking.add_stake(hotkey, netuid, value)
        await session.send_by_coldkey(draft, f"Stake {value} with {hotkey} in subnet {netuid}")


def _risk(found: Exposure) -> str:
    """What a delegator should know before."""
    return (
        f"at most {found.per_epoch} of it can be lost in one epoch, {found.until_released} until it could be withdrawn "
        f"({found.unbonding_blocks} blocks); the operator's own {found.operator_stake} are slashed first"
    )


@command(app, "exposure", "read")
async def exposure(
    session: Session,
    amount: Annotated[str, typer.Argument(help="GNG that would be staked.")],
    netuid: NetUid,
    hotkey_to: With = None,
) -> None:
    """Show the most that staking with a hotkey can lose, and on what terms."""
    value, hotkey = Balance.parse(amount), session.hotkey_address(hotkey_to)
    async with session.client() as client:
        found = await client.staking.exposure(netuid, hotkey, value)
    take = f"the take is {found.take / 65535:.2%}"
    session.render.result(found, f"{_risk(found)}; {take}")


@command(app, "transfer", "send")
async def transfer(
    session: Session,
    amount: Annotated[str, typer.Argument(help="GNG, or all.")],
    to: Annotated[str, typer.Argument(help="Coldkey that gets it: address or wallet.")],
    netuid: NetUid,
    hotkey_to: With = None,
) -> None:
    """Give staked GNG to another coldkey, at once; it stays in the pool."""
    hotkey, receiver = session.hotkey_address(hotkey_to), session.address(to)
    async with session.client() as client:
        draft = client.staking.transfer_stake(hotkey, netuid, receiver, _amount(amount))
        question = f"Give {amount} GNG staked with {hotkey} in subnet {netuid} to {receiver}"
        await session.send_by_coldkey(draft, question)


@command(app, "move", "send")
async def move(
    session: Session,
    amount: Annotated[str, typer.Argument(help="GNG, or all.")],
    netuid: NetUid,
    to_hotkey: Annotated[str, typer.Option("--to", help="Hotkey to stake with then: address or name.")],
    to_netuid: Annotated[int, typer.Option("--to-netuid", help="Subnet to stake in then.", min=0, max=65535)],
    hotkey_to: With = None,
) -> None:
    """Unbond, to be staked elsewhere: `stake complete` does that when unbonding is over."""
    origin, destination = session.hotkey_address(hotkey_to), session.hotkey_address(to_hotkey)
    async with session.client() as client:
        draft = client.staking.move_stake(origin, netuid, destination, to_netuid, _amount(amount))
        question = (
            f"Move {amount} GNG from {origin} in subnet {netuid} to {destination} in subnet {to_netuid}"
        )
        done = await session.send_by_coldkey(draft, question)
        if done is not None:
            epoch = done.event("Staking", "StakeRemoved").fields["release_epoch"]
            session.render.note(
                f"it arrives by `ganglion stake complete` once subnet {netuid} has completed epoch {epoch}"
            )


@command(app, "complete", "send")
async def complete(
    session: Session,
    account: Annotated[
        str | None, typer.Argument(help="Whose moves: address or wallet; default the chosen wallet.")
    ] = None,
) -> None:
    """Stake what was moving and is released; anybody can do that for anybody."""
    owner = session.address(account)
    async with session.client() as client:
        drafts = [
            client.staking.complete_move(owner, position.hotkey, position.netuid, epoch)
            for position, epoch in await _released(client, owner)
            if position.moving(epoch) is not None
        ]
        if not drafts:
            session.render.result({"completed": 0}, "no move is released yet: `ganglion stake show`")
            return
        draft = drafts[0] if len(drafts) == 1 else client.system.batch_all(drafts)
        await session.send_by_coldkey(draft, f"Complete {len(drafts)} moves of {owner}")


async def _released(client: Any, owner: str) -> list[tuple[Position, int]]:
    """Positions with the release epochs of what can be taken out of them now."""
    clocks: dict[int, int] = {}
    height, found = await client.chain.height(), []
    for position in await client.staking.positions(owner):
        if position.netuid not in clocks:
            clock = await client.epochs.clock(position.netuid)
            clocks[position.netuid] = (
                clock.epoch if clock else EVERYTHING
            )  # a subnet that is gone holds nothing back
        found += [(position, epoch) for epoch in position.released(clocks[position.netuid], height)]
    return found


def _amount(text: str) -> int:
    return EVERYTHING if text == "all" else Balance.parse(text)


@command(app, "remove", "send")
async def remove(
    session: Session,
    amount: Annotated[str, typer.Argument(help="GNG, or all.")],
    netuid: NetUid,
    hotkey_to: With = None,
) -> None:
    """Begin to unbond; `stake withdraw` takes it out when unbonding is over."""
    value = _amount(amount)
    hotkey = session.hotkey_address(hotkey_to)
    async with session.client() as client:
        draft = client.staking.remove_stake(hotkey, netuid, value)
        shown = "everything" if amount == "all" else str(value)
        done = await session.send_by_coldkey(draft, f"Unbond {shown} from {hotkey} in subnet {netuid}")
        if done is not None:
            epoch = done.event("Staking", "StakeRemoved").fields["release_epoch"]
            session.render.note(f"it can be withdrawn once subnet {netuid} has completed epoch {epoch}")


@command(app, "withdraw", "send")
async def withdraw(
    session: Session,
    netuid: Annotated[int | None, typer.Option("--netuid", "-n", help="Only from this subnet.")] = None,
) -> None:
    """Take out everything whose unbonding is over and that is not moving elsewhere."""
    address = session.coldkey_address()
    async with session.client() as client:
        drafts = [
            client.staking.withdraw_unbonded(position.hotkey, position.netuid, epoch)
            for position, epoch in await _released(client, address)
            if netuid in (None, position.netuid) and position.moving(epoch) is None
        ]
        if not drafts:
            session.render.result({"withdrawn": 0}, "nothing can be withdrawn yet: `ganglion stake show`")
            return
        draft = drafts[0] if len(drafts) == 1 else client.system.batch_all(drafts)
        await session.send_by_coldkey(draft, f"Withdraw {len(drafts)} unbonded amounts")


@command(app, "show", "read")
async def show(
    session: Session,
    account: Annotated[
        str | None, typer.Argument(help="Address or wallet; default the chosen wallet.")
    ] = None,
) -> None:
    """Show what a coldkey has staked and what is unbonding."""
    address = session.address(account)
    async with session.client() as client:
        found = await client.staking.positions(address)
    columns = [
        Column("netuid", "NETUID"),
        Column("hotkey", "HOTKEY", "address"),
        Column("staked", "STAKED GNG", "money"),
        Column("unbonding", "UNBONDING GNG", "money"),
        Column("until", "RELEASED AT EPOCHS", "text"),
        Column("moving", "MOVING TO", "text"),
        Column("locked", "LOCKED GNG", "money"),
    ]
    rows = [
        {
            "netuid": one.netuid,
            "hotkey": one.hotkey,
            "staked": one.staked,
            "unbonding": sum(amount for _, amount in one.unbonding),
            "until": ", ".join(str(epoch) for epoch, _ in one.unbonding) or "-",
            "moving": ", ".join(f"{place[1]} in {place[0]}" for place in one.destinations if place) or "-",
            "locked": one.locked,
        }
        for one in found
    ]
    session.render.table(found, columns, rows)


@command(app, "take", "send")
async def take(
    session: Session,
    percent: Annotated[str | None, typer.Argument(help="New take in percent; default show it.")] = None,
    of: Annotated[str | None, typer.Option("--of", help="Hotkey: address or name; default --hotkey.")] = None,
) -> None:
    """Show or set the part of dividends that a hotkey's owner keeps."""
    hotkey = session.hotkey_address(of)
    async with session.client() as client:
        if percent is None:
            value = await client.staking.take(hotkey)
            shown = {"hotkey": hotkey, "take": value, "percent": round(value / 65535 * 100, 3)}
            session.render.result(shown, f"{value / 65535:.3%}")
            return
        value = _proportion(percent)
        await session.send_by_coldkey(
            client.staking.set_take(hotkey, value), f"Set the take of {hotkey} to {percent} %"
        )


def _proportion(percent: str) -> int:
    """Percent as a u16 with 65,535 = 1.0, rounded down so that a limit is never passed by rounding."""
    try:
        value = Decimal(percent.rstrip("% "))
    except InvalidOperation as error:
        raise UsageError(f"not a percentage: {percent!r}") from error
    if not 0 <= value <= 100:
        raise UsageError(f"a take is between 0 and 100 %, not {percent}")
    return int(value * 65535 / 100)
