"""``ganglion weights`` for many at once and for others: batches from a file, secrets handed over, what was missed.

Adds its commands to the group of ``ganglion.cli.weights``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganglion.cli.command import command
from ganglion.cli.render import Column
from ganglion.cli.session import Session
from ganglion.cli.weights import Mechanism, NetUid, ensure_by_hand, secret_file, stored_row, version_key_of
from ganglion.cli.weights import app as app
from ganglion.errors import ConfigError, DispatchError, InvalidTransaction, UsageError
from ganglion.keys.keystore import read_json, write_private
from ganglion.pallets.weights import Reveal

if TYPE_CHECKING:
    from ganglion.chain.extrinsics import InBlock
    from ganglion.client import Client

BatchFile = Annotated[
    Path,
    typer.Argument(help='JSON: [{"netuid": 1, "mechanism": 0, "weights": {"3": 0.7, "4": 0.3}}, ...]'),
]


@command(app, "batch-set", "send")
async def batch_set(session: Session, file: BatchFile) -> None:
    """Set the weights of a file openly, in several subnets and mechanisms at once; signed by --hotkey."""
    async with session.client() as client:
        rows = await _rows(client, file)
        draft = client.weights.batch_set(rows)
        done = await session.send_by_hotkey(draft, f"Set {len(rows)} rows of weights")
        await _tell_failures(session, client, done)


@command(app, "batch-commit", "send")
async def batch_commit(session: Session, file: BatchFile) -> None:
    """Commit to the weights of a file; what the reveals need is stored here before anything is sent."""
    hotkey = session.hotkey_address(session.options.key)
    async with session.client() as client:
        rows = await _rows(client, file)
        for row in rows:
            await ensure_by_hand(client, row.netuid, row.mechanism)
        items = [await _commitment(session, client, hotkey, row) for row in rows]
        draft = client.weights.batch_commit(items)
        try:
            done = await session.send_by_hotkey(draft, f"Commit to {len(rows)} rows of weights")
        except (InvalidTransaction, DispatchError, UsageError):
            for _, _, one in items:  # certainly not on chain; after a timeout it may be
                secret_file(one).unlink(missing_ok=True)
            raise
        for index in await _tell_failures(session, client, done):
            secret_file(items[index][2]).unlink(missing_ok=True)


@command(app, "batch-reveal", "send")
async def batch_reveal(session: Session) -> None:
    """Reveal all commitments of --hotkey that are stored here and can be revealed now, in every subnet."""
    hotkey = session.hotkey_address(session.options.key)
    async with session.client() as client:
        due = await _due(client, hotkey)
        if not due:
            raise UsageError("nothing can be revealed now", hint="`ganglion weights commits NETUID`")
        draft = client.weights.batch_reveal([row for row, _ in due])
        done = await session.send_by_hotkey(draft, f"Reveal {len(due)} rows of weights")
        failed = await _tell_failures(session, client, done)
    for index, (_, path) in enumerate(due):
        if done is not None and index not in failed:
            path.unlink(missing_ok=True)


@command(app, "reveal-for", "send")
async def reveal_for(
    session: Session,
    file: Annotated[Path, typer.Argument(help="What `weights secret` wrote.")],
) -> None:
    """Reveal for a validator that can't be there; signed by the coldkey, free when it succeeds."""
    stored = read_json(file)
    row = stored_row(stored, file)
    async with session.client() as client:
        draft = client.weights.reveal_for(
            stored["hotkey"], row.netuid, row.uids, row.values, row.salt, row.version_key, row.mechanism
        )
        await session.send_by_coldkey(draft, f"Reveal weights of {stored['hotkey']} in subnet {row.netuid}")


