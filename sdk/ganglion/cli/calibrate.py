"""``ganglion calibrate``: where honest ends for a model, measured on this machine. Knows no chain."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ganglion.cli.command import command
from ganglion.cli.render import Column
from ganglion.cli.session import Session
from ganglion.errors import UsageError

COLUMNS = [
    Column("cheat", "CHEAT"),
    Column("length", "TOKENS"),
    Column("answers", "ANSWERS"),
    Column("caught", "CAUGHT", "share"),
    Column("at_least", "AT LEAST", "share"),
]

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "calibrate", "local")(calibrate)


async def calibrate(
    session: Session,
    model: Annotated[str, typer.Option("--model", help="Folder or id of the model.")] = "ganglion-tiny",
    out: Annotated[
        Path, typer.Option("--out", help="The report; a page (.md) and the records lie beside it.")
    ] = Path("calibration.json"),
    answers: Annotated[int, typer.Option("--answers", min=40, help="Distinct honest requests.")] = 600,
    cheating: Annotated[
        int, typer.Option("--cheating", min=8, help="Answers of 256 tokens by each cheat.")
    ] = 50,
    prefilled: Annotated[
        int | None,
        typer.Option(
            "--prefilled",
            min=8,
            help="The same by each that pre-fills, eight times as many by the subtlest; twice --cheating.",
        ),
    ] = None,
    sibling: Annotated[
        str | None, typer.Option("--sibling", help="Smaller model with the same vocabulary, to cheat with.")
    ] = None,
    prompts: Annotated[Path | None, typer.Option("--prompts", help="Text that prompts are cut from.")] = None,
    lane: Annotated[
        str | None, typer.Option("--lane", help="strict or statistical; as the profile says.")
    ] = None,
    dtype: Annotated[
        str | None, typer.Option("--dtype", help="Such as bfloat16; as the profile says.")
    ] = None,
    apply: Annotated[
        bool,
        typer.Option("--apply", help="Write the thresholds into the model's profile.json: another profile."),
    ] = False,
) -> None:
    """Measure honest and cheating answers of a model, fit thresholds on half, report on the other half.

    It can be stopped at any time: the same command goes on where it was. One with another model, lane, dtype, number
    of honest requests, text, sibling, machine or version is refused: its answers would not be of the same measurement.
    """
    said = await asyncio.to_thread(
        _run, session, model, out, answers, cheating, prefilled, sibling, prompts, lane, dtype
    )
    if apply:
        session.render.note(f"thresholds written to {_applied(model, said)}")
    session.render.table(said, COLUMNS, _rows(said), f"{said['model']['name']}, on answers not fitted on")
    session.render.note(_summary(said, out))


def _run(
    session: Session,
    model: str,
    out: Path,
    answers: int,
    cheating: int,
    prefilled: int | None,
    sibling: str | None,
    prompts: Path | None,
    lane: str | None,
    dtype: str | None,
) -> dict[str, Any]:
    try:
        from ganglion.model.loading import resolve_model
        from ganglion.model.profile import read_profile
        from ganglion.verification.calibration.run import Plan, calibrate
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{error.name} is not installed", hint="pip install 'ganglion[inference]' brings what models need"
        ) from error
    if lane not in (None, "strict", "statistical"):
        raise UsageError(f"{lane!r} is no lane", hint="strict and statistical are")
    profile = read_profile(resolve_model(model))
    spec = replace(profile.spec, lane=lane or profile.spec.lane, dtype=dtype or profile.spec.dtype)
    plan = Plan(model, out, answers, cheating, sibling, prompts, replace(profile, spec=spec), prefilled)
    return calibrate(plan, session.render.progress)


def _applied(model: str, said: dict[str, Any]) -> Path:
    from ganglion.model.loading import resolve_model
    from ganglion.verification.calibration.run import apply_to

    return apply_to(resolve_model(model), said)


def _rows(said: dict[str, Any]) -> list[dict[str, Any]]:
    from ganglion.verification.calibration.report import flattened

    return [
        {
            "cheat": name,
            "length": bucket,
            "answers": found["answers"],
            "caught": found["caught"],
            "at_least": found["caught_at_least"],
        }
        for name, bucket, found in flattened(said)
    ]


def _summary(said: dict[str, Any], out: Path) -> str:
    honest = said["honest"]["all"]
    return (
        f"of {honest['answers']} honest answers {honest['soft']} failed softly (at most {honest['soft_at_most']:.2%}) "
        f"and {honest['hard']} hard (at most {honest['hard_at_most']:.2%}); report: {out}"
    )
