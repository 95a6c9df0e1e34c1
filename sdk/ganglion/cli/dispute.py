"""``ganglion dispute``: accuse an answer or a verdict, play a party's part, vote in a committee."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganglion.cli.audits import Back, Source
from ganglion.cli.command import command, group
from ganglion.cli.render import Column
from ganglion.cli.session import Session
from ganglion.errors import UsageError

if TYPE_CHECKING:
    from ganglion.client import Client
    from ganglion.disputes.agent import Move
    from ganglion.disputes.refuting import Flaw
    from ganglion.pallets.disputes import Dispute
    from ganglion.protocol.dispute_evidence import Evidence

app = group(
    "Disputes: whoever lies about an answer or a verdict loses stake; false accusations cost the bond."
)

Id = Annotated[int, typer.Argument(help="Number of the dispute.", min=0)]
Model = Annotated[
    str | None, typer.Option("--model", help="Folder or id of the model, to compute what is disputed.")
]
OneModel = Annotated[str, typer.Option("--model", help="Folder or id of the model.")]
Epoch = Annotated[int, typer.Argument(help="Epoch in which it committed its weights.", min=0)]
VOTES = {"accused": "AccusedWrong", "challenger": "ChallengerWrong", "abstain": "Abstain"}
COLUMNS = [
    Column("id", "ID"),
    Column("netuid", "NETUID"),
    Column("claim", "CLAIM"),
    Column("accused", "ACCUSED", "address"),
    Column("challenger", "CHALLENGER", "address"),
    Column("stage", "STAGE"),
    Column("blocks_left", "BLOCKS LEFT"),
    Column("bond", "BOND GNG", "money"),
]


@command(app, "open", "send")
async def open_dispute(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Receipt file with tokens and sampling.")],
    netuid: Annotated[int, typer.Option("--netuid", "-n", help="Subnet.", min=0, max=65535)],
    model: Model = None,
    position: Annotated[int | None, typer.Option("--position", help="Disputed output token.", min=0)] = None,
    margin: Annotated[
        float | None, typer.Option("--margin", help="Its margin under canonical replay, in logits.", min=0)
    ] = None,
    answer: Annotated[
        bool, typer.Option("--answer", help="Accuse the whole answer: no honest miner gives it.")
    ] = False,
    request: Annotated[
        Path | None,
        typer.Option("--request", help="The request's JSON body, for files without the prompt's tokens."),
    ] = None,
) -> None:
    """Accuse the miner of a receipt. With --model the worst token is found first; a bond is held until the end."""
    evidence = await asyncio.to_thread(_evidence, file, request, model)
    if not answer:
        position, millionths = await _claim(session, evidence, model, position, margin)
    async with session.client() as client:
        bond = await client.disputes.bond_for(evidence)
        if answer:
            draft, what = client.disputes.open_answer(netuid, evidence), "the whole answer"
        else:
            draft = client.disputes.open_margin(netuid, evidence, position or 0, millionths)
            what = f"token {position} with a margin of {millionths / 1e6:g} logits"
        await session.send_by_coldkey(draft, f"Dispute {what} with a bond of {bond}")


def _evidence(file: Path, request: Path | None, model: str | None) -> Evidence:
    """What a receipt's file shows, with the prompt of a request's body where it shows none."""
    from ganglion.protocol.dispute_evidence import Evidence
    from ganglion.protocol.receipt_file import read_receipt_file
    from ganglion.provenance import read_request, with_prompt

    shown = read_receipt_file(file)
    if shown.prompt_ids is None:
        if request is None:
            raise UsageError(
                "the file does not show the prompt's tokens, and a dispute makes them public",
                hint="--request BODY with --model renders them from the request's JSON body",
            )
        if model is None:
            raise UsageError("--request needs --model", hint="the prompt's tokens come from its tokenizer")
        shown = with_prompt(shown, read_request(request), model)
    return Evidence.of_file(shown)


async def _claim(
    session: Session, evidence: Evidence, model: str | None, position: int | None, margin: float | None
) -> tuple[int, int]:
    """Position and margin in millionths, computed where they were not given."""
    if position is not None and margin is not None:
        return position, round(margin * 1e6)
    if model is None:
        raise UsageError(
            "nothing says which token is wrong",
            hint="give --model to find it, or --position and --margin, or --answer",
        )
    judging = await _judging(model)
    if not judging.knows(evidence.receipt.profile):
        raise UsageError(f"{model} is not the model of the receipt, 0x{evidence.receipt.profile.hex()}")
    session.render.progress("replaying the answer ...")
    found, replayed = await asyncio.to_thread(judging.worst, evidence)
    if replayed.margin <= judging.limit:
        raise UsageError(
            f"the largest margin is {replayed.margin / 1e6:g} logits, and {judging.limit / 1e6:g} is honest",
            hint="whoever accuses falsely loses his bond",
        )
    return found, replayed.margin


async def _judging(model: str) -> Any:
    from ganglion.disputes.judging import Judging

    return await asyncio.to_thread(Judging, model)


@command(app, "verdicts", "send")
async def verdicts(
    session: Session,
    gateway: Source,
    epoch: Epoch,
    netuid: Annotated[int, typer.Option("--netuid", "-n", help="Subnet.", min=0, max=65535)],
    model: OneModel,
    accuse: Annotated[bool, typer.Option("--open", help="Dispute the first verdict that is wrong.")] = False,
) -> None:
    """Re-verify what a validator filed with its weights; verdicts on users' requests show hashes only."""
    from ganglion.disputes.collecting import collect

    judging = await _judging(model)
    async with session.client() as client:
        filing = (await collect(client, gateway, netuid, epoch)).filing
        hotkey, wrong = filing.validator, await _recheck(session, judging, filing.verdicts)
        if accuse and wrong:
            one = wrong[0]
            bond = await client.disputes.bond_for(one.evidence)
            draft = client.disputes.open_verdict(netuid, hotkey, epoch, one.verdict, one.proof, one.evidence)
            await session.send_by_coldkey(draft, f"Dispute verdict {one.proof.index} with a bond of {bond}")


