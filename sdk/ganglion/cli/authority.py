"""``ganglion authority``: who makes blocks, and session keys from a secret that is never printed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ganglion.cli.command import command, group
from ganglion.cli.render import Column
from ganglion.cli.root import require_sudo_key, require_sudo_success
from ganglion.cli.session import Session
from ganglion.errors import ConfigError, UsageError
from ganglion.keys import ss58
from ganglion.keys.session import KEYS_BYTES, PROOF_BYTES, SessionKeys, check_bytes

app = group("Authorities: who makes blocks and finalizes them.")

LATER = "it works from the session after the next"


@command(app, "show", "read")
async def show(session: Session) -> None:
    """Show this session's authorities, their keys, and what comes next."""
    async with session.client() as client:
        view = await client.at(await client.chain.height())
        number, coming = await view.authorities.session(), await view.authorities.coming()
        active, working = await view.authorities.active(), await _working(view)
        queued = dict(await view.authorities.queued_keys() or [])
        rows = [
            {
                "account": one,
                "active": one in active,
                "next": one in queued,
                **await _keys(view, one, working),
            }
            for one in dict.fromkeys([*active, *queued])
        ]
    columns = [
        Column("account", "ACCOUNT", "address"),
        Column("active", "ACTIVE", "flag"),
        Column("next", "NEXT SESSION", "flag"),
        Column("changing", "NEW KEYS", "flag"),
        Column("aura", "AURA"),
        Column("grandpa", "GRANDPA"),
    ]
    value = {"session": number, "authorities": rows, "coming": coming}
    session.render.table(value, columns, rows, f"session {number}")
    if coming is not None:
        session.render.note(f"the next session queues {len(coming)}: {', '.join(coming)}")


async def _working(view: Any) -> dict[str, dict[str, str]]:
    """Keys of this session by account."""
    active, aura = await view.authorities.active(), await view.authorities.aura_keys()
    grandpa = await view.authorities.grandpa_keys()
    pairs = zip(active, aura, grandpa, strict=False)  # pallet-session hands both over in its order
    return {account: {"aura": one, "grandpa": other} for account, one, other in pairs}


async def _keys(view: Any, account: str, working: dict[str, dict[str, str]]) -> dict[str, Any]:
    """An account's keys of this session, else those that it has registered; whether others are registered."""
    registered = await view.authorities.keys_of(account) or {}
    now = working.get(account) or registered
    return {
        "changing": bool(registered) and registered != now,
        **{k: now.get(k, "") for k in ("aura", "grandpa")},
    }


@command(app, "keys", "local")
async def keys(
    session: Session,
    secret: Annotated[Path, typer.Argument(help="File with the secret URI that `key insert` took.")],
    account: Annotated[str, typer.Argument(help="Address of the authority's account.")],
) -> None:
    """Print the public session keys of a secret and the proof that ACCOUNT has it; reads no node."""
    try:
        uri = secret.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{secret} can't be read: {error}") from error
    found = SessionKeys.derive(uri, ss58.decode(account))
    value = {"keys": found.keys, "proof": found.proof, "aura": found.aura, "grandpa": found.grandpa}
    session.render.result(value, f"0x{found.keys.hex()} 0x{found.proof.hex()}")


@command(app, "set-keys", "send")
async def set_keys(
    session: Session,
    keys: Annotated[str, typer.Argument(help="Public keys, 0x-hex, as `authority keys` prints them.")],
    proof: Annotated[str, typer.Argument(help="Proof, 0x-hex.")],
) -> None:
    """Register session keys; signed by the authority's account. They work from the session after the next."""
    new = check_bytes(keys, KEYS_BYTES, "the keys")
    draft_args = new, check_bytes(proof, PROOF_BYTES, "the proof")
    async with session.client() as client:
        draft = client.authorities.set_keys(*draft_args)
        done = await session.send_by_coldkey(draft, f"Register session keys 0x{new.hex()[:16]}...")
        if done is not None:
            number = await client.authorities.session()
            session.render.note(f"session {number}: keep the old keys on the node until session {number + 2}")


@command(app, "set", "send")
async def set_authorities(
    session: Session,
    accounts: Annotated[list[str], typer.Argument(help="All authorities, those that stay included.")],
) -> None:
    """Name all authorities; needs the chain's sudo key. Who is not named is removed."""
    wanted = [session.address(one) for one in accounts]
    async with session.client() as client:
        await require_sudo_key(session, client)
        active = await client.authorities.active()
        kept = len(set(active) & set(wanted))
        if kept * 3 <= len(wanted) * 2 and not session.options.yes:
            raise UsageError(
                f"only {kept} of these {len(wanted)} are authorities now: if the others' nodes do not run, "
                "nothing is finalized any more",
                hint="change fewer at once, or pass --yes",
            )
        draft = client.system.sudo(client.authorities.name(wanted))
        question = f"{len(wanted)} authorities instead of {len(active)}; {LATER}. Send"
        done = await session.send_by_coldkey(draft, question)
        if done is not None:
            await require_sudo_success(client, done)


@command(app, "note-stalled", "send")
async def note_stalled(
    session: Session,
    delay: Annotated[int, typer.Argument(help="Blocks after the change until the new voters begin.", min=1)],
    final: Annotated[int, typer.Argument(help="Height of the last final block.", min=0)],
) -> None:
    """Force the coming change of authorities though nothing is finalized; needs the chain's sudo key.

    Send it in the session after `authority set`, when more than a third of the voters are gone for good.
    """
    async with session.client() as client:
        await require_sudo_key(session, client)
        head = await client.chain.height()
        if final > head:
            raise UsageError(f"block {final} is not made yet: the newest is {head}")
        draft = client.system.sudo(client.authorities.note_stalled(delay, final))
        question = f"Voters begin anew from block {final}, {delay} blocks after the next change. Send"
        done = await session.send_by_coldkey(draft, question)
        if done is not None:
            await require_sudo_success(client, done)