@command(app, "secret", "read")
async def secret(
    session: Session,
    commitment: Annotated[str, typer.Argument(help="As `weights commits` shows it.")],
    to: Annotated[Path, typer.Option("--to", help="File to write; readable by you only.")],
) -> None:
    """Write what the reveal of a commitment needs, for somebody who will do it; he sees the weights."""
    path = secret_file(bytes.fromhex(commitment.removeprefix("0x")))
    if not path.exists():
        raise ConfigError(f"{commitment} is not stored here", hint="`ganglion weights commits NETUID`")
    stored = read_json(path)
    stored_row(stored, path)
    write_private(to, json.dumps(stored))
    session.render.result(
        {"file": str(to)}, f"written to {to}: whoever has it can reveal, and sees the weights"
    )


@command(app, "missed", "read")
async def missed(session: Session, netuid: NetUid, mechanism: Mechanism = 0) -> None:
    """Show how many commitments each validator let pass without a reveal."""
    async with session.client() as client:
        await client.subnets.require(netuid)
        found = await client.weights.missed_commits(netuid, mechanism)
    rows = [{"uid": uid, "missed": count} for uid, count in enumerate(found) if count]
    session.render.table(rows, [Column("uid", "UID"), Column("missed", "MISSED")], rows)


def _wanted(file: Path) -> list[tuple[dict[str, Any], dict[int, float]]]:
    """Items of a file, each with its weights by uid."""
    try:
        given = json.loads(file.read_text(encoding="utf-8"))
        return [(one, {int(uid): float(w) for uid, w in one["weights"].items()}) for one in given]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"{file} is not a list of weights: {error!r}", hint="see --help") from error


async def _rows(client: Client, file: Path) -> list[Reveal]:
    """Rows of a file, scaled, with the subnet's version key where none is given."""
    rows = []
    for one, scores in _wanted(file):
        uids, values = client.weights.normalise(scores)
        if not uids:
            raise UsageError(f"no weight of subnet {one.get('netuid')} is positive")
        key = await version_key_of(client, one["netuid"], one.get("version_key"))
        rows.append(Reveal(one["netuid"], uids, values, version_key=key, mechanism=one.get("mechanism", 0)))
    return rows


async def _commitment(session: Session, client: Client, hotkey: str, row: Reveal) -> tuple[int, int, bytes]:
    """Commitment to a row, whose secret is stored before it is used."""
    salt = os.urandom(32)
    made = client.weights.commitment(
        hotkey, row.netuid, row.mechanism, row.uids, row.values, salt, row.version_key
    )
    public = {name: value for name, value in row.arguments().items() if name != "evidence"}
    kept = public | {"salt": salt.hex(), "hotkey": hotkey, "genesis": await client.chain.genesis()}
    if not session.options.dry_run:
        write_private(secret_file(made), json.dumps(kept))
    return row.netuid, row.mechanism, made


async def _due(client: Client, hotkey: str) -> list[tuple[Reveal, Path]]:
    """Stored rows of a hotkey that can be revealed now: the oldest of each mechanism."""
    due = []
    for subnet in await client.subnets.all():
        for mechanism in range(subnet.hyperparameters["mechanism_count"]):
            open_now = await client.weights.open_commits(subnet.netuid, mechanism, hotkey)
            ready = [one for one in open_now if one.reveal_epoch == subnet.epoch]
            paths = [path for one in ready if (path := secret_file(one.commitment)).exists()]
            due += [(stored_row(read_json(path), path), path) for path in paths[-1:]]
    return due


async def _tell_failures(session: Session, client: Client, done: InBlock | None) -> set[int]:
    """Say which items of a batch failed, and why; their places."""
    from ganglion.chain.dispatch_errors import decode_dispatch_error

    events: list[Any] = [] if done is None else done.events
    runtime = await client.context.runtimes.current()
    failed = [event.fields for event in events if event.name == "BatchItemFailed"]
    for one in failed:
        place = f"subnet {one['netuid']}, mechanism {one['mechanism']}"
        why = decode_dispatch_error(runtime, one["error"])
        session.render.important(f"item {one['index']} ({place}) failed: {why}")
    return {one["index"] for one in failed}