@command(app, "refute", "send")
async def refute(
    session: Session,
    source: Source,
    epoch: Epoch,
    netuid: Annotated[int, typer.Option("--netuid", "-n", help="Subnet.", min=0, max=65535)],
    back: Back = 4,
    verdict: Annotated[
        int | None,
        typer.Option("--verdict", help="Place of the flaw to show; default the first sure one.", min=0),
    ] = None,
) -> None:
    """Show the chain that what a validator filed is false, as `ganglion audits check` finds it: no bond, no model."""
    from ganglion.disputes.collecting import collect

    async with session.client() as client:
        found = await collect(client, source, netuid, epoch, back)
        flaw = _chosen(found.flaws, verdict)
        draft = client.disputes.refute(netuid, found.filing.validator, epoch, flaw.refutation)
        what = f"Refute verdict {flaw.index} of epoch {epoch} ({flaw.kind}: {flaw.told})"
        await session.send_by_coldkey(draft, what)


def _chosen(flaws: Sequence[Flaw], place: int | None) -> Flaw:
    """The flaw to file. Raises UsageError."""
    for one in flaws:
        if one.sure if place is None else one.index == place:
            return one
    if place is None and flaws:
        raise UsageError(
            "what was found is perhaps no flaw to the chain, which knows earlier names of keys and earlier slots",
            hint=f"--verdict {flaws[0].index} shows it all the same; a fee is lost where the chain says no",
        )
    where = "" if place is None else f" at {place}"
    raise UsageError(
        f"nothing is found{where} that contradicts what was filed",
        hint="`ganglion audits check` tells what it could see; `ganglion dispute verdicts --model PATH` replays",
    )


