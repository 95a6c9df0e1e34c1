"""``ganglion explain`` and ``ganglion emission``: why a slot was paid what it was, in numbers that add up, and what is
emitted. All amounts are the chain's own; nothing is computed here but shares to show.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ganglion.balance import Balance
from ganglion.cli.command import command
from ganglion.cli.render import Column
from ganglion.cli.session import Session
from ganglion.errors import UsageError
from ganglion.pallets.delegation import Family
from ganglion.pallets.emissions import BondShare, EpochReport, Explanation, MechanismShare, Vote

ONE = 65_535
MONEY = [Column("what", "", "text"), Column("amount", "GNG"), Column("why", "", "text")]
VOTES = [
    Column("mechanism", "MECHANISM"),
    Column("uid", "VALIDATOR"),
    Column("stake", "STAKE", "share"),
    Column("weight", "WEIGHT", "share"),
    Column("counted", "COUNTED", "share"),
    Column("changed", "CHANGED SINCE", "flag"),
]
BONDS = [
    Column("mechanism", "MECHANISM"),
    Column("uid", "MINER"),
    Column("bond", "BOND", "share"),
    Column("part", "OF ALL BONDS", "share"),
    Column("incentive", "INCENTIVE", "share"),
]

__all__ = ["epoch_lines", "register", "slot_lines"]


def epoch_lines(report: EpochReport) -> list[dict[str, str]]:
    """What became of an epoch's emission; the amounts add up to what there was."""
    blocks = f"blocks {report.last_block + 1} to {report.block}"
    lines = [
        _line("emission", report.accrued, f"{blocks}, {report.units} of {report.all_units} units at the end"),
        _line("carried from before", report.carried, "could not be paid, or left by slashes"),
        _line("owner", -report.owner, _part(report.owner, report.accrued, "emitted")),
        _line("miners", -report.miners, "by incentive"),
        _line("validators", -report.validators, "by dividends, with their nominators"),
        _line("not minted", -report.dropped, "the miners' half of mechanisms without incentive"),
        _line("carried on", -report.left, "roundings, and what nobody could receive"),
    ]
    return [line for line in lines if line["amount"] != _amount(0) or line["what"] == "emission"]


def slot_lines(found: Explanation) -> list[dict[str, str]]:
    """What a slot got from where; the amounts add up to the last line."""
    lines = [line for one in found.mechanisms for line in _mechanism_lines(one, len(found.mechanisms))]
    lines = [line for line in lines if line["amount"] != _amount(0)] or lines
    unpaid = (("miner", found.unpaid_as_miner), ("validator", found.unpaid_as_validator))
    lines += [_line(f"not payable as {role}", -amount, "carried on") for role, amount in unpaid if amount]
    return [*lines, _line("paid", found.emission, f"in epoch {found.report.epoch}")]


def _mechanism_lines(one: MechanismShare, count: int) -> list[dict[str, str]]:
    of = f"mechanism {one.mechanism} " if count > 1 else ""
    incentive = f"incentive {one.incentive / ONE:.4f}"
    dividends = f"dividends {one.dividends / ONE:.4f}"
    trust = f"validator trust {one.validator_trust / ONE:.4f}"
    return [
        _line(
            f"{of}as miner",
            one.as_miner,
            f"{_part(one.as_miner, one.to_miners, 'to all miners')}; {incentive}",
        ),
        _line(
            f"{of}as validator",
            one.as_validator,
            f"{_part(one.as_validator, one.to_validators, 'to all validators')}; {dividends}, {trust}",
        ),
    ]


def _line(what: str, amount: int, why: str) -> dict[str, str]:
    return {"what": what, "amount": _amount(amount), "why": why}


def _amount(nano: int) -> str:
    """With all nine digits, so that lines can be added up by hand."""
    return f"{'-' if nano < 0 else ''}{abs(nano) // 10**9}.{abs(nano) % 10**9:09}"


def _part(amount: int, whole: int, of: str) -> str:
    share = f"{int(amount) / int(whole):.2%} " if whole else ""
    return f"{share}of {Balance(whole)} {of}"


