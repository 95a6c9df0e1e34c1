"""A daemon's command: one flag a setting, errors with a hint, exit codes."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ganglion.daemon.settings import DaemonSettings
from ganglion.errors import GanglionError

__all__ = ["make_parser", "run_command"]

Settings = TypeVar("Settings", bound=DaemonSettings)


def make_parser(prog: str, description: str, settings: type[DaemonSettings]) -> argparse.ArgumentParser:
    """One flag a setting, named and described as in its model."""
    prefix = settings.prefix()
    made = argparse.ArgumentParser(
        prog=prog,
        description=description,
        epilog=f"Flags win over {prefix}* variables, those over the file, the file over defaults.",
    )
    made.add_argument("--config", type=Path, metavar="FILE", help="TOML file with settings")
    for name, field in settings.model_fields.items():
        default = "" if field.default in (None, "", ()) else f" [{field.default}]"
        text = f"{field.description}{default}".replace("%", "%%")
        action = "append" if isinstance(field.default, tuple) else "store"
        made.add_argument(f"--{name.replace('_', '-')}", dest=name, metavar="VALUE", help=text, action=action)
    return made


def run_command(
    parser: argparse.ArgumentParser,
    settings: type[Settings],
    run: Callable[[Settings], Coroutine[Any, Any, None]],
    argv: Sequence[str] | None,
) -> int:
    """Run a daemon until it ends. Returns the exit code: 0 ok, 1 failed, 2 usage, 3 chain, 4 peer."""
    flags = vars(parser.parse_args(argv))
    file = flags.pop("config")
    try:
        asyncio.run(run(settings.load(flags, file)))
    except GanglionError as error:
        sys.stderr.write(f"error: {error}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
        return error.exit_code
    except KeyboardInterrupt:
        return 0
    return 0
