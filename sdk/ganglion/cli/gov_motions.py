"""``ganglion gov`` for members of the council and guardians: motions, and the audit of all privileges."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganglion.chain.calls import Call
from ganglion.cli.command import command
from ganglion.cli.gov import app
from ganglion.cli.render import Column
from ganglion.cli.session import Session
from ganglion.errors import ConfigError, UsageError
from ganglion.pallets.governance import (
    COUNCIL,
    DEVELOPMENT_PRESETS,
    GUARDIANS,
    MAJORITY,
    UNITY,
    call_hash,
    end_pause,
    extend_pause,
    pause,
    submit,
)

if TYPE_CHECKING:
    from ganglion.chain.extrinsics import Draft
    from ganglion.client import Client

__all__ = ["app"]

PRIVILEGED_SUDO = 1
"""Exit code of an audit that found a key of Sudo where there should be none."""

Code = Annotated[Path, typer.Argument(help="File with the code.")]
Blocks = Annotated[int, typer.Argument(help="Blocks.", min=1)]


@command(app, "propose", "send")
async def propose(
    session: Session,
    call: Annotated[str, typer.Argument(help="Pallet.function, or the encoded call as 0x-hex.")],
    arguments: Annotated[str, typer.Argument(help="Its arguments by name, a JSON object.")] = "{}",
) -> None:
    """Propose that a call of root is put to the vote; the same from three of the council submits it.

    The call itself is noted on chain by the first who proposes it, for a deposit.
    """
    async with session.client() as client:
        await _propose(session, client, call, await _encoded(client, call, arguments))


@command(app, "propose-upgrade", "send")
async def propose_upgrade(session: Session, code: Code) -> None:
    """Propose that the runtime is replaced by CODE, by its hash; the same from three of the council submits it."""
    data = _bytes(code)
    async with session.client() as client:
        encoded = await client.governance.authorize_upgrade(data).encode()
        await _propose(session, client, f"the runtime with the hash {call_hash(data)}", encoded)


@command(app, "apply-upgrade", "send")
async def apply_upgrade(session: Session, code: Code) -> None:
    """Replace the runtime by CODE, whose hash was authorised; anybody can."""
    data = _bytes(code)
    async with session.client() as client:
        draft = client.governance.apply_upgrade(data)
        await session.send_by_coldkey(draft, f"Replace the runtime by {call_hash(data)}")


def _bytes(code: Path) -> bytes:
    try:
        return code.read_bytes()
    except OSError as error:
        raise ConfigError(f"{code} can't be read: {error}") from error


async def _propose(session: Session, client: Client, what: str, encoded: bytes) -> None:
    """Note a call where nobody did, and move its submission."""
    proposal = call_hash(encoded)
    steps = []
    if await client.governance.preimage(proposal, len(encoded)) is None:
        steps.append(client.governance.note_preimage(encoded))
    motion = submit(proposal, len(encoded))
    draft = await _advance(session, client, COUNCIL, motion, steps)
    await _send_motion(session, client, draft, f"Propose {what} ({proposal})", COUNCIL, motion)


async def _encoded(client: Client, call: str, arguments: str) -> bytes:
    if call.startswith("0x"):
        try:
            return bytes.fromhex(call[2:])
        except ValueError as error:
            raise UsageError(f"{call!r} is not 0x-hex") from error
    pallet, _, function = call.partition(".")
    try:
        args = json.loads(arguments)
    except ValueError as error:
        raise UsageError(f"the arguments are no JSON: {error}") from error
    if not isinstance(args, dict) or not function:
        raise UsageError(
            "a call is Pallet.function with its arguments as a JSON object",
            hint="""such as Subnets.activate '{"netuid": 1}'""",
        )
    return await client.compose(pallet, function, **args).encode()


async def _advance(
    session: Session,
    client: Client,
    collective: str,
    call: Call,
    first: Sequence[Draft] = (),
    threshold: int = MAJORITY,
) -> Draft:
    """The member's part of a motion on a call of ours."""
    proposal = call_hash(await client.compose(call.pallet, call.function, **call.args).encode())
    member = session.coldkey_address()
    return await client.governance.advance(
        collective, member, proposal, call=call, first=first, threshold=threshold
    )


