"""``ganglion devnet``, ``miner`` and ``validator``: other packages' command lines, loaded when asked for.

They need heavy libraries that the base installation leaves out; what is missing is said together with the
extra that brings it. Their arguments are their own and are passed on unread.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from ganglion.cli.render import Renderer
from ganglion.cli.session import Options
from ganglion.errors import ConfigError, GanglionError

_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
Arguments = Annotated[list[str] | None, typer.Argument(help="Passed on; try --help.")]

__all__ = ["entry_point", "register"]


def entry_point(module: str, extra: str) -> Callable[[Sequence[str]], int | None]:
    """``main(argv)`` of a module.

    Raises:
        ConfigError: the extra that brings it is not installed.
    """
    try:
        return importlib.import_module(module).main
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"this needs {error.name!r}, which is not installed", hint=f"pip install 'ganglion[{extra}]'"
        ) from error


def _run(module: str, extra: str, arguments: Sequence[str], options: Options | None) -> None:
    try:
        code = entry_point(module, extra)(list(arguments))
    except GanglionError as error:
        Renderer(json=bool(options and options.json)).error(error)
        raise typer.Exit(error.exit_code) from error
    raise typer.Exit(code or 0)


def register(app: typer.Typer) -> None:
    """Add the three nouns."""

    @app.command("devnet", context_settings=_PASS_ON)
    def devnet(context: typer.Context, arguments: Arguments = None) -> None:
        """Run a whole network on this machine: chain, miners, validators (up, down, status, chain)."""
        given = list(arguments or [])
        if given[:1] == ["chain"]:
            _run("ganglion_devnode.cli", "devnet", given[1:], context.obj)
        _run("ganglion.devnet.cli", "devnet", given + _output_flags(context.obj), context.obj)

    @app.command("miner", context_settings=_PASS_ON)
    def miner(context: typer.Context, arguments: Arguments = None) -> None:
        """Run a miner: `ganglion miner run --help`."""
        _daemon("ganglion_miner.__main__", "miner", arguments, context.obj)

    @app.command("validator", context_settings=_PASS_ON)
    def validator(context: typer.Context, arguments: Arguments = None) -> None:
        """Run a validator with its gateway: `ganglion validator run --help`."""
        _daemon("ganglion_validator.__main__", "validator", arguments, context.obj)


def _daemon(module: str, noun: str, arguments: Sequence[str] | None, options: Options | None) -> None:
    given = list(arguments or [])
    if given[:1] == ["run"]:
        _run(module, noun, given[1:], options)
    render = Renderer()
    render.important(
        f"usage: ganglion {noun} run [OPTIONS]\n\n`ganglion {noun} run --help` lists the options."
    )
    raise typer.Exit(0 if given[:1] in (["--help"], ["-h"]) else 2)


def _output_flags(options: Options | None) -> list[str]:
    """Flags that stood before the noun and that the devnet has too."""
    if options is None:
        return []
    return [flag for flag, given in (("--json", options.json), ("--quiet", options.quiet)) if given]
