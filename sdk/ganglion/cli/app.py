"""The tree of commands. Each noun is a module; daemons and the devnet are packages that are loaded when
asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from ganglion import __version__
from ganglion.cli import (
    audits,
    authority,
    balance,
    calibrate,
    chat,
    child,
    commitment,
    delegate,
    dispute,
    explain,
    gov_motions,
    identity,
    key,
    metagraph,
    model,
    multisig,
    proxy,
    query,
    receipt,
    root_vote,
    stake,
    subnet_owner,
    wallet,
    weights_batch,
    yuma,
)
from ganglion.cli.command import DryRun, Json, Network, Quiet, Rpc, Yes
from ganglion.cli.render import Renderer
from ganglion.cli.session import Options
from ganglion.errors import GanglionError

app = typer.Typer(
    name="ganglion",
    help="Serve AI models, verify them, and be paid on chain.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)

__all__ = ["app", "run"]


def _version(wanted: bool) -> None:
    if wanted:
        Renderer().result(__version__, f"ganglion {__version__}")
        raise typer.Exit


@app.callback()
def _global(
    context: typer.Context,
    network: Network = None,
    rpc: Rpc = None,
    json: Json = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    quiet: Quiet = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = Options(network=network, rpc=rpc, json=json, yes=yes, dry_run=dry_run, quiet=quiet)


for name, noun in (
    ("wallet", wallet.app),
    ("subnet", subnet_owner.app),
    ("stake", stake.app),
    ("child", child.app),
    ("weights", weights_batch.app),
    ("audits", audits.app),
    ("dispute", dispute.app),
    ("root-vote", root_vote.app),
    ("model", model.app),
    ("balance", balance.app),
    ("key", key.app),
    ("commitment", commitment.app),
    ("receipt", receipt.app),
    ("identity", identity.app),
    ("proxy", proxy.app),
    ("multisig", multisig.app),
    ("authority", authority.app),
    ("gov", gov_motions.app),
    ("yuma", yuma.app),
):
    app.add_typer(noun, name=name)
metagraph.register(app)
explain.register(app)
query.register(app)
chat.register(app)
calibrate.register(app)
delegate.register(app)


def run(argv: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit code."""
    try:
        app(args=list(sys.argv[1:] if argv is None else argv), prog_name="ganglion")
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except GanglionError as error:
        Renderer().error(error)
        return error.exit_code
    return 0
