"""``ganglion weights``: look at weights, set them, commit and reveal them by hand. Validators do this by
themselves.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganglion.cli.command import command, group
from ganglion.cli.render import Column
from ganglion.cli.session import Session
from ganglion.config import config_home
from ganglion.errors import ConfigError, DispatchError, InvalidTransaction, UsageError
from ganglion.keys.keystore import read_json, write_private
from ganglion.pallets.weights import Reveal

if TYPE_CHECKING:
    from ganglion.client import Client

app = group("Weights: look at, set, commit, reveal.")

NetUid = Annotated[int, typer.Argument(help="Subnet.", min=0, max=65535)]
Pairs = Annotated[list[str], typer.Argument(help="UID=WEIGHT, such as 1=0.7 2=0.3; scaled to the highest.")]
Mechanism = Annotated[int, typer.Option("--mechanism", help="Incentive mechanism.", min=0, max=255)]
VersionKey = Annotated[
    int | None, typer.Option("--version-key", help="Default the subnet's present one.", min=0)
]


@command(app, "show", "read")
async def show(
    session: Session,
    netuid: NetUid,
    mechanism: Mechanism = 0,
    bonds: Annotated[bool, typer.Option("--bonds", help="Show bonds instead.")] = False,
) -> None:
    """Show the weights that validators have set (65,535 = 1.0)."""
    async with session.client() as client:
        await client.subnets.require(netuid)
        read = client.weights.bonds if bonds else client.weights.all
        found = await read(netuid, mechanism)
    rows = [
        {"uid": uid, "entries": ", ".join(f"{other}={value}" for other, value in entries) or "-"}
        for uid, entries in found.items()
    ]
    value = [{"uid": uid, "entries": entries} for uid, entries in found.items()]
    session.render.table(value, [Column("uid", "UID"), Column("entries", "UID=VALUE", "text")], rows)


@command(app, "commits", "read")
async def commits(session: Session, netuid: NetUid, mechanism: Mechanism = 0) -> None:
    """Show the open commitments of --hotkey."""
    hotkey = session.hotkey_address()
    async with session.client() as client:
        found = await client.weights.open_commits(netuid, mechanism, hotkey)
        clock = await client.epochs.clock(netuid)
    columns = [
        Column("commitment", "COMMITMENT", "text"),
        Column("epoch", "EPOCH"),
        Column("block", "BLOCK"),
        Column("reveal_epoch", "REVEAL IN EPOCH"),
        Column("stored", "STORED HERE", "flag"),
    ]
    rows = [
        {**vars(one), "commitment": one.commitment.hex(), "stored": secret_file(one.commitment).exists()}
        for one in found
    ]
    title = f"epoch now: {clock.epoch}" if clock else ""
    session.render.table(rows, columns, rows, title)


@command(app, "set", "send")
async def set_weights(
    session: Session, netuid: NetUid, weights: Pairs, mechanism: Mechanism = 0, version_key: VersionKey = None
) -> None:
    """Set weights openly, where the subnet allows it; signed by --hotkey."""
    async with session.client() as client:
        uids, values = client.weights.normalise(_pairs(weights))
        key = await version_key_of(client, netuid, version_key)
        draft = client.weights.set(netuid, uids, values, key, mechanism)
        await session.send_by_hotkey(draft, f"Set {len(uids)} weights in subnet {netuid}")


@command(app, "commit", "send")
async def commit(
    session: Session, netuid: NetUid, weights: Pairs, mechanism: Mechanism = 0, version_key: VersionKey = None
) -> None:
    """Commit to weights; what `weights reveal` needs is stored here before anything is sent."""
    hotkey = session.hotkey_address(session.options.key)
    async with session.client() as client:
        await ensure_by_hand(client, netuid, mechanism)
        uids, values = client.weights.normalise(_pairs(weights))
        key = await version_key_of(client, netuid, version_key)
        salt = os.urandom(32)
        commitment = client.weights.commitment(hotkey, netuid, mechanism, uids, values, salt, key)
        secret = {"netuid": netuid, "mechanism": mechanism, "hotkey": hotkey, "uids": uids, "values": values}
        secret |= {"salt": salt.hex(), "version_key": key, "genesis": await client.chain.genesis()}
        if not session.options.dry_run:
            write_private(secret_file(commitment), json.dumps(secret))
        draft = client.weights.commit(netuid, commitment, mechanism)
        try:
            done = await session.send_by_hotkey(draft, f"Commit to {len(uids)} weights in subnet {netuid}")
        except (InvalidTransaction, DispatchError, UsageError):
            secret_file(commitment).unlink(
                missing_ok=True
            )  # certainly not on chain; after a timeout it may be
            raise
        if done is not None:
            epoch = done.event("Weights", "WeightsCommitted").fields["reveal_epoch"]
            session.render.note(
                f"reveal it while the subnet's epoch is {epoch}: `ganglion weights reveal {netuid}`"
            )


@command(app, "reveal", "send")
async def reveal(
    session: Session,
    netuid: NetUid,
    commitment: Annotated[
        str | None, typer.Argument(help="Which; default all that can be revealed now.")
    ] = None,
    mechanism: Mechanism = 0,
) -> None:
    """Reveal committed weights that are stored here."""
    hotkey = session.hotkey_address(session.options.key)
    async with session.client() as client:
        clock = await client.epochs.clock(netuid)
        found = await client.weights.open_commits(netuid, mechanism, hotkey)
        epoch = clock.epoch if clock else 0
        wanted = [one for one in found if _is_wanted(one, commitment, epoch)]
        if not wanted:
            raise UsageError(
                f"nothing can be revealed in epoch {epoch}", hint=f"`ganglion weights commits {netuid}`"
            )
        for one in wanted:
            await _reveal(session, client, one.commitment)


def _is_wanted(one: Any, commitment: str | None, epoch: int) -> bool:
    if commitment is not None:
        return one.commitment.hex() == commitment.removeprefix("0x").lower()
    return one.reveal_epoch == epoch and secret_file(one.commitment).exists()


async def _reveal(session: Session, client: Client, commitment: bytes) -> None:
    path = secret_file(commitment)
    row = stored_row(read_json(path), path)
    draft = client.weights.reveal(row.netuid, row.uids, row.values, row.salt, row.version_key, row.mechanism)
    done = await session.send_by_hotkey(draft, f"Reveal {commitment.hex()[:16]}…")
    if done is not None:
        path.unlink(missing_ok=True)


def stored_row(stored: dict[str, Any], path: Path) -> Reveal:
    """What a stored secret reveals."""
    try:
        return Reveal(
            stored["netuid"],
            stored["uids"],
            stored["values"],
            bytes.fromhex(stored["salt"]),
            stored["version_key"],
            stored["mechanism"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path} is damaged: {error!r}") from error


def secret_file(commitment: bytes) -> Path:
    """Where row and salt of a commitment are kept until the reveal."""
    return config_home() / "weights" / f"{commitment.hex()}.json"


async def version_key_of(client: Client, netuid: int, given: int | None) -> int:
    """The version key that was given, else the subnet's present one."""
    subnet = await client.subnets.require(netuid)
    return subnet.hyperparameters["weights_version_key"] if given is None else given


async def ensure_by_hand(client: Client, netuid: int, mechanism: int) -> None:
    """Raise UsageError where weights rest on evidence: what is committed without can't be revealed, and costs a part of
    the bond.
    """
    subnet = await client.subnets.require(netuid)
    if mechanism == 0 and subnet.hyperparameters.get("verdicts_on"):
        raise UsageError(
            f"weights of subnet {netuid} rest on evidence: they can't be committed by hand",
            hint="run a validator: it files what it found with its weights",
        )


def _pairs(given: list[str]) -> dict[int, float]:
    scores: dict[int, float] = {}
    for one in given:
        uid, found, weight = one.partition("=")
        try:
            if not found or int(uid) in scores:
                raise ValueError
            scores[int(uid)] = float(weight)
        except ValueError as error:
            raise UsageError(f"{one!r} is not UID=WEIGHT, or its uid appears twice") from error
    if not any(weight > 0 for weight in scores.values()):
        raise UsageError("no weight is positive")
    return scores
