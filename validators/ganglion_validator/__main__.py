"""``ganglion-validator``: flags from the configuration's fields, then the daemon."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from ganglion.errors import GanglionError
from ganglion_validator.config import ValidatorConfig, load


def parser() -> argparse.ArgumentParser:
    """One flag a setting, named and described as in `ValidatorConfig`."""
    made = argparse.ArgumentParser(
        prog="ganglion-validator",
        description="Check miners of a Ganglion subnet, set weights, and serve users through a gateway.",
        epilog="Flags win over GANGLION_VALIDATOR_* variables, those over the file, the file over defaults.",
    )
    made.add_argument("--config", type=Path, metavar="FILE", help="TOML file with settings")
    for name, field in ValidatorConfig.model_fields.items():
        default = "" if field.default in (None, "", ()) else f" [{field.default}]"
        text = f"{field.description}{default}".replace("%", "%%")
        made.add_argument(f"--{name.replace('_', '-')}", dest=name, metavar="VALUE", help=text)
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run a validator. Returns the exit code: 0 ok, 1 failed, 2 usage, 3 chain, 4 peer."""
    flags = vars(parser().parse_args(argv))
    file = flags.pop("config")
    try:
        config = load(flags, file)
        from ganglion_validator.daemon import run

        asyncio.run(run(config))
    except GanglionError as error:
        sys.stderr.write(f"error: {error}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
        return error.exit_code
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