def _vote_row(vote: Vote) -> dict[str, Any]:
    shares = {name: getattr(vote, name) / ONE for name in ("stake", "weight", "counted")}
    return {**vars(vote), **shares}


def _bond_row(bond: BondShare) -> dict[str, Any]:
    part = bond.bond / bond.all if bond.all else 0.0
    return {**vars(bond), "bond": bond.bond / ONE, "part": part, "incentive": bond.incentive / ONE}


def _standing(found: Explanation, take: int, family: Family | None) -> str:
    """What decides beside weights: stake and permit, and whose the dividends are."""
    if not found.stake and not found.permit:
        return "no stake, no permit; its pay goes to its coldkey"
    permit = "permit to set weights" if found.permit else "no permit"
    share = f"{found.stake_weight / ONE:.2%} of the stake that counted"
    inherited = Balance(sum(family.parents.values())) if family else Balance(0)
    parents = ""
    if family and inherited:
        kept = f"{family.take / ONE:.2%}"
        parents = f"\n{inherited} of it are its parents'; their part of its dividends is theirs, less {kept}"
    return (
        f"stake {found.stake} now, of it {found.own_stake} the operator's own; {share} in the epoch; {permit}\n"
        f"of its dividends {take / ONE:.2%} are the operator's take, the rest is its stakers'{parents}"
    )


def _show(session: Session, netuid: int, found: Explanation, take: int, family: Family | None) -> None:
    render, report = session.render, found.report
    if render.json:
        render.result({**vars(found), "take": take})
        return
    about = _standing(found, take, family)
    render.result(None, f"uid {found.uid} of subnet {netuid}, {found.hotkey}\n{about}\n")
    render.table(
        None, MONEY, epoch_lines(report), f"Epoch {report.epoch} of the subnet, block {report.block}"
    )
    render.table(None, MONEY, slot_lines(found), f"\nuid {found.uid}")
    if found.votes:
        title = "\nWeights on it: stake times what the consensus counted, over all miners, is the incentive"
        render.table(None, VOTES, [_vote_row(one) for one in found.votes], title)
    if found.bonds:
        title = (
            "\nIts bonds: active stake times its part of each miner's bonds times incentive is the dividends"
        )
        render.table(None, BONDS, [_bond_row(one) for one in found.bonds], title)


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @command(app, "explain", "read")
    async def explain(
        session: Session,
        netuid: Annotated[int, typer.Option("--netuid", help="Subnet.", min=0, max=65535)],
        uid: Annotated[int, typer.Option("--uid", help="Slot.", min=0, max=65535)],
        block: Annotated[int | None, typer.Option("--block", help="At this height.")] = None,
    ) -> None:
        """Show why a slot was paid what it was in its subnet's last epoch."""
        async with session.client() as client:
            view = client if block is None else await client.at(block)
            await view.subnets.require(netuid)
            found = await view.epochs.explain(netuid, uid)
            take = await view.staking.take(found.hotkey) if found else 0
            family = await view.delegation.family(netuid, found.hotkey) if found else None
        if found is None:
            raise UsageError(
                f"no epoch of subnet {netuid} has seen the occupant of uid {uid}",
                hint=f"`ganglion metagraph {netuid}` shows who is registered since when",
            )
        _show(session, netuid, found, take, family)

    @command(app, "emission", "read")
    async def emission(
        session: Session,
        netuid: Annotated[int | None, typer.Argument(help="Subnet; default the network.", max=65535)] = None,
    ) -> None:
        """Show what is emitted: by the network, or what a subnet's last epoch paid."""
        async with session.client() as client:
            if netuid is None:
                session.render.result(await client.epochs.summary())
                return
            await client.subnets.require(netuid)
            report, due = await client.epochs.report(netuid), await client.epochs.next_block(netuid)
            waiting = await client.epochs.pending(netuid)
        value = {"netuid": netuid, "next_epoch_block": due, "pending": waiting, "report": report}
        if session.render.json or report is None:
            session.render.result(value)
            return
        title = f"Epoch {report.epoch} of subnet {netuid}; {waiting} wait for the next one, at block {due}"
        session.render.table(value, MONEY, epoch_lines(report), title)