async def _recheck(session: Session, judging: Any, found: Sequence[Any]) -> list[Any]:
    """Show what the model says; returns the verdicts that a committee would call wrong."""
    from ganglion.disputes.filed import contradicts

    rows: list[dict[str, Any]] = []
    wrong: list[Any] = []
    for one in found:
        own = "not opened"
        if one.evidence is not None:
            own = "another model"
            if judging.knows(one.evidence.receipt.profile):
                rechecked = await asyncio.to_thread(judging.compare, one.evidence)
                own = ("hard" if rechecked.hard else "not hard") + (
                    ", near to a limit" if rechecked.near else ""
                )
                if contradicts(one, judging.limit, rechecked):
                    own, wrong = f"{own}: CONTRADICTED", [*wrong, one]
        filed = one.verdict.outcome.name.lower()
        rows.append(
            {"index": one.proof.index, "request": one.verdict.request_id.hex(), "filed": filed, "own": own}
        )
    columns = [
        Column("index", "VERDICT"),
        Column("request", "REQUEST"),
        Column("filed", "FILED"),
        Column("own", "MODEL"),
    ]
    session.render.table(rows, columns, rows, f"{len(wrong)} of {len(found)} are contradicted")
    return wrong


@command(app, "list", "read")
async def list_disputes(
    session: Session,
    ended: Annotated[bool, typer.Option("--ended", help="Those that are over, the latest first.")] = False,
) -> None:
    """List open disputes."""
    async with session.client() as client:
        found = await (client.disputes.ended() if ended else client.disputes.open())
    columns = COLUMNS if not ended else [*COLUMNS[:5], Column("ending", "ENDING")]
    session.render.table(found, columns, [_row(one) for one in found])


@command(app, "show", "read")
async def show(session: Session, id: Id) -> None:
    """Show one dispute: whose turn it is, how far the bisection came, who decides."""
    async with session.client() as client:
        session.render.result(_facts(await _one(client, id)))


@command(app, "respond", "send")
async def respond(session: Session, id: Id, model: OneModel) -> None:
    """Make the party's move that is due, computed with the model: the hotkey's or the coldkey's."""
    await _play(session, id, model, voting=False)


@command(app, "vote", "send")
async def vote(
    session: Session,
    id: Id,
    said: Annotated[
        str | None, typer.Argument(metavar="[WHO IS WRONG]", help="accused, challenger or abstain.")
    ] = None,
    model: Model = None,
) -> None:
    """Vote as a member of the committee: what the model says (--model), or what is given."""
    from ganglion.pallets.disputes import CommitteeVote

    if said is None:
        if model is None:
            raise UsageError("give --model, or say who is wrong: accused, challenger or abstain")
        await _play(session, id, model, voting=True)
        return
    if said not in VOTES:
        raise UsageError(f"not a vote: {said!r}", hint="accused, challenger or abstain")
    async with session.client() as client:
        draft = client.disputes.vote(id, CommitteeVote(VOTES[said]))
        await session.send_by_hotkey(draft, f"Vote {VOTES[said]} in dispute {id}")


@command(app, "waive", "send")
async def waive(session: Session, id: Id) -> None:
    """Go to the committee without bisection: this machine does not reproduce the profile's self-test."""
    async with session.client() as client:
        send = await _sender(session, await _one(client, id))
        await send(client.disputes.waive(id), f"Waive the bisection of dispute {id}")


@command(app, "concede", "send")
async def concede(session: Session, id: Id) -> None:
    """Give up: the other party wins."""
    async with session.client() as client:
        await session.send_by_coldkey(client.disputes.concede(id), f"Concede dispute {id}")


@command(app, "settle", "send")
async def settle(session: Session, id: Id) -> None:
    """Do what is due in a dispute: end it where a deadline has passed, or draw its committee."""
    async with session.client() as client:
        await session.send_by_coldkey(client.disputes.settle(id), f"Settle dispute {id}")


