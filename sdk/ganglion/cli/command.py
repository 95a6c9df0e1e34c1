"""Commands as async functions of a session.

``command`` adds the shared flags to a function's own parameters, so that they work before and after the
command's name and stand in its help, runs it, and turns errors into messages and exit codes.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ganglion.cli.session import Options, Session
from ganglion.errors import GanglionError

DEBUG_VARIABLE = "GANGLION_DEBUG"

Network = Annotated[str | None, typer.Option("--network", help="development, local, compose or testnet.")]
Rpc = Annotated[list[str] | None, typer.Option("--rpc", help="WebSocket URL of a node; repeat for several.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before sending.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the call and its fee, send nothing.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the result and errors only.")]
WalletName = Annotated[str | None, typer.Option("--wallet", "-w", help="Name of the wallet.")]
Hotkey = Annotated[str | None, typer.Option("--hotkey", "-H", help="Name of the hotkey in the wallet.")]
Key = Annotated[str | None, typer.Option("--key", help="Development key that signs, such as //Alice.")]
PasswordFile = Annotated[Path | None, typer.Option("--password-file", help="File with the password.")]
Finalized = Annotated[bool, typer.Option("--finalized", help="Wait until the block is final.")]

_OUTPUT = {"json": Json, "quiet": Quiet}
_NODE = {"network": Network, "rpc": Rpc}
_WALLET = {"wallet": WalletName}
_SIGNING = {
    **_WALLET,
    "hotkey": Hotkey,
    "key": Key,
    "password_file": PasswordFile,
    "yes": Yes,
    "dry_run": DryRun,
    "finalized": Finalized,
}
KINDS: dict[str, dict[str, Any]] = {
    "local": _OUTPUT,
    "keys": {**_OUTPUT, **_WALLET, "password_file": PasswordFile, "yes": Yes},
    "read": {**_OUTPUT, **_NODE, **_WALLET, "hotkey": Hotkey, "key": Key},
    "ask": {**_OUTPUT, **_NODE, **_WALLET, "hotkey": Hotkey, "key": Key, "password_file": PasswordFile},
    "send": {**_OUTPUT, **_NODE, **_SIGNING},
}

__all__ = ["DEBUG_VARIABLE", "KINDS", "command", "finish", "group"]


def group(help: str) -> typer.Typer:
    """A noun."""
    return typer.Typer(help=help, no_args_is_help=True, rich_markup_mode=None)


def command(app: typer.Typer, name: str, kind: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register ``async def function(session, ...)`` as a command.

    Args:
        kind: which shared flags it takes: local, keys, read, ask or send.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        shared = KINDS[kind]

        @functools.wraps(function)
        def run(**given: Any) -> None:
            context: typer.Context = given.pop("context")
            later = {flag: given.pop(flag) for flag in shared}
            before = context.obj if isinstance(context.obj, Options) else Options()
            finish(function, before.merged(later), given)

        run.__signature__ = _signature(function, shared)  # type: ignore[attr-defined]
        run.__annotations__ = {}
        app.command(name)(run)
        return function

    return register


def _signature(function: Callable[..., Any], shared: dict[str, Any]) -> inspect.Signature:
    """The function's own parameters without the session, then the shared flags."""
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    keyword = inspect.Parameter.KEYWORD_ONLY
    context = inspect.Parameter("context", keyword, annotation=typer.Context)
    flags = [
        inspect.Parameter(flag, keyword, default=False if _is_flag(kind) else None, annotation=kind)
        for flag, kind in shared.items()
    ]
    return inspect.Signature([context, *(one.replace(kind=keyword) for one in own), *flags])


def _is_flag(kind: Any) -> bool:
    return kind.__origin__ is bool


def finish(function: Callable[..., Any], options: Options, given: dict[str, Any]) -> None:
    """Run a command and leave with the exit code of what happened."""
    session = Session(options)
    try:
        asyncio.run(function(session, **given))
    except GanglionError as error:
        session.render.error(error)
        raise typer.Exit(error.exit_code) from error
    except BrokenPipeError:
        os._exit(0)  # the reader of our output has seen enough
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        session.render.error(
            GanglionError(
                f"unexpected {type(error).__name__}: {error}",
                hint=f"this is a defect of ganglion; {DEBUG_VARIABLE}=1 shows where it happened",
            )
        )
        raise typer.Exit(1) from error
