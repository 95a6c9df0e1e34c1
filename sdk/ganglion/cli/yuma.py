"""``ganglion yuma run FILE``: the consensus function over given values, answered by the compiled runtime.

With ``--rpc`` or ``--network`` a node answers; without, the runtime that ships with the package is executed
in this process. The arithmetic is the chain's own either way.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ganglion.cli.command import command, group
from ganglion.cli.session import Session
from ganglion.errors import UsageError

MAX_FILE = 256 * 1024 * 1024

app = group("The consensus function, run by the chain's own code.")


@command(app, "run", "read")
async def run(
    session: Session,
    file: Annotated[
        Path, typer.Argument(help="Steps as JSON, one object or a list; - reads standard input.")
    ],
) -> None:
    """Run epochs and print, for each step, what they decide."""
    steps = _load(file)
    if session.has_node:
        async with session.client() as client:
            answers = await client.yuma.run(steps)
    else:
        answers = await _run_in_process(steps)
    session.render.result(answers, json.dumps(answers))


async def _run_in_process(steps: Any) -> list[dict[str, Any]]:
    from ganglion.cli.local_runtime import LocalRuntime
    from ganglion.client import Client

    async with Client(rpc=LocalRuntime()) as client:
        return await client.yuma.run(steps)


def _load(file: Path) -> Any:
    try:
        raw = sys.stdin.buffer.read(MAX_FILE + 1) if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} can't be read: {error.strerror}") from error
    if len(raw) > MAX_FILE:
        raise UsageError(f"{file} is larger than {MAX_FILE >> 20} MiB")
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is not JSON: {error}") from error