@command(app, "watch", "send")
async def watch(
    session: Session,
    model: OneModel,
    as_coldkey: Annotated[
        bool, typer.Option("--as-coldkey", help="Play the challenger's part; default is the hotkey's.")
    ] = False,
) -> None:
    """Play a key's part in all disputes until it is stopped: answer, bisect, vote."""
    from ganglion.disputes.player import Player

    judging = await _judging(model)
    key = session.coldkey() if as_coldkey else session.hotkey()
    session.render.note(f"playing for {key.ss58}")
    async with session.client() as client:
        player = Player(client, key, judging, told=lambda one, move: session.render.note(_told(one, move)))
        await player.run()


async def _play(session: Session, id: int, model: str, *, voting: bool) -> None:
    """Compute the move that is due, and send it."""
    from ganglion.chain.extrinsics import Draft
    from ganglion.disputes.player import Moves, call_of

    moves = Moves(await _judging(model))
    async with session.client() as client:
        dispute = await _one(client, id)
        if dispute.end is not None or voting != (dispute.stage.value == "Voting"):
            raise UsageError(f"dispute {id} waits for no such move", hint=f"`ganglion dispute show {id}`")
        session.render.progress("replaying ...")
        move = await moves.next(dispute)
        if move is None:
            raise UsageError(f"nothing is due in dispute {id}: it is {dispute.stage.value}")
        send = session.send_by_hotkey if voting else await _sender(session, dispute)
        await send(Draft(client.context, call_of(id, move)), _told(dispute, move))


async def _sender(session: Session, dispute: Dispute) -> Any:
    """The challenger signs with the coldkey, the accused with its hotkey."""
    return session.send_by_coldkey if dispute.stage.value == "Judging" else session.send_by_hotkey


async def _one(client: Client, id: int) -> Dispute:
    found = await client.disputes.dispute(id)
    if found is None:
        raise UsageError(f"there is no dispute {id}", hint="`ganglion dispute list`, `list --ended`")
    return found


def _told(dispute: Dispute, move: Move) -> str:
    return f"dispute {dispute.id}: {type(move).__name__}" + _details(move)


def _details(move: Move) -> str:
    said = [value.hex()[:16] if isinstance(value, bytes) else str(value) for value in vars(move).values()]
    return f" {', '.join(said)}" if said else ""


def _row(dispute: Dispute) -> dict[str, Any]:
    return {
        **{
            column.key: getattr(dispute, column.key)
            for column in COLUMNS
            if column.key not in ("claim", "stage")
        },
        "claim": _claim_text(dispute),
        "stage": dispute.stage.value,
        "ending": "" if dispute.end is None else f"{dispute.end.ending}: {dispute.end.reason}",
    }


def _claim_text(dispute: Dispute) -> str:
    claim = dispute.claim
    if claim.kind == "Margin":
        return f"token {claim.position}: {claim.margin / 1e6:g} logits"
    if claim.verdict is not None:
        return f"verdict {claim.verdict.outcome.name.lower()}"
    return "the answer"


def _facts(dispute: Dispute) -> dict[str, Any]:
    bisection, end = dispute.bisection, dispute.end
    facts = {
        "dispute": dispute.id,
        "netuid": dispute.netuid,
        "claim": _claim_text(dispute),
        "accused": dispute.accused,
        "challenger": dispute.challenger,
        "bond": dispute.bond,
        "profile": dispute.profile.hex(),
        "lane": dispute.lane,
        "subject": dispute.subject.hex(),
        "stage": dispute.stage.value,
        "blocks_left": dispute.blocks_left,
        "awaited": list(dispute.awaited),
        "steps": None
        if bisection is None
        else f"{bisection.low} to {bisection.high} of {dispute.layers + 2}",
        "accused_says": None if bisection is None else f"{bisection.margin / 1e6:g} logits",
        "committee": _committee(dispute.committee),
        "ending": None if end is None else end.ending,
        "reason": None if end is None else end.reason,
        "slashed": None if end is None else end.slashed,
        "forfeited": None if end is None else end.forfeited,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _committee(members: Sequence[Any]) -> list[str] | None:
    voted = [
        f"{one.hotkey} (seats: {one.seats}): {one.vote.value if one.vote else 'has not voted'}"
        for one in members
    ]
    return voted or None
