"""``ganglion gov``: locked stake, referenda, elections, and what they stand at."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganglion.balance import Balance
from ganglion.cli.command import command, group
from ganglion.cli.render import Column
from ganglion.cli.session import Session
from ganglion.errors import UsageError
from ganglion.pallets.governance import COUNCIL, GUARDIANS, Referendum
from ganglion.scale import octets

if TYPE_CHECKING:
    from ganglion.client import Snapshot

__all__ = ["app"]

app = group("Governance: council, voters, referenda, pauses, and who can do what.")

NetUid = Annotated[int, typer.Argument(help="The subnet.", min=0)]
Index = Annotated[int, typer.Argument(help="Number of the referendum.", min=0)]


@command(app, "lock", "send")
async def lock(
    session: Session,
    netuid: NetUid,
    amount: Annotated[str, typer.Argument(help="What is locked from now on, such as '100 GNG'.")],
) -> None:
    """Lock stake of your own on your hotkey (--hotkey) for votes, in the place of what is locked there."""
    await _lock(session, netuid, Balance.parse(amount))


@command(app, "unlock", "send")
async def unlock(session: Session, netuid: NetUid) -> None:
    """Unlock what is locked on your hotkey (--hotkey); not while a vote of yours is open."""
    await _lock(session, netuid, Balance(0))


async def _lock(session: Session, netuid: int, amount: Balance) -> None:
    hotkey = session.hotkey_address()
    async with session.client() as client:
        draft = client.governance.lock(netuid, hotkey, amount)
        what = f"Lock {amount} of {hotkey} in subnet {netuid}" if amount else f"Unlock {hotkey}"
        done = await session.send_by_coldkey(draft, what)
        if done is not None and amount:
            age = await client.constant("Governance", "LockAge")
            session.render.note(f"what was added has votes in {age} blocks")


@command(app, "voters", "read")
async def voters(session: Session) -> None:
    """Show who has locked stake, and who would be asked now."""
    async with session.client() as client:
        found = await client.governance.voters()
        needed, count = await client.governance.least_electorate()
    rows = [asdict(one) | {"asked": place < 32 and one.counted > 0} for place, one in enumerate(found)]
    columns = [
        Column("coldkey", "COLDKEY", "address"),
        Column("locked", "LOCKED", "money"),
        Column("counted", "COUNTS", "money"),
        Column("asked", "ASKED", "flag"),
    ]
    value = {"voters": rows, "least_stake": needed, "least_voters": count}
    session.render.table(value, columns, rows)
    asked = [one for one in rows if one["asked"]]
    have = Balance(sum(one["counted"] for one in asked))
    if len(asked) < count or have < needed:
        session.render.note(
            f"nothing can be decided: {len(asked)} voters with {have}, "
            f"and it takes {count} with {needed} that is old enough"
        )


@command(app, "vote", "send")
async def vote(
    session: Session,
    index: Index,
    reject: Annotated[bool, typer.Option("--reject", help="Against it.")] = False,
) -> None:
    """Vote for a referendum, or against it (--reject); a later vote takes the place of an earlier one."""
    async with session.client() as client:
        referendum = await _referendum(client, index)
        call = await decoded(client, referendum.call, referendum.length)
        draft = client.governance.vote(index, not reject)
        question = f"Vote {'against' if reject else 'for'} referendum {index}, {call or referendum.call}"
        await session.send_by_coldkey(draft, question)


@command(app, "show", "read")
async def show(session: Session, index: Index) -> None:
    """Show an open referendum: its call, who votes, and how."""
    async with session.client() as client:
        referendum = await _referendum(client, index)
        call = await decoded(client, referendum.call, referendum.length)
    rows = [{"voter": who, "stake": stake, "vote": _word(chose)} for who, stake, chose in referendum.ballots]
    columns = [Column("voter", "VOTER", "address"), Column("stake", "STAKE", "money"), Column("vote", "VOTE")]
    value = {"index": index, "decoded": call, **_summary(index, referendum), "ballots": rows}
    approving, whole = referendum.voted(True), referendum.stake
    title = f"{referendum.stage} until block {referendum.until} of the clock; {approving} of {whole} for it\n{call}"
    session.render.table(value, columns, rows, title)


async def _referendum(client: Any, index: int) -> Referendum:
    found = await client.governance.referendum(index)
    if found is None:
        hint = "`ganglion gov status` shows the open ones; what was decided is in the events"
        raise UsageError(f"there is no open referendum {index}", hint=hint)
    return found


def _word(choice: bool | None) -> str:
    return "-" if choice is None else "for" if choice else "against"


def _summary(index: int, one: Referendum) -> dict[str, Any]:
    return {
        "index": index,
        "call": one.call,
        "stage": one.stage,
        "until": one.until,
        "for": one.voted(True),
        "against": one.voted(False),
        "of": one.stake,
    }


async def decoded(client: Snapshot, call: str, length: int) -> str | None:
    """A noted call as text, None where nobody noted it."""
    found = await client.governance.preimage(call, length)
    if found is None:
        return None
    data = octets(found)
    runtime = await client.context.runtimes.current()  # type: ignore[attr-defined]
    return call_text(runtime.decode("Call", data))


def call_text(value: dict[str, Any]) -> str:
    """A decoded call: Pallet.function(argument=value, ...)."""
    args = ", ".join(f"{one['name']}={one['value']}" for one in value["call_args"])
    return f"{value['call_module']}.{value['call_function']}({args})"


@command(app, "status", "read")
async def status(session: Session) -> None:
    """Show the clock, pauses, open referenda and motions, and the next election."""
    async with session.client() as client:
        view = await client.at(await client.chain.height())
        governance = view.governance
        clock = await governance.clock()
        value = {
            "clock": clock.block,
            "paused_until": clock.paused_until,
            "pause_allowed_at": clock.pause_allowed_at,
            "election_at": await governance.election_at(),
            "election_open": await governance.election() is not None,
            "referenda": [_summary(index, one) for index, one in await governance.referenda()],
            "motions": [one for name in (COUNCIL, GUARDIANS) for one in await _motions(view, name)],
        }
    session.render.result(value)


async def _motions(view: Snapshot, collective: str) -> list[dict[str, Any]]:
    found = []
    for proposal in await view.governance.motions(collective) or []:
        motion = await view.governance.motion(collective, proposal)
        call = await view.governance.motion_call(collective, proposal)
        if motion is not None and call is not None:
            found.append({"of": collective, "hash": proposal, "call": call_text(call), **asdict(motion)})
    return found


@command(app, "council", "read")
async def council(session: Session) -> None:
    """Show who sits in the council and who guards."""
    async with session.client() as client:
        seats = {name: await client.governance.members(name) or [] for name in (COUNCIL, GUARDIANS)}
    rows = [{"collective": name, "member": member} for name, all_of in seats.items() for member in all_of]
    columns = [Column("collective", "COLLECTIVE", "text"), Column("member", "MEMBER", "address")]
    session.render.table({"council": seats[COUNCIL], "guardians": seats[GUARDIANS]}, columns, rows)


@command(app, "candidates", "read")
async def candidates(session: Session) -> None:
    """Show who stands for the council: in the open election, and in the next."""
    async with session.client() as client:
        view = await client.at(await client.chain.height())
        waiting = await view.governance.candidates() or []
        election = await view.governance.election()
    standing = election["candidates"] if election else []
    rows = [one | {"election": "open"} for one in standing] + [one | {"election": "next"} for one in waiting]
    columns = [
        Column("who", "CANDIDATE", "address"),
        Column("deposit", "DEPOSIT", "money"),
        Column("election", "ELECTION", "text"),
    ]
    session.render.table({"open": standing, "next": waiting}, columns, rows)


@command(app, "stand", "send")
async def stand(
    session: Session,
    deposit: Annotated[str | None, typer.Argument(help="Such as '100 GNG'; default the least.")] = None,
) -> None:
    """Stand for the council in the next election; the deposit is burned where hardly anybody wants you."""
    async with session.client() as client:
        least = Balance(await client.constant("Governance", "CandidateDeposit"))
        amount = least if deposit is None else Balance.parse(deposit)
        await session.send_by_coldkey(client.governance.stand(amount), f"Stand with a deposit of {amount}")


@command(app, "withdraw", "send")
async def withdraw(session: Session) -> None:
    """Stand no more, before the election opens."""
    async with session.client() as client:
        await session.send_by_coldkey(client.governance.withdraw_candidacy(), "Withdraw the candidacy")


@command(app, "elect", "send")
async def elect(
    session: Session,
    approved: Annotated[list[str], typer.Argument(help="Candidates that you approve, as many as you like.")],
) -> None:
    """Vote in the open election."""
    async with session.client() as client:
        draft = client.governance.elect([session.address(one) for one in approved])
        await session.send_by_coldkey(draft, f"Approve {len(approved)} candidates")