async def _send_motion(
    session: Session, client: Client, draft: Draft, question: str, collective: str, call: Call
) -> None:
    done = await session.send_by_coldkey(draft, question)
    if done is None:
        return
    executed = [one for one in done.events if one.pallet == collective and one.name == "Executed"]
    if not executed:
        encoded = await client.compose(call.pallet, call.function, **call.args).encode()
        session.render.note(f"motion {call_hash(encoded)}: other members approve it, by the same command")
        return
    from ganglion.chain.dispatch_errors import decode_dispatch_error

    outcome = executed[0].fields["result"]
    if isinstance(outcome, dict) and "Err" in outcome:
        # The transaction succeeded: the collective has decided, and what it decided could not be done.
        runtime = await client.context.runtimes.current()
        raise decode_dispatch_error(runtime, outcome["Err"], extrinsic_hash=done.hash, block_hash=done.block)
    session.render.note("the motion is carried")


@command(app, "approve", "send")
async def approve(
    session: Session,
    motion: Annotated[str, typer.Argument(help="Hash of the motion, as `gov status` shows it.")],
    reject: Annotated[bool, typer.Option("--reject", help="Against it.")] = False,
) -> None:
    """Vote on a motion of the council or of the guardians; who decides it also closes it."""
    member = session.coldkey_address()
    async with session.client() as client:
        for collective in (COUNCIL, GUARDIANS):
            if motion in (await client.governance.motions(collective) or []):
                draft = await client.governance.advance(collective, member, motion, approve=not reject)
                word = "against" if reject else "for"
                await session.send_by_coldkey(draft, f"Vote {word} motion {motion} of {collective}")
                return
    raise UsageError(f"there is no open motion {motion}", hint="`ganglion gov status`")


@command(app, "unnote", "send")
async def unnote(
    session: Session, call: Annotated[str, typer.Argument(help="Hash of the noted call, 0x-hex.")]
) -> None:
    """Take back a call that you noted, and its deposit; what is voted on is kept by the chain until the end."""
    async with session.client() as client:
        draft = client.governance.unnote_preimage(call)
        await session.send_by_coldkey(draft, f"Take back the deposit of {call}")


@command(app, "pause", "send")
async def pause_network(session: Session, blocks: Blocks) -> None:
    """Pause the network; the same from three guardians does it. Deadlines stand still meanwhile."""
    await _guard(session, pause(blocks), f"Pause the network for {blocks} blocks")


@command(app, "extend", "send")
async def extend(session: Session, blocks: Blocks) -> None:
    """Extend the pause; the same from three guardians does it."""
    await _guard(session, extend_pause(blocks), f"Extend the pause by {blocks} blocks")


@command(app, "end-pause", "send")
async def end(session: Session) -> None:
    """End the pause early; the same from four of the council does it."""
    async with session.client() as client:
        call = end_pause()
        draft = await _advance(session, client, COUNCIL, call, threshold=UNITY)
        await _send_motion(session, client, draft, "End the pause", COUNCIL, call)


async def _guard(session: Session, call: Call, question: str) -> None:
    async with session.client() as client:
        draft = await _advance(session, client, GUARDIANS, call)
        await _send_motion(session, client, draft, question, GUARDIANS, call)


@command(app, "audit", "read")
async def audit(session: Session) -> None:
    """Show every call that not every account can make, who can, and whether Sudo has a key.

    Exit code 1 where this chain, or a preset that is not for development, gives Sudo a key.
    """
    async with session.client() as client:
        rows = [asdict(one) | {"by": ", ".join(one.by)} for one in await client.governance.privileges()]
        key = await client.system.sudo_key()
        presets = {name: await _preset_key(client, name) for name in await client.governance.preset_names()}
        seats = {name: await client.governance.members(name) or [] for name in (COUNCIL, GUARDIANS)}
    released = {name: given for name, given in presets.items() if name not in DEVELOPMENT_PRESETS}
    value: dict[str, Any] = {
        "privileges": rows,
        "sudo_key": key,
        "presets": presets,
        "council": seats[COUNCIL],
        "guardians": seats[GUARDIANS],
        "ok": key is None and not any(released.values()),
    }
    columns = [
        Column("pallet", "PALLET", "text"),
        Column("call", "CALL", "text"),
        Column("by", "WHO", "text"),
    ]
    session.render.table(value, columns, rows)
    _say(session, key, released)
    if not value["ok"]:
        raise typer.Exit(PRIVILEGED_SUDO)


async def _preset_key(client: Client, name: str) -> str | None:
    """Whom a preset gives Sudo's key."""
    return ((await client.governance.preset(name)).get("sudo") or {}).get("key")


def _say(session: Session, key: str | None, released: dict[str, str | None]) -> None:
    here = f"sudo key of this chain: {key}" if key else "this chain gives nobody Sudo's key"
    session.render.important(here)
    for name, given in released.items():
        session.render.important(f"preset {name}: {'sudo key ' + given if given else 'no sudo key'}")
