"""``ganglion model``: profiles of models, who serves and audits them, and the bonds behind that."""

from __future__ import annotations

import asyncio
import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganglion.balance import Balance
from ganglion.cli.command import command, group
from ganglion.cli.render import Column, lines
from ganglion.cli.session import Session
from ganglion.errors import UsageError
from ganglion.model.errors import ModelError
from ganglion.model.loading import BUNDLED_MODEL, resolve_model
from ganglion.model.profile import PROFILE_CARD, ModelProfile, read_card, read_profile

if TYPE_CHECKING:
    from ganglion.client import Client
    from ganglion.model.spec import ProfileSpec
    from ganglion.pallets.models import Profile as Registered

app = group("Models: profiles on chain, who serves and audits them, and their bonds.")

NetUid = Annotated[int, typer.Option("--netuid", "-n", help="Subnet.", min=0, max=65535)]
Model = Annotated[str, typer.Argument(metavar="MODEL", help="Folder of the model, or its id on a hub.")]
Profile = Annotated[
    str, typer.Argument(metavar="PROFILE", help="Identity (hex), number, or folder of a model.")
]
Role = Annotated[str, typer.Option("--role", help="serve or audit.")]


@command(app, "register", "send")
async def register(
    session: Session,
    model: Model,
    name: Annotated[str | None, typer.Option("--name", help="For people; default the folder's.")] = None,
    licence: Annotated[str | None, typer.Option("--licence", help="SPDX expression of the weights'.")] = None,
    price_floor: Annotated[str, typer.Option("--price-floor", help="GNG for 1,000 output tokens.")] = "0",
) -> None:
    """Register a model's profile on chain, for a deposit that comes back with `remove`."""
    found = await asyncio.to_thread(read_profile, resolve_model(model), name=name)
    floor = Balance.parse(price_floor)
    async with session.client() as client:
        deposit = (await client.models.terms()).deposit(found.spec)
        draft = client.models.register(found.spec, found.name, licence or found.licence, floor)
        question = f"Register {found.name}, profile {found.digest().hex()}, with a deposit of {deposit}"
        await session.send_by_coldkey(draft, question)


@command(app, "set-terms", "send")
async def set_terms(
    session: Session,
    profile: Profile,
    name: Annotated[str, typer.Option("--name", help="For people.")],
    licence: Annotated[str, typer.Option("--licence", help="SPDX expression of the weights'.")] = "",
    price_floor: Annotated[str, typer.Option("--price-floor", help="GNG for 1,000 output tokens.")] = "0",
) -> None:
    """Change name, licence and price of an own profile."""
    floor = Balance.parse(price_floor)
    async with session.client() as client:
        id = await _identity(client, profile)
        await session.send_by_coldkey(client.models.set_terms(id, name, licence, floor), f"Name it {name}")


@command(app, "remove", "send")
async def remove(session: Session, profile: Profile) -> None:
    """Take an own profile that nobody declares off the list; the deposit comes back."""
    async with session.client() as client:
        id = await _identity(client, profile)
        await session.send_by_coldkey(client.models.remove(id), f"Remove profile {id.hex()}")


@command(app, "verify", "read")
async def verify(
    session: Session,
    model: Model,
    profile: Annotated[
        str | None, typer.Option("--profile", help="Identity (hex) or number; default: any on chain.")
    ] = None,
) -> None:
    """Check that a model's files are those of a profile; an identity in hex that fits needs no node."""
    found = await asyncio.to_thread(read_profile, resolve_model(model))
    identity = found.digest()
    if profile is not None and _hex(profile) == identity:
        return session.render.result(
            {"profile": identity, "matches": True}, f"{identity.hex()}: the files match"
        )
    async with session.client() as client:
        wanted = identity if profile is None else await _identity(client, profile)
        registered = await client.models.require(wanted)
    flaws = differences(found.spec, registered.spec)
    if flaws:
        raise ModelError(f"{model} is not profile {wanted.hex()}: {'; '.join(flaws)}")
    session.render.result(
        {"profile": identity, "number": registered.number, "name": registered.name, "matches": True},
        f"{identity.hex()}: the files match profile {registered.number}, {registered.name}",
    )


def differences(here: ProfileSpec, there: ProfileSpec) -> list[str]:
    """What is not the same, for people; empty where nothing is."""
    own, wanted = dict(here.files), dict(there.files)
    flaws = [f"{path} is missing" for path in sorted(wanted.keys() - own.keys())]
    flaws += [f"{path} is not part of it" for path in sorted(own.keys() - wanted.keys())]
    flaws += [
        f"{path} has other contents" for path in sorted(own) if path in wanted and own[path] != wanted[path]
    ]
    for name in (
        "task",
        "lane",
        "dtype",
        "attention",
        "engine",
        "protocol",
        "layers",
        "thresholds",
        "replay",
    ):
        if getattr(here, name) != getattr(there, name):
            flaws.append(f"{name} differs: {getattr(here, name)} here, {getattr(there, name)} on chain")
    return flaws


@command(app, "list", "read")
async def list_profiles(session: Session) -> None:
    """List registered profiles."""
    async with session.client() as client:
        found = await client.models.all()
    columns = [
        Column("number", "NUMBER"),
        Column("name", "NAME"),
        Column("id", "PROFILE"),
        Column("lane", "LANE"),
        Column("task", "TASK"),
        Column("licence", "LICENCE"),
        Column("declarations", "DECLARED"),
        Column("owner", "OWNER", "address"),
    ]
    rows = [{**vars(one), "id": one.id.hex(), "lane": one.spec.lane, "task": one.spec.task} for one in found]
    session.render.table(found, columns, rows)


