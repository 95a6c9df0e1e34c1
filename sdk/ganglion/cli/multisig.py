"""``ganglion multisig``: accounts of several keys, of which so many have to agree."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ganglion.balance import Balance
from ganglion.cli.command import command, group
from ganglion.cli.inner_call import Arguments, CallName, inner_call, require_inner_success
from ganglion.cli.render import Column
from ganglion.cli.session import Session
from ganglion.errors import UsageError
from ganglion.pallets import multisig

app = group("Multisigs: accounts of several keys, of which so many have to agree.")

Threshold = Annotated[int, typer.Option("--threshold", "-t", help="How many have to agree.", min=1)]
Others = Annotated[
    list[str], typer.Option("--with", help="Another member: address or wallet; repeat for each.")
]


@command(app, "address", "local")
async def address(
    session: Session,
    members: Annotated[list[str], typer.Argument(help="All members: addresses or wallets.")],
    threshold: Threshold,
) -> None:
    """Print the account of these members; nothing has to be made on chain."""
    account = multisig.address([session.address(one) for one in members], threshold)
    session.render.result({"address": account}, account)


@command(app, "list", "read")
async def show(
    session: Session, account: Annotated[str, typer.Argument(help="Address of the multisig.")]
) -> None:
    """Show what members of a multisig have agreed to."""
    owner = session.address(account)
    async with session.client() as client:
        found = await client.multisigs.all(owner)
    rows: list[dict[str, Any]] = [
        {"call_hash": digest, **vars(one), "deposit": Balance(one.deposit)} for digest, one in found
    ]
    columns = [
        Column("call_hash", "CALL HASH"),
        Column("height", "SINCE BLOCK"),
        Column("agreed", "AGREED", "text"),
        Column("deposit", "DEPOSIT GNG", "money"),
    ]
    session.render.table(rows, columns, [{**row, "agreed": ", ".join(row["approvals"])} for row in rows])


@command(app, "sign", "send")
async def sign(
    session: Session,
    call: CallName,
    others: Others,
    threshold: Threshold,
    arguments: Arguments = "{}",
) -> None:
    """Agree to a call of a multisig as the coldkey; the last that is needed makes the call."""
    signer, rest = session.coldkey_address(), [session.address(one) for one in others]
    async with session.client() as client:
        inner = await inner_call(client, call, arguments)
        draft = await client.multisigs.agree(rest, threshold, inner, signer)
        account = multisig.address([*rest, signer], threshold)
        done = await session.send_by_coldkey(draft, f"Agree, for {account}: {inner.call}")
        if done is not None:
            await require_inner_success(client, done, "MultisigExecuted")


@command(app, "cancel", "send")
async def cancel(
    session: Session,
    call: CallName,
    others: Others,
    threshold: Threshold,
    arguments: Arguments = "{}",
) -> None:
    """Give up a call that the coldkey began; its deposit comes back."""
    signer, rest = session.coldkey_address(), [session.address(one) for one in others]
    account = multisig.address([*rest, signer], threshold)
    async with session.client() as client:
        from ganglion.account_namespaces import call_hash  # brings the client along

        digest = call_hash(await (await inner_call(client, call, arguments)).encode())
        found = await client.multisigs.pending(account, digest)
        if found is None:
            raise UsageError(f"nobody has agreed to that for {account}", hint="`ganglion multisig list`")
        draft = client.multisigs.cancel(rest, threshold, found, digest)
        await session.send_by_coldkey(draft, f"Give up {digest} for {account}")
