"""``ganglion subnet``: create, look at, join and configure subnets."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from ganglion.balance import Balance
from ganglion.cli.command import command, group
from ganglion.cli.render import Column, plain
from ganglion.cli.root import send_as_root
from ganglion.cli.session import Session
from ganglion.errors import UsageError
from ganglion.pallets.subnets import EARNING, MONEY_FIELDS, Subnet

app = group("Subnets: create, look at, join, configure.")

NetUid = Annotated[int, typer.Argument(help="Subnet.", min=0, max=65535)]
Limit = "the current price and a tenth"


@command(app, "list", "read")
async def list_subnets(session: Session) -> None:
    """Show all subnets."""
    async with session.client() as client:
        found = await client.subnets.all()
    columns = [
        Column("netuid", "NETUID"),
        Column("name", "NAME", "text"),
        Column("state", "STATE", "text"),
        Column("neurons", "NEURONS"),
        Column("epoch", "EPOCH"),
        Column("tempo", "TEMPO"),
        Column("registration_price", "PRICE GNG", "money"),
        Column("pending_emission", "PENDING GNG", "money"),
        Column("owner", "OWNER", "address"),
    ]
    rows = [{**plain(one), "tempo": one.tempo} for one in found]
    session.render.table(found, columns, rows)


@command(app, "show", "read")
async def show(session: Session, netuid: NetUid) -> None:
    """Show one subnet with its hyperparameters."""
    async with session.client() as client:
        found = await client.subnets.require(netuid)
    values = {**vars(found), **found.hyperparameters}
    del values["hyperparameters"]
    shown = {name: Balance(one) if name in MONEY_FIELDS else one for name, one in values.items()}
    if session.options.json:
        session.render.result(found)
    else:
        session.render.result(shown)


@command(app, "price", "read")
async def price(
    session: Session,
    netuid: Annotated[int | None, typer.Argument(help="Subnet; default what a new subnet locks.")] = None,
) -> None:
    """Show what registering a neuron costs now, or what creating a subnet locks."""
    async with session.client() as client:
        if netuid is None:
            value, what = await client.subnets.lock_price(), "lock_price"
        else:
            value, what = (await client.subnets.require(netuid)).registration_price, "registration_price"
    session.render.result({what: value}, str(value))


@command(app, "create", "send")
async def create(
    session: Session,
    max_lock: Annotated[
        str | None, typer.Option("--max-lock", help=f"Limit in GNG; default {Limit}.")
    ] = None,
) -> None:
    """Create a subnet; the coldkey locks GNG and --hotkey becomes its first neuron."""
    async with session.client() as client:
        current = await client.subnets.lock_price()
        limit = Balance.parse(max_lock) if max_lock else _with_margin(current)
        draft = client.subnets.create(session.hotkey_address(), limit)
        done = await session.send_by_coldkey(draft, f"Create a subnet, locking {current} (at most {limit})")
        if done is not None:
            netuid = done.event("Subnets", "SubnetCreated").fields["netuid"]
            note = f"subnet {netuid} exists; it earns emission once root activates it and you start it"
            session.render.note(f"{note}: `ganglion subnet start {netuid}`")


@command(app, "register", "send")
async def register(
    session: Session,
    netuid: NetUid,
    max_price: Annotated[
        str | None, typer.Option("--max-price", help=f"Limit in GNG; default {Limit}.")
    ] = None,
) -> None:
    """Register --hotkey in a subnet; the coldkey pays."""
    async with session.client() as client:
        current = (await client.subnets.require(netuid)).registration_price
        limit = Balance.parse(max_price) if max_price else _with_margin(current)
        hotkey = session.hotkey_address()
        draft = client.neurons.register(netuid, hotkey, limit)
        question = f"Register {hotkey} in subnet {netuid} for {current} (at most {limit})"
        done = await session.send_by_coldkey(draft, question)
        if done is not None:
            uid = done.event("Neurons", "NeuronRegistered").fields["uid"]
            session.render.note(f"uid {uid} in subnet {netuid}")


@command(app, "activate", "send")
async def activate(session: Session, netuid: NetUid) -> None:
    """Let a subnet earn emission once its owner has started it; needs the chain's sudo key, on a development
    chain --key //Alice."""
    await _as_root(session, netuid, active=True)


@command(app, "deactivate", "send")
async def deactivate(session: Session, netuid: NetUid) -> None:
    """Stop a subnet's emission; needs the chain's sudo key."""
    await _as_root(session, netuid, active=False)


async def _as_root(session: Session, netuid: int, *, active: bool) -> None:
    async with session.client() as client:
        call = client.subnets.activate(netuid) if active else client.subnets.deactivate(netuid)
        verb = "Activate" if active else "Deactivate"
        done = await send_as_root(session, client, call, f"{verb} subnet {netuid}")
        if done is not None:
            session.render.note(f"subnet {netuid}: {EARNING[(await client.subnets.require(netuid)).state]}")


@command(app, "set", "send")
async def set_hyperparameters(
    session: Session,
    netuid: NetUid,
    changes: Annotated[list[str], typer.Argument(help="NAME=VALUE, such as tempo=20.")],
    as_root: Annotated[bool, typer.Option("--sudo", help="Send it as root, by the sudo key.")] = False,
) -> None:
    """Change hyperparameters; signed by the subnet's owner. Names and values are those of `subnet show`."""
    async with session.client() as client:
        wanted = _changes(changes, await client.subnets.require(netuid))
        draft = client.subnets.set_hyperparameters(netuid, wanted)
        question = f"Set {', '.join(changes)} in subnet {netuid}"
        if as_root:
            await send_as_root(session, client, draft, question)
        else:
            await session.send_by_coldkey(draft, question)


def _changes(given: list[str], subnet: Subnet) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for one in given:
        name, found, value = one.partition("=")
        name = name.strip().replace("-", "_")
        if not found or name not in subnet.hyperparameters:
            names = ", ".join(subnet.hyperparameters)
            raise UsageError(f"{one!r} is not NAME=VALUE of a hyperparameter", hint=f"names: {names}")
        changes[name] = _parsed(name, value.strip(), subnet.hyperparameters[name])
    return changes


def _parsed(name: str, value: str, current: Any) -> Any:
    """A value in the form that the current one has."""
    if name in MONEY_FIELDS:
        return Balance.parse(value)
    if isinstance(current, str):
        return value
    try:
        parsed = json.loads(value.lower() if isinstance(current, bool) else value)
    except ValueError as error:
        raise UsageError(f"{name}: {value!r} is not a value") from error
    if type(parsed) is not type(current):
        raise UsageError(f"{name}: {value!r} is not like its present value {json.dumps(current)}")
    return parsed


def _with_margin(price: Balance) -> Balance:
    return price + price // 10