@command(app, "show", "read")
async def show(session: Session, profile: Profile) -> None:
    """Show a registered profile: its files, how answers are judged, how replay is pinned."""
    async with session.client() as client:
        found = await client.models.require(await _identity(client, profile))
    session.render.result(found, lines(_facts(found)))


def _facts(profile: Registered) -> dict[str, Any]:
    """A registered profile for people: a line for each file and each threshold."""
    facts = {one.name: getattr(profile, one.name) for one in fields(profile) if one.name != "spec"}
    spec = {one.name: getattr(profile.spec, one.name) for one in fields(profile.spec)}
    for name, value in spec.items():
        if name == "files":
            facts |= {f"file {path}": f"sha256:{digest.hex()}" for path, digest in value}
        elif is_dataclass(value):
            facts |= {f"{name}.{one.name}": getattr(value, one.name) for one in fields(value)}
        else:
            facts[name] = value
    return facts


@command(app, "declare", "send")
async def declare(
    session: Session,
    profile: Profile,
    netuid: NetUid,
    role: Role = "serve",
    bond: Annotated[str | None, typer.Option("--bond", help="GNG of own stake; default the least.")] = None,
) -> None:
    """Declare that --hotkey serves or audits a profile; own stake in its pool is locked as the bond."""
    hotkey = session.hotkey_address()
    async with session.client() as client:
        id = await _identity(client, profile)
        least = (await client.models.terms()).least_bond(role)
        amount = least if bond is None else Balance.parse(bond)
        draft = client.models.declare(netuid, hotkey, id, role, amount)
        question = f"Bond {amount} of {hotkey} in subnet {netuid}: it will {role} {id.hex()}"
        await session.send_by_coldkey(draft, question)


@command(app, "retire", "send")
async def retire(session: Session, profile: Profile, netuid: NetUid, role: Role = "serve") -> None:
    """End a declaration of --hotkey; its bond can be released some time after."""
    hotkey = session.hotkey_address()
    async with session.client() as client:
        id = await _identity(client, profile)
        question = f"{hotkey} will {role} {id.hex()} in subnet {netuid} no longer"
        await session.send_by_coldkey(client.models.retire(netuid, hotkey, id, role), question)


@command(app, "release", "send")
async def release(session: Session, netuid: NetUid) -> None:
    """Release the bonds of --hotkey whose time is over."""
    hotkey = session.hotkey_address()
    async with session.client() as client:
        await session.send_by_coldkey(client.models.release(netuid, hotkey), f"Release bonds of {hotkey}")


@command(app, "declarations", "read")
async def declarations(
    session: Session, netuid: Annotated[int, typer.Argument(help="Subnet.", min=0, max=65535)]
) -> None:
    """Show who serves and audits what in a subnet, and with which bond."""
    async with session.client() as client:
        found = await client.models.declarations(netuid)
    columns = [
        Column("hotkey", "HOTKEY", "address"),
        Column("profile", "PROFILE"),
        Column("role", "ROLE"),
        Column("bond", "BOND GNG", "money"),
        Column("ends_at", "RELEASED FROM"),
    ]
    session.render.table(found, columns, [vars(one) for one in found])


@command(app, "terms", "read")
async def terms(session: Session) -> None:
    """Show what registering and declaring cost."""
    async with session.client() as client:
        terms = await client.models.terms()
    facts = {one.name: getattr(terms, one.name) for one in fields(terms)}
    waits = {
        "bond_release": f"{terms.bond_release} blocks after retiring",
        "clock": f"{terms.clock} blocks without pauses",
    }
    session.render.result(terms, lines(facts | waits))


@command(app, "self-test", "local")
async def self_test(
    session: Session,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Folder or id of the model.")] = BUNDLED_MODEL,
    write: Annotated[
        bool, typer.Option("--write", help=f"Write digest and wheels into the folder's {PROFILE_CARD}.")
    ] = False,
) -> None:
    """Run the canonical self-test: whoever gets the profile's digest can judge disputes about the model."""
    from ganglion.verification.canonical import CanonicalReplay
    from ganglion.verification.wheels import installed_wheels, wheels_hash

    replay = CanonicalReplay(model)
    digest = await asyncio.to_thread(replay.self_test)
    wheels = wheels_hash(installed_wheels())
    if write:
        _write_card(replay.folder, digest, wheels)
    expected = replay.spec.replay.self_test
    same = "no digest yet" if not any(expected) else "reproduced" if digest == expected else "NOT reproduced"
    session.render.result(
        {"digest": digest, "expected": expected, "reproduced": digest == expected, "wheels": wheels},
        f"{digest.hex()}: {'written' if write else same}",
    )


def _write_card(folder: Path, digest: bytes, wheels: bytes) -> None:
    path = folder / PROFILE_CARD
    read_card(path)
    said: dict[str, Any] = json.loads(path.read_bytes()) if path.is_file() else {}
    said["replay"] = {**said.get("replay", {}), "self_test": digest.hex(), "wheels": wheels.hex()}
    path.write_text(json.dumps(said, indent=2) + "\n")


async def _identity(client: Client, given: str) -> bytes:
    """What names a profile: hex, a number, or a model's folder."""
    if (id := _hex(given)) is not None:
        return id
    if given.isdecimal():
        found = await client.models.by_number(int(given))
        if found is None:
            raise UsageError(f"there is no profile {given}", hint="`ganglion model list` shows all")
        return found.id
    profile: ModelProfile = await asyncio.to_thread(read_profile, resolve_model(given))
    return profile.digest()


def _hex(given: str) -> bytes | None:
    text = given.removeprefix("0x")
    try:
        return bytes.fromhex(text) if len(text) == 64 else None
    except ValueError:
        return None
